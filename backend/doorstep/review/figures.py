"""Figures that people look at: what the visits of a period were, by group and step of time."""

from datetime import date
from typing import get_args

from asyncpg import Record

from doorstep.identity.wire import Actor
from doorstep.review import figures_store, rules
from doorstep.review.entering import PeriodInvalid
from doorstep.review.wire_figures import By, CodeCount, CodeCounts, Counted, Figures, Satisfaction, Series, Step

WHOLE = 10_000
BYS: tuple[str, ...] = get_args(By)


async def figures(actor: Actor, since: date, until: date, *, by: By, step: Step) -> Figures:
    """Counts of [since, until).

    :raises PeriodInvalid: if the end is not after the beginning, or the period is longer than two years.
    """
    _check(since, until)
    series: list[Series] = []
    for row in await figures_store.counted(actor, since, until, by=by, step=step):
        if not series or (series[-1].id, series[-1].key) != (row["id"], row["key"]):
            series.append(Series(id=row["id"], key=row["key"], name=row["name"], points=[]))
        series[-1].points.append(_point(row))
    return Figures(since=since, until=until, by=by, step=step, series=series)


async def top_codes(actor: Actor, since: date, until: date) -> CodeCounts:
    """Which findings the visits of [since, until) have, the most frequent first.

    :raises PeriodInvalid: as :func:`figures`.
    """
    _check(since, until)
    found = await figures_store.codes(actor, since, until)
    return CodeCounts(items=[CodeCount(code=code, visits=visits) for code, visits in found])


def _check(since: date, until: date) -> None:
    if not rules.period_valid(since, until):
        raise PeriodInvalid


def _point(row: Record) -> Counted:
    same = ("since", "visits", "completed", "missed", "not_served", "begun", "findings", "held", "manual", "rejected")
    return Counted(
        **{name: row[name] for name in same},
        on_time_bp=row["on_time"] * WHOLE // row["begun"] if row["begun"] else None,
        grades={grade: row[grade.lower()] for grade in "ABCD"},
        satisfaction=Satisfaction(n=row["rated"], sum=row["score"], satisfied=row["satisfied"]),
    )
