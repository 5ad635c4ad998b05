"""What puts times in order beside who can come, and what is said of it: wishes, full days, what would have to give."""

from datetime import UTC, date, datetime, time

import pytest

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.bookings import Need
from coord_service.domain.day_load import DayLoad
from coord_service.domain.finding_rules import FindingRules
from coord_service.domain.meetings import Purpose
from coord_service.domain.people import Actor, Role
from coord_service.domain.wishes import WishedTimes, WishKind
from coord_service.errors import NotAllowed, NotFound, Refused
from coord_service.operations.booking import ChooseTime, choose_time, save_who
from coord_service.operations.booking_check import check_booking
from coord_service.operations.finding import View, find_slots
from coord_service.operations.finding_rules import set_finding_rules
from coord_service.operations.found import Found
from coord_service.operations.people import WorkingPattern, set_working_hours
from coord_service.operations.wishes import set_wishes
from tests.builders import a_member, a_person
from tests.operations.finding_world import TOMORROW, Case, case, meeting_of

__all__ = ["case"]


async def test_the_times_that_the_family_likes_come_first_and_the_sentence_says_whose_they_are(case: Case) -> None:
    wishes = (
        WishedTimes(WishKind.GOOD, spans=((9 * 60 + 15, 14 * 60 + 45),)),
        WishedTimes(WishKind.NOT, frozenset({2})),
    )
    await set_wishes(case.tools, case.actor, case.mother.id, 1, wishes)
    found = await case.find()
    local = [offer.start_at.astimezone(LONDON) for offer in found.best]
    assert all(time(9, 15) <= each.time() <= time(13, 45) and each.weekday() != 2 for each in local)
    assert "A good time for Mrs Ana Testwood" in found.best[0].reasons
    assert TOMORROW in {day for day, _ in found.more}  # a Wednesday: left for the end, not left out
    assert next(state for state in found.calendars if state.person_id == case.mother.id).wishes == wishes


async def test_wishes_of_nobody_we_know_or_that_contradict_themselves_are_refused(case: Case) -> None:
    with pytest.raises(Refused, match="said once"):
        await set_wishes(case.tools, case.actor, case.mother.id, 1, [WishedTimes(WishKind.GOOD)] * 2)
    with pytest.raises(Refused, match="end after it begins"):
        await set_wishes(case.tools, case.actor, case.mother.id, 1, [WishedTimes(WishKind.GOOD, spans=((600, 540),))])
    administrator = Actor("user:9", user_id=9, role=Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        await set_wishes(case.tools, administrator, case.mother.id, 1, [])


async def test_a_full_day_is_offered_last_by_the_councils_rule_or_by_their_own(case: Case) -> None:
    morning = [meeting_of(case.doctor, datetime(2026, 3, 4, hour, tzinfo=UTC), hours=1) for hour in (9, 10)]
    await case.add(*morning)
    manager = Actor("user:1", role=Role.MANAGER)
    assert days_of(await case.find()) >= {TOMORROW}
    await set_finding_rules(case.tools, manager, 1, FindingRules(DayLoad(2, 0)))
    found = await case.find()
    assert TOMORROW not in days_of(found)
    said = {reason for _, offers in found.more for offer in offers for reason in offer.reasons}
    assert "Would be Dr Asha Shah’s third meeting that day" in said
    await set_working_hours(case.tools, case.actor, case.doctor.id, 1, WorkingPattern((), most_meetings=3))
    assert TOMORROW in days_of(await case.find())


async def test_a_time_says_what_would_have_to_give_for_a_better_one(case: Case) -> None:
    okoro = await a_person(case.tools, "Ms Ify Okoro")
    await a_member(case.tools, case.child, okoro)
    await case.keep_hours({"days": ["WE"], "start": "09:00", "end": "11:00"})
    meetings = [meeting_of(okoro, datetime(2026, 3, day, 9, tzinfo=UTC), hours=2) for day in range(4, 32, 7)]
    await case.add(*meetings, *(meeting_of(okoro, datetime(2026, 4, day, 8, tzinfo=UTC), hours=2) for day in (1, 8)))
    draft_id = await case.draft()
    needs = {case.mother.id: Need.REQUIRED, case.doctor.id: Need.REQUIRED, okoro.id: Need.OPTIONAL}
    await save_who(case.tools, case.actor, draft_id, needs)
    found = await find_slots(case.tools, case.actor, draft_id, View(from_on=TOMORROW))
    assert found.best[0].better == (
        "If Ms Ify Okoro could move what they have between 9am and 11am, everybody could come then, as far as we can "
        "see"
    )


async def test_when_nothing_fits_it_says_what_would_be_enough(case: Case) -> None:
    await case.keep_hours({"days": ["WE"], "start": "09:00", "end": "10:00"})
    await case.add(
        *(meeting_of(case.doctor, datetime(2026, 3, day, 9, tzinfo=UTC), hours=1) for day in range(4, 32, 7))
    )
    await case.add(*(meeting_of(case.doctor, datetime(2026, 4, day, 8, tzinfo=UTC), hours=1) for day in (1, 8)))
    found = await case.find()
    assert found.total == 0
    [sentence] = found.gives
    assert sentence == (
        "If Dr Asha Shah could move what they have between 9am and 10am, everybody could come on Wednesday 4 March "
        "at 9am, as far as we can see"
    )


async def test_times_without_the_councils_own_notice_are_shown_only_when_asked_for(case: Case) -> None:
    manager = Actor("user:1", role=Role.MANAGER)
    await set_finding_rules(case.tools, manager, 1, FindingRules(notice={Purpose.TAC: 10}))
    found = await case.find()
    assert (found.first_on, found.earlier_on) == (date(2026, 3, 13), None)
    beyond = await case.find(View(from_on=TOMORROW, is_beyond=True))
    assert (beyond.first_on, beyond.best[0].unlawful) == (TOMORROW, "Less than 10 days’ notice")
    review = await case.find(purpose=Purpose.REVIEW)
    assert review.first_on == date(2026, 3, 17)
    draft_id = await case.draft()
    await choose_time(case.tools, case.actor, draft_id, ChooseTime(datetime(2026, 3, 6, 9, tzinfo=UTC), 60))
    checked = await check_booking(case.tools, case.actor, draft_id)
    assert "This gives 3 days’ notice. Your council gives 10 days’ notice." in checked.concerns
    with pytest.raises(Refused, match="A review has the law’s"):
        await set_finding_rules(case.tools, manager, 2, FindingRules(notice={Purpose.REVIEW: 1}))


async def test_rules_for_a_day_are_the_councils_to_set(case: Case) -> None:
    with pytest.raises(NotAllowed):
        await set_finding_rules(case.tools, case.actor, 1, FindingRules())
    with pytest.raises(Refused, match="from 1 to 20"):
        await set_finding_rules(case.tools, Actor("user:1", role=Role.MANAGER), 1, FindingRules(DayLoad(0)))


def days_of(found: Found) -> set[date]:
    """The days of the best times."""
    return {day_in_london(offer.start_at) for offer in found.best}
