"""The examples of the law (schemas/examples/rules.json) as the server's rules want them: nothing but plain values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from doorstep.checkins import attendance, presence, rules, verdicts
from doorstep.checkins.facts import Certificate, Code, Home, Interval, Phone, Seen, VisitFacts
from doorstep.checkins.wire import Capture, CheckPayload, Judged, Kind, PhoneClock, Position
from doorstep.core import clock, problems
from doorstep.core.geo import Point

RULES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "schemas/examples/rules.json").read_text("utf-8"))
DAY = date.fromisoformat(RULES["day"])
HOME = Point(39.9219, 116.4431)


def named(name: str) -> UUID:
    """The id of something that the examples call by a name."""
    return uuid5(NAMESPACE_URL, f"doorstep:{name}")


def moment(text: str) -> datetime:
    """A time of the examples' day, or of the day that it names."""
    if "T" in text:
        return datetime.fromisoformat(text).replace(tzinfo=clock.CHINA)
    return datetime.combine(DAY, time.fromisoformat(text), clock.CHINA)


def _certificates(held: list[list[str | None]]) -> tuple[Certificate, ...]:
    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    return tuple(Certificate(kind or "", day(since), day(until)) for kind, since, until in held)


class Story:
    """One case: the visit as its events move it on."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.visit = None if case.get("visit", {}) is None else _visit(RULES["visit"] | case.get("visit", {}))
        self.times = [
            Interval(named(f"visit-{n}"), named(one["home"]), moment(one["start"]), one["end"] and moment(one["end"]))
            for n, one in enumerate(case.get("times", []))
        ]
        self.told = 0

    def play(self) -> tuple[str | None, list[str]]:
        """What the last event did, and the codes that it was given."""
        for event in self.case.get("before", []):
            self.hear(event)
        for name, value in self.case.get("then", {}).items():
            setattr(self.visit, name, value)
        last = self.case["event"]
        extra = {name: self.case[name] for name in ("held", "home_point", "phone_row", "chain") if name in self.case}
        return self.hear(extra | last)

    def otherwise(self, codes: Sequence[str], *, facts: bool = True, law: str = RULES["law"]) -> dict[str, Any] | None:
        """Where the server parts from a phone that says `codes` of the last event, after :meth:`play`."""
        seen, judgement = self.last
        judged = Judged(codes=list(codes), rules=law, facts_at=moment("06:00") if facts else None)
        seen.payload = msgspec.structs.replace(seen.payload, judged=judged)
        before = [flag for effect in judgement.effects for flag in effect.flags] + [*judgement.loose]
        after = verdicts.compared(seen, judgement, [self.visit] if self.visit else [])
        now = [flag for effect in after.effects for flag in effect.flags] + [*after.loose]
        [*differs] = [flag.data for flag in now if flag not in before]
        return differs[0] if differs else None

    def hear(self, event: dict[str, Any]) -> tuple[str | None, list[str]]:
        """One event as the pass would judge it."""
        seen = _seen(RULES["events"][event["kind"]] | event, self.told)
        self.told += 1
        if seen.kind is Kind.ANNUL:
            return self._annul(seen, named(f"event-{event['annuls']}"))
        judgement = rules.judge(seen, [self.visit] if self.visit else [], self.times)
        self.last = seen, judgement
        if self.visit is None:
            return None, [flag.code for flag in judgement.loose]
        [effect] = judgement.effects
        severities = problems.codes().findings
        codes = [flag.code for flag in effect.flags]
        held = tuple(code for code in codes if severities[code].severity == "hold")
        self.visit.links[-1] = msgspec.structs.replace(self.visit.links[-1], holds=held)
        attendance.conclude(self.visit)
        return effect.effect, codes

    def _annul(self, seen: Seen, aim: UUID) -> tuple[str, list[str]]:
        assert self.visit is not None
        [link] = [link for link in self.visit.links if link.event == aim]
        if attendance.cannot_annul(seen.payload.claimed_at, link, self.visit):
            return "refused", ["ANNUL_IMPOSSIBLE"]
        attendance.annul(link, self.visit)
        attendance.conclude(self.visit)
        return "annulled", []


def _visit(facts: dict[str, Any]) -> VisitFacts:
    start, end = facts["window"]
    licence, contracted = facts["licence_until"], facts["contracted"]
    same = ("min_minutes", "max_minutes", "carers_needed", "op_state", "verify_state", "settle_state", "walk_in")
    plan = ("service_type", "item_in_plan", "plan_state", "max_per_month", "month_used", "agreement", "in_area")
    return VisitFacts(
        **{name: facts[name] for name in (*same, *plan, "standing", "safety_procedure")},
        id=named("visit"),
        elder=named("elder"),
        household=named("home"),
        provider=named("provider"),
        area=named("area"),
        kind="adhoc" if facts["walk_in"] else "planned",
        content="bath",
        item_content="bath",
        point=True,
        service_day=DAY,
        window_start=moment(start),
        window_end=moment(end),
        grade=None,
        holds=0,
        started_at=None,
        ended_at=None,
        reason=None,
        assigned=frozenset(map(named, facts["assigned"])),
        contracted_types=None if contracted is None else frozenset(contracted),
        licence_until=date.fromisoformat(licence) if licence else None,
        elder_statuses=frozenset(facts["elder_statuses"]),
        needed_qualifications=tuple(frozenset(kinds) for kinds in facts["needed"]),
    )


def _seen(event: dict[str, Any], number: int) -> Seen:
    at = moment(event["at"])
    claimed = moment(event["claimed"]) if "claimed" in event else at
    card, typed, row = event["card"], event["capture"] == "typed", event.get("phone_row", {})
    anchor_s, position = event["anchor_s"], event["position"]
    payload = CheckPayload(
        event_id=named(f"event-{number}"),
        kind=Kind(event["kind"]),
        token=None if card == "none" or typed else f"token of {card}",
        short_code=card if typed else None,
        capture=Capture(event["capture"]) if event["capture"] else None,
        claimed_at=claimed.astimezone(UTC),
        anchor=None if anchor_s is None else "an anchor",
        elapsed_ms=None if anchor_s is None or event.get("restarted") else anchor_s * 1000,
        position=Position(**({"lat": HOME.lat, "lon": HOME.lon} | position)) if position else None,
        position_error=None if position else "denied",
        tasks=event["tasks"],
        acknowledged=event["acknowledged"],
        clock=PhoneClock(**event["clock"]) if event.get("clock") else None,
        reason=event.get("reason"),
        annuls=named(f"event-{event['annuls']}") if "annuls" in event else None,
        seq=number + 1,
        prev="A" * 43 if number else None,
    )
    received = moment(event["heard"]) if "heard" in event else at
    anchor_at = None if anchor_s is None else at - timedelta(seconds=anchor_s)
    known = {"home": "home", "replaced": "home", "other": "other"}.get(card)
    return Seen(
        index=number,
        text="",
        hash=b"",
        payload=payload,
        phone=_phone(event, row),
        received_at=received,
        anchor_at=anchor_at,
        timing=presence.timing(payload, received, anchor_at),
        token_sha256=b"" if payload.token else None,
        short_code_fingerprint=b"" if typed else None,
        code=Code(named(known), card == "replaced") if known else None,
        home=Home(named("home"), HOME if event.get("home_point", True) else None, 200),
        predecessor_known=event.get("chain") != "gap",
        fork=event.get("chain") == "fork",
    )


def _phone(event: dict[str, Any], row: dict[str, Any]) -> Phone:
    since, until = (date.fromisoformat(row[name]) if name in row else None for name in ("employed_from", "employed_to"))
    return Phone(
        id=named(f"phone of {event['who']}"),
        public_key=b"",
        caregiver=named(event["who"]),
        provider=named("provider"),
        revoked_at=moment("23:00") if row.get("revoked") else None,
        last_seq=0,
        last_hash=None,
        employed_from=since,
        employed_to=until,
        certificates=_certificates(event.get("held", RULES["held"])),
    )
