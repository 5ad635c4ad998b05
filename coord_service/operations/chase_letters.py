"""The digest: one mail a day to an address, with all that it owes, and what it is asked to help with, oldest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.advice import ADVICE_KIND_NAMES, HAPPENING_NAMES, AdviceKind, Happening
from coord_service.domain.chasing import Due
from coord_service.domain.ladders import Audience, Rung
from coord_service.operations.chase_plan import Planned
from coord_service.operations.chase_rules import LADDERS, ChaseRules
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.chase_ledger import list_histories, list_ledger, name_digest
from coord_service.storage.chasing import ACTION, ADVICE, Owed, list_also_owed
from coord_service.storage.database import Session
from coord_service.storage.tables import OutboxLetter

HISTORY_LINES = 12
# What of a request's history a manager is shown: what was done and when, never a reason that somebody gave.
SHOWN = frozenset(
    {
        Happening.ASKED,
        Happening.SENT_AGAIN,
        Happening.PROMISED,
        Happening.CANNOT,
        Happening.WRONG_PERSON,
        Happening.PHONED,
        Happening.NOT_ENOUGH,
    }
)


@dataclass(frozen=True, slots=True)
class Digest:
    """What goes to one address on one day."""

    name: str
    address: str
    planned: Sequence[Planned]

    @classmethod
    def of(cls, planned: Sequence[Planned]) -> "Digest":
        """The digest of one address; all of these have it."""
        owed = planned[0].owed
        assert owed.address is not None
        return cls(owed.name, owed.address, planned)

    @property
    def held(self) -> list[Planned]:
        """What the address owes itself."""
        return [each for each in self.planned if each.owed.audience == Audience.HOLDER]

    @property
    def is_list(self) -> bool:
        """Whether this is the list of the week of somebody who owes much."""
        return any(isinstance(each.step, Due) and each.step.is_for_list for each in self.held)

    @property
    def owes_much(self) -> bool:
        """Whether they have such a list."""
        return any(each.owes_much for each in self.held)

    @property
    def escalated(self) -> list[Planned]:
        """What it is asked to see to."""
        return [each for each in self.planned if each.owed.audience != Audience.HOLDER]


async def post_digest(db: Session, tools: Tools, rules: ChaseRules, digest: Digest, now: datetime) -> OutboxLetter:
    """Queue the digest of an address. Raises ChasedMeanwhile when it has had one today."""
    today = day_in_london(now)
    key = await name_digest(db, f"chase:{digest.address}:{today.isoformat()}")
    rungs = [rules.following(each.owed, today) for each in digest.planned]
    lines = _Lines(db, tools, digest.address, now)
    held = [lines.write(each.owed, each.step.letter) for each in digest.held if isinstance(each.step, Due)]
    besides = await _also_owed(db, rules, digest, now)
    in_list_alone = digest.owes_much and not digest.is_list
    held += [] if in_list_alone else [lines.write(each, "") for each in besides]
    held.sort(key=lambda line: line["due_on"])
    histories = await _histories(db, digest.escalated)
    escalated = [
        lines.write(each.owed, each.step.letter) | {"history": histories[each.owed.subject, each.owed.id]}
        for each in digest.escalated
        if isinstance(each.step, Due)
    ]
    facts = {
        "owed": held,
        "is_list": digest.is_list,
        "besides": len(besides) if in_list_alone else 0,
        "escalated": escalated,
        "answer_by": min(rung.on for rung in rungs),
        "next_words": _next_words(digest, rungs),
        **_counts(escalated or held),
    }
    letter = "escalate_advice" if escalated else "chase_advice"
    posting = Posting(key, letter, digest.name, digest.address, facts=facts)
    return await put_letter(db, tools, posting, now)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Writes what is owed as lines of a letter to one address, each with a link of its own."""

    db: Session
    tools: Tools
    address: str
    now: datetime

    def write(self, owed: Owed, letter: str) -> dict[str, Any]:
        """``letter`` names the words of the step that has fallen; none where the line is for completeness."""
        is_advice = owed.subject == ADVICE
        is_holder = owed.audience == Audience.HOLDER
        about = About(
            # A mailbox (for want of a person, or of the person's address) and a manager are asked who answers.
            person_id=owed.person_id if is_holder and owed.is_read_by_person else None,
            child_id=owed.child_id,
            advice_request_id=owed.id if is_advice else None,
            action_id=None if is_advice else owed.id,
        )
        return {
            "subject": owed.subject,
            "reference": owed.reference,
            "their_reference": owed.their_reference,
            "kind": ADVICE_KIND_NAMES[AdviceKind(owed.what)] if is_advice else None,
            "what": owed.what,
            "due_on": owed.due_on,
            "days_late": (day_in_london(self.now) - owed.due_on).days,
            "promised_on": owed.promised_on,
            "holder": owed.holder,
            "asked_of": owed.holder if owed.stands_in else None,
            "service": owed.service,
            "letter": letter,
            "link": make_link(self.db, self.tools, Door(owed.subject, self.address, about), self.now),
        }


async def _also_owed(db: Session, rules: ChaseRules, digest: Digest, now: datetime) -> list[Owed]:
    """What the address holds besides: late, or near enough for the ladder's first step."""
    if not digest.held:
        return []
    chased = {(each.owed.subject, each.owed.id) for each in digest.planned}
    found: list[Owed] = []
    day = rules.day(now)
    for subject in LADDERS:
        owed = await list_also_owed(db, subject, digest.address, rules.near(subject, day.on), day)
        found += [each for each in owed if (each.subject, each.id) not in chased]
    return found


async def _histories(db: Session, escalated: Sequence[Planned]) -> Mapping[tuple[str, int], list[tuple[datetime, str]]]:
    """For each, what was done and when, oldest first; the last dozen lines."""
    lines: dict[tuple[str, int], list[tuple[datetime, str]]] = {
        (each.owed.subject, each.owed.id): [] for each in escalated
    }
    for subject in LADDERS:
        ids = {number for kind, number in lines if kind == subject}
        if not ids:
            continue
        for chase in await list_ledger(db, subject, ids):
            to_whom = "" if chase.audience == Audience.HOLDER else ", and to a manager"
            lines[subject, chase.subject_id].append((chase.chased_at, f"Reminder sent{to_whom}"))
    for event in await list_histories(db, {number for kind, number in lines if kind == ADVICE}):
        if event.what in SHOWN:
            lines[ADVICE, event.request_id].append((event.at, HAPPENING_NAMES[Happening(event.what)]))
    for each in escalated:
        if each.owed.subject == ACTION:
            lines[ACTION, each.owed.id].insert(0, (each.owed.asked_at, "Agreed at the meeting"))
    return {key: sorted(set(found))[-HISTORY_LINES:] for key, found in lines.items()}


def _counts(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {
        "advice_count": sum(line["subject"] == ADVICE for line in lines),
        "action_count": sum(line["subject"] == ACTION for line in lines),
        "late_count": sum(line["days_late"] > 0 for line in lines),
    }


def _next_words(digest: Digest, rungs: Sequence[Rung]) -> str:
    """What happens next, and when."""
    first = min(rungs, key=lambda rung: rung.on)
    reached = {audience for each in digest.planned if isinstance(each.step, Due) for audience in each.step.audience}
    joins = [who for audience, who in _WHO.items() if audience in set(first.step.audience) - reached]
    also = f", and write to {' and '.join(joins)} as well" if joins else ""
    return f"On {first.on:%A %-d %B %Y} we will ask again about what has not reached us{also}."


_WHO = {Audience.SERVICE_MANAGER: "the manager of your service", Audience.SEND_MANAGER: "our SEND manager"}
