"""Advice that was asked for: given in time or late, promised, refused, overdue and chased."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random

from coord_service.demo.children import Team
from coord_service.demo.story import NO_SUCH_MAILBOX, Scene, Story, actor_of, link_in
from coord_service.domain.advice import AdviceKind, CannotReason
from coord_service.domain.children import PlanStatus
from coord_service.operations.advice import AskForAdvice, ask_for_advice
from coord_service.operations.advice_answers import (
    Answerer,
    Cannot,
    promise_advice,
    redirect_request,
    refuse_advice,
)
from coord_service.operations.advice_progress import PhoneAnswer, log_phone_answer
from coord_service.operations.chasing import send_due_chases

# The services that a child in an assessment is asked about, each under its letter of reg 6(1).
LETTERS = (
    ("ep", AdviceKind.PSYCHOLOGY),
    ("paediatrics", AdviceKind.HEALTH),
    ("salt", AdviceKind.HEALTH),
    ("disability", AdviceKind.SOCIAL_CARE),
    ("school", AdviceKind.EDUCATION),
)
QUESTION = "Needs, the provision they call for and the outcomes to aim at, for an EHC needs assessment."
LATEST = 118  # days ago: before that the story does not go
LAST_YEAR = 270  # days ago: before everything that the report's six months show
SWEPT = (15, 6, 1)  # days ago on which the service chased


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to be made: of which service, how many days ago, and what came of it after how many days."""

    team: Team
    service: str
    kind: AdviceKind
    days_ago: int
    outcome: str = "waits"
    after: int = 0
    to_person: bool = True


def tell_advice(story: Story, requests: Iterable[Asked]) -> None:
    """Put requests, what comes of them, and the chasing into the story."""
    for number, asked in enumerate(requests):
        story.at(story.days_ago(asked.days_ago, 11, number), partial(_ask, story, asked, number))
    for days in SWEPT:
        story.at(story.days_ago(days, 8, 10), partial(_chase, story))


def list_open_requests(scene: Scene) -> list[Asked]:
    """What the assessments still wait for, and one request of each kind that a lead worker meets."""
    return [asked for asked in _by_dice(scene) if asked.outcome == "waits"] + _particular(scene.teams)


def list_given_advice(scene: Scene) -> list[Asked]:
    """What the assessments have been given, and what the psychologists gave for the plans of last year, slowly."""
    return [asked for asked in _by_dice(scene) if asked.outcome == "comes"] + _of_last_year(scene.teams)


def _of_last_year(teams: list[Team]) -> list[Asked]:
    plans = [team for team in teams if team.child.plan_status is PlanStatus.PLAN]
    return [
        Asked(team, "ep", AdviceKind.PSYCHOLOGY, LAST_YEAR + number, "comes", 58 + 2 * number)
        for number, team in enumerate(plans)
    ]


def _by_dice(scene: Scene) -> list[Asked]:
    """Five for each child in an assessment: most advice comes, a fifth of it late; some is awaited, some overdue."""
    dice, found = Random(scene.today.toordinal()), []  # noqa: S311 - the same for the whole of a day
    for team in scene.teams:
        if team.child.assessment_requested_on is None or team.child.closed_at is not None:
            continue
        age = (scene.today - team.child.assessment_requested_on).days - 2
        for service, kind in LETTERS:
            days_ago = min(LATEST, age) - dice.randrange(3)
            after = dice.choice((18, 25, 30, 33, 36, 38, 40, 41, 47, 55))
            will_come = dice.random() < (0.93 if days_ago > 60 else 0.8)
            outcome = "comes" if will_come and after < days_ago else "waits"
            to_person = dice.random() < 0.7
            if days_ago > 0:
                found.append(Asked(team, service, kind, days_ago, outcome, after, to_person))
    return found


def _particular(teams: list[Team]) -> list[Asked]:
    return [
        Asked(teams[2], "salt", AdviceKind.HEALTH, 45, "promises for today", 40),
        Asked(teams[8], "ep", AdviceKind.PSYCHOLOGY, 50, "breaks a promise", 41),
        Asked(teams[14], "disability", AdviceKind.SOCIAL_CARE, 30, "can't", 20),
        Asked(teams[20], "camhs", AdviceKind.HEALTH, 12, "wrong person", 2),
        Asked(teams[26], "teaching", AdviceKind.EDUCATION, 60, "rings", 48),
        Asked(teams[32], "ot", AdviceKind.HEALTH, 4, "bounces", 0, to_person=False),
        Asked(teams[11], "salt", AdviceKind.HEALTH, 72, "waits"),
        Asked(teams[17], "paediatrics", AdviceKind.HEALTH, 64, "waits", to_person=False),
        Asked(teams[23], "camhs", AdviceKind.HEALTH, 57, "waits"),
        Asked(teams[29], "ep", AdviceKind.PSYCHOLOGY, 51, "waits"),
    ]


def service_key(asked: Asked) -> str:
    """The service's key in the county; for "school" the child's own."""
    if asked.service != "school":
        return asked.service
    schools = {"Larkfield Primary School": "primary", "Oakbridge Academy": "secondary"}
    return schools.get(asked.team.child.setting or "", "college")


async def _ask(story: Story, asked: Asked, number: int) -> None:
    key = service_key(asked)
    service, people = story.scene.county.services[key], story.scene.county.people[key]
    person = people[number % len(people)] if asked.to_person else None
    lead_worker = actor_of(asked.team.child.lead_worker)
    request = AskForAdvice(
        asked.team.child.id, service.id, person.id if person else None, asked.kind, QUESTION, is_another=True
    )
    request_id = await ask_for_advice(story.tools, lead_worker, request)
    await story.deliver()
    address = (person.email if person else None) or service.mailbox or ""
    when = story.clock.at + timedelta(days=asked.after, minutes=number)
    if address not in NO_SUCH_MAILBOX and asked.outcome != "waits":
        token = link_in(story.last_letter_to(address))
        story.at(when, partial(_answer, story, asked, request_id, token))


async def _answer(story: Story, asked: Asked, request_id: int, token: str) -> None:
    tools, today = story.tools, story.scene.today
    lead_worker, who = actor_of(asked.team.child.lead_worker), Answerer("Nettle Inkwell", "MR/2207")
    match asked.outcome:
        case "promises for today":
            await promise_advice(tools, token, who, today)
        case "breaks a promise":
            await promise_advice(tools, token, who, today - timedelta(days=3))
        case "can't":
            reason = Cannot(CannotReason.MISSED_APPOINTMENT, "The family could not come; a new appointment is made.")
            await refuse_advice(tools, token, who, reason)
        case "wrong person":
            await redirect_request(tools, token, who, "Somebody in the neurodevelopmental clinic, not me")
        case "rings":
            words = "The report is written and waits for a signature."
            answer = PhoneAnswer(request_id, "The office", words, promised_on=today + timedelta(days=2))
            await log_phone_answer(tools, lead_worker, answer)
    await story.deliver()


async def _chase(story: Story) -> None:
    swept = await send_due_chases(story.tools)
    if swept.letters:
        await story.deliver()
