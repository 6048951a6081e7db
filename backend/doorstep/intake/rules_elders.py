"""The row of an elder: who it is, where the home is, which statuses hold. Pure."""

import re

from doorstep.intake import cells, identities, words
from doorstep.intake.cells import CellFault, key, plain, shown
from doorstep.intake.roster import ElderRow, Status
from doorstep.intake.rules import Parsed, RowReader, Terms, given
from doorstep.intake.sheets import BrokenCell, Cell
from doorstep.intake.wire import RowCode


def read_elder(reader: RowReader, terms: Terms) -> Parsed:
    """An elder, with birth date and sex from the ID number; a sex column that disagrees refuses the row."""
    name = reader.line("name", 40)
    number = reader.get("id_number", lambda cell: identities.id_number(cell, today=terms.today))
    sex = reader.word("sex", words.SEX)
    born = reader.get("birth_date", cells.day)
    if number:
        true_birth, true_sex = identities.born_and_sex(number)
        if sex and sex != true_sex:
            reader.fault(RowCode.SEX_MISMATCH, "sex")
        if born and born != true_birth:
            reader.fault(RowCode.BIRTH_DATE_MISMATCH, "birth_date")
        if (true_birth.year + 60, true_birth.month, true_birth.day) > (
            terms.today.year,
            terms.today.month,
            terms.today.day,
        ):
            reader.notice(RowCode.UNDER_60, "id_number")
    phone, hukou = reader.phone("phone"), reader.line("hukou", 40)
    area, community = reader.get("area", plain), reader.line("community", 40)
    address, notes = reader.line("address", 120), reader.line("access_notes", 120)
    point = reader.point("lat", "lon")
    system = reader.get("coord_system", cells.coord_system) if point else None
    if point and system is None and reader.blank("coord_system"):
        reader.notice(RowCode.COORD_SYSTEM_MISSING, "coord_system")
    governed, statuses = _statuses(reader, terms)
    family = (reader.line("family_name", 40), reader.phone("family_phone"), reader.line("family_relation", 20))
    signed = reader.day("agreement_signed_on", terms)
    if signed is None and reader.blank("agreement_signed_on"):
        reader.notice(RowCode.AGREEMENT_DATE_MISSING, "agreement_signed_on")
    return reader.done(
        lambda: ElderRow(
            name=given(name),
            id_number=given(number),
            birth_date=identities.born_and_sex(given(number))[0],
            sex=identities.born_and_sex(given(number))[1],
            phone=phone,
            hukou=hukou,
            area=given(area),
            community=community,
            address=given(address),
            access_notes=notes,
            point=point,
            coord_system=system,
            governed=governed,
            statuses=statuses,
            family_name=family[0],
            family_phone=family[1],
            family_relation=family[2],
            agreement_signed_on=signed,
        ),
        summary=person(reader.cell("name"), reader.cell("id_number")),
        refers_to=number or _raw_number(reader.cell("id_number")),
    )


def _statuses(reader: RowReader, terms: Terms) -> tuple[frozenset[str], tuple[Status, ...]]:
    """The kinds of status that the file speaks about, and those that hold."""
    governed: set[str] = set()
    found: list[Status] = []
    if reader.has("hardship"):
        governed |= words.HARDSHIP_KINDS
        kinds = list(reader.several("hardship", words.HARDSHIP))
        if "fp_special_hardship" in kinds and "fp_hardship" not in kinds:
            kinds.append("fp_hardship")
        found += [Status(kind) for kind in kinds]
    if not reader.blank("ability"):
        governed.add("ability")
        level = reader.word("ability", words.ABILITY)
        found += [Status("ability", level)] if level else []
    if reader.has("disability"):
        governed.add("disability")
        level = reader.get("disability", _disability_level)
        found += [Status("disability", level)] if level else []
    if reader.has("honours"):
        governed |= words.HONOUR_KINDS
        found += [Status(kind) for kind in reader.several("honours", words.HONOURS)]
    for field in ("dementia", "living_alone", "welfare_institution"):
        if reader.has(field):
            governed.add(field)
            found += [Status(field)] if reader.get(field, cells.yes) else []
    if reader.has("home_care_bed"):
        governed.add("home_care_bed")
        built = None if key(reader.cell("home_care_bed")) == "否" else reader.day("home_care_bed", terms)
        found += [Status("home_care_bed", None, built)] if built else []
    return frozenset(governed), tuple(found)


_DISABILITY = re.compile(r"(?:^|[^0-9一二三四])([1-4一二三四])级?$")


def _disability_level(cell: Cell) -> str | None:
    value = key(cell)
    if value == "否":
        return None
    match = _DISABILITY.search(value.replace("IV", "4").replace("III", "3").replace("II", "2").replace("I", "1"))
    if match is None:
        raise CellFault(RowCode.VALUE_UNKNOWN, value=shown(cell), allowed="一级、二级、三级、四级、无")
    return str("一二三四".index(match[1]) + 1) if match[1] in "一二三四" else match[1]


def person(name: Cell, number: Cell) -> str:
    """Somebody in a report: masked name and masked number."""
    shown_name = identities.masked_name(plain(name) or "")
    digits = _raw_number(number)
    return " ".join(filter(None, [shown_name, identities.masked_id(digits) if digits else ""]))


def _raw_number(cell: Cell) -> str:
    return "" if isinstance(cell, BrokenCell) else key(cell)
