"""A booking while it is being filled in: the answers so far, what comes next, what to think of before sending."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.lawful import REVIEW_NOTICE, say_notice
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.domain.people import Sector
from coord_service.domain.quorum import AtTable, QuorumRule, unmet
from coord_service.domain.wall_time import say_clock, say_day
from coord_service.errors import Refused

SHORTEST, LONGEST = 15, 480  # minutes
HORIZON = timedelta(days=730)  # a date further off is a slip in the year
NIGHT_ENDS, NIGHT_BEGINS = 7, 21  # nobody is invited to a meeting that touches the night: 2:30 typed for 2:30pm


class Step(StrEnum):
    """The four steps, in their order."""

    WHAT = "what"
    WHO = "who"
    WHEN = "when"
    CHECK = "check"


class Need(StrEnum):
    """What a meeting wants of somebody in the team."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NOT_INVITED = "no"


@dataclass(frozen=True, slots=True)
class What:
    """The first step's answers. ``minutes`` long; ``notes`` go into every invitation.

    ``around_on``: about when it is wanted, where that was said (the next meeting, six weeks on). ``rooms_at``: the
    place of ours at which a room is looked for; then ``place`` stays empty. ``wants_link``: the convenor's calendar
    makes the link to meet online by (Teams); then ``online_url`` counts for nothing.
    """

    child_ids: tuple[int, ...]
    purpose: Purpose
    convenor_id: int
    minutes: int
    mode: MeetingMode
    place: str | None
    online_url: str | None
    notes: str | None
    around_on: date | None = None
    rooms_at: int | None = None
    wants_link: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    """All answers so far. ``needs`` is by person id, None until the second step; ``is_agreed``: no search is wanted.

    ``room_id``: the room that was chosen with the time.
    """

    what: What
    needs: Mapping[int, Need] | None = None
    starts_at: datetime | None = None
    is_agreed: bool = False
    room_id: int | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, once a start is chosen."""
        return self.starts_at + timedelta(minutes=self.what.minutes) if self.starts_at else None

    @property
    def next_step(self) -> Step:
        """The first step that still wants an answer."""
        if self.needs is None:
            return Step.WHO
        return Step.WHEN if self.starts_at is None else Step.CHECK


def as_answers(booking: Booking) -> dict[str, Any]:
    """A booking as it is kept while it is unfinished."""
    what = booking.what
    return {
        "children": list(what.child_ids),
        "purpose": what.purpose.value,
        "convenor": what.convenor_id,
        "minutes": what.minutes,
        "mode": what.mode.value,
        "place": what.place,
        "online_url": what.online_url,
        "notes": what.notes,
        "around_on": what.around_on.isoformat() if what.around_on else None,
        "needs": None if booking.needs is None else {str(who): need.value for who, need in booking.needs.items()},
        "starts_at": booking.starts_at.isoformat() if booking.starts_at else None,
        "is_agreed": booking.is_agreed,
        "rooms_at": what.rooms_at,
        "wants_link": what.wants_link,
        "room": booking.room_id,
    }


def from_answers(answers: Mapping[str, Any]) -> Booking:
    """The booking that :func:`as_answers` kept."""
    needs, starts_at = answers["needs"], answers["starts_at"]
    return Booking(
        what=What(
            child_ids=tuple(answers["children"]),
            purpose=Purpose(answers["purpose"]),
            convenor_id=answers["convenor"],
            minutes=answers["minutes"],
            mode=MeetingMode(answers["mode"]),
            place=answers["place"],
            online_url=answers["online_url"],
            notes=answers["notes"],
            around_on=date.fromisoformat(answers["around_on"]) if answers["around_on"] else None,
            rooms_at=answers.get("rooms_at"),  # a booking begun before there were rooms has none
            wants_link=answers.get("wants_link", False),
        ),
        needs=None if needs is None else {int(who): Need(need) for who, need in needs.items()},
        starts_at=datetime.fromisoformat(starts_at) if starts_at else None,
        is_agreed=answers["is_agreed"],
        room_id=answers.get("room"),
    )


def check_start(starts_at: datetime, minutes: int, now: datetime) -> None:
    """Refuse a start that can't be meant. Raises Refused with the sentence."""
    local = starts_at.astimezone(LONDON)
    if starts_at <= now:
        when = f"{say_day(local.date())}, {say_clock(local.time())}"
        raise Refused(f"{when} is in the past. Choose a time still to come.")
    if starts_at - now > HORIZON:
        raise Refused(f"{say_day(local.date())} is more than two years away. Check the year.")
    until = (starts_at + timedelta(minutes=minutes)).astimezone(LONDON)
    is_at_night = local.hour < NIGHT_ENDS or until > local.replace(hour=NIGHT_BEGINS, minute=0)
    if is_at_night:
        raise Refused(
            f"A meeting from {say_clock(local.time())} to {say_clock(until.time())} is outside 7am to 9pm. "
            "Write 2:30pm for the afternoon."
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody at the table as the rules see them."""

    name: str
    sector: Sector
    need: Need
    role: str = ""
    is_convenor: bool = False
    is_lead_worker: bool = False

    @property
    def is_invited(self) -> bool:
        """Whether they get an invitation."""
        return self.need is not Need.NOT_INVITED


# reg 20(2): who must be invited to an annual review, in the regulation's order.
REVIEW_INVITEES: tuple[QuorumRule, ...] = (
    QuorumRule(frozenset({Sector.FAMILY}), 1, "the parent or the young person"),
    QuorumRule(frozenset({Sector.EDUCATION}), 1, "the school, college or early years provider"),
    QuorumRule(frozenset({Sector.COUNCIL}), 1, "the council’s SEN officer"),
    QuorumRule(frozenset({Sector.HEALTH}), 1, "a health professional named by the NHS body"),
    QuorumRule(frozenset({Sector.SOCIAL_CARE}), 1, "an officer of social services"),
)


def missing_invitees(purpose: Purpose, candidates: Iterable[Candidate]) -> list[str]:
    """Who must be invited to a review by reg 20(2) and is not, in words; nobody for other purposes."""
    if purpose is not Purpose.REVIEW:
        return []
    return unmet(REVIEW_INVITEES, _invited(candidates))


def unmet_quorum(rules: Iterable[QuorumRule], candidates: Iterable[Candidate]) -> list[str]:
    """What the quorum lacks among those invited, in words."""
    return unmet(rules, _invited(candidates))


def counts_for(purpose: Purpose, rules: Iterable[QuorumRule], somebody: AtTable) -> str:
    """Why somebody matters: what of reg 20(2), for a review, or of the quorum they help to meet; empty if nothing."""
    by_law = [rule.said for rule in REVIEW_INVITEES if purpose is Purpose.REVIEW and rule.counts(somebody)]
    by_council = [rule.said for rule in rules if rule.counts(somebody)]
    if by_law:
        return f"Reg 20(2): {', '.join(by_law)}"
    return f"For the quorum: {', '.join(by_council)}" if by_council else ""


def _invited(candidates: Iterable[Candidate]) -> list[Candidate]:
    return [each for each in candidates if each.is_invited]


@dataclass(frozen=True, slots=True)
class Plan:
    """A meeting about to be sent, as far as the rules look at it. ``limit_on``: its last lawful day, if it has one.

    ``own_notice``: the days of notice that the council gives of such meetings.
    """

    purpose: Purpose
    quorum: tuple[QuorumRule, ...]
    candidates: tuple[Candidate, ...]
    starts_at: datetime
    limit_on: date | None = None
    own_notice: int = 0


def concerns(plan: Plan, now: datetime) -> list[str]:
    """What a lead worker should think of before sending: sentences, none of which forbids it."""
    purpose, limit_on, day = plan.purpose, plan.limit_on, day_in_london(plan.starts_at)
    lacking = unmet_quorum(plan.quorum, plan.candidates)
    said = [f"Nobody invited counts as {words}: without them the meeting has no quorum." for words in lacking]
    missing = [words for words in missing_invitees(purpose, plan.candidates) if words not in lacking]
    said += [f"A review must also invite {words} (SEND Regulations 2014 reg 20(2))." for words in missing]
    notice = (day - day_in_london(now)).days
    if notice < plan.own_notice:
        said.append(f"This gives {say_notice(notice)}. Your council gives {say_notice(plan.own_notice)}.")
    if purpose is Purpose.REVIEW and timedelta(days=notice) < REVIEW_NOTICE:
        said.append(f"This gives {say_notice(notice)}. A review needs at least two weeks (reg 20(3)).")
    if limit_on and day > limit_on:
        said.append(f"This is after {say_day(limit_on)}, the last day that leaves time for the decision.")
    return said
