"""Money: integer fen; ratios: integer basis points."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

FULL_RATIO_BP = 10_000


class NotMoney(ValueError):
    """The text is not an amount of yuan with at most two decimals."""


def fen_from_yuan(text: str | int | float | Decimal) -> int:
    """Yuan as written by an office ("33.33", 40, "1,200.00", "¥40元") to fen.

    :raises NotMoney: if it is not a finite amount of whole fen, is negative or above one hundred million yuan.
    """
    cleaned = str(text).replace(",", "").replace("，", "").strip()
    cleaned = cleaned.removeprefix("¥").removeprefix("￥").removesuffix("元").strip()
    try:
        fen = Decimal(cleaned) * 100
    except InvalidOperation as error:
        raise NotMoney(str(text)) from error
    if not fen.is_finite() or fen != fen.to_integral_value() or not 0 <= fen <= 10_000_000_000:
        raise NotMoney(str(text))
    return int(fen)


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: 3333 -> "33.33"."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def share_of(fen: int, ratio_bp: int) -> int:
    """A share of an amount, rounded half up to whole fen (domain rule: per visit, not per sum)."""
    return int((Decimal(fen) * ratio_bp / FULL_RATIO_BP).quantize(Decimal(1), rounding=ROUND_HALF_UP))
