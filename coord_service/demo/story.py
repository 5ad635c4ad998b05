"""Time as the demo tells it: events in their order, each at its own instant, letters out and answers in."""

import heapq
import itertools
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from coord_service.clock import LONDON, StandingClock
from coord_service.demo.children import Team
from coord_service.demo.county import County
from coord_service.domain.people import Actor
from coord_service.operations.inbound import read_mailbox
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.ports import OutgoingMail, Position, ReceivedMail
from coord_service.storage.tables import User
from integrations.mail.demo_answers import ArrivedLetter, read_letter
from integrations.mail.demo_maildirs import MaildirMailer, delivery_headers, letters_to

Deed = Callable[[], Awaitable[object]]
NO_SUCH_MAILBOX = frozenset({"ot.office@rivermead-health.example"})


class Postbag:
    """The Mailbox port over the answers of the story."""

    name = "the demo's story"

    def __init__(self) -> None:
        self._mails: list[ReceivedMail] = []

    def put(self, mail: OutgoingMail) -> None:
        """An answer arrives, with the headers that our own server would write."""
        content = delivery_headers(mail.sender, mail.recipient, mail.content) + mail.content
        self._mails.append(ReceivedMail(1, len(self._mails) + 1, content))

    async def fetch(self, after: Position | None, limit: int) -> Sequence[ReceivedMail]:
        """The oldest after a position."""
        return self._mails[after.uid if after else 0 :][:limit]

    async def wait(self, seconds: float) -> None:
        """Nothing comes by itself."""

    async def check(self) -> str:
        """There is nothing to reach."""
        return "files"

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the story is told with: who there is, and when now is."""

    county: County
    teams: list[Team]
    dice: Random
    now: datetime

    @property
    def today(self) -> date:
        """The day in London."""
        return self.now.astimezone(LONDON).date()


@dataclass(slots=True)
class Story:
    """Plays deeds in the order of their time through real operations."""

    tools: Tools
    scene: Scene
    clock: StandingClock
    postbag: Postbag
    mailer: MaildirMailer
    folder: Path
    _events: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @classmethod
    def begin(cls, tools: Tools, scene: Scene, folder: Path) -> "Story":
        """A story over an installation's database; its mail goes into ``folder`` and nowhere else."""
        clock, postbag, mailer = StandingClock(scene.now), Postbag(), MaildirMailer(folder, NO_SUCH_MAILBOX)
        told = replace(tools, clock=clock, mailer=mailer, mailbox=postbag, wake=_nobody)
        return cls(told, scene, clock, postbag, mailer, folder)

    def at(self, instant: datetime, deed: Deed) -> None:
        """Something happens at an instant; what would still be to come does not."""
        if instant < self.scene.now:
            heapq.heappush(self._events, (instant, next(self._numbers), deed))

    def days_ago(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """A time of day so many days ago, or on the last working day before."""
        day, working_days = self.scene.today - timedelta(days=days), self.tools.rulebook.working_days
        worked_on = day if working_days.is_working_day(day) else working_days.add(day, -1)
        return datetime.combine(worked_on, time(hour, minute), LONDON)

    def workdays_ahead(self, days: int, hour: int) -> datetime:
        """A full hour so many working days from today."""
        return datetime.combine(self.tools.rulebook.working_days.add(self.scene.today, days), time(hour), LONDON)

    async def play(self) -> None:
        """Play every event; at the end the clock stands at now."""
        while self._events:
            self.clock.at, _, deed = heapq.heappop(self._events)
            await deed()
        self.clock.at = self.scene.now

    async def deliver(self) -> None:
        """What was just done is past undoing: its letters go."""
        self.clock.at += timedelta(seconds=self.tools.settings.undo_seconds + 1)
        self.mailer.now = self.clock.at
        await deliver_outbox(self.tools)

    async def answer(self, mail: OutgoingMail) -> None:
        """Somebody's answer arrives and is judged."""
        self.postbag.put(mail)
        await read_mailbox(self.tools)

    def last_letter_to(self, address: str) -> ArrivedLetter:
        """What somebody reads now."""
        return read_letter(letters_to(self.folder, address)[-1])

    def invitation_to(self, address: str, starts_at: datetime) -> ArrivedLetter:
        """The newest invitation that somebody has for this time."""
        letters = (read_letter(content) for content in reversed(letters_to(self.folder, address)))
        return next(each for each in letters if each.invitation and each.invitation.start == starts_at)


async def _nobody() -> None:
    """The story delivers its letters itself."""


def link_in(letter: ArrivedLetter) -> str:
    """The token of the personal link in a letter."""
    found = re.search(r"/a/([\w-]+)", letter.text)
    assert found is not None, f"no link in “{letter.subject}”"
    return found.group(1)


def actor_of(user: User) -> Actor:
    """A member of staff as the one who does something."""
    return Actor(f"user:{user.id}", user_id=user.id, person_id=user.person_id, role=user.role)
