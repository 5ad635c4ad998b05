"""Advice requests for tests: asked for in earnest, delivered, and read where they arrive."""

import email
import email.policy
import io
import re
import zipfile
from dataclasses import dataclass
from email.message import EmailMessage

from coord_service.domain.advice import AdviceKind
from coord_service.operations.advice import AskForAdvice, ask_for_advice
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.advice import load_request
from coord_service.storage.tables import AdviceRequest, Child, Person, Service, User
from integrations.mail.demo_servers import DemoMail
from tests.builders import a_child, a_person, a_service, a_user, actor_for
from tests.installation import StandingClock

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(60)


@dataclass
class Asking:
    """A lead worker, a child, and Dr Shah of a service who can be asked."""

    tools: Tools
    clock: StandingClock
    mail: DemoMail
    worker: User
    child: Child
    service: Service
    shah: Person

    async def ask(self, *, of_person: bool = True, **changes: object) -> int:
        """Ask, and let the letter go."""
        facts: dict[str, object] = {
            "child_id": self.child.id,
            "service_id": self.service.id,
            "person_id": self.shah.id if of_person else None,
            "kind": AdviceKind.PSYCHOLOGY,
            "question": "Please describe needs, provision and outcomes.",
            **changes,
        }
        number = await ask_for_advice(self.tools, actor_for(self.worker), AskForAdvice(**facts))
        await self.deliver()
        return number

    async def deliver(self) -> None:
        self.clock.move(seconds=61)
        await deliver_outbox(self.tools)

    async def load(self, number: int) -> AdviceRequest:
        async with self.tools.database.read() as db:
            request = await load_request(db, number)
        assert request is not None
        return request

    def mails(self, address: str | None) -> list[EmailMessage]:
        return [
            email.message_from_bytes(raw, policy=email.policy.default) for raw in self.mail.letters_to(address or "")
        ]

    def last(self, address: str | None) -> EmailMessage:
        return self.mails(address)[-1]

    def token(self, address: str | None) -> str:
        """Of the newest link that an address was sent."""
        return tokens_in(self.last(address))[-1]


async def start_asking(tools: Tools, clock: StandingClock, mail: DemoMail) -> Asking:
    worker = await a_user(tools, name="Amy Leadworth")
    service = await a_service(tools, "Educational Psychology")
    shah = await a_person(tools, "Dr Priya Shah", service_id=service.id)
    return Asking(tools, clock, mail, worker, await a_child(tools, worker), service, shah)


def words_of(mail: EmailMessage) -> str:
    """The text part."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def tokens_in(mail: EmailMessage) -> list[str]:
    return re.findall(r"/a/([\w-]+)", words_of(mail))


def a_docx() -> bytes:
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>"})


def packed(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in parts.items():
            archive.writestr(zipfile.ZipInfo(name), words, zipfile.ZIP_DEFLATED)  # dated 1980: the same bytes always
    return buffer.getvalue()
