"""A strict reader of iCalendar (RFC 5545), written from its grammar, without any calendar library."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

_LINE = re.compile(
    r'(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[A-Za-z0-9-]+=(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*)'
    r'(?:,(?:"[^"]*"|[^";:,]*))*)*):(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*)'
)
_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<w>\d+)W|(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?)"
)
_ONCE = {
    "VCALENDAR": {"PRODID", "VERSION"},
    "VEVENT": {"UID", "DTSTAMP", "DTSTART"},
    "VALARM": {"ACTION", "TRIGGER", "DESCRIPTION"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "VTIMEZONE": {"TZID"},
}  # fmt: skip
_AT_MOST_ONCE = {"DTEND", "SUMMARY", "URL", "STATUS", "CREATED", "LAST-MODIFIED", "SEQUENCE", "METHOD", "CALSCALE"}


@dataclass
class Property:
    """One content line."""

    value: str
    params: dict[str, str]

    @property
    def text(self) -> str:
        """A TEXT value without its escapes."""
        assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", self.value), f"unescaped: {self.value}"
        return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], self.value)

    @property
    def duration(self) -> timedelta:
        """A DURATION value."""
        found = _DURATION.fullmatch(self.value)
        assert found and any(found.group(*"wdhms")), self.value
        part = {name: int(found[name] or 0) for name in "wdhms"}
        span = timedelta(weeks=part["w"], days=part["d"], hours=part["h"], minutes=part["m"], seconds=part["s"])
        return -span if found["sign"] == "-" else span


@dataclass
class Component:
    """BEGIN to END."""

    name: str
    properties: dict[str, list[Property]] = field(default_factory=dict)
    parts: list[Component] = field(default_factory=list)

    def one(self, name: str) -> Property:
        """The only property of a name."""
        [found] = self.properties[name]
        return found

    def all(self, name: str) -> list[Component]:
        """The components of a name inside."""
        return [part for part in self.parts if part.name == name]

    def _check(self) -> None:
        for name in _ONCE.get(self.name, set()):
            assert len(self.properties.get(name, [])) == 1, f"{self.name} has one {name}"
        for name in _AT_MOST_ONCE:
            assert len(self.properties.get(name, [])) <= 1, f"{self.name} has at most one {name}"


def read(stream: bytes) -> Component:
    """The calendar, or an AssertionError that names what is wrong."""
    assert stream.endswith(b"\r\n"), "the last line ends too"
    assert b"\n" not in stream.replace(b"\r\n", b""), "lines end with CRLF"
    for physical in stream.split(b"\r\n"):
        assert len(physical) <= 75, f"a line of {len(physical)} octets"
    text = stream.decode("utf-8").replace("\r\n ", "").replace("\r\n\t", "")
    stack: list[Component] = []
    root: Component | None = None
    for line in text.split("\r\n")[:-1]:
        found = _LINE.fullmatch(line)
        assert found, f"no content line: {line!r}"
        name, value = found["name"].upper(), found["value"]
        if name == "BEGIN":
            component = Component(value)
            if stack:
                stack[-1].parts.append(component)
            else:
                assert root is None, "one calendar"
                root = component
            stack.append(component)
        elif name == "END":
            assert stack and stack[-1].name == value, f"END:{value}"
            stack.pop()._check()
        else:
            assert stack, "a property is inside of a component"
            params = dict(part.split("=", 1) for part in found["params"].split(";")[1:])
            stack[-1].properties.setdefault(name, []).append(Property(value, params))
    assert root is not None and not stack and root.name == "VCALENDAR"
    assert root.one("VERSION").value == "2.0"
    return root


def instant(calendar: Component, given: Property) -> datetime:
    """A DATE-TIME in UTC, or in a zone that the calendar itself defines (one offset, no summer time)."""
    if given.value.endswith("Z"):
        return datetime.strptime(given.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    [zone] = [zone for zone in calendar.all("VTIMEZONE") if zone.one("TZID").value == given.params["TZID"]]
    local = _local(given)
    assert not zone.all("DAYLIGHT")
    begun = [one for one in zone.all("STANDARD") if _local(one.one("DTSTART")) <= local]
    found = re.fullmatch(r"([+-])(\d\d)(\d\d)", begun[-1].one("TZOFFSETTO").value)
    assert found
    offset = timedelta(hours=int(found[2]), minutes=int(found[3])) * (-1 if found[1] == "-" else 1)
    return local.replace(tzinfo=timezone(offset)).astimezone(UTC)


def _local(given: Property) -> datetime:
    return datetime.strptime(given.value, "%Y%m%dT%H%M%S")  # noqa: DTZ007
