"""A Cyrus of our own with CalDAV and scheduling: configuration and mailboxes in one folder, on ports of loopback."""

import os
import smtplib
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.processes import folder_for_servers, free_port, running, wait_until_listening

PROGRAMS = Path("/usr/lib/cyrus/bin")
DOMAIN = "example.org"
SETTINGS = """\
configdirectory: {folder}/conf
defaultpartition: default
partition-default: {folder}/spool
proc_path: {folder}/conf/proc
mboxname_lockpath: {folder}/conf/lock
lmtpsocket: {folder}/conf/socket/lmtp
notifysocket: {folder}/conf/socket/notify
idlesocket: {folder}/conf/socket/idle
admins: admin
virtdomains: off
unixhierarchysep: yes
autocreate_quota: 0
autocreate_post: yes
autocreate_users: anyone
httpmodules: caldav
caldav_allowscheduling: yes
calendar_user_address_set: {domain}
servername: {domain}
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
sasl_mech_list: {ways}
"""
SERVICES = """\
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  http cmd="{programs}/httpd -C {folder}/imapd.conf" listen="127.0.0.1:{http}" prefork=1
  lmtp cmd="{programs}/lmtpd -C {folder}/imapd.conf -a" listen="127.0.0.1:{lmtp}" prefork=0
}}
EVENTS {{ }}
"""


@dataclass(frozen=True, slots=True)
class Cyrus:
    """Where it listens; a user ``jo`` has the address ``jo@example.org``."""

    url: str

    def calendar(self, user: str) -> str:
        """The address of the calendar that everybody has from the start."""
        return f"{self.url}/dav/calendars/user/{user}/Default/"


@contextmanager
def start_cyrus(users: Mapping[str, str], ways: str = "PLAIN DIGEST-MD5") -> Iterator[Cyrus]:
    """A Cyrus for the length of the block. ``users``: names and passwords; ``ways`` to sign in, as SASL calls them."""
    with folder_for_servers() as folder:
        http, lmtp = free_port(), free_port()
        _configure(folder, {"http": http, "lmtp": lmtp}, ways)
        for user, password in users.items():
            _keep_password(folder, user, password)
        subprocess.run(["chown", "--recursive", "cyrus:mail", folder], check=True)
        command = [PROGRAMS / "master", "-C", folder / "imapd.conf", "-M", folder / "cyrus.conf", "-p", folder / "pid"]
        identity = {"user": "cyrus", "group": "mail", "extra_groups": ["sasl"]} if os.geteuid() == 0 else {}
        with running(command, http, folder / "master.log", **identity):
            wait_until_listening(lmtp)
            _make_mailboxes(lmtp, users)
            yield Cyrus(f"http://127.0.0.1:{http}")


def _configure(folder: Path, ports: Mapping[str, int], ways: str) -> None:
    for name in ("conf", "spool"):
        (folder / name).mkdir()
    facts = {"folder": folder, "domain": DOMAIN, "ways": ways, "programs": PROGRAMS, **ports}
    (folder / "imapd.conf").write_text(SETTINGS.format(**facts))
    (folder / "cyrus.conf").write_text(SERVICES.format(**facts))


def _keep_password(folder: Path, user: str, password: str) -> None:
    command = ["saslpasswd2", "-p", "-c", "-f", folder / "sasldb2", "-u", DOMAIN, user]
    subprocess.run(command, input=password.encode(), check=True, capture_output=True)


def _make_mailboxes(port: int, users: Mapping[str, str]) -> None:
    """A first letter makes a mailbox, and who has a mailbox has calendars."""
    with smtplib.LMTP("127.0.0.1", port) as lmtp:
        for user in users:  # each by itself: smtplib reads one answer, and LMTP gives one a recipient
            lmtp.sendmail("", [user], b"Subject: Welcome\r\nFrom: it@example.org\r\n\r\nWelcome.\r\n")
