"""From the address that somebody typed to their calendars (RFC 6764 §6, RFC 5397, RFC 4791 §6.2.1, RFC 6638 §9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from yarl import URL

from coord_service.clock import LONDON
from coord_service.domain.itip.addresses import bare_address, is_mail_address
from coord_service.errors import CalendarNonsense, SignInRefused
from integrations.calendars.caldav.server import DavServer
from integrations.calendars.caldav.xml import C, D, Found, Multistatus, name_in, propfind, whole
from integrations.itip.lines import TooMuch, parse
from integrations.itip.zone_names import zone_defined, zone_named

TYPE, NAME, PRINCIPAL = f"{D}resourcetype", f"{D}displayname", f"{D}current-user-principal"
HOME, OUTBOX, INBOX = f"{C}calendar-home-set", f"{C}schedule-outbox-URL", f"{C}schedule-inbox-URL"
ADDRESSES, DEFAULT = f"{C}calendar-user-address-set", f"{C}schedule-default-calendar-URL"
KINDS, ZONE, TRANSPARENCY = (
    f"{C}supported-calendar-component-set",
    f"{C}calendar-timezone",
    f"{C}schedule-calendar-transp",
)
OF_A_CALENDAR = (TYPE, NAME, KINDS, ZONE, TRANSPARENCY)
OF_A_PRINCIPAL = (HOME, OUTBOX, INBOX, ADDRESSES)
MOST_HOMES, MOST_CALENDARS = 3, 100
THIS_CENTURY = 2025  # a year of which to ask a zone that nobody knows by its name
NO_CALENDAR = "There is no calendar at this address. Give the address of the server, or a calendar’s own."


@dataclass(frozen=True, slots=True)
class Collection:
    """One calendar. ``is_transparent``: its owner says that it takes none of their time (RFC 6638 §9.1)."""

    url: URL
    name: str
    zone: tzinfo
    is_transparent: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """What an account has on its server. ``outbox`` None: the server doesn't speak for others."""

    calendars: tuple[Collection, ...]
    main: Collection
    outbox: URL | None
    addresses: frozenset[str]

    @property
    def counted(self) -> tuple[Collection, ...]:
        """The calendars that take their owner's time."""
        return tuple(each for each in self.calendars if not each.is_transparent)


async def find_layout(server: DavServer, wanted: str) -> Layout:
    """The calendars of an account; ``wanted`` names the one to write to, if not the server's default.

    Raises SignInRefused where there is no calendar, and any other CalendarTrouble.
    """
    typed = await _look(server, server.url)
    principal = typed if typed.hrefs(HOME) else await _principal(server, typed)
    default = None
    if _is_calendar(typed):
        calendars = [_collection(typed)]
    else:
        calendars = await _in_homes(server, principal)
        default = await _default(server, principal)
    if not calendars:
        raise SignInRefused(NO_CALENDAR)
    return Layout(
        calendars=tuple(calendars),
        main=_main(calendars, wanted, default),
        outbox=_first(principal, OUTBOX),
        addresses=frozenset(_addresses(principal)),
    )


async def _look(server: DavServer, url: URL) -> Found:
    """What stands at the address that was typed; for a bare server, what it calls its CalDAV (RFC 6764 §5).

    Whether it takes time is not asked: a calendar that somebody names does, and Cyrus 3.6 dies of that question where
    no calendar is (found by ``make peers``).
    """
    body = propfind(*(each for each in OF_A_CALENDAR if each != TRANSPARENCY), *OF_A_PRINCIPAL, PRINCIPAL)
    if url.path in {"", "/"}:
        try:
            return _only(await server.multistatus("PROPFIND", url.with_path("/.well-known/caldav"), body))
        except (SignInRefused, CalendarNonsense):
            pass  # not every server has it: 404 or 405, and some say 401 or 403 to everybody
    return _only(await server.multistatus("PROPFIND", url, body))


def _only(answer: Multistatus) -> Found:
    if not answer.found:
        raise CalendarNonsense("The calendar’s server answered nothing about this address.")
    return answer.found[0]


async def _principal(server: DavServer, found: Found) -> Found | None:
    hrefs = found.hrefs(PRINCIPAL)
    if not hrefs:
        return None
    answer = await server.multistatus("PROPFIND", whole(hrefs[0], found.href), propfind(*OF_A_PRINCIPAL))
    return _only(answer)


async def _in_homes(server: DavServer, principal: Found | None) -> list[Collection]:
    calendars: list[Collection] = []
    if principal is None:
        return calendars
    for href in principal.hrefs(HOME)[:MOST_HOMES]:
        home = await server.multistatus("PROPFIND", whole(href, principal.href), propfind(*OF_A_CALENDAR), depth=1)
        calendars += [_collection(each) for each in home.found if _is_calendar(each)]
    return calendars[:MOST_CALENDARS]


async def _default(server: DavServer, principal: Found | None) -> URL | None:
    """Where invitations come in and events go, as the server has it (RFC 6638 §9.2)."""
    inbox = _first(principal, INBOX)
    if inbox is None:
        return None
    found = _only(await server.multistatus("PROPFIND", inbox, propfind(DEFAULT)))
    return _first(found, DEFAULT)


def _first(found: Found | None, name: str) -> URL | None:
    hrefs = found.hrefs(name) if found else []
    return whole(hrefs[0], found.href) if found and hrefs else None


def _is_calendar(found: Found) -> bool:
    kinds = found.properties.get(KINDS)
    names = set() if kinds is None else {each.get("name", "").upper() for each in kinds.iter(f"{C}comp")}
    return found.has(TYPE, f"{C}calendar") and (not names or "VEVENT" in names)


def _collection(found: Found) -> Collection:
    url = found.href if found.href.path.endswith("/") else found.href.with_path(f"{found.href.path}/")
    is_transparent = found.has(TRANSPARENCY, f"{C}transparent")
    return Collection(url, found.text(NAME) or name_in(url), _zone(found.text(ZONE)), is_transparent)


def _zone(text: str) -> tzinfo:
    """The zone of a calendar-timezone property (RFC 4791 §5.2.2); London's where none is told."""
    if not text:
        return LONDON
    try:
        parts = [zone for each in parse(text.encode(), []) for zone in each.inner if zone.name == "VTIMEZONE"]
    except TooMuch:
        return LONDON
    found = (zone_named(each.value("TZID")) or zone_defined(each, THIS_CENTURY) for each in parts)
    return next(filter(None, found), LONDON)


def _main(calendars: list[Collection], wanted: str, default: URL | None) -> Collection:
    """The calendar to write to. Raises SignInRefused for a name that none has."""
    if wanted:
        for each in calendars:
            if wanted.strip().casefold() in {each.name.casefold(), name_in(each.url).casefold(), str(each.url)}:
                return each
        raise SignInRefused(
            "This account has no calendar of that name. Write it as the server shows it, or leave it empty."
        )
    paths = {each.url.path.rstrip("/"): each for each in calendars}
    return paths.get(default.path.rstrip("/"), calendars[0]) if default else calendars[0]


def _addresses(principal: Found | None) -> Iterator[str]:
    for href in principal.hrefs(ADDRESSES) if principal else ():
        if is_mail_address(address := bare_address(href)):
            yield address
