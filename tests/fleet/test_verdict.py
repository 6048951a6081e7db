"""The judge of the fleet can fail: each thing that must not happen is found, and what is explained is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec

from doorstep.core import jws
from fleet.verdict import judge

from .conftest import BEGAN, Case


def test_what_agrees_is_clean(case: Case) -> None:
    verdict = case.judged()
    assert verdict.clean
    assert verdict.events == 2
    assert not verdict.explained


def test_a_lost_event_is_found(case: Case) -> None:
    case.ledger.stored = case.stored()[:1]
    verdict = case.judged()
    assert len(verdict.lost) == 1
    assert not verdict.doubled


def test_an_event_that_still_waits_is_lost(case: Case) -> None:
    case.phone.waiting = [case.stored()[0].event_id]
    assert len(case.judged().lost) == 1


def test_an_event_with_two_rows_is_doubled(case: Case) -> None:
    first = case.stored()[0]
    case.ledger.stored = [*case.stored(), replace(first, event_id=str(uuid4()))]
    assert len(case.judged().doubled) == 1


def test_an_event_both_accepted_and_refused_is_doubled(case: Case) -> None:
    case.ledger.stored = [*case.stored(), replace(case.stored()[0], refused=True, codes=("EVENT_ID_REUSED",))]
    assert len(case.judged().doubled) == 1


def test_an_event_that_no_phone_made_is_found(case: Case) -> None:
    case.ledger.stored = [*case.stored(), replace(case.stored()[0], event_id=str(uuid4()), hash=b"\x01" * 32)]
    assert len(case.judged().doubled) == 1


def test_an_event_that_moved_two_visits_is_doubled(case: Case) -> None:
    case.ledger.links = [*case.ledger.links, replace(case.ledger.links[0], visit=uuid4(), effect="none")]
    assert case.judged().doubled


def test_a_visit_opened_twice_is_doubled(case: Case) -> None:
    other = replace(case.ledger.links[0], event_id=str(uuid4()))
    case.ledger.links = [*case.ledger.links, other]
    assert any("opened 2 times" in line for line in case.judged().doubled)
    case.ledger.links = [*case.ledger.links[:-1], replace(other, taken_back=True)]
    assert not case.judged().doubled


def test_a_finding_written_twice_is_doubled(case: Case) -> None:
    finding = (case.stored()[0].event_id, case.call.visit, "CLOCK", "{}")
    case.ledger.findings = [finding, finding]
    assert len(case.judged().doubled) == 1


def _stand(case: Case, **changed: object) -> None:
    assert case.call.visit is not None
    case.ledger.visits[case.call.visit] = replace(case.ledger.visits[case.call.visit], **changed)


def test_a_visit_in_another_state_is_unexplained_unless_a_finding_says_why(case: Case) -> None:
    _stand(case, op_state="missed", started_at=None, ended_at=None)
    assert len(case.judged().unexplained) == 1
    case.ledger.stored = [replace(row, codes=("NOT_CHECKED_IN",)) for row in case.stored()]
    verdict = case.judged()
    assert verdict.clean
    assert verdict.explained == {"NOT_CHECKED_IN": 1}


def test_a_finding_about_something_else_explains_nothing(case: Case) -> None:
    _stand(case, op_state="missed", started_at=None, ended_at=None)
    case.ledger.stored = [replace(row, codes=("LOCATION_MISSING", "TOO_SHORT")) for row in case.stored()]
    assert len(case.judged().unexplained) == 1


def test_a_wrong_time_is_explained_only_by_a_clock_that_was_wrong(case: Case) -> None:
    _stand(case, started_at=BEGAN - timedelta(minutes=9))
    case.ledger.stored = [replace(row, codes=("CLOCK",)) for row in case.stored()]
    assert len(case.judged().unexplained) == 1
    case.call.made[:] = [replace(made, clock_right=False) for made in case.call.made]
    assert case.judged().clean


def test_records_that_went_to_another_visit_are_found(case: Case) -> None:
    case.ledger.links = [replace(link, visit=uuid4()) for link in case.ledger.links]
    assert case.judged().unexplained


def test_a_visit_that_nobody_came_to_is_not_completed(case: Case) -> None:
    case.truth.made.clear()
    case.call.made.clear()
    case.ledger.stored, case.ledger.links = [], []
    assert len(case.judged().unexplained) == 1
    _stand(case, op_state="missed", started_at=None, ended_at=None)
    assert not case.judged().unexplained


def test_a_time_outside_its_bracket_is_found(case: Case) -> None:
    late = BEGAN + timedelta(minutes=1)
    case.ledger.stored = [replace(case.stored()[0], earliest_at=late, received_at=late), case.stored()[1]]
    assert len(case.judged().unexplained) == 1


def test_a_receipt_of_another_event_is_found(case: Case) -> None:
    first, second = case.phone.records.values()
    first.receipts, second.receipts = second.receipts, first.receipts
    assert any("another hash" in line for line in case.judged().unexplained)


def test_a_receipt_with_a_wrong_signature_is_found(case: Case) -> None:
    case.signing = {"keys": [jws.Signer(ec.generate_private_key(ec.SECP256R1()), "k").jwk()]}
    assert all("does not verify" in line for line in case.judged().unexplained)
    assert len(case.judged().unexplained) == 2


def test_a_verdict_that_changed_after_its_receipt_is_found(case: Case) -> None:
    case.ledger.stored = [replace(row, verdict="accepted_with_findings") for row in case.stored()]
    assert len(case.judged().unexplained) == 2


def test_what_contradicts_itself_in_the_database_is_found(case: Case) -> None:
    case.ledger.unsound = ["holds of visit x"]
    assert len(case.judged().unexplained) == 1


def test_an_answer_that_no_phone_deserved_is_found(case: Case) -> None:
    verdict = judge(case.truth, case.ledger, [case.phone], case.signing, ["409 CONFLICT"])
    assert verdict.unexplained == ["the server failed: 409 CONFLICT"]


def test_a_clock_that_is_a_minute_wrong_is_believed(case: Case) -> None:
    _stand(case, started_at=BEGAN - timedelta(seconds=60))
    assert len(case.judged().unexplained) == 1
    case.call.made[:] = [replace(made, clock_right=False) for made in case.call.made]
    assert case.judged().clean
