"""Filling an empty database with the demo's county, once."""

from functools import partial
from pathlib import Path
from random import Random

from coord_service.demo.advice import list_given_advice, list_open_requests, tell_advice
from coord_service.demo.calendars import connect_calendars
from coord_service.demo.children import add_children
from coord_service.demo.clocks import tell_clocks, write_wrong_date
from coord_service.demo.council import add_places, add_terms, let_work_in_holidays
from coord_service.demo.county import PASSWORD, add_county, leave_of
from coord_service.demo.given import add_given_advice
from coord_service.demo.held import add_held_meetings
from coord_service.demo.ledger import BEGUN, DONE, FILL
from coord_service.demo.meetings import tell_meetings
from coord_service.demo.polls import tell_polls
from coord_service.demo.story import Scene, Story, actor_of
from coord_service.operations.audit import record
from coord_service.operations.contacts import ContactKind, LogContact, log_contact
from coord_service.operations.passwords import hash_password
from coord_service.operations.tools import Tools

SEED = 42

CALLS = (
    "Rang to say when the next meeting is. All well.",
    "Talked about how mornings go. School transport is late again.",
    "Visited after school; would like the next meeting to be shorter.",
)


async def fill(tools: Tools, folder: Path) -> None:
    """Play the county's last months into an empty database, its mail into ``folder``."""
    now, dice = tools.clock.now(), Random(SEED)  # noqa: S311 - the same county every time
    password_hash = await hash_password(tools, PASSWORD)
    async with tools.database.begin() as db:
        record(db, FILL, BEGUN, ("demo", 1), now)
        county = add_county(db, tools.settings.mail_domain, password_hash, now)
        teams = add_children(db, county, dice, now)
        await db.flush()
        story = Story.begin(tools, Scene(county, teams, dice, now), folder)
        db.add_all(leave_of(county, story.scene.today))
        write_wrong_date(teams)
        add_terms(db, story.scene.today)
        add_places(db)
        let_work_in_holidays(county)
        await add_held_meetings(db, story)
        await add_given_advice(db, story, list_given_advice(story.scene))
    tell_meetings(story)
    tell_advice(story, list_open_requests(story.scene))
    _tell_calls(story)
    tell_clocks(story)
    tell_polls(story)
    await story.play()
    await connect_calendars(tools, county)
    async with tools.database.begin() as db:
        record(db, FILL, DONE, ("demo", 1), now)


def _tell_calls(story: Story) -> None:
    """Families that were rung, visited or spoken to in the last weeks; some were not."""
    for number, team in enumerate(story.scene.teams):
        if number % 4 and team.child.closed_at is None:
            kind = (ContactKind.CALL, ContactKind.TALK, ContactKind.VISIT)[number % 3]
            spoke = LogContact(team.child.id, team.members[0].person_id, kind, CALLS[number % 3])
            lead_worker = actor_of(team.child.lead_worker)
            story.at(
                story.days_ago(1 + (number * 3) % 25, 15, number), partial(log_contact, story.tools, lead_worker, spoke)
            )
