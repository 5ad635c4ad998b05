"""Who signs in to which cloud, and whose mailbox it asks from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from coord_service.domain.itip.addresses import bare_address, is_mail_address
from coord_service.errors import SignInRefused
from coord_service.ports import CalendarAccount

Credential = str | dict[str, str]  # a client secret, or msal's "private_key" and "public_certificate"


@dataclass(frozen=True, slots=True)
class Cloud:
    """The addresses of one of Microsoft's clouds."""

    authority: str
    graph: str


CLOUDS: Mapping[str, Cloud] = {
    "global": Cloud("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "us_government": Cloud("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "us_dod": Cloud("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": Cloud("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
}


@dataclass(frozen=True, slots=True)
class GraphAccount:
    """The app that signs in, and the mailbox that asks for busy times and keeps our events.

    ``seconds`` is the limit for one call of the port. ``trust``: whose certificates we believe; None: the machine's own
    list.
    """

    mailbox: str
    tenant: str
    client_id: str
    credential: Credential = field(repr=False)
    cloud: Cloud = CLOUDS["global"]
    seconds: float = 5.0
    trust: SSLContext | None = field(default=None, repr=False)
    problem: str = ""  # why nothing can be asked with this account, in words


def read_account(account: CalendarAccount) -> GraphAccount:
    """The account as the connection's form gives it; its ``problem`` says which field needs another look."""
    try:
        return _read_account(account)
    except SignInRefused as refused:
        return GraphAccount("", "", "", "", problem=str(refused))


def _read_account(account: CalendarAccount) -> GraphAccount:
    values = {name: value.strip() for name, value in account.values.items()}
    mailbox = bare_address(account.address or values.get("mailbox", ""))
    if not is_mail_address(mailbox):
        raise SignInRefused("Give the address of a mailbox in Microsoft 365: busy times are asked for in its name.")
    if (cloud := CLOUDS.get(values.get("cloud") or "global")) is None:
        raise SignInRefused("Choose one of Microsoft’s clouds from the list.")
    return GraphAccount(
        mailbox=mailbox,
        tenant=_identifier(values.get("tenant", ""), "directory (tenant) ID"),
        client_id=_identifier(values.get("client_id", ""), "application (client) ID"),
        credential=read_credential(values.get("secret", ""), values.get("certificate", "")),
        cloud=cloud,
        seconds=account.seconds,
    )


def read_credential(secret: str, certificate: str) -> Credential:
    """What the app proves itself by: a certificate with its private key, both as PEM in one text, else a client secret.

    A field of one line may have made spaces of the line breaks. Raises SignInRefused.
    """
    if not certificate:
        if not secret:
            raise SignInRefused("Give the app’s client secret, or its certificate with the private key.")
        return secret
    blocks = {label: _pem(label, body) for label, body in re.findall(
        r"-----BEGIN ([A-Z ]{1,40})-----([A-Za-z0-9+/=\s]{1,20000})-----END \1-----", certificate)}  # fmt: skip
    private = next((text for label, text in blocks.items() if label.endswith("PRIVATE KEY")), "")
    public = blocks.get("CERTIFICATE", "")
    try:
        load_pem_private_key(private.encode(), None)
        load_pem_x509_certificate(public.encode())
    except (ValueError, TypeError):
        raise SignInRefused(
            "The certificate can’t be read: paste it as PEM together with its private key, without a pass phrase."
        ) from None
    return {"private_key": private, "public_certificate": public}


def _pem(label: str, body: str) -> str:
    lines = "\n".join(re.findall(".{1,64}", "".join(body.split())))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def _identifier(text: str, name: str) -> str:
    """Part of an address, so of nothing but letters, digits, dots and hyphens."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,100}", text):
        raise SignInRefused(f"Give the app’s {name}, as the Entra admin centre shows it.")
    return text
