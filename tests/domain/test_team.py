from datetime import date

from coord_service.domain.meetings import Answer
from coord_service.domain.team import MemberFacts, Standing, standings

TODAY = date(2026, 3, 10)


def test_the_most_urgent_thing_comes_first():
    facts = MemberFacts(
        has_address=False, answer=Answer.NEEDS_ACTION, advice_due_on=(date(2026, 3, 1), date(2026, 4, 1))
    )
    assert standings(facts, TODAY) == (Standing.OVERDUE, Standing.NO_ADDRESS, Standing.SILENT)


def test_advice_due_today_is_owed_and_not_late():
    assert standings(MemberFacts(has_address=True, advice_due_on=(TODAY,)), TODAY) == (Standing.OWES,)


def test_nobody_invited_and_nothing_owed_is_nothing_outstanding():
    assert standings(MemberFacts(has_address=True), TODAY) == (Standing.CLEAR,)


def test_every_answer_has_its_standing():
    seen = {standings(MemberFacts(has_address=True, answer=answer), TODAY)[0] for answer in Answer}
    assert seen == {Standing.SILENT, Standing.COMING, Standing.NOT_COMING, Standing.UNSURE}
