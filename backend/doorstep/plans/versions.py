"""New versions of a plan: immutable, from a day on, never before a visit that is verified. Part of `service`."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.core.problems import FieldError, InputInvalid, NotFound, Problem
from doorstep.db import changes
from doorstep.db.changes import NewChange
from doorstep.identity.wire import Actor
from doorstep.plans import catalogue, elders, elders_store, rules, store, succession, versions_store
from doorstep.plans.rules import Dated
from doorstep.plans.wire_elders import NewPlanItem, NewPlanVersion, PlanVersionView

_NO_END = timedelta(days=365)
"""The term of a first version that names none."""


class PlanBeforeVerified(Problem):
    """A visit on or after that day is verified: it keeps the version under which it was planned."""

    code = "PLAN_BEFORE_VERIFIED"


class PlanChangedMeanwhile(Problem):
    """Somebody else made a version since the one that was copied: what they changed would be lost."""

    code = "PLAN_CHANGED_MEANWHILE"


class _Old(msgspec.Struct, frozen=True):
    """The version before, with everybody's items."""

    row: asyncpg.Record
    items: Sequence[asyncpg.Record]


async def add_version(actor: Actor, elder_id: UUID, new: NewPlanVersion, recurrences: Sequence[str]) -> PlanVersionView:
    """A new version inside the caller's unit of work; `recurrences` are what the frequencies of the items mean.

    What goes on as it was keeps its visits ahead, and what began or was called off on its days keeps them; for the rest
    the caller brings visits and plans together.

    :raises NotFound: if there is no such elder in the actor's scope.
    :raises InputInvalid: if an item is none that this actor can plan, or it is not clear which programme is meant.
    :raises PlanBeforeVerified: if a visit on or after the first day is verified.
    :raises PlanChangedMeanwhile: if it was copied from a version that is not the last one.
    """
    elder = await store.elder(actor, elder_id)
    if elder is None:
        raise NotFound
    programme = await versions_store.programme(actor, elder_id, new.programme_id)
    if programme is None:
        raise _invalid("programme_id", "请选择补贴项目", "name the programme")
    await _check_items(actor, new.items)
    verified = await versions_store.last_verified(actor, elder_id, programme, new.valid_from)
    if verified is not None:
        raise PlanBeforeVerified(f"最近一次已认可的服务在{verified}", f"the last verified visit is of {verified}")
    standing = await versions_store.standing(actor, elder_id, programme)
    if new.copied_from is not None and (not standing or standing[0]["id"] != new.copied_from):
        raise PlanChangedMeanwhile
    old = None
    if standing:
        old = _Old(standing[0], await elders_store.items(actor, [standing[0]["id"]], everybodys=True))
    now, until = clock.now(), new.valid_to or _term(new.valid_from, old)
    plan = {
        "id": uuid7(),
        "elder": elder_id,
        "programme": programme,
        "version": standing[0]["version"] + 1 if standing else 1,
        "valid_from": new.valid_from,
        "valid_to": until,
        "risks": list(new.risks) if new.risks is not None else list(old.row["risks"]) if old else [],
        "emergency_procedure": old.row["emergency_procedure"] if old else catalogue.EMERGENCY,
        "created_at": now,
    }
    items = _items(actor, plan, new, recurrences, old)
    if not items:
        raise _invalid("items", "至少要有一项服务", "at least one item")
    recorded = {row["id"]: await store.states(actor, row["id"]) for row in standing}
    await versions_store.insert(actor, plan, items, _states(plan, new.reason, standing, recorded), now)
    if old is not None:
        await succession.carry_over(actor, old.row["id"], plan["id"], new.valid_from)
    await _tell(actor, plan, items, old, elder["area"])
    [made] = await elders.versions(actor, elder_id, plan["id"])
    return made


def _term(since: date, old: _Old | None) -> date:
    return old.row["valid_to"] if old and old.row["valid_to"] > since else since + _NO_END


async def _check_items(actor: Actor, items: Sequence[NewPlanItem]) -> None:
    known = await versions_store.known_providers(actor, [item.provider_id for item in items])
    for number, item in enumerate(items):
        if item.provider_id not in known:
            raise _invalid(f"items.{number}.provider_id", "不是本机构", "not a provider of yours")
        if not catalogue.is_home_visit(item.service_type, item.content):
            raise _invalid(f"items.{number}.content", "不是这类服务的上门内容", "not a home visit of this service type")


def _items(
    actor: Actor, plan: Mapping[str, Any], new: NewPlanVersion, recurrences: Sequence[str], old: _Old | None
) -> list[dict[str, Any]]:
    """The items of the new version: those that were given, and for a provider those of others as they are."""
    left = [row for row in old.items if row["valid_to"] > new.valid_from] if old else []
    made: list[dict[str, Any]] = []
    for item, recurrence in zip(new.items, recurrences, strict=True):
        content = catalogue.CONTENTS[item.content]
        made.append(
            {
                "id": uuid7(),
                "plan": plan["id"],
                "provider": item.provider_id,
                **{name: getattr(item, name) for name in ("service_type", "content", "frequency")},
                **{name: getattr(item, name) for name in ("window_start", "window_end", "max_per_month")},
                **{name: getattr(item, name) for name in ("carers_needed", "unit_price_fen", "ratio_bp")},
                "recurrence": recurrence,
                "min_minutes": content.min_minutes if item.min_minutes is None else item.min_minutes,
                "max_minutes": content.max_minutes if item.max_minutes is None else item.max_minutes,
                "valid_from": plan["valid_from"],
                "valid_to": plan["valid_to"],
            }
        )
    before = {row["id"]: row for row in old.items} if old else {}
    follows = {one.new: before[one.old] for one in succession.successors(left, made)}
    for row in made:
        if row["id"] in follows:
            # What is counted from the first day of an item ("every two weeks") goes on in the same rhythm.
            row["valid_from"] = min(follows[row["id"]]["valid_from"], plan["valid_from"])
    others = [one for one in left if actor.provider_id is not None and one["provider"] != actor.provider_id]
    return made + [{**{name: one[name] for name in _CARRIED}, "id": uuid7(), "plan": plan["id"]} for one in others]


_CARRIED = (
    *("provider", "service_type", "content", "frequency", "recurrence", "window_start", "window_end", "min_minutes"),
    *("max_minutes", "max_per_month", "carers_needed", "unit_price_fen", "ratio_bp", "valid_from", "valid_to"),
)


def _states(
    plan: Mapping[str, Any],
    reason: str,
    standing: Sequence[asyncpg.Record],
    recorded: Mapping[UUID, Sequence[Dated]],
) -> list[tuple[UUID, Dated]]:
    """Active for its term; versions before are superseded; a suspension that reaches into the new one goes on."""
    since, until = plan["valid_from"], plan["valid_to"]
    facts = [(plan["id"], Dated("active", since, until, reason))]
    for row in standing:
        if any(part.name not in rules.FINAL_STATES for part in _after(recorded[row["id"]], since)):
            facts.append((row["id"], Dated("superseded", max(since, row["valid_from"]), None, reason)))
    for part in _after(recorded[standing[0]["id"]], since) if standing else ():
        if part.name == "suspended":
            facts.append((plan["id"], msgspec.structs.replace(part, since=max(part.since, since))))
    return facts


def _after(recorded: Sequence[Dated], day: date) -> list[Dated]:
    return [part for part in rules.life(recorded) if part.until is None or part.until > day]


async def _tell(
    actor: Actor, plan: Mapping[str, Any], items: Sequence[Mapping[str, Any]], old: _Old | None, area: UUID
) -> None:
    data = {
        "elder": str(plan["elder"]),
        "version": plan["version"],
        "valid_from": plan["valid_from"].isoformat(),
        "by": str(actor.account_id) if actor.account_id else actor.role.value,
    }
    providers = {item["provider"] for item in items} | ({row["provider"] for row in old.items} if old else set())
    await changes.record_all(
        [
            NewChange(kind="plan.version", subject=plan["id"], data=data, provider=provider, area=area)
            for provider in sorted(providers)
        ]
    )


def _invalid(field: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(zh, en, errors=[FieldError(field=field, message=zh, message_en=en)])
