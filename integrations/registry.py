"""Every kind of calendar that can be connected: its name, its form, its abilities, and where it is made.

An adapter is imported when the first connection of its kind is opened: exchangelib alone takes a second.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import cast

from coord_service.ports import Ability, Calendar, CalendarAccount, CalendarKind, FormField

EVERYTHING = frozenset(Ability)


@dataclass(frozen=True, slots=True)
class Line:
    """A kind, and the function that makes a calendar of it, as ``module:function``."""

    kind: CalendarKind
    factory: str


LINES: tuple[Line, ...] = (
    Line(
        CalendarKind(
            kind="caldav",
            name="CalDAV calendar",
            words="For Nextcloud, SOGo, Cyrus, iCloud, and Google by CalDAV.",
            fields=(
                FormField("server", "Address of the calendar server", hint="Such as https://cloud.example.org"),
                FormField("user", "User name", is_required=False),
                FormField("password", "Password", hint="An app password, where there are such", is_secret=True),
                FormField(
                    "sign_in",
                    "How to sign in",
                    is_required=False,
                    choices=(("basic", "Name and password"), ("bearer", "Token, in place of the password")),
                ),
                FormField(
                    "calendar",
                    "Calendar for meetings",
                    hint="Its name. Left empty, it is the one that the server uses",
                    is_required=False,
                ),
            ),
            abilities=EVERYTHING,
            is_for_council=True,
        ),
        "integrations.calendars.caldav.calendar:open_calendar",
    ),
    Line(
        CalendarKind(
            kind="exchange",
            name="Exchange on the council’s own servers",
            words="For mailboxes on an Exchange Server 2013 or newer that the council or the trust runs itself."
            " Mailboxes in Microsoft 365 need the kind Microsoft 365.",
            fields=(
                FormField(
                    "url",
                    "Address of the server",
                    hint="Such as https://mail.council.gov.uk/EWS/Exchange.asmx. Left empty, it is looked for.",
                    is_required=False,
                ),
                FormField(
                    "sign_in",
                    "How to sign in",
                    choices=(
                        ("ntlm", "Windows account (NTLM)"),
                        ("basic", "Name and password (basic)"),
                        ("oauth", "Application (OAuth client credentials)"),
                    ),
                ),
                FormField("user", "Account", hint="DOMAIN\\name or a mail address; for OAuth the application’s id"),
                FormField("password", "Password", hint="For OAuth the application’s secret", is_secret=True),
                FormField(
                    "access",
                    "Whose rights count",
                    choices=(
                        ("delegate", "The account’s own, or given to it as a delegate"),
                        ("impersonation", "The mailbox’s: the account stands in for it (impersonation)"),
                    ),
                ),
                FormField("token_url", "Where tokens are issued", hint="For OAuth only", is_required=False),
                FormField("scope", "Scope of the tokens", hint="For OAuth only", is_required=False),
                FormField(
                    "ca_file",
                    "Certificate authority",
                    hint="A file on our server, where the certificate is of the council’s own authority",
                    is_required=False,
                ),
                FormField(
                    "mailbox",
                    "Mailbox of the account",
                    hint="Only where the connection serves the whole council",
                    is_required=False,
                ),
            ),
            abilities=EVERYTHING,
            is_for_council=True,
        ),
        "integrations.calendars.exchange.calendar:open_calendar",
    ),
    Line(
        CalendarKind(
            kind="ics_feed",
            name="Published calendar (ICS address)",
            words="An address that a calendar programme gives out for reading: Outlook, Google and iCloud do.",
            fields=(
                FormField(
                    "address",
                    "Address of the calendar",
                    hint="It begins with https:// or webcal://. Whoever has it can read the calendar: keep it secret",
                    is_secret=True,
                ),
            ),
            abilities=frozenset({Ability.READ_BUSY}),
        ),
        "integrations.calendars.ics_feed:open_calendar",
    ),
    Line(
        CalendarKind(
            kind="memory",
            name="Invented calendar",
            words="A calendar of the demo: it lives in this programme alone and forgets everything at its end.",
            fields=(
                FormField("server", "Which invented calendars", hint="In the demo county this is county"),
                FormField("password", "Its password", hint="The demo’s has none", is_secret=True, is_required=False),
            ),
            abilities=EVERYTHING,
            is_for_council=True,
            is_for_demo=True,
            makes_links=True,
        ),
        "integrations.calendars.memory:open_calendar",
    ),
    Line(
        CalendarKind(
            kind="microsoft",
            name="Microsoft 365",
            words="Outlook calendars in Microsoft 365, by an app that an administrator registers in Entra once.",
            fields=(
                FormField("tenant", "Directory (tenant) ID", hint="Entra admin centre, your app’s overview"),
                FormField("client_id", "Application (client) ID", hint="On the same page"),
                FormField("secret", "Client secret", hint="Its value, not its ID", is_secret=True, is_required=False),
                FormField(
                    "certificate",
                    "Certificate, instead of a secret",
                    hint="As PEM together with its private key, without a pass phrase",
                    is_secret=True,
                    is_long=True,
                    is_required=False,
                ),
                FormField(
                    "mailbox",
                    "Mailbox",
                    hint="For the council’s connection: the address in whose name busy times are asked for",
                    is_required=False,
                ),
                FormField(
                    "cloud",
                    "Cloud",
                    hint="Leave it, unless your organisation is in one of the national clouds",
                    is_required=False,
                    choices=(
                        ("global", "Microsoft 365"),
                        ("us_government", "US Government"),
                        ("us_dod", "US Department of Defense"),
                        ("china", "China, operated by 21Vianet"),
                    ),
                ),
            ),
            abilities=EVERYTHING,
            is_for_council=True,
            hides_people=True,
            makes_links=True,
        ),
        "integrations.calendars.microsoft.calendar:open_calendar",
    ),
)


class Registry:
    """The CalendarKinds port over the lines above. ``networks``: see CalendarAccount; each account gets them."""

    def __init__(self, lines: Sequence[Line] = LINES, *, is_demo: bool = False, networks: tuple[str, ...] = ()) -> None:
        self._lines = {line.kind.kind: line for line in lines if is_demo or not line.kind.is_for_demo}
        self._networks = networks

    def all(self) -> Sequence[CalendarKind]:
        """Every kind, in the order in which they are offered; the demo's own in the demo alone."""
        return tuple(line.kind for line in self._lines.values())

    def open(self, kind: str, account: CalendarAccount) -> Calendar:
        """A calendar of this kind. Raises KeyError for a kind that isn't offered here."""
        module, function = self._lines[kind].factory.split(":")
        factory = cast("Callable[[CalendarAccount], Calendar]", getattr(import_module(module), function))
        return factory(replace(account, networks=account.networks or self._networks))
