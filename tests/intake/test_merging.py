"""A file's items against a plan: what is new, changed or the same; properties that no file may break."""

from datetime import date, time
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from doorstep.intake.merging import Item, merge

_PROVIDERS = [UUID(int=1), UUID(int=2)]


def _item(**changes: Any) -> Item:
    values: dict[str, Any] = {
        "provider": _PROVIDERS[0],
        "service_type": "meal",
        "content": "delivery",
        "frequency": "每日",
        "recurrence": {"kind": "daily"},
        "window": (time(11), time(12, 30)),
        "min_minutes": 3,
        "max_minutes": 60,
        "carers": 1,
        "price_fen": 1200,
        "ratio_bp": 10_000,
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2027, 1, 1),
    }
    return Item(**{**values, **changes})


_items = st.builds(
    lambda content, price, provider, hour, risk: _item(
        content=content, price_fen=price, provider=provider, window=(time(hour), time(hour + 1)), risks=risk
    ),
    st.sampled_from(["delivery", "laundry", "haircut"]),
    st.sampled_from([1200, 4000]),
    st.sampled_from(_PROVIDERS),
    st.sampled_from([9, 14]),
    st.sampled_from([(), ("跌倒",), ("宠物", "听力差，请大声")]),
)
_told = st.lists(_items, min_size=1, max_size=6)


def _stored(items: list[Item]) -> list[Item]:
    return [msgspec.structs.replace(item, risks=()) for item in items]


@given(_told, st.lists(_items, max_size=6), st.sets(st.sampled_from(["跌倒", "宠物", "独居"])))
def test_the_same_file_again_changes_nothing(told: list[Item], there: list[Item], risks: set[str]) -> None:
    first = merge(told, _stored(there), sorted(risks))
    again = merge(told, _stored(first.items), first.risks)
    assert not again.changed
    assert set(again.fates) == {"unchanged"}


@given(_told, st.lists(_items, max_size=6))
def test_no_row_is_lost_and_nothing_is_deleted(told: list[Item], there: list[Item]) -> None:
    merged = merge(told, _stored(there), [])
    assert len(merged.fates) == len(told)
    assert len(merged.items) == len(told) + len(there) - len(told) + merged.fates.count("created")
    for item in told:
        assert any(item.same_as(kept) for kept in merged.items)


def test_words_of_the_frequency_do_not_make_a_change() -> None:
    merged = merge([_item(frequency="天天")], [_item()], [])
    assert (merged.fates, merged.changed, merged.items[0].frequency) == (["unchanged"], False, "每日")


def test_a_changed_price_is_an_update_of_its_own_item() -> None:
    lunch, dinner = _item(), _item(window=(time(17), time(18)))
    merged = merge([dinner, _item(price_fen=1500)], [lunch, dinner], [])
    assert merged.fates == ["unchanged", "updated"]
    assert sorted(item.price_fen for item in merged.items) == [1200, 1500]


def test_an_office_moves_an_item_to_another_provider_and_a_provider_changes_only_its_own() -> None:
    theirs, mine = _item(), _item(provider=_PROVIDERS[1], price_fen=1500)
    moved = merge([mine], [theirs], [])
    assert (moved.fates, moved.items) == (["updated"], [mine])
    beside = merge([mine], [theirs], [], own=_PROVIDERS[1])
    assert (beside.fates, beside.items) == (["created"], [mine, theirs])
    again = merge([_item(provider=_PROVIDERS[1])], beside.items, [], own=_PROVIDERS[1])
    assert (again.fates, again.items) == (["updated"], [_item(provider=_PROVIDERS[1]), theirs])


def test_a_limit_of_the_product_stays_with_a_changed_item() -> None:
    merged = merge([_item(price_fen=1500)], [_item(max_per_month=20)], [])
    assert merged.items[0].max_per_month == 20


def test_a_new_risk_is_told_at_the_row_that_brings_it_and_a_gone_one_at_the_first() -> None:
    there = [_item(), _item(content="laundry")]
    told = [_item(), _item(content="laundry", risks=("宠物",))]
    assert merge(told, there, []).fates == ["unchanged", "updated"]
    assert merge(_stored(told), there, ["宠物"]).fates == ["updated", "unchanged"]
    assert merge(_stored(told)[:1], there, ["宠物"]).fates == ["unchanged"], "it may be the other item's"
