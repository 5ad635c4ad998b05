"""What differs between installations, read from ``COORD_…`` environment variables; all faults are named at once."""

import base64
import binascii
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS_KEY_BYTES = 32


class Settings(BaseSettings):
    """The settings of one installation; ``docs/guide/it.md`` has a line for each."""

    model_config = SettingsConfigDict(env_prefix="COORD_", frozen=True, extra="forbid")

    council: str = "Example County Council"
    public_url: str = "http://127.0.0.1:8080"  # as people reach it: links in letters begin with it
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    proxy_count: int = Field(default=0, ge=0, le=5)  # trusted proxies in front of us, whose X-Forwarded-For is believed
    data_dir: Path = Path(".coord")
    database_url: str = ""  # empty: SQLite in data_dir
    redis_url: str = ""  # empty: jobs run inside the web process
    demo: bool = False
    mail_from: str = "send.team@example.org"  # the mailbox that answers come back to; organizer of every invitation
    mail_from_name: str = "SEND team"
    contact_phone: str = "01632 960 000"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_connections: int = Field(default=4, ge=1, le=50)  # letters on their way at once, from each worker
    mail_domain_per_minute: int = Field(default=200, ge=0)  # letters to one domain in a minute; 0: no limit
    mail_domain_at_once: int = Field(default=3, ge=0)  # letters to one domain on their way at once; 0: no limit
    imap_host: str = ""  # empty: no mailbox is read
    imap_port: int = Field(default=993, ge=1, le=65535)
    imap_tls: bool = True
    imap_user: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_folder: str = Field(default="INBOX", min_length=1)
    mail_listen_host: str = "127.0.0.1"  # where a mail server hands mail over to us, without TLS
    mail_listen_port: int = Field(default=0, ge=0, le=65535)  # 0: nobody does
    mail_listen_protocol: Literal["lmtp", "smtp"] = "lmtp"
    mail_authserv_id: str = (
        ""  # our own mail server's name in Authentication-Results; others' verdicts are not believed
    )
    # Keys that encrypt the passwords of calendars, newest first: each 32 bytes in base64, a comma between them.
    secrets_key: SecretStr = SecretStr("")
    calendar_seconds: float = Field(default=5.0, gt=0, le=60)  # that one calendar has to answer
    calendar_networks: str = ""  # our own, where calendar servers may stand; else public addresses alone are reached
    strangers: Literal["ask", "allow", "deny"] = "ask"  # when somebody who was not invited answers an invitation
    undo_seconds: int = Field(default=60, ge=0, le=600)
    upload_limit_mb: int = Field(default=50, ge=1, le=200)
    session_idle_minutes: int = Field(default=60, ge=5, le=720)
    session_hours: int = Field(default=12, ge=1, le=24)
    cookie_secure: bool = True
    hashing: Literal["normal", "quick"] = "normal"  # of passwords; quick is for tests, and refused outside the demo

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an address such as https://send.example.gov.uk")
        return value.rstrip("/")

    @field_validator("mail_from")
    @classmethod
    def _mail_from_is_an_address(cls, value: str) -> str:
        if value.count("@") != 1 or not value.isascii() or any(mark.isspace() for mark in value):
            raise ValueError("must be a mail address of ours, such as send.team@example.gov.uk")
        return value.lower()

    @field_validator("calendar_networks")
    @classmethod
    def _networks_are_networks(cls, value: str) -> str:
        try:
            networks = [ip_network(each) for each in value.replace(",", " ").split()]
        except ValueError:
            raise ValueError("must be networks such as 10.20.0.0/16, with a comma between them") from None
        return " ".join(map(str, networks))

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        if value and not value.startswith(("sqlite+aiosqlite:", "postgresql+asyncpg:")):
            raise ValueError("must begin with postgresql+asyncpg:// or sqlite+aiosqlite:///")
        return value

    @field_validator("secrets_key")
    @classmethod
    def _secrets_keys_are_keys(cls, value: SecretStr) -> SecretStr:
        if not all(len(key) == SECRETS_KEY_BYTES for key in _keys_in(value)):
            raise ValueError("must be 32 bytes in base64, as `openssl rand -base64 32` makes them")
        return value

    @model_validator(mode="after")
    def _refuse_demo_parts_in_earnest(self) -> "Settings":
        if not self.demo and not self.cookie_secure:
            raise ValueError("COORD_COOKIE_SECURE=false is for the demo alone: sign-in cookies need https")
        if not self.demo and self.hashing == "quick":
            raise ValueError("COORD_HASHING=quick is for the demo and tests alone")
        return self

    @property
    def database(self) -> str:
        """The database's address, SQLite in the data folder unless another is set."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'coord.sqlite'}"

    @property
    def secrets_keys(self) -> list[bytes]:
        """The keys that encrypt what is secret, the newest first; none where none is set."""
        return _keys_in(self.secrets_key)

    @property
    def mail_domain(self) -> str:
        """The domain of our own mailbox: Message-IDs and bounce addresses live in it."""
        return self.mail_from.partition("@")[2]


def _keys_in(setting: SecretStr) -> list[bytes]:
    """The keys of a setting; what is no base64 is an empty key."""
    keys = []
    for text in filter(None, (each.strip() for each in setting.get_secret_value().split(","))):
        try:
            keys.append(base64.b64decode(text, validate=True))
        except binascii.Error:
            keys.append(b"")
    return keys


def problems_in(error: ValidationError) -> list[str]:
    """One sentence a faulty setting, naming its variable."""
    return [
        f"COORD_{str(fault['loc'][0]).upper()}: {_said(fault['msg'])}" if fault["loc"] else _said(fault["msg"])
        for fault in error.errors()
    ]


def _said(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ")
