"""The demo's mailbox: what every reader was sent, as they see it, and the buttons of their calendar program.

A pressed button sends a real answer over SMTP to the service's own mailbox, where it is read like any other. These
routes exist in the demo alone.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from coord_service.clock import LONDON
from coord_service.domain.access import Permission
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.ports import OutgoingMail
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.keys import NONCE, TOOLS
from coord_service.web.middleware import content_policy
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route
from integrations.mail.demo_answers import (
    ArrivedLetter,
    Press,
    Reply,
    read_letter,
    write_answer,
    write_bounce,
    write_words,
)
from integrations.mail.demo_maildirs import folder_in, letters_to, list_piles

PAGE = "demo/letter.html"
# A letter comes from outside: it may show itself and nothing else, and only within the page around it.
LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
LINKS_LEAVE_THE_FRAME = '<base target="_top">'
SENT = "Sent by mail. The service reads its mailbox at once: look at the meeting."


@dataclass(frozen=True, slots=True)
class Box:
    """One reader's mail in the list: what came last, and how much there is."""

    address: str
    count: int
    newest: ArrivedLetter


async def demo_mailbox(request: web.Request) -> web.Response:
    """Everybody who was written to."""
    wanted = request.query.get("q", "").strip().lower()
    folder = folder_in(request.app[TOOLS].settings.data_dir)
    piles = [pile for pile in await asyncio.to_thread(list_piles, folder) if wanted in pile.address]
    paging = Paging(request, page_number(request), len(piles))
    shown = piles[paging.offset : paging.offset + SIZE]
    boxes = [Box(pile.address, pile.count, read_letter(pile.newest)) for pile in shown]
    return render(request, "demo/mailboxes.html", boxes=boxes, wanted=wanted, paging=paging, ours=_ours(request))


async def demo_letters(request: web.Request) -> web.Response:
    """One reader's mail, the newest first."""
    address = request.match_info["address"]
    letters = [(number, read_letter(content)) for number, content in enumerate(await _contents(request), start=1)]
    if not letters:
        raise NotFound(f"No mail has come for {address}.")
    return render(request, "demo/letters.html", address=address, letters=letters[::-1], ours=_ours(request))


async def demo_letter(request: web.Request) -> web.Response:
    """One letter as its reader sees it, and what they can do with it."""
    letter = await _letter(request)
    form = Form.of(press=Press.PROPOSE, **_another_time(letter))
    return _policed(request, render(request, PAGE, form=form, **_facts(request, letter)))


async def demo_letter_html(request: web.Request) -> web.Response:
    """The HTML part by itself, for the frame that holds it."""
    letter = await _letter(request)
    return web.Response(
        text=LINKS_LEAVE_THE_FRAME + letter.html,
        content_type="text/html",
        headers={"Content-Security-Policy": LETTER_POLICY, "Cross-Origin-Opener-Policy": "unsafe-none"},
    )


async def press_button(request: web.Request) -> web.Response:
    """Accept, decline, tentative, or propose another time: as a calendar program would send it."""
    letter, form = await _letter(request), await read_form(request)
    try:
        reply = _read_reply(form, letter)
    except InvalidForm as error:
        return _policed(request, redisplay(request, PAGE, form, error, **_facts(request, letter)))
    return await _send(request, write_answer(letter, reply, request.app[TOOLS].clock.now()))


async def reply_in_words(request: web.Request) -> web.Response:
    """A reply that no machine understands."""
    letter, form = await _letter(request), await read_form(request)
    try:
        words = form.long_text("words", "Write what they answer")
        form.check()
    except InvalidForm as error:
        return _policed(request, redisplay(request, PAGE, form, error, **_facts(request, letter)))
    return await _send(request, write_words(letter, words, request.app[TOOLS].clock.now()))


async def bounce_letter(request: web.Request) -> web.Response:
    """The reader's mail server says that there is no such mailbox."""
    letter = await _letter(request)
    return await _send(request, write_bounce(letter, request.app[TOOLS].clock.now()))


def _read_reply(form: Form, letter: ArrivedLetter) -> Reply:
    if letter.invitation is None or not letter.invitation.may_be_answered:
        raise Refused("This letter has no invitation that could be answered.")
    press = form.choice("press", Press, "Choose a button")
    comment = form.optional_long_text("comment") or ""
    if press is not Press.PROPOSE:
        form.check()
        return Reply(press, comment)
    on, at = form.date("other_on", "Other day"), form.time("other_at", "Start time")
    form.check()
    start = datetime.combine(on, at, LONDON)
    return Reply(press, comment, start, start + (letter.invitation.end - letter.invitation.start))


def _another_time(letter: ArrivedLetter) -> dict[str, object]:
    """What the fields of a proposal begin with: the day after, at the same time."""
    if letter.invitation is None:
        return {}
    start = (letter.invitation.start + timedelta(days=1)).astimezone(LONDON)
    return {"other_on": start.date(), "other_at": start.time()}


async def _send(request: web.Request, mail: OutgoingMail) -> web.Response:
    await request.app[TOOLS].mailer.send(mail)
    address, number = request.match_info["address"], request.match_info["number"]
    return see_other(request, "demo_letter", say=SENT, address=address, number=number)


async def _letter(request: web.Request) -> ArrivedLetter:
    """The letter of the address. Raises NotFound."""
    contents, number = await _contents(request), int(request.match_info["number"])
    if not 1 <= number <= len(contents):
        raise NotFound("There is no such letter.")
    return read_letter(contents[number - 1])


async def _contents(request: web.Request) -> list[bytes]:
    folder, address = folder_in(request.app[TOOLS].settings.data_dir), request.match_info["address"]
    return await asyncio.to_thread(letters_to, folder, address)


def _facts(request: web.Request, letter: ArrivedLetter) -> dict[str, Any]:
    source = letter.content.decode("utf-8", "replace")
    address, number = request.match_info["address"], int(request.match_info["number"])
    return {"letter": letter, "address": address, "number": number, "source": source, "ours": _ours(request)}


def _ours(request: web.Request) -> str:
    return request.app[TOOLS].settings.mail_from


def _policed(request: web.Request, response: web.Response) -> web.Response:
    """The page may hold a frame of our own: the letter."""
    response.headers["Content-Security-Policy"] = f"{content_policy(request[NONCE])}; frame-src 'self'"
    return response


_BOX = r"/demo/mailbox/{address:[^/]+}"
_LETTER = _BOX + r"/{number:\d{1,9}}"

ROUTES = (
    Route("GET", "/demo/mailbox", "demo_mailbox", demo_mailbox, Permission.DEMO),
    Route("GET", _BOX, "demo_letters", demo_letters, Permission.DEMO),
    Route("GET", _LETTER, "demo_letter", demo_letter, Permission.DEMO),
    Route("GET", f"{_LETTER}/html", "demo_letter_html", demo_letter_html, Permission.DEMO),
    Route("POST", f"{_LETTER}/answer", "press_button", press_button, Permission.DEMO),
    Route("POST", f"{_LETTER}/words", "reply_in_words", reply_in_words, Permission.DEMO),
    Route("POST", f"{_LETTER}/bounce", "bounce_letter", bounce_letter, Permission.DEMO),
)
