"""Autodiscover: where the EWS of a mailbox is, asked by SOAP (MS-OXDISCO, MS-OXWSADISC).

The places are asked in Microsoft's order. Our name and password go to hosts of the mailbox's own mail domain (or to an
address that IT entered) and nowhere else: whoever can answer for another name could collect passwords otherwise. No
DNS SRV record is asked for.
"""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from exchangelib.properties import UserResponse

from coord_service.errors import CalendarTrouble, ConnectionLost, ServiceClosed, SignInRefused
from integrations.calendars.exchange.connection import is_microsofts
from integrations.calendars.exchange.troubles import CLOSED_ONLINE

Ask = Callable[[str, str], UserResponse]  # (address of an autodiscover service, mailbox) -> its answer

PATH = "/autodiscover/autodiscover.svc"
NOT_FOUND = (
    "The calendar’s server could not be found from the mail address (autodiscover). Enter its address, which looks like"
    " https://mail.council.gov.uk/EWS/Exchange.asmx"
)
MOST = 5  # redirections that are followed


def usual_places(domain: str) -> tuple[str, ...]:
    """Where the autodiscover service of a mail domain is, most likely first."""
    return (f"https://autodiscover.{domain}{PATH}", f"https://{domain}{PATH}")


def find_server(mailbox: str, places: Sequence[str], ask: Ask) -> str:
    """The address of the EWS endpoint.

    Raises ServiceClosed where the mailbox is in Exchange Online, SignInRefused where the only service that answers
    doesn't let us in, else ConnectionLost when no place knows.
    """
    refused: CalendarTrouble | None = None
    for place in places:
        try:
            return _follow(place, mailbox, ask)
        except ServiceClosed:
            raise
        except SignInRefused as trouble:
            refused = trouble
        except CalendarTrouble:
            continue
    raise refused or ConnectionLost(NOT_FOUND)


def _follow(place: str, mailbox: str, ask: Ask) -> str:
    own_hosts = {urlsplit(place).hostname}
    domain = mailbox.rpartition("@")[2].lower()
    for _ in range(MOST):
        answer = ask(place, mailbox)
        if answer.redirect_address:
            mailbox = answer.redirect_address
            _refuse_microsofts(mailbox.rpartition("@")[2])
        elif answer.redirect_url:
            place, host = answer.redirect_url, urlsplit(answer.redirect_url).hostname
            _refuse_microsofts(host)
            if host not in own_hosts and not f".{host}".endswith(f".{domain}"):
                raise ConnectionLost(NOT_FOUND)
        else:
            return _endpoint(answer)
    raise ConnectionLost(NOT_FOUND)


def _endpoint(answer: UserResponse) -> str:
    url = answer.ews_url or answer.user_settings.get("internal_ews_url") or ""
    _refuse_microsofts(urlsplit(url).hostname)
    if urlsplit(url).scheme != "https":
        raise ConnectionLost(NOT_FOUND)
    return str(url)


def _refuse_microsofts(host: str | None) -> None:
    if is_microsofts(host):
        raise ServiceClosed(CLOSED_ONLINE)
