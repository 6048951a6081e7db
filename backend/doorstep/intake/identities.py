"""The numbers by which people and organisations are known: read, checked, and masked for showing. Pure."""

import re
from datetime import date

import phonenumbers
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from doorstep.intake.cells import CellFault, key, plain
from doorstep.intake.sheets import Cell
from doorstep.intake.wire import RowCode


def id_number(cell: Cell, *, today: date) -> str:
    """A resident's ID number, upper case, with a right check digit and a possible birth date.

    The region digits are not looked at: they tell the place of first issue, some of which no longer exist.
    """
    value = key(cell).replace("-", "").lstrip("'`’‘")
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 1e15:
        raise CellFault(RowCode.ID_NUMBER_AS_NUMBER)
    if re.fullmatch(r"\d\.\d+E\+?\d{2}", value):
        raise CellFault(RowCode.ID_NUMBER_AS_NUMBER)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        raise CellFault(RowCode.ID_NUMBER_INVALID)
    if ric.calc_check_digit(value) != value[-1]:
        raise CellFault(RowCode.ID_NUMBER_CHECK_DIGIT)
    try:
        born = ric.get_birth_date(value)
    except ValidationError as error:
        raise CellFault(RowCode.ID_NUMBER_DATE) from error
    if not date(today.year - 130, 1, 1) <= born <= today:
        raise CellFault(RowCode.ID_NUMBER_DATE)
    return value


def born_and_sex(number: str) -> tuple[date, str]:
    """Birth date and sex inside a checked ID number: the 17th digit is odd for men."""
    return ric.get_birth_date(number), "male" if int(number[16]) % 2 else "female"


def masked_id(number: str) -> str:
    """An ID number as it may be shown: the first three and the last four characters."""
    return f"{number[:3]}{'*' * max(len(number) - 7, 1)}{number[-4:]}" if len(number) >= 15 else "***"


def masked_name(name: str) -> str:
    """A person's name as it may stand in a report: the first character only."""
    bare = name.replace(" ", "")
    return bare[:1] + "*" * (len(bare) - 1)


def masked_phone(number: str) -> str:
    """A phone number as it may be shown."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 10 else "****"


def credit_code(cell: Cell) -> str:
    """A unified social credit code with a right check character."""
    value = key(cell).replace("-", "")
    if not uscc.is_valid(value):
        raise CellFault(RowCode.USCC_INVALID)
    return value


_EXTENSION = re.compile(r"(?a)(?:转|EXT\.?|分机)(\d{1,6})$")
_COUNTRY = re.compile(r"(?a)^(?:(?:\+|00)?86(?=0?1[3-9]\d{9}$|0?[1-9]\d{9,10}$))?(?:0(?=1[3-9]\d{9}$))?")


def phones(cell: Cell) -> list[str]:
    """The phone numbers in a cell: 11 digits of a mobile, or area code and landline (010 where it is left out).

    A hotline (12345, 12349, 110, 120) is nobody's phone.
    """
    parts = re.split(r"[、,，;；/|]|(?<=[0-9]{11})\s", plain(cell) or "")
    return list(dict.fromkeys(_phone(key(part)) for part in parts if key(part)))


def _phone(value: str) -> str:
    bare = re.sub(r"[-().·]", "", value)
    extension = _EXTENSION.search(bare)
    bare = _COUNTRY.sub("", _EXTENSION.sub("", bare))
    if re.fullmatch(r"(?a)1[3-9]\d{9}", bare):
        return bare
    landline = "010" + bare if re.fullmatch(r"(?a)[2-8]\d{7}", bare) else bare
    landline = landline if landline.startswith("0") else "0" + landline
    if not re.fullmatch(r"(?a)0\d{9,11}", landline) or not phonenumbers.is_valid_number(
        phonenumbers.parse(landline, "CN")
    ):
        raise CellFault(RowCode.PHONE_INVALID)
    return landline + (f"-{extension[1]}" if extension else "")
