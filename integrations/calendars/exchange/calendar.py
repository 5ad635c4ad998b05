"""The Calendar port over Exchange Web Services."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

from exchangelib import Account, Configuration, Credentials, EWSTimeZone, Identity, OAuth2Credentials
from exchangelib.items import ID_ONLY
from exchangelib.properties import UserResponse
from exchangelib.protocol import Protocol
from exchangelib.services import GetFolder
from exchangelib.transport import BASIC, NTLM, OAUTH2
from exchangelib.util import TNS

from coord_service.domain import itip
from coord_service.errors import ServiceClosed
from coord_service.ports import Ability, Busy, CalendarAccount, CalendarCheck, CalendarNews
from integrations.calendars.exchange import availability, following, keeping
from integrations.calendars.exchange.connection import Access, ExchangeServer, SignIn, is_microsofts
from integrations.calendars.exchange.discovery import find_server, usual_places
from integrations.calendars.exchange.items import calendar_of, rights_path
from integrations.calendars.exchange.threads import BoundedThreads
from integrations.calendars.exchange.transport import DiscoveryProtocol, ExchangeProtocol, FailAtOnce, hush
from integrations.calendars.exchange.troubles import CLOSED_ONLINE, told_apart

T = TypeVar("T")

AUTH_TYPES = {SignIn.NTLM: NTLM, SignIn.BASIC: BASIC, SignIn.OAUTH: OAUTH2}
EWS_SETTINGS = ("internal_ews_url", "external_ews_url", "ews_supported_schemas")
A_DAY = timedelta(days=1)
SOME_DAY = datetime(2026, 1, 5, tzinfo=UTC)  # whose busy times are asked for to see whether they can be read at all


def open_calendar(account: CalendarAccount) -> "ExchangeCalendar":
    """The account's calendar as its form describes it. Raises InvalidForm where that can't be right."""
    values = {name: value.strip() for name, value in account.values.items() if name != "password"}
    server = ExchangeServer(
        mailbox=account.address or values.get("mailbox", ""),
        user=values.get("user", ""),
        password=account.values.get("password", ""),
        sign_in=SignIn(values.get("sign_in") or SignIn.NTLM),
        access=Access(values.get("access") or Access.DELEGATE),
        url=values.get("url", ""),
        token_url=values.get("token_url", ""),
        scope=values.get("scope", ""),
        ca_file=values.get("ca_file", ""),
        networks=account.networks,
        seconds=account.seconds,
        autodiscover_urls=tuple(values.get("autodiscover_urls", "").split()),
    )
    return ExchangeCalendar(server, keeps_events=bool(account.address))


class ExchangeCalendar:
    """One connection. ``keeps_events``: it stands for a person, whose meetings are kept in that mailbox."""

    def __init__(self, server: ExchangeServer, *, keeps_events: bool = True) -> None:
        hush()
        self._server, self._keeps_events = server, keeps_events
        self._threads = BoundedThreads(server.threads)
        self._opening = Lock()
        self._account: Account | None = None

    async def check(self) -> CalendarCheck:
        """Sign in, look at the calendar folder and read the mailbox's own busy times."""
        return await self._call(self._check)

    async def read_busy(self, addresses: Sequence[str], start_at: datetime, end_at: datetime) -> Mapping[str, Busy]:
        """The busy times of each address on the server, or why they aren't known."""
        return await self._call(lambda account: availability.read_busy(account, addresses, start_at, end_at))

    async def put(self, event: itip.Event) -> None:
        """Keep the event; Exchange invites its attendees. Raises CalendarTrouble for a series, too."""
        await self._call(lambda account: keeping.put(account, self._server.mailbox, event))

    async def remove(self, uid: str) -> None:
        """Delete the event; Exchange tells its attendees."""
        await self._call(lambda account: keeping.remove(account, self._server.mailbox, uid))

    async def news(self, token: str | None) -> CalendarNews:
        """What became of the events kept here: answers, moves and deletions."""
        return await self._call(lambda account: following.read_news(account, self._server.mailbox, token))

    async def close(self) -> None:
        """Give up what still runs and close the sessions."""
        self._threads.close()
        if self._account:
            self._account.protocol.close()

    async def _call(self, work: Callable[[Account], T]) -> T:
        def in_thread() -> T:
            with told_apart():
                return work(self._opened())

        return await self._threads.run(in_thread, self._server.seconds)

    def _opened(self) -> Account:
        with self._opening:
            if self._account is None:
                self._account = open_account(self._server, self._server.url or self._found())
            return self._account

    def _found(self) -> str:
        places = self._server.autodiscover_urls or usual_places(self._server.domain)
        return find_server(self._server.mailbox, places, self._ask)

    def _ask(self, place: str, mailbox: str) -> UserResponse:
        server = self._server
        with told_apart():
            protocol = DiscoveryProtocol(_configuration(server, place), server.ca_file, server.networks)
            return protocol.get_user_settings(user=mailbox, settings=EWS_SETTINGS)

    def _check(self, account: Account) -> CalendarCheck:
        may_write = self._keeps_events and _may_write(account, self._server.mailbox)
        busy = availability.read_busy(account, [self._server.mailbox], SOME_DAY, SOME_DAY + A_DAY)
        abilities = {Ability.READ_BUSY, Ability.READ_OTHERS} if busy[self._server.mailbox].trouble is None else set()
        if may_write:
            abilities |= {Ability.WRITE, Ability.FOLLOW}
        return CalendarCheck(_words(account, busy[self._server.mailbox].trouble, may_write), frozenset(abilities))


def open_account(server: ExchangeServer, url: str) -> Account:
    """The mailbox, with sessions of its own. Nothing is sent yet. Raises ServiceClosed for Exchange Online."""
    if is_microsofts(urlsplit(url).hostname):
        raise ServiceClosed(CLOSED_ONLINE)
    configuration = _configuration(server, url)
    account = Account(
        server.mailbox,
        access_type=str(server.access),
        config=configuration,
        default_timezone=EWSTimeZone(server.time_zone),
        locale="en_GB",
    )
    del Protocol[configuration]  # the one that Account has just put, with its password, into a table of the process
    account.protocol = ExchangeProtocol(configuration, server.ca_file, server.networks)
    return account


def _configuration(server: ExchangeServer, url: str) -> Configuration:
    return Configuration(
        service_endpoint=url,
        credentials=_credentials(server),
        auth_type=AUTH_TYPES[server.sign_in],
        retry_policy=FailAtOnce(),
        max_connections=server.threads,
    )


class _ClientCredentials(OAuth2Credentials):  # type: ignore[misc]
    """Client credentials with the council's own place for tokens, such as AD FS."""

    def __init__(self, server: ExchangeServer) -> None:
        self.issuer, self.asked_for = server.token_url, server.scope
        super().__init__(server.user, server.password, identity=Identity(primary_smtp_address=server.mailbox))

    @property
    def token_url(self) -> str:
        return self.issuer

    @property
    def scope(self) -> list[str]:
        return self.asked_for.split()


def _credentials(server: ExchangeServer) -> Any:
    return _ClientCredentials(server) if server.sign_in is SignIn.OAUTH else Credentials(server.user, server.password)


class _Rights(GetFolder):  # type: ignore[misc]
    def _elems_to_objs(self, elems: Any) -> Any:
        return elems


def _may_write(account: Account, mailbox: str) -> bool:
    """Whether the server says that we may make items in the calendar. Raises exchangelib's errors."""
    service = _Rights(account=account)
    folder = service.get(folders=[calendar_of(mailbox)], additional_fields=[rights_path()], shape=ID_ONLY)
    return bool(folder.findtext(f".//{{{TNS}}}CreateContents") == "true")


def _words(account: Account, trouble: str | None, may_write: bool) -> str:
    can = "Meetings can be kept in it." if may_write else "Meetings can’t be kept in it from here."
    return f"Signed in to {account.version.fullname}. {trouble or 'Busy times can be read.'} {can}"
