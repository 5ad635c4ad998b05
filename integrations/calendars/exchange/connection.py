"""Where a council's Exchange is, whose calendar is meant, and how we sign in."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from coord_service.errors import InvalidForm

MICROSOFT = ("outlook.com", "office.com", "office365.com", "office.net", "onmicrosoft.com", "microsoftonline.com")


class SignIn(StrEnum):
    """How the server is told who we are. OAuth means client credentials (RFC 6749 §4.4)."""

    NTLM = "ntlm"
    BASIC = "basic"
    OAUTH = "oauth"


class Access(StrEnum):
    """Whose rights count: our account's, given to it as a delegate, or those of the mailbox that it stands in for."""

    DELEGATE = "delegate"
    IMPERSONATION = "impersonation"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeServer:
    """One connection. ``url`` empty: found by autodiscover. ``seconds`` bounds every call as a whole.

    ``user`` is ``DOMAIN\\name`` or a mail address, for OAuth the client's id; ``password`` is its secret then.
    ``networks`` are the council's own, in which it may stand; elsewhere public addresses alone are reached.
    ``autodiscover_urls``: asked instead of the usual places. ``time_zone``: the one that whole days are meant in.
    Raises InvalidForm where an address is not https or something is missing.
    """

    mailbox: str
    user: str
    password: str = field(repr=False)
    sign_in: SignIn = SignIn.NTLM
    access: Access = Access.DELEGATE
    url: str = ""
    token_url: str = ""
    scope: str = ""
    ca_file: str = ""
    networks: tuple[str, ...] = ()
    seconds: float = 15
    threads: int = 4
    autodiscover_urls: tuple[str, ...] = ()
    time_zone: str = "Europe/London"

    def __post_init__(self) -> None:
        """Look at what can be seen without the server."""
        problems = {
            name: "This address must begin with https://, so that the password is never sent in the clear."
            for name, urls in (
                ("url", (self.url,)),
                ("token_url", (self.token_url,)),
                ("autodiscover_urls", self.autodiscover_urls),
            )
            if any(url and urlsplit(url).scheme != "https" for url in urls)
        }
        if self.mailbox.count("@") != 1:
            problems["mailbox"] = "Enter the mail address of the calendar, like name@council.gov.uk."
        if self.sign_in is SignIn.OAUTH and not (self.token_url and self.scope):
            problems.setdefault("token_url", "Enter where tokens are issued, and their scope.")
        if problems:
            raise InvalidForm(problems)

    @property
    def domain(self) -> str:
        """The mailbox's mail domain, lower-case."""
        return self.mailbox.rpartition("@")[2].lower()


def is_microsofts(host: str | None) -> bool:
    """Whether a host belongs to Exchange Online, where EWS is closed."""
    name = (host or "").lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in MICROSOFT)
