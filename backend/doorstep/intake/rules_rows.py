"""The six kinds of rows of a roster, each read by its own rule. Pure."""

import re
from datetime import date
from typing import Any

from msgspec import UNSET

from doorstep.intake import cells, identities, words
from doorstep.intake.cells import CellFault, key, plain, shown
from doorstep.intake.columns import DataRow, Table
from doorstep.intake.layout import Kind
from doorstep.intake.roster import AreaRow, CapRow, CaregiverRow, PlanRow, ProviderRow
from doorstep.intake.rules import ContentTerms, Parsed, RowReader, Terms, given
from doorstep.intake.rules_elders import person, read_elder
from doorstep.intake.sheets import Cell
from doorstep.intake.wire import RowCode

_TOTALS = frozenset({"合计", "总计", "总额", "合计上限", "TOTAL", "共计"})
_FOR_EVER = frozenset({"长期", "永久", "无期限", "长期有效", "永久有效"})
_RISK_SEPARATORS = re.compile(r"[、；;\n\r|]+")
_AREA_SUFFIX = re.compile(r"(街道办事处|地区办事处|街道|地区|办事处|乡|镇)$")


def parse(table: Table, row: DataRow, terms: Terms) -> Parsed:
    """What the row says, or its faults."""
    return _PARSERS[table.kind](RowReader(table, row), terms)


def area_key(name: Cell, district: str = "") -> str:
    """A subdistrict's name for comparing: 朝外, 朝外街道, 朝阳区朝外街道办事处 are one."""
    bare = re.sub(rf"^(?:北京市)?{re.escape(key(district))}", "", key(name)) if district else key(name)
    return _AREA_SUFFIX.sub("", bare) or bare


def _area(reader: RowReader, _terms: Terms) -> Parsed:
    name = reader.line("name", 30)
    suffix = _AREA_SUFFIX.search(key(name))
    kind = reader.word("kind", words.AREA_KINDS) or (suffix and words.AREA_KINDS.get(suffix[1]))
    point = reader.point("lat", "lon")
    bare = _AREA_SUFFIX.sub("", name or "") or name
    return reader.done(
        lambda: AreaRow(name=given(bare), kind=kind or None, point=point),
        summary=name or "",
        refers_to=area_key(name),
    )


def _provider(reader: RowReader, terms: Terms) -> Parsed:
    name = reader.line("name")
    uscc = reader.get("uscc", identities.credit_code)
    legal_kind = reader.word("legal_kind", words.LEGAL_KIND)
    site_kind = words.SITE_KIND.get(key(reader.cell("site_kind")))
    if site_kind is None:
        site_kind = "other"
        if not reader.blank("site_kind"):
            reader.notice(RowCode.SITE_KIND_OTHER, "site_kind", value=shown(reader.cell("site_kind")))
    area = reader.get("area", plain)
    types = reader.get("service_types", lambda cell: _service_types(cell, terms)) or ()
    coverage = reader.get("coverage", lambda cell: tuple(cells.words_of(cell)))
    contact_name, contact_phone = reader.line("contact_name", 30), reader.phone("contact_phone")
    licence = None
    if key(reader.cell("licence_until")) not in _FOR_EVER:
        licence = reader.day("licence_until", terms)
    return reader.done(
        lambda: ProviderRow(
            name=given(name),
            uscc=given(uscc),
            legal_kind=given(legal_kind),
            site_kind=site_kind,
            area=given(area),
            service_types=types,
            coverage=coverage or None,
            contact_name=contact_name,
            contact_phone=contact_phone,
            licence_until=licence,
        ),
        summary=name or "",
        refers_to=key(name),
    )


def _service_types(cell: Cell, terms: Terms) -> tuple[str, ...]:
    found = []
    for word in cells.words_of(cell, conjunctions=True):
        kind = terms.service_type_of(word)
        if kind is None:
            raise CellFault(RowCode.VALUE_UNKNOWN, value=shown(word), allowed=terms.type_names)
        found.append(kind)
    return tuple(dict.fromkeys(found))


def _caregiver(reader: RowReader, terms: Terms) -> Parsed:
    name, phone = reader.line("name", 30), reader.phone("phone")
    provider = reader.get("provider", plain)
    certificates: Any = UNSET
    until: date | None = None
    if reader.has("certificates"):
        certificates = reader.several("certificates", words.CERTIFICATES)
    if key(reader.cell("valid_until")) not in _FOR_EVER:
        until = reader.day("valid_until", terms)
        # Without its last day a certificate would count for ever.
        if until is None and certificates and reader.blank("valid_until"):
            reader.fault(RowCode.REQUIRED_MISSING, "valid_until", column=reader.title("valid_until"))
    if until and until < terms.today and certificates:
        reader.notice(RowCode.CERTIFICATE_EXPIRED, "valid_until")
    return reader.done(
        lambda: CaregiverRow(
            name=given(name),
            phone=given(phone),
            provider=given(provider),
            certificates=certificates,
            valid_until=until,
        ),
        summary=" ".join(filter(None, [name, phone and identities.masked_phone(phone)])),
    )


def _plan(reader: RowReader, terms: Terms) -> Parsed:
    number = reader.get("id_number", lambda cell: identities.id_number(cell, today=terms.today))
    name = reader.get("elder_name", plain)
    kind = reader.get("service_type", lambda cell: _service_type(cell, terms))
    content = reader.get("content", lambda cell: _content(kind, cell, terms)) if kind else None
    frequency = reader.line("frequency", 60)
    recurrence = reader.get("frequency", lambda cell: _recurrence(cell, terms)) if frequency else None
    window = reader.get("window", cells.window)
    least = reader.get("min_minutes", lambda cell: cells.whole(cell, low=1, high=480))
    carers = reader.get("carers", lambda cell: cells.whole(cell, low=1, high=4))
    provider = reader.get("provider", plain)
    price, ratio = reader.get("price", cells.fen), reader.get("ratio", cells.ratio_bp)
    starts, ends = reader.day("starts_on", terms), reader.day("ends_on", terms)
    if starts and ends and ends < starts:
        reader.fault(RowCode.DATES_REVERSED, "ends_on")
    risks = reader.get("risks", _risks) or ()

    def value() -> PlanRow:
        what = given(content)
        minutes = what.min_minutes if least is None else least
        return PlanRow(
            id_number=given(number),
            elder_name=name,
            service_type=given(kind),
            content=what.code,
            frequency=given(frequency),
            recurrence=given(recurrence),
            window=given(window),
            min_minutes=minutes,
            max_minutes=max(what.max_minutes, minutes),
            carers=carers or 1,
            provider=given(provider),
            price_fen=given(price),
            ratio_bp=given(ratio),
            starts_on=given(starts),
            ends_on=given(ends),
            risks=risks,
        )

    what = " ".join(filter(None, [plain(reader.cell("service_type")), plain(reader.cell("content"))]))
    return reader.done(value, summary=f"{person(reader.cell('elder_name'), reader.cell('id_number'))} {what}".strip())


def _service_type(cell: Cell, terms: Terms) -> str:
    found = terms.service_type_of(key(cell))
    if found is None:
        raise CellFault(RowCode.VALUE_UNKNOWN, value=shown(cell), allowed=terms.type_names)
    return found


def _content(kind: str, cell: Cell, terms: Terms) -> ContentTerms:
    found = terms.content_of(kind, key(cell))
    if found is None:
        raise CellFault(
            RowCode.CONTENT_NOT_OF_TYPE,
            value=shown(cell),
            service_type=terms.types[kind],
            allowed=terms.contents.get(kind, ""),
        )
    if not found.at_home:
        raise CellFault(RowCode.CONTENT_NOT_AT_HOME, value=shown(cell))
    return found


def _recurrence(cell: Cell, terms: Terms) -> str:
    found = terms.recurrence_of(plain(cell) or "")
    if found is None:
        raise CellFault(RowCode.FREQUENCY_UNKNOWN, value=shown(cell))
    return found


def _risks(cell: Cell) -> tuple[str, ...]:
    """ "听力差，请大声" is one risk: only 、 ； and line breaks separate."""
    parts = (cells.text(part, limit=60) for part in _RISK_SEPARATORS.split(str(cell)))
    return tuple(dict.fromkeys(part for part in parts if key(part) not in cells.NOTHING))


def _cap(reader: RowReader, terms: Terms) -> Parsed:
    kind = reader.get("service_type", lambda cell: "total" if key(cell) in _TOTALS else _service_type(cell, terms))
    cap = reader.get("cap", cells.fen)
    return reader.done(
        lambda: CapRow(service_type=given(kind), cap_fen=given(cap)),
        summary=plain(reader.cell("service_type")) or "",
    )


_PARSERS = {
    Kind.AREAS: _area,
    Kind.PROVIDERS: _provider,
    Kind.CAREGIVERS: _caregiver,
    Kind.ELDERS: read_elder,
    Kind.PLANS: _plan,
    Kind.CAPS: _cap,
}
