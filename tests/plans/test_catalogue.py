"""The catalogue is whole: every content has a checklist, names are unambiguous, procedures are in both languages."""

import pytest

from doorstep.plans import catalogue
from doorstep.plans.procedures import PROCEDURES


def test_the_four_services_and_no_other() -> None:
    assert {kind.zh: kind.code for kind in catalogue.SERVICE_TYPES.values()} == {
        "助医": "medical",
        "助餐": "meal",
        "助洁": "cleaning",
        "助浴": "bathing",
    }
    assert catalogue.service_type_named("助浴服务") == "bathing"
    assert catalogue.service_type_named("助行") is None


@pytest.mark.parametrize(
    ("service_type", "name", "code", "at_home"),
    [
        ("medical", "病床", "bed_care", True),
        ("medical", "送药", "medicine_delivery", True),
        ("medical", "巡访", "round_visit", True),
        ("medical", "e网", "e_network", True),
        ("meal", "送餐", "delivery", True),
        ("meal", "就餐", "dine_in", False),
        ("meal", "配餐", "packing", False),
        ("cleaning", "家庭保洁", "home_cleaning", True),
        ("cleaning", "洗衣", "laundry", True),
        ("bathing", "入户助浴", "bath_at_home", True),
        ("bathing", "理发", "haircut", True),
    ],
)
def test_contents_as_offices_write_them(service_type: str, name: str, code: str, at_home: bool) -> None:
    assert catalogue.content_named(service_type, name) == code
    assert catalogue.is_home_visit(service_type, code) is at_home


def test_a_content_of_another_type_is_not_known() -> None:
    assert catalogue.content_named("meal", "理发") is None
    assert not catalogue.is_home_visit("meal", "haircut")


def test_every_home_visit_has_a_checklist_and_times() -> None:
    for content in catalogue.CONTENTS.values():
        assert content.service_type in catalogue.SERVICE_TYPES
        if content.at_home:
            assert len({task.code for task in content.tasks}) == len(content.tasks) >= 3
            assert all(task.zh and task.en for task in content.tasks)
            assert 0 < content.min_minutes < content.max_minutes


def test_bathing_needs_the_procedure_and_a_haircut_does_not() -> None:
    procedure = catalogue.safety_procedure("bathing", "bath_at_home")
    assert procedure is not None
    assert procedure.acknowledgement == "bathing-safety@1"
    assert catalogue.safety_procedure("bathing", "haircut") is None
    assert catalogue.safety_procedure("bathing", "something new") is procedure
    assert catalogue.safety_procedure("meal", "delivery") is None


def test_procedures_say_the_same_number_of_steps_in_both_languages() -> None:
    for procedure in PROCEDURES.values():
        assert len(procedure.zh) == len(procedure.en) >= 5
    emergency = " ".join(catalogue.emergency_procedure().zh)
    assert all(word in emergency for word in ("120", "110", "12349", "调度员"))
    assert catalogue.emergency_procedure("of another office") == catalogue.emergency_procedure()


def test_certificates_that_a_service_needs() -> None:
    assert catalogue.needed_certificates("meal") == (frozenset({"health_certificate"}),)
    assert frozenset({"nurse_licence"}) in catalogue.needed_certificates("medical")
    assert frozenset({"nurse_licence", "care_worker_certificate"}) in catalogue.needed_certificates("bathing")
