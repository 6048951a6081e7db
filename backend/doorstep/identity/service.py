"""Use cases of identity: sessions, sign-in, accounts; phones are in `phones`. Others find here what they use."""

from uuid import UUID

from asyncpg import Record
from pyotp import random_base32
from pyotp.totp import TOTP

from doorstep.core import clock, opaque, passwords, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import FieldError, InputInvalid, NotAllowed, NotFound, NotSignedIn, Problem
from doorstep.db import audit
from doorstep.db.audit import Trail
from doorstep.db.engine import unit_of_work
from doorstep.db.tables.people import Account
from doorstep.identity import attempts, rules, store
from doorstep.identity.attempts import count as count_attempt
from doorstep.identity.attempts import forget as forget_attempts
from doorstep.identity.phones import devices
from doorstep.identity.staff import certificates, record_certificate, record_leave
from doorstep.identity.wire import OFFICE, Actor, Credentials, Me, Named, Role, SignedIn

__all__ = [
    "actor_of",
    "certificates",
    "close_family_sessions",
    "count_attempt",
    "create_account",
    "devices",
    "disable_account",
    "enable_totp",
    "forget_attempts",
    "forget_ended",
    "is_of_revoked_phone",
    "me",
    "open_family_session",
    "record_certificate",
    "record_leave",
    "set_password",
    "sign_in",
    "sign_out",
]

_TOTP = "account.totp_secret"


class LoginFailed(Problem):
    """Which of name, password and one-time code was wrong is not said."""

    code = "LOGIN_FAILED"


class LoginTaken(Problem):
    """Another account has this login."""

    code = "LOGIN_TAKEN"


async def actor_of(token: str) -> Actor | None:
    """The actor behind a live session token: not ended or expired, account not disabled, phone not revoked."""
    session = await store.live_session(opaque.digest(token))
    if session is None:
        return None
    if clock.now() - session["last_seen_at"] >= rules.SEEN_AFTER:
        async with unit_of_work():
            await store.saw(session)
    areas = session["areas"]
    return Actor(
        role=_role(session),
        account_id=session["account"],
        caregiver_id=session["caregiver"],
        device_id=session["device"],
        family_member_id=session["family_member"],
        display_name=session["display_name"] or session["name"] or "",
        provider_id=session["provider"],
        area_ids=None if areas is None else frozenset(areas),
        session_id=session["id"],
    )


def _role(session: Record) -> Role:
    if session["family_member"]:
        return Role.FAMILY
    return Role(session["role"]) if session["role"] else Role.CAREGIVER


async def open_family_session(member_id: UUID) -> str:
    """The token of a new session of a family member, inside the caller's unit of work."""
    token = opaque.new_token()
    await store.open_session(opaque.digest(token), family_member=member_id)
    return token


async def close_family_sessions(member_id: UUID) -> None:
    """From now on none of a family member's devices is known, inside the caller's unit of work."""
    await store.close_sessions_of(family_member=member_id)


async def is_of_revoked_phone(token: str) -> bool:
    """Whether a session that is no longer live was a phone's that somebody has revoked: it must give up its days."""
    return await store.is_of_revoked_phone(opaque.digest(token))


async def sign_in(credentials: Credentials) -> SignedIn:
    """A new session of an office account.

    :raises LoginFailed: if name, password or one-time code is wrong, or the account is disabled.
    :raises LoginLocked: after five failures in a row, for a time that grows.
    """
    login = rules.normal_login(credentials.login)
    fingerprint = vault.current().fingerprint(login, "sign_in.login")
    # Counted before it is checked, so that many attempts at once are not many free ones.
    await attempts.count(fingerprint, rules.lock_after)
    account = await store.account_by_login(login)
    right = await passwords.verified(credentials.password, account.password_hash if account else None)
    if account is None or not right:
        raise LoginFailed
    step = None
    if account.totp_secret is not None:
        step = rules.totp_step(vault.current().open(account.totp_secret, _TOTP), credentials.totp, clock.now())
        if step is None:
            raise LoginFailed
    token = opaque.new_token()
    async with unit_of_work():
        if not await store.accept_sign_in(account, step=step):
            raise LoginFailed
        await attempts.forget(fingerprint)
        await store.open_session(opaque.digest(token), account=account.id)
        who = {"role": account.role, "name": account.display_name, "account": account.id}
        audit.begin(Trail(operation="sign_in", subject=account.id, provider=account.provider, **who))
    if passwords.outdated(account.password_hash):
        await _store_password(Actor(role=Role.SYSTEM), account.id, credentials.password)
    return SignedIn(token=token, me=await _me(account.id))


async def sign_out(actor: Actor) -> None:
    """Ends the actor's session."""
    async with unit_of_work():
        await store.close_session(actor)


async def me(actor: Actor) -> Me:
    """The signed-in account with the names of its scope."""
    if actor.account_id is None:
        raise NotSignedIn
    return await _me(actor.account_id)


async def _me(account: UUID) -> Me:
    row = await store.names_of_scope(account)
    if row is None:
        raise NotSignedIn
    return Me(
        account_id=row["id"],
        role=Role(row["role"]),
        display_name=row["display_name"],
        provider=Named(id=row["provider"], name=row["provider_name"]) if row["provider"] else None,
        area=Named(id=row["area"], name=row["area_name"]) if row["area"] else None,
    )


async def create_account(
    actor: Actor,
    *,
    role: Role,
    login: str,
    password: str,
    display_name: str,
    provider_id: UUID | None = None,
    area_id: UUID | None = None,
    caregiver_phone: str | None = None,
) -> UUID:
    """A new office account. Dispatchers and managers have a provider, officers an area, an auditor either or none.

    `caregiver_phone`: that of the same person as a caregiver of the provider, who never decides on their own calls.

    :raises LoginTaken: if there is an account with this login.
    :raises NotFound: if no caregiver of the provider has this phone.
    """
    if actor.role not in (Role.ADMIN, Role.SYSTEM):
        raise NotAllowed
    wrong = []
    if not rules.normal_login(login):
        wrong.append(FieldError(field="login", message="不能为空", message_en="must not be empty"))
    if role not in OFFICE:
        wrong.append(FieldError(field="role", message="不是机构角色", message_en="is not an office role"))
    elif not rules.scope_fits(role, has_provider=provider_id is not None, has_area=area_id is not None):
        wrong.append(FieldError(field="role", message="范围与角色不符", message_en="the scope does not fit the role"))
    wrong += _password_errors(password)
    if wrong:
        raise InputInvalid(errors=wrong)
    caregiver = None
    if caregiver_phone is not None:
        phone = vault.current().fingerprint("".join(caregiver_phone.split()), "caregiver.phone")
        caregiver = await store.caregiver_by_phone(actor, phone, provider_id)
        if caregiver is None:
            raise NotFound(caregiver_phone, caregiver_phone)
    hashed, id = await passwords.hashed(password), uuid7()
    row = Account(
        id=id,
        role=role.value,
        display_name=display_name,
        login=rules.normal_login(login),
        password_hash=hashed,
        provider=provider_id,
        area=area_id,
        caregiver=caregiver,
        created_at=clock.now(),
    )
    async with unit_of_work():
        if not await store.insert_account(row):
            raise LoginTaken
    return id


async def set_password(actor: Actor, *, account_id: UUID, password: str) -> None:
    """A new password for one's own account, or any as admin or the server itself; all its sessions end."""
    wrong = _password_errors(password)
    if wrong:
        raise InputInvalid(errors=wrong)
    await _store_password(actor, account_id, password, end_sessions=True)


async def _store_password(actor: Actor, account: UUID, password: str, *, end_sessions: bool = False) -> None:
    hashed = await passwords.hashed(password)
    async with unit_of_work():
        if not await store.change_account(actor, account, {Account.password_hash: hashed}):
            raise NotFound
        if end_sessions:
            await store.close_sessions_of(account=account)


def _password_errors(password: str) -> list[FieldError]:
    if len(password) >= rules.PASSWORD_LENGTH:
        return []
    least = rules.PASSWORD_LENGTH
    return [FieldError(field="password", message=f"至少 {least} 个字符", message_en=f"at least {least} characters")]


async def enable_totp(actor: Actor, *, account_id: UUID) -> str:
    """From now on the account needs a one-time code; answers the `otpauth:` address for its authenticator, once."""
    secret = random_base32()
    columns = {Account.totp_secret: vault.current().seal(secret, _TOTP), Account.totp_used_step: None}
    async with unit_of_work():
        if not await store.change_account(actor, account_id, columns):
            raise NotFound
        row = await store.names_of_scope(account_id)
    return TOTP(secret).provisioning_uri(name=row["display_name"] if row else "", issuer_name="到家 Doorstep")


async def disable_account(actor: Actor, *, account_id: UUID) -> None:
    """Nobody signs in as it any more; its sessions end now."""
    async with unit_of_work():
        if not await store.change_account(actor, account_id, {Account.disabled_at: clock.now()}):
            raise NotFound
        await store.close_sessions_of(account=account_id)


async def forget_ended() -> int:
    """Sessions that ended and enrolments that nobody used go after a month; answers how many went."""
    async with unit_of_work():
        return await store.forget_ended(clock.now() - rules.KEPT_AFTER_END)
