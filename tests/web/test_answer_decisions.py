"""The pages on which a lead worker decides: about proposed times, about held mail, about who else may come."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from coord_service.domain.decisions import Decision
from coord_service.domain.meetings import Answer, AnsweredBy
from coord_service.domain.people import Role
from coord_service.operations.answers import AnswerInvitation, answer_invitation
from coord_service.operations.deciding import DecideMail, decide_mail
from coord_service.operations.inbound import judge_mail
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Attendee, InboundMail, OtherAddress, User
from integrations.mail.demo_servers import DemoMail
from tests.builders import a_child, a_meeting, a_member, a_person, a_user, actor_for
from tests.installation import StandingClock, clock, tools
from tests.operations.attendee_mail import VOUCHED, Reply, write_reply
from tests.operations.test_meetings import mails_to
from tests.web.browsing import Browser, Page

__all__ = ["clock", "tools"]

HOME, STRANGER, SCRIPT = "priya@home.example", "sam@elsewhere.example", "<script>alert(1)</script>"


@dataclass
class World:
    """A signed-in lead worker with a meeting that Dr Shah is invited to, and Dr Shah's mail program."""

    tools: Tools
    clock: StandingClock
    servers: DemoMail
    browser: Browser
    worker: User
    meeting_id: int
    address: str
    attendee_id: int

    @property
    def here(self) -> str:
        return f"/meetings/{self.meeting_id}"

    async def hear(self, partstat: str = "ACCEPTED", **facts: object) -> int:
        """A mail is received and judged; its number."""
        asked = {"invitation": mails_to(self.servers, self.address)[-1], "at": self.clock.now(), "sender": self.address}
        return await self.keep(write_reply(Reply(partstat=partstat, **{**asked, **facts})))

    async def keep(self, mail: EmailMessage) -> int:
        async with self.tools.database.begin() as db:
            count = await db.scalar(sa.select(sa.func.count(InboundMail.id))) or 0
            place = {"mailbox": "box", "uidvalidity": 1, "uid": count + 1}
            row = InboundMail(**place, content=VOUCHED + mail.as_bytes(), received_at=self.clock.now())
            db.add(row)
        await judge_mail(self.tools)
        return row.id

    async def propose(self, **later: float) -> str:
        async with self.tools.database.read() as db:
            row = await db.get_one(Attendee, self.attendee_id)
        start = (self.clock.now() + timedelta(days=14)).replace(hour=10) + timedelta(**later)
        assert row.proposed_start is None
        await self.hear("TENTATIVE", method="COUNTER", start=start, end=start + timedelta(hours=1))
        return f"{self.here}/attendees/{self.attendee_id}/proposal"

    async def decide(self, mail_id: int, decision: str, status: int = 200, **more: str) -> Page:
        data = {"decision": decision, **more}
        return await self.browser.post(
            "decide_mail", data, status, seen=self.here, meeting_id=self.meeting_id, mail_id=mail_id
        )


@pytest.fixture
async def world(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, sign_in: Callable[[Role], Awaitable[Browser]]
) -> World:
    browser = await sign_in(Role.LEAD_WORKER)
    async with tools.database.read() as db:
        worker = await db.get_one(User, 1)
    child, shah = await a_child(tools, worker), await a_person(tools, "Dr Priya Shah")
    await a_member(tools, child, shah)
    meeting_id = await a_meeting(tools, worker, child, shah)
    clock.move(seconds=61)
    await deliver_outbox(tools)
    async with tools.database.read() as db:
        attendee_id = await db.scalar(sa.select(Attendee.id).where(Attendee.person_id == shah.id)) or 0
    return World(tools, clock, mail_servers, browser, worker, meeting_id, shah.email or "", attendee_id)


async def test_a_proposed_time_is_weighed_taken_and_undone(world: World) -> None:
    address = await world.propose(days=1)
    page = await world.browser.get(world.here)
    assert "Can come" in page.text
    page = await world.browser.get(address)
    assert "Proposes it" in page.text
    assert "gets the new time, and will be asked again" in page.text
    data = {name: page.value(name) for name in ("version", "proposed_start")}
    where = {"meeting_id": world.meeting_id, "attendee_id": world.attendee_id}
    page = await world.browser.post("accept_proposal", data, seen=address, **where)
    assert page.banner == "Moved. Everybody will be asked again."
    page = await world.browser.post("undo_change", {}, seen=world.here, meeting_id=world.meeting_id)
    assert "proposes another time" in page.text


async def test_a_time_is_declined_with_a_reason_and_what_was_typed_is_kept_where_it_is_refused(world: World) -> None:
    address = await world.propose(days=1)
    where = {"meeting_id": world.meeting_id, "attendee_id": world.attendee_id}
    page = await world.browser.get(address)
    data = {"proposed_start": page.value("proposed_start"), "reason": "Juniper Testwood is away"}
    page = await world.browser.post("decline_proposal", data, 422, seen=address, **where)
    assert "Take out" in page.errors["#reason"]
    assert "Juniper Testwood is away" in page.text
    page = await world.browser.post("decline_proposal", data | {"reason": "The room is taken"}, seen=address, **where)
    assert page.banner == "The time stays. They will be told."


async def test_a_clash_asks_for_a_word(world: World) -> None:
    child, other = await a_child(world.tools, world.worker), await a_person(world.tools)
    start = (world.clock.now() + timedelta(days=15)).replace(hour=10)
    times = {"starts_at": start, "ends_at": start + timedelta(hours=1)}
    await a_meeting(world.tools, world.worker, child, other, **times)
    address = await world.propose(days=1)
    page = await world.browser.get(address)
    assert "Clash" in page.text
    data = {name: page.value(name) for name in ("version", "proposed_start")}
    where = {"meeting_id": world.meeting_id, "attendee_id": world.attendee_id}
    page = await world.browser.post("accept_proposal", data, 422, seen=address, **where)
    assert "already booked" in page.errors["#accept_clashes"]
    page = await world.browser.post("accept_proposal", data | {"accept_clashes": "yes"}, seen=address, **where)
    assert page.banner == "Moved. Everybody will be asked again."


async def test_a_past_time_can_only_be_declined(world: World) -> None:
    page = await world.browser.get(await world.propose(days=-20))
    assert "is in the past" in page.text
    assert "Move it for everybody" not in page.text


async def test_a_page_that_shows_an_older_proposal_shows_the_new_one(world: World) -> None:
    address = await world.propose(days=1)
    data = {"version": "1", "proposed_start": "2026-03-19T09:00:00+00:00"}
    where = {"meeting_id": world.meeting_id, "attendee_id": world.attendee_id}
    page = await world.browser.post("accept_proposal", data, 409, seen=address, **where)
    assert "proposed another time since" in page.text
    assert "Move it for everybody" in page.text


async def test_a_doubtful_answer_is_remembered_and_shown_on_the_person_s_page_until_removed(world: World) -> None:
    mail_id = await world.hear(sender=HOME, speaks_for=world.address)
    page = await world.browser.get(world.here)
    assert "they are coming. We don’t know this address as one of theirs" in page.text
    page = await world.decide(mail_id, "remember")
    assert page.banner == "Decision recorded."
    assert f"by their calendar, from {HOME}" in page.text
    async with world.tools.database.read() as db:
        known = await db.scalar(sa.select(OtherAddress))
    assert known is not None
    person = f"/people/{known.person_id}"
    assert HOME in (await world.browser.get(person)).text
    where = {"person_id": known.person_id, "address_id": known.id}
    page = await world.browser.post("remove_other_address", {}, seen=person, **where)
    assert HOME not in page.text


async def test_a_decision_is_taken_back_on_the_page(world: World) -> None:
    mail_id = await world.hear("DECLINED", sender=HOME, speaks_for=world.address)
    assert "is needed and can’t come" in (await world.decide(mail_id, "believe")).text
    where = {"meeting_id": world.meeting_id, "mail_id": mail_id}
    page = await world.browser.post("take_back_decision", {}, seen=world.here, **where)
    assert "waits for a decision again" in page.banner
    assert "is needed and can’t come" not in page.text


async def test_a_stranger_s_choice_of_whom_they_come_for_is_asked_for(world: World) -> None:
    mail_id = await world.hear(sender=STRANGER)
    page = await world.decide(mail_id, "substitute", 422)
    assert page.errors == {f"#stand-in-{mail_id}": "Choose whom they come for"}
    page = await world.decide(mail_id, "substitute", **{f"stand-in-{mail_id}": str(world.attendee_id)})
    assert "in place of Dr Priya Shah" in page.text
    assert "Sent somebody else" in page.text


async def test_a_stranger_can_be_added_to_the_team_first_and_then_invited(world: World) -> None:
    await world.hear(sender=STRANGER)
    page = await world.browser.get(world.here)
    (link,) = [each for each in page.root.all("a") if "team first" in each.text]
    form = await world.browser.get(link["href"])
    assert form.value("email") == STRANGER
    sam = await a_person(world.tools, "Sam Passerby", email=STRANGER)
    async with world.tools.database.read() as db:
        child = await db.scalar(sa.text("select child_id from meeting_child"))
    await world.browser.post(
        "add_to_team",
        {"role": "Youth worker", "is_required": "no", "sharing": "agreed"},
        seen=f"/children/{child}/team/add/{sam.id}",
        child_id=child,
        person_id=sam.id,
    )
    assert "Invite them and count it" in (await world.browser.get(world.here)).text


async def test_somebody_else_s_decision_is_said(world: World) -> None:
    mail_id = await world.hear(sender=STRANGER)
    other = await a_user(world.tools, name="Olga Other")
    await decide_mail(world.tools, actor_for(other), DecideMail(mail_id, Decision.REFUSE))
    page = await world.decide(mail_id, "let_in", 409)
    assert "Olga Other has dealt with this mail already: refused" in page.text


@pytest.mark.parametrize("decision", ["", "shout", "answer:MAYBE", "move"])
async def test_what_no_button_says_is_refused(world: World, decision: str) -> None:
    page = await world.decide(await world.hear(sender=STRANGER), decision, 422)
    assert page.heading == "This can’t be done"


async def test_the_mail_of_another_meeting_is_not_found(world: World) -> None:
    mail_id = await world.hear(sender=STRANGER)
    for route in ("decide_mail", "take_back_decision"):
        where = {"meeting_id": world.meeting_id + 1, "mail_id": mail_id}
        await world.browser.post(route, {"decision": "refuse"}, 404, seen=world.here, **where)
    await world.browser.get(f"/meetings/{world.meeting_id + 1}/attendees/{world.attendee_id}", status=404)
    await world.browser.get(f"{world.here}/attendees/{world.attendee_id}/proposal", status=409)


async def test_the_rule_for_strangers_is_chosen_on_the_page(world: World) -> None:
    where = {"meeting_id": world.meeting_id}
    page = await world.browser.post("set_strangers", {"strangers": "allow"}, seen=world.here, **where)
    assert "Let them in. Whoever answers is added as optional" in page.text
    page = await world.browser.post("set_strangers", {"strangers": ""}, seen=world.here, **where)
    assert "Ask me. It waits here until somebody decides." in page.text


async def test_a_shielded_meeting_says_that_it_always_asks(world: World) -> None:
    async with world.tools.database.begin() as db:
        await db.execute(sa.text("update meeting set is_private = true"))
    page = await world.browser.get(world.here)
    assert "shielded, so you are always asked" in page.text
    where = {"meeting_id": world.meeting_id}
    await world.browser.post("set_strangers", {"strangers": "allow"}, 422, seen=world.here, **where)
    await world.hear(sender=STRANGER)
    page = await world.browser.get(world.here)
    assert "nobody comes in before they are in the team" in page.text
    assert "Let them in" not in page.text


async def test_everything_between_us_and_one_person_is_on_one_page(world: World) -> None:
    await world.hear("TENTATIVE")
    await world.hear("DECLINED", sender=HOME, speaks_for=world.address)
    world.clock.move(minutes=1)
    answer = AnswerInvitation(world.attendee_id, Answer.ACCEPTED, AnsweredBy.PHONE)
    await answer_invitation(world.tools, actor_for(world.worker), answer)
    page = await world.browser.get(f"{world.here}/attendees/{world.attendee_id}")
    order = ["We wrote:", "Taken by their mail server", "Counted", "Waits for a decision", "By telephone: Coming"]
    assert sorted(order, key=page.text.index) == order
    assert "The present time (SEQUENCE 0)" in page.text


async def test_a_mail_says_how_it_was_judged(world: World) -> None:
    mail_id = await world.hear(sender=HOME, speaks_for=world.address)
    page = await world.browser.get("show_mail", mail_id=mail_id)
    for words in (
        "An answer of a calendar program (METHOD:REPLY)",
        "By the UID of its calendar part",
        f"{world.address}, who is invited, though it comes from another address",
        f"{world.address}: ACCEPTED",
        "0; the meeting was at 0, at the same time since 0",
        "Waits for a decision",
    ):
        assert words in page.text


async def test_a_mail_and_a_letter_are_given_out_byte_for_byte_and_never_shown_as_a_page(world: World) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = world.address, SCRIPT
    mail["In-Reply-To"] = mails_to(world.servers, world.address)[-1]["Message-ID"]
    mail.set_content(SCRIPT)
    mail.add_alternative(SCRIPT, subtype="html")
    mail_id = await world.keep(mail)
    page = await world.browser.get("show_mail", mail_id=mail_id)
    assert SCRIPT in page.text
    assert SCRIPT not in page.body
    async with world.browser.client.get(f"/mails/{mail_id}/original") as response:
        assert await response.read() == VOUCHED + mail.as_bytes()
        assert response.content_type == "message/rfc822"
        assert response.headers["Content-Disposition"] == f'attachment; filename="mail-{mail_id}.eml"'
        assert "sandbox" in response.headers["Content-Security-Policy"]
    async with world.browser.client.get("/letters/1/original") as response:
        assert b"METHOD:REQUEST" in (await response.read()) or response.status == 200
    await world.browser.get("/mails/99999/original", status=404)
