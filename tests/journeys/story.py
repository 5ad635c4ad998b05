"""The story that the service exists for, told with the pages alone: each step by whoever walks it, and real mail.

Steps follow one another. A visitor may be a client that reads HTML or a real browser; nobody reaches behind the pages
except the clock, and the jobs that run by themselves in earnest.
"""

import asyncio
import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

import sqlalchemy as sa

from coord_service.domain.people import Role, Sector
from coord_service.operations.chasing import send_due_chases
from coord_service.operations.inbound import read_mailbox
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Attendee, Meeting, Service
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import PDF
from tests.builders import a_person, a_service
from tests.installation import StandingClock
from tests.journeys.visitor import Value, Visitor
from tests.operations.attendee_mail import Reply, send, write_reply, write_words
from tests.web.conftest import PASSWORD, make_user

SHAH, OKORO, MOTHER = "a.shah@nhs.example", "i.okoro@school.example", "ana@family.example"
LEAD, MANAGER = "lead@example.org", "manager@example.org"


def a_day(name: str, day: int, month: int, year: int = 2026) -> dict[str, str]:
    """The three boxes of a date."""
    return {f"{name}-day": str(day), f"{name}-month": str(month), f"{name}-year": str(year)}


def is_invitation(letter: EmailMessage) -> bool:
    """Whether a letter holds a calendar part."""
    return any(part.get_content_type() == "text/calendar" for part in letter.walk())


@dataclass
class Story:
    """Who is in it: a lead worker and a manager, each at their own screen, and people who have nothing but a mail."""

    tools: Tools
    clock: StandingClock
    mail: DemoMail
    worker: Visitor
    manager: Visitor
    outsider: Visitor
    child: str = ""  # the address of the child's page
    meeting: str = ""
    request: str = ""

    # Everybody

    async def prepare(self) -> None:
        """Two accounts, and two professionals whom the county knows."""
        await make_user(self.tools, Role.LEAD_WORKER, email=LEAD, name="Amy Leadworth")
        await make_user(self.tools, Role.MANAGER, email=MANAGER, name="Max Trialwick")
        paediatrics = await a_service(self.tools, "Community Paediatrics", mailbox="paediatrics@nhs.example")
        school = await a_service(self.tools, "Larkfield School", Sector.EDUCATION, mailbox="office@school.example")
        await a_person(self.tools, "Dr Asha Shah", email=SHAH, service_id=paediatrics.id)
        await a_person(self.tools, "Ms Ify Okoro", email=OKORO, service_id=school.id)

    async def sign_in(self, visitor: Visitor, address: str) -> None:
        await visitor.open("/sign-in")
        await visitor.press("Sign in", {"email": address, "password": PASSWORD})

    async def sweep(self, *day: int) -> None:
        """On a day, 10 in the morning: what is due is chased, and the letters go."""
        self.clock.instant = datetime(*day, 10, tzinfo=UTC)  # type: ignore[misc]
        await send_due_chases(self.tools)
        await self.deliver()

    async def deliver(self) -> None:
        """A minute passes and the letters go."""
        self.clock.move(seconds=61)
        await deliver_outbox(self.tools)

    async def receive(self, *mails: EmailMessage) -> None:
        """Mails arrive in our mailbox and are read."""
        for each in mails:
            await asyncio.to_thread(send, self.mail, each)
        self.clock.move(seconds=5)
        await read_mailbox(self.tools)

    def letters_to(self, address: str) -> list[EmailMessage]:
        letters = self.mail.letters_to(address)
        return [email.message_from_bytes(each, policy=email.policy.default) for each in letters]  # type: ignore[misc]

    def subjects(self, address: str) -> list[str]:
        return [str(each["Subject"]) for each in self.letters_to(address)]

    def link_to(self, address: str) -> str:
        """The first personal link in the last letter, without the host."""
        body = self.letters_to(address)[-1].get_body(("plain",))
        assert body
        found = re.search(r"/a/[\w-]+", body.get_content())
        assert found, body.get_content()
        return found.group()

    async def answer(self, address: str, partstat: str, **more: object) -> None:
        """Somebody presses a button in their calendar program."""
        invitation = next(each for each in reversed(self.letters_to(address)) if is_invitation(each))
        facts = {"invitation": invitation, "partstat": partstat, "sender": address, "at": self.clock.now(), **more}
        await self.receive(write_reply(Reply(**facts)))  # type: ignore[arg-type]

    async def say(self, address: str, words: str) -> None:
        """Somebody answers in words."""
        await self.receive(write_words(address, words, self.letters_to(address)[-1]))

    # Steps 1 and 2

    async def open_record(self) -> None:
        """From the home page to a new child and their team."""
        worker = self.worker
        await self.sign_in(worker, LEAD)
        assert "What needs you" in await worker.read()
        await worker.picture("1-home-empty")
        await worker.follow("Children")
        await worker.follow("Add a child")
        child = {
            "given_name": "Juniper",
            "family_name": "Testwood",
            "setting": "Larkfield School",
            "plan_status": "support",
        }
        await worker.press("Open the record", {**child, **a_day("born_on", 4, 5, 2016)})
        self.child = await worker.address()
        await self._add_family()
        for name, role in (("Shah", "Paediatrician"), ("Okoro", "SENCO")):
            await worker.open(self.child)
            await worker.follow("Add to the team")
            await worker.press("Look", {"q": name})
            await worker.follow("Add Dr Asha Shah" if name == "Shah" else "Add Ms Ify Okoro")
            await worker.press("Add to the team", {"role": role, "is_required": "yes", "sharing": "agreed"})
        await worker.open(self.child)
        await worker.picture("2-child")

    async def _add_family(self) -> None:
        await self.worker.open(self.child)
        await self.worker.follow("Add to the team")
        await self.worker.press("Look", {"q": "Larkspur"})
        await self.worker.follow("Enter somebody of the family")
        mother = {
            "name": "Mrs Ana Larkspur",
            "email": MOTHER,
            "role": "Mother",
            "is_required": "yes",
            "sharing": "agreed",
        }
        await self.worker.press("Add to the team", mother)

    # Step 3

    async def book(self) -> None:
        """The four steps of a booking, the best time, and send."""
        worker = self.worker
        await worker.open(self.child)
        await worker.follow("Book a meeting")
        await worker.picture("3-what")
        await worker.press(
            "Continue", {"purpose": "tac", "place": "Room 2, Example House", "notes": "Park behind the house."}
        )
        await worker.picture("3-who")
        await worker.press("Find a time")
        await worker.picture("3-when")
        await worker.press("Choose")
        await worker.picture("3-check")
        await worker.press("Send")
        self.meeting = await worker.address()
        await worker.picture("3-sent-with-undo")

    async def ids_of(self, address: str) -> tuple[int, int]:
        """Which person, and which attendee of the meeting, has an address."""
        async with self.tools.database.read() as db:
            query = sa.select(Attendee.person_id, Attendee.id).where(Attendee.email == address)
            found = (await db.execute(query.order_by(Attendee.id.desc()))).first()
        assert found
        return found.person_id, found.id

    async def time_of_meeting(self) -> datetime:
        """When the meeting begins."""
        async with self.tools.database.read() as db:
            starts_at = await db.scalar(sa.select(Meeting.starts_at))
        assert starts_at
        return starts_at

    # Step 5

    async def collect_answers(self) -> None:
        """One by calendar, one by link, one in words; a required "no" comes up on the home page."""
        await self.answer(MOTHER, "ACCEPTED")
        await self.outsider.open(self.link_to(OKORO))
        await self.outsider.picture("5-link")
        await self.outsider.press("Yes, I am coming", {"comment": "From half past."})
        await self.answer(SHAH, "DECLINED", comment="In clinic that day")
        await self.say(OKORO, "Sorry, something came up: I am not free after all.")
        await self.worker.open("/")
        await self.worker.picture("5-home")

    async def decide_words(self) -> None:
        """What somebody wrote in words is decided on the meeting's page."""
        await self.worker.open(self.meeting)
        await self.worker.picture("5-meeting")
        await self.worker.press("They are not coming")

    async def find_another_time(self) -> None:
        """From the refusal on the home page to the next good time, one click at a time."""
        await self.worker.open("/")
        await self.worker.follow("Find another time")
        await self.worker.picture("6-another-time")
        await self.worker.press("Choose")
        await self.worker.picture("6-who-will-be-told")
        await self.worker.press("Confirm")

    # Step 6

    async def change(self, link: str, fields: dict[str, Value], next_button: str = "See who will be told") -> None:
        """One change from the meeting's page, previewed and confirmed; its letters go."""
        await self.worker.open(self.meeting)
        await self.worker.follow(link)
        await self.worker.press(next_button, fields)
        await self.worker.press("Confirm")
        await self.deliver()

    # Step 7

    async def ask_for_advice(self) -> None:
        """The service of Dr Shah is asked; the six weeks are counted."""
        await self.worker.open(self.child)
        await self.worker.follow("Ask for advice")
        await self.worker.picture("7-ask")
        async with self.tools.database.read() as db:
            service_id = await db.scalar(sa.select(Service.id).where(Service.name == "Community Paediatrics"))
        await self.worker.press("Ask for advice", {"kind": "c", "service_id": str(service_id)})
        self.request = await self.worker.address()
        await self.worker.picture("7-asked")
        await self.deliver()

    async def send_the_advice(self, link: str) -> None:
        """Whoever holds the link uploads a document."""
        await self.outsider.open(link)
        await self.outsider.picture("7-link")
        await self.outsider.follow("Here it is")
        await self.outsider.press("Send the advice", {"document": ("advice.pdf", PDF), "who": "Dr Asha Shah"})
        await self.outsider.picture("7-received")

    # Step 8

    async def hold(self) -> None:
        """In the room: who came, notes, an action typed as a line; then what was agreed goes out."""
        worker = self.worker
        await worker.open(self.meeting)
        await worker.follow("Take attendance and notes")
        came = {SHAH: "came", MOTHER: "came", LEAD: "came", OKORO: "update"}
        taps: dict[str, Value] = {f"attendance-{(await self.ids_of(who))[1]}": how for who, how in came.items()}
        await worker.press("Save who came", taps)
        await worker.press("Save the notes", {"notes-0": "Mornings go better.", "decision-0": "A visual timetable."})
        await worker.press("Check it", {"line": "Dr Shah: send the OT report by 12 June"})
        await worker.picture("8-action")
        await worker.press("Save the action")
        await worker.picture("8-in-the-room")
        await worker.press("The meeting took place")
        await worker.follow("Circulate the actions")
        await worker.picture("8-circulate")
        await worker.press("Send")
        await self.deliver()

    async def report_done(self, link: str) -> None:
        """The owner of an action says that it is done."""
        await self.outsider.open(link)
        await self.outsider.picture("8-action-link")
        await self.outsider.press("It is done", {"note": "Sent on Monday."})

    # Step 9

    async def read_report(self) -> None:
        """The manager's report, and what is behind its first figure."""
        await self.sign_in(self.manager, MANAGER)
        await self.manager.picture("9-manager-home")
        await self.manager.open("/reports/chase")
        await self.manager.picture("9-report")
