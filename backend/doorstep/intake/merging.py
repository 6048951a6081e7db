"""Decides what a file's items make of an elder's plan: new, changed or the same, and whether a version is due. Pure."""

from collections.abc import Sequence
from datetime import date, time
from typing import Any, Literal
from uuid import UUID

import msgspec

Fate = Literal["created", "updated", "unchanged"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A plan item; `valid_to` is the first day after. Risks belong to the plan, an item of the database has none."""

    provider: UUID
    service_type: str
    content: str
    frequency: str
    recurrence: dict[str, Any]
    window: tuple[time, time]
    min_minutes: int
    max_minutes: int
    max_per_month: int | None = None
    carers: int
    price_fen: int
    ratio_bp: int
    valid_from: date
    valid_to: date
    risks: tuple[str, ...] = ()

    def same_as(self, other: "Item") -> bool:
        """Whether an office means the same: the words of the frequency and our own limits do not count."""
        return _meaning(self) == _meaning(other)


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: a fate for each item of the file, and the items and risks of the version that is due."""

    fates: list[Fate]
    items: list[Item]
    risks: list[str]
    changed: bool
    counts_from: date
    """The first day of what changed."""


def merge(told: Sequence[Item], there: Sequence[Item], risks: Sequence[str], *, own: UUID | None = None) -> Merged:
    """The file's items against those of the current version.

    Equal ones pair up first; what is left pairs up by type and content as changed; the rest is new. Items of the
    version that the file does not speak of stay. An office's file may give an item to another provider; a provider's
    (`own`) changes its own, and another's item of the same content stays beside.
    """
    left = list(there)
    fates: list[Fate | None] = []
    kept: list[Item] = []
    for item in told:
        same = next((old for old in left if item.same_as(old)), None)
        if same is not None:
            left.remove(same)
        fates.append("unchanged" if same is not None else None)
        kept.append(same if same is not None else item)
    for index, item in enumerate(told):
        if fates[index] is None:
            alike = [
                old
                for old in left
                if (old.service_type, old.content) == (item.service_type, item.content) and own in (None, old.provider)
            ]
            old = next((one for one in alike if one.provider == item.provider), next(iter(alike), None))
            if old is not None:
                left.remove(old)
                kept[index] = msgspec.structs.replace(item, max_per_month=old.max_per_month)
            fates[index] = "updated" if old is not None else "created"
    wanted = list(dict.fromkeys(risk for item in told for risk in item.risks))
    if left:
        # The risks of items that the file does not speak of are among the old ones.
        wanted = list(dict.fromkeys([*risks, *wanted]))
    final: list[Fate] = [fate or "unchanged" for fate in fates]
    if set(wanted) != set(risks) and there:
        final = _risks_changed(final, told, set(risks))
    changed = any(fate != "unchanged" for fate in final)
    return Merged(
        fates=final,
        items=[*kept, *left],
        risks=wanted,
        changed=changed,
        counts_from=min(
            (item.valid_from for item, fate in zip(told, final, strict=True) if fate != "unchanged"), default=date.min
        ),
    )


def _risks_changed(fates: list[Fate], told: Sequence[Item], before: set[str]) -> list[Fate]:
    """The rows that bring a new risk are changed; if a risk only went, it was the first row's."""
    marked: list[Fate] = [
        "updated" if fate == "unchanged" and set(item.risks) - before else fate
        for fate, item in zip(fates, told, strict=True)
    ]
    if all(fate == "unchanged" for fate in marked):
        marked[0] = "updated"
    return marked


def _meaning(item: Item) -> tuple[Any, ...]:
    return (
        item.provider,
        item.service_type,
        item.content,
        tuple(sorted((name, str(value)) for name, value in item.recurrence.items())),
        item.window,
        item.min_minutes,
        item.carers,
        item.price_fen,
        item.ratio_bp,
        item.valid_from,
        item.valid_to,
    )
