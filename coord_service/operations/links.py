"""Opening a personal link: whom it knows, what it opens, and whether it is still good. Looking changes nothing.

Mail scanners open links too, so only a form that is sent from the page behind one counts as an answer.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coord_service.clock import day_in_london
from coord_service.errors import LinkExpired, NotFound
from coord_service.operations.post import About, Door, Posting, hash_token, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.links import has_letter, load_on_file
from coord_service.storage.post import load_link
from coord_service.storage.tables import PersonalLink

UNKNOWN = "This link does not open anything. Check that you have the whole address from the mail."
EXPIRED = "This link has expired. We can send a fresh one to the address that we have on file."
REVOKED = "This link has been withdrawn: nothing is needed from you any more."


class LinkState(StrEnum):
    """Whether a link still opens its door."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a personal link opens and for whom. ``person_id`` is None for a mailbox: ask who answers."""

    id: int
    purpose: str
    state: LinkState
    address: str
    about: About
    used_at: datetime | None


async def open_link(tools: Tools, token: str) -> OpenedLink:
    """What a token opens, in whatever state. That it was opened is noted as evidence, and nothing else changes.

    Raises NotFound for a token that we never gave out.
    """
    async with tools.database.begin() as db:
        link = await _load(db, token)
        now = tools.clock.now()
        if link.opened_at is None:
            link.opened_at = now
        return _opened(link, now)


async def take_link(db: Session, token: str, purpose: str, now: datetime) -> OpenedLink:
    """A link that is being answered with, in the caller's transaction: noted as used.

    Raises NotFound for a token that is unknown or for something else, LinkExpired for one that is no longer good.
    """
    link = await _load(db, token)
    if link.purpose != purpose:
        raise NotFound(UNKNOWN)
    opened = _opened(link, now)
    if opened.state is not LinkState.GOOD:
        raise LinkExpired(EXPIRED if opened.state is LinkState.EXPIRED else REVOKED)
    link.used_at = now
    return opened


async def send_fresh_link(tools: Tools, token: str) -> None:
    """Send a new link in place of one that expired, to the address on file alone; once a day, however often asked.

    Raises NotFound, LinkExpired for one that was withdrawn.
    """
    async with tools.database.begin() as db:
        link = await _load(db, token)
        now = tools.clock.now()
        if link.revoked_at is not None:
            raise LinkExpired(REVOKED)
        key = f"link:{link.id}:fresh:{day_in_london(now)}"
        on_file = await load_on_file(db, link)
        if on_file is None or await has_letter(db, key):
            return
        about = _about(link)
        facts = {
            "link": make_link(db, tools, Door(link.purpose, on_file.address, about), now),
            "reference": on_file.reference,
        }
        posting = Posting(key, "fresh_link", on_file.name, on_file.address, facts=facts, about=about)
        await put_letter(db, tools, posting, now)
    await tools.wake()


async def _load(db: Session, token: str) -> PersonalLink:
    link = await load_link(db, hash_token(token))
    if link is None:
        raise NotFound(UNKNOWN)
    return link


def _opened(link: PersonalLink, now: datetime) -> OpenedLink:
    return OpenedLink(link.id, link.purpose, _state(link, now), link.address, _about(link), link.used_at)


def _state(link: PersonalLink, now: datetime) -> LinkState:
    if link.revoked_at is not None:
        return LinkState.REVOKED
    return LinkState.EXPIRED if link.expires_at <= now else LinkState.GOOD


def _about(link: PersonalLink) -> About:
    return About(
        person_id=link.person_id,
        meeting_id=link.meeting_id,
        attendee_id=link.attendee_id,
        advice_request_id=link.advice_request_id,
        action_id=link.action_id,
        poll_id=link.poll_id,
    )
