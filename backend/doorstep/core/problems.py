"""Refusals as RFC 9457 problem details. The closed list of codes with their texts lives in `schemas/codes.json`."""

from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

MEDIA_TYPE = "application/problem+json"


class ProblemCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Texts and HTTP status of one problem code."""

    zh: str
    en: str
    status: int


class FindingCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Severity and texts of one finding code; `*_do` says what the caregiver does next.

    `phone`: the phone's own judge may find it too. `review`, of what holds a visit: whether something has to be put
    right, or a person may take note of it as it is.
    """

    severity: Literal["info", "warn", "hold", "refuse"]
    zh: str
    en: str
    zh_do: str
    en_do: str
    phone: bool = False
    review: Literal["must_fix", "may_acknowledge"] | None = None


class RowCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Texts of what an import says about a row; `{name}` is filled in."""

    zh: str
    en: str


class Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `schemas/codes.json`."""

    problems: dict[str, ProblemCode]
    findings: dict[str, FindingCode]
    rows: dict[str, RowCode]


@cache
def codes() -> Codes:
    """The closed list, read once: from the checkout, or from the installed package."""
    package = Path(__file__).parent.parent
    for home in (package.parent.parent / "schemas", package / "schemas"):
        if (home / "codes.json").is_file():
            return msgspec.json.decode((home / "codes.json").read_bytes(), type=Codes)
    raise FileNotFoundError("schemas/codes.json")


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wrong place in the input."""

    field: str
    message: str
    message_en: str = ""


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True, rename={"kind": "type"}):
    """`application/problem+json` as it goes over the wire."""

    kind: str
    title: str
    title_en: str
    status: int
    code: str
    detail: str = ""
    detail_en: str = ""
    errors: list[FieldError] = []


class Problem(Exception):
    """A refusal that the client can understand. Subclasses name one code of the closed list each."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(
        self, detail: str = "", detail_en: str = "", *, errors: list[FieldError] | None = None, **headers: str
    ) -> None:
        super().__init__(self.code, detail_en or detail)
        self.detail, self.detail_en = detail, detail_en
        self.errors = errors or []
        self.headers: dict[str, Any] = {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def status(self) -> int:
        """The HTTP status of this code."""
        return codes().problems[self.code].status

    def body(self) -> ProblemBody:
        """The wire form."""
        return body(self.code, detail=self.detail, detail_en=self.detail_en, errors=self.errors)


def body(code: str, *, detail: str = "", detail_en: str = "", errors: list[FieldError] | None = None) -> ProblemBody:
    """The wire form of a code."""
    text = codes().problems[code]
    return ProblemBody(
        kind=f"/problems/{code}",
        title=text.zh,
        title_en=text.en,
        status=text.status,
        code=code,
        detail=detail,
        detail_en=detail_en,
        errors=errors or [],
    )


class NotFound(Problem):
    """Nothing with this id that the actor may see: the two are told apart for nobody."""

    code = "NOT_FOUND"


class InputInvalid(Problem):
    """The input is well-formed but breaks a rule; `errors` says where."""

    code = "INPUT_INVALID"


class NotAllowed(Problem):
    """The actor's role or scope does not cover this."""

    code = "NOT_ALLOWED"


class OwnWork(Problem):
    """Nobody decides on, checks or answers about their own work."""

    code = "OWN_WORK"


class TooManyRequests(Problem):
    """So many that it looks like guessing, or that nobody could read them."""

    code = "TOO_MANY_REQUESTS"


class NotSignedIn(Problem):
    """There is no live session."""

    code = "NOT_SIGNED_IN"
