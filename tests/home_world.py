"""A lead worker to whom everything that can happen has happened, ``count`` times over: one row for each kind of need.

``BY_KIND`` says how many rows of the home page each round makes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from coord_service.domain.advice import AdviceStatus, Happening
from coord_service.domain.bookings import Booking, What, as_answers
from coord_service.domain.children import PlanStatus, check_letter
from coord_service.domain.itip import Question
from coord_service.domain.meetings import Answer, MeetingMode, MeetingStatus, Purpose
from coord_service.domain.needs import NeedKind
from coord_service.domain.people import PersonKind, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    Attendee,
    AuditEntry,
    BookingDraft,
    Chase,
    Child,
    Meeting,
    MeetingChild,
    Person,
    Poll,
    PollVoter,
    User,
)
from tests.builders import a_service
from tests.report_world import a_letter, a_mail, an_event, day, instant

BY_KIND = dict.fromkeys(NeedKind, 1) | {NeedKind.MAIL: 2, NeedKind.UNDELIVERED: 4}


class Round:
    """The records of one round; each has an id once the one before it is flushed."""

    def __init__(self, tools: Tools, worker: User, service_id: int, number: int) -> None:
        self.tools, self.worker, self.service_id, self.number = tools, worker, service_id, number
        self.child = self._child(family_heard_at=instant(tools, -10))
        self.silent = self._child()
        self.assessed = self._child(
            plan_status=PlanStatus.ASSESSMENT,
            assessment_requested_on=day(tools, -38),
            family_heard_at=instant(tools),
            created_at=instant(tools, -5),
        )
        self.missed = self._child(
            plan_status=PlanStatus.ASSESSMENT,
            assessment_requested_on=day(tools, -60),
            family_heard_at=instant(tools),
            created_at=instant(tools, -5),
        )
        self.planned = self._child(
            plan_status=PlanStatus.PLAN, last_review_on=day(tools, -300), family_heard_at=instant(tools)
        )
        self.person = Person(
            kind=PersonKind.PROFESSIONAL,
            name=f"Dr Shah {number}",
            email=f"shah{number}@nhs.example",
            service_id=service_id,
        )
        self.mother = Person(kind=PersonKind.FAMILY, name=f"Ms Testwood {number}", email=f"family{number}@home.example")

    def _child(self, **changes: Any) -> Child:
        counted = getattr(self, "_counted", 0)
        self._counted = counted + 1
        body = f"{'KLMNP'[counted]}{'ABCDEFGHJKLMNPQRTUVWXYZ'[self.number // 10_000 % 23]}-{self.number % 10_000:04d}"
        facts: dict[str, Any] = {
            "reference": body + check_letter(body),
            "given_name": "Juniper",
            "family_name": f"Testwood {self.number}",
            "born_on": day(self.tools, -3650),
            "plan_status": PlanStatus.SUPPORT,
            "lead_worker_id": self.worker.id,
            "created_at": instant(self.tools, -60),
            **changes,
        }
        return Child(**facts)

    def people(self) -> list[Any]:
        return [self.child, self.silent, self.assessed, self.missed, self.planned, self.person, self.mother]

    def records(self) -> list[Any]:
        self.soon = self._meeting("soon", 0.2)
        self.later = self._meeting("later", 12)
        self.later.there_start = self.later.starts_at + timedelta(hours=2)  # moved there by hand
        self.later.there_end = self.later.ends_at + timedelta(hours=2)
        self.past = self._meeting("past", -2)
        self.late, self.promised = self._request(-9), self._request(5, promised_on=day(self.tools))
        self.stuck = self._request(3, problem="cannot")
        self.came = self._request(2, status=AdviceStatus.RECEIVED, ended_at=instant(self.tools, -1))
        self.unsent = self._request(9)
        self.slow = self._request(12, child_id=self.assessed.id, promised_on=day(self.tools, 20))
        self.asking, self.asked = self._draft(), self._draft()
        return [
            self.soon,
            self.later,
            self.past,
            self.late,
            self.promised,
            self.stuck,
            self.came,
            self.unsent,
            self.slow,
            self._draft(),
            self.asking,
            self.asked,
        ]

    def _draft(self) -> BookingDraft:
        what = What((self.child.id,), Purpose.TAC, self.worker.id, 60, MeetingMode.PLACE, None, None, None)
        answers = as_answers(Booking(what))
        return BookingDraft(user_id=self.worker.id, answers=answers, updated_at=instant(self.tools, -1))

    def _poll(self, draft: BookingDraft, closed_at: datetime | None) -> Poll:
        """Nobody has answered yet."""
        return Poll(
            draft_id=draft.id,
            created_at=instant(self.tools, -4),
            remind_at=instant(self.tools, 2),
            closes_at=instant(self.tools, 3),
            closed_at=closed_at,
            voters=[PollVoter(person_id=self.mother.id, email="asked@nhs.example")],
        )

    def _meeting(self, name: str, when: float) -> Meeting:
        start = instant(self.tools, when)
        return Meeting(
            uid=f"{name}-{self.number}@example.org",
            dtstamp=instant(self.tools, -9),
            purpose=Purpose.TAC,
            starts_at=start,
            ends_at=start + timedelta(hours=1),
            place="Elm House",
            status=MeetingStatus.BOOKED,
            convenor_id=self.worker.id,
            created_at=instant(self.tools, -9),
            changed_at=instant(self.tools, -9),
        )

    def _request(self, due: int, **changes: Any) -> AdviceRequest:
        facts: dict[str, Any] = {
            "child_id": self.child.id,
            "service_id": self.service_id,
            "person_id": self.person.id,
            "kind": "c",
            "question": "What helps?",
            "asked_at": instant(self.tools, due - 42),
            "due_on": day(self.tools, due),
            **changes,
        }
        return AdviceRequest(**facts)

    def happenings(self) -> list[Any]:
        tools = self.tools
        self.refused = self._attendee(self.later, self.person, answer=Answer.DECLINED)
        self.proposing = self._attendee(
            self.later, self.mother, answer=Answer.DECLINED, is_required=False, proposed_start=instant(tools, 13)
        )
        self.action = self._action(self.person, -3)
        self.lost_action = self._action(self.person, 9)
        self.chase_letter = a_letter(tools, bounced_at=instant(tools, -1), error="The mailbox is full.")
        return [
            self._poll(self.asking, None),
            self._poll(self.asked, instant(tools, -1)),
            MeetingChild(meeting_id=self.soon.id, child_id=self.child.id),
            MeetingChild(meeting_id=self.later.id, child_id=self.child.id),
            MeetingChild(meeting_id=self.past.id, child_id=self.child.id),
            self._attendee(self.soon, self.person),
            self.refused,
            self.proposing,
            self.action,
            self.lost_action,
            self._action(self.worker.person, -2),
            self._action(self.mother, -4),
            self._action(self.person, 5, suggested_owner="The school"),
            an_event(tools, self.stuck, Happening.CANNOT, -1),
            an_event(tools, self.came, Happening.RECEIVED, -1),
            AuditEntry(
                at=instant(tools, -1),
                actor="user:1",
                verb="hand_over_child",
                record_type="child",
                record_id=self.child.id,
                child_id=self.child.id,
                details={},
            ),
            self.chase_letter,
        ]

    def _attendee(self, meeting: Meeting, person: Person, **changes: Any) -> Attendee:
        facts: dict[str, Any] = {"answer": Answer.NEEDS_ACTION, "is_required": True, **changes}
        return Attendee(
            meeting_id=meeting.id,
            person_id=person.id,
            email=person.email or "",
            role="Therapist",
            sector=Sector.HEALTH,
            **facts,
        )

    def _action(self, owner: Person, due: int, **changes: Any) -> Action:
        return Action(
            meeting_id=self.past.id,
            child_id=self.child.id,
            owner_id=owner.id,
            agency="Trust",
            what=f"Send the report {self.number}",
            due_on=day(self.tools, due),
            created_at=instant(self.tools, -20),
            **changes,
        )

    def post(self) -> list[Any]:
        tools, lost = self.tools, {"bounced_at": instant(self.tools, -1), "error": "No such mailbox."}
        return [
            a_mail(tools, meeting_id=self.later.id, attendee_id=self.refused.id),
            a_mail(tools, meeting_id=self.later.id, sender="stranger@elsewhere.example", question=Question.STRANGER),
            a_mail(tools, meeting_id=self.later.id, question=Question.SENDER),
            a_mail(tools, meeting_id=self.later.id, question=Question.DELEGATE),
            a_mail(tools, advice_request_id=self.late.id),
            a_letter(tools, letter="invite", meeting_id=self.later.id, attendee_id=self.refused.id, **lost),
            a_letter(tools, letter="ask_advice", advice_request_id=self.unsent.id, **lost),
            a_letter(tools, letter="ask_action", action_id=self.lost_action.id, **lost),
            Chase(
                subject="advice",
                subject_id=self.late.id,
                step="+5",
                anchor_on=self.late.due_on,
                address="holder@nhs.example",
                audience="holder",
                chased_at=instant(tools, -1),
                letter_id=self.chase_letter.id,
            ),
            Chase(
                subject="advice",
                subject_id=self.late.id,
                step="+5",
                anchor_on=self.late.due_on,
                address="manager@nhs.example",
                audience="service_manager",
                chased_at=instant(tools, -1),
            ),
        ]


async def everything(tools: Tools, worker: User, count: int = 1, first: int = 0) -> list[Round]:
    """All of it, ``count`` times, in one transaction."""
    service = await a_service(tools)
    rounds = [Round(tools, worker, service.id, first + number) for number in range(count)]
    phases: tuple[Callable[[Round], list[Any]], ...] = (Round.people, Round.records, Round.happenings, Round.post)
    async with tools.database.begin() as db:
        for phase in phases:
            for each in rounds:
                db.add_all(phase(each))
            await db.flush()
    return rounds
