"""What happened in the cases: decisions in time and late, a draft, a review on its way, moves to another phase."""

from datetime import date, timedelta
from functools import partial

from coord_service.demo.children import Team
from coord_service.demo.story import Story, actor_of
from coord_service.domain.case_steps import CaseStep
from coord_service.operations.case_events import RecordStep, record_step
from coord_service.operations.clock_exceptions import ClockKey, RecordException, record_exception
from coord_service.operations.date_corrections import CorrectDate, correct_date

# Which child's assessment was decided on how many days after it was asked for: 42 are lawful. Others are not decided.
DECIDED = {9: 28, 21: 40, 24: 49, 30: 38, 33: 41, 36: 42}
DRAFTED = {36: 3}  # days ago
# What followed the review that was held 21 days ago, and how many days ago that was.
REVIEWED = (31, ((CaseStep.REVIEW_PAPERS, 31), (CaseStep.REVIEW_REPORT, 9)))
# A family that was away for five weeks and was told of it; circumstances that the family is still to be told of.
AWAY, ILL = 30, 27
CORRECTED = 15
LAY_IN_POST_ROOM = timedelta(days=6)
MOVES_ON = {4: CaseStep.PHASE_TRANSFER, 25: CaseStep.PHASE_TO_POST16}


def write_wrong_date(teams: list[Team]) -> None:
    """The record says for weeks that an assessment was asked for later than it was."""
    child = teams[CORRECTED].child
    if child.assessment_requested_on is not None:
        child.assessment_requested_on += LAY_IN_POST_ROOM


def tell_clocks(story: Story) -> None:
    """Put what happened in the cases into the story, each on its day."""
    teams, today = story.scene.teams, story.scene.today
    for number, after in DECIDED.items():
        asked_on = teams[number].child.assessment_requested_on
        if asked_on is not None:
            days_ago = (today - asked_on).days - after
            _tell(story, teams[number], CaseStep.ASSESSMENT_DECIDED, days_ago)
    for number, days_ago in DRAFTED.items():
        _tell(story, teams[number], CaseStep.DRAFT_SERVED, days_ago)
    number, steps = REVIEWED
    for what, days_ago in steps:
        _tell(story, teams[number], what, days_ago)
    _tell_exceptions(story)
    _tell_correction(story, teams[CORRECTED])
    for number, what in MOVES_ON.items():
        _tell(story, teams[number], what, 5, _next_september(today))


def _tell(story: Story, team: Team, what: CaseStep, days_ago: int, on: date | None = None) -> None:
    """A step that the lead worker records on the day on which it happens; ``on``: on which it is going to."""
    at = story.days_ago(days_ago, 16, team.child.id % 60)
    step = RecordStep(team.child.id, what, on or at.date())
    story.at(at, partial(record_step, story.tools, actor_of(team.child.lead_worker), step))


def _tell_exceptions(story: Story) -> None:
    away, ill = story.scene.teams[AWAY].child, story.scene.teams[ILL].child
    told_on = story.days_ago(20, 9).date()
    if away.assessment_requested_on is not None:
        from_on = away.assessment_requested_on + timedelta(days=20)
        _lift(
            story,
            RecordException(
                key=ClockKey(away.id, "final_plan", away.assessment_requested_on),
                paragraph="reg 10(4)(d)",
                from_on=from_on,
                until_on=from_on + timedelta(days=35),
                asked_on=None,
                evidence="The family’s mail about the visit abroad, with the tickets.",
                decided_by="Helen Trialwick, SEND team manager",
                decided_on=told_on,
                told_on=told_on,
                told_how="By telephone, and a letter on the same day",
            ),
        )
    if ill.assessment_requested_on is not None:
        _lift(
            story,
            RecordException(
                key=ClockKey(ill.id, "decide_assess", ill.assessment_requested_on),
                paragraph="reg 5(4)(c)",
                from_on=ill.assessment_requested_on + timedelta(days=14),
                until_on=None,
                asked_on=None,
                evidence="The grandmother’s letter.",
                decided_by="Helen Trialwick, SEND team manager",
                decided_on=told_on,
            ),
        )


def _tell_correction(story: Story, team: Team) -> None:
    wrong = team.child.assessment_requested_on
    if wrong is None:
        return
    right = wrong - LAY_IN_POST_ROOM
    wanted = CorrectDate(
        team.child.id, CaseStep.ASSESSMENT_REQUESTED, wrong, right, "The letter lay in the post room for six days."
    )
    actor = actor_of(team.child.lead_worker)
    story.at(story.days_ago(18, 15), partial(correct_date, story.tools, actor, wanted))


def _lift(story: Story, exception: RecordException) -> None:
    actor = actor_of(story.scene.county.users["helen"])
    story.at(story.days_ago(19, 16), partial(record_exception, story.tools, actor, exception))


def _next_september(today: date) -> date:
    return date(today.year + (today.month >= 9), 9, 1)
