"""Prepares printed cards: draws the random codes, gathers what each card says, checks the font, has the file drawn."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from anyio import CapacityLimiter, to_thread

from doorstep.core import clock, tokens, vault
from doorstep.core.problems import FieldError, InputInvalid, NotFound, Problem
from doorstep.core.tokens import Entropy
from doorstep.households import card_layout, cards, fonts, rules, store
from doorstep.households.card_layout import CardText, Hotline
from doorstep.households.store import NewCode
from doorstep.households.wire import CardFormat, CardLayout
from doorstep.identity.wire import Actor
from doorstep.settings import Settings

_SHORT_CODE = "household_code.short_code"
_drawing = CapacityLimiter(1)  # one file at a time: each takes a processor for seconds


class GlyphMissing(Problem):
    """A name or address holds a character that the font cannot draw; nothing was printed and no code changed."""

    code = "GLYPH_MISSING"


class PlannedCard(msgspec.Struct, frozen=True):
    """A card before it is drawn: what it says, and what will be stored of its code."""

    text: CardText
    code: NewCode
    area: UUID


async def draw_new(
    actor: Actor,
    household_ids: Sequence[UUID],
    *,
    layout: CardLayout,
    format: CardFormat,
    settings: Settings,
    entropy: Entropy,
) -> tuple[list[PlannedCard], bytes]:
    """New cards for these homes and the file of them; nothing is stored yet."""
    ids = list(dict.fromkeys(household_ids))
    if format == "png" and card_layout.page_count(len(ids), layout) > 1:
        raise InputInvalid("PNG 只能有一页，请改用 PDF", "a PNG holds one page, use PDF")
    faces = await to_thread.run_sync(fonts.load, settings.data_dir / "cache" / "fonts", limiter=_drawing)
    planned = await _plan(actor, ids, settings=settings, entropy=entropy)
    _check_glyphs(planned, faces, household_ids)
    draw = partial(
        cards.draw, [card.text for card in planned], layout=layout, format=format, faces=faces, at=clock.now()
    )
    return planned, await to_thread.run_sync(draw, limiter=_drawing)


async def _plan(actor: Actor, ids: Sequence[UUID], *, settings: Settings, entropy: Entropy) -> list[PlannedCard]:
    homes = await store.to_print(actor, ids)
    if len(homes) < len(ids):
        raise NotFound
    elders, hotlines = await store.elders(actor, ids), await store.hotlines(actor, ids)
    marks, versions = await store.funder_marks(ids), await store.versions(ids)
    short_codes = await _new_short_codes(len(ids), entropy)
    emergency = tuple(Hotline(name, number) for name, number in rules.emergency_numbers(settings.emergency_numbers))
    safe = vault.current()
    planned = []
    for at, (home_id, (short_code, fingerprint)) in enumerate(zip(ids, short_codes, strict=True), 1):
        home, version = homes[home_id], versions.get(home_id, 0) + 1
        address = safe.open(home["address"], "household.address")
        token = tokens.new_token(entropy)
        text = CardText(
            qr_text=tokens.qr_text(settings.public_url, token),
            short_code=tokens.printed_short_code(short_code),
            place=rules.place_on_card(address, home["community"]),
            hotlines=tuple(_hotline(row) for row in hotlines.get(home_id, [])[:2]),
            emergency=emergency,
            version=version,
            issued=clock.today().isoformat(),
            serial=f"{at}/{len(ids)}",
            funder_mark="；".join(rules.one_line(row["funder_mark"]) for row in marks.get(home_id, [])),
            address=rules.one_line(address),
            family=rules.family(safe.open(row["name"], "elder.name") for row in elders.get(home_id, [])),
        )
        code = NewCode(
            household=home_id,
            version=version,
            token_sha256=tokens.token_sha256(token),
            short_code_fingerprint=fingerprint,
        )
        planned.append(PlannedCard(text, code, home["area"]))
    return planned


def _hotline(row: Any) -> Hotline:
    phone = vault.current().open(row["contact_phone"], "provider.contact_phone")
    return Hotline(rules.one_line(row["name"]), rules.grouped_phone(phone))


async def _new_short_codes(count: int, entropy: Entropy) -> list[tuple[str, bytes]]:
    """Codes that were never printed before, with their fingerprints: a used one would open two homes."""
    fresh: dict[str, bytes] = {}
    while len(fresh) < count:
        drawn = [tokens.new_short_code(entropy) for _ in range(count - len(fresh))]
        prints = {code: short_code_fingerprint(code) for code in drawn}
        used = await store.used_short_codes(list(prints.values()))
        fresh |= {code: fingerprint for code, fingerprint in prints.items() if fingerprint not in used}
    return list(fresh.items())


def _check_glyphs(planned: Sequence[PlannedCard], faces: fonts.Faces, asked: Sequence[UUID]) -> None:
    errors = []
    for card in planned:
        missing = faces.missing(card_layout.texts(card.text))
        if missing:
            field = f"household_ids[{asked.index(card.code.household)}]"
            zh = "、".join(f"“{char}”（U+{ord(char):04X}）" for char in missing)
            en = ", ".join(f"U+{ord(char):04X}" for char in missing)
            home = card.text.address
            errors.append(FieldError(field, f"{home}：字体中没有 {zh}", f"{home}: the font cannot draw {en}"))
    if errors:
        raise GlyphMissing(errors[0].message, errors[0].message_en, errors=errors)


def short_code_fingerprint(digits: str) -> bytes:
    """All that is stored of a short code; `digits` as `tokens.parse_short_code` gives them."""
    return vault.current().fingerprint(digits, _SHORT_CODE)
