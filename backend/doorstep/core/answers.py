"""How refusals are documented: the problems that a route names, by their HTTP status."""

from litestar.openapi.datastructures import ResponseSpec

from doorstep.core import problems


def refusals(*codes: str) -> dict[int, ResponseSpec]:
    """The `responses=` of a handler that may refuse with these codes of the closed list."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(problems.codes().problems[code].status, []).append(code)
    return {
        status: ResponseSpec(
            problems.ProblemBody,
            media_type=problems.MEDIA_TYPE,
            description=", ".join(named),
            generate_examples=False,
        )
        for status, named in by_status.items()
    }
