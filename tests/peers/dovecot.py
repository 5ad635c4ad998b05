"""A Dovecot of our own: IMAP over TLS and LMTP on high ports of loopback, with everything it has in one folder.

It runs as whoever runs the tests, or as ``nobody`` where that is root; no system user and no system folder is used.
"""

import grp
import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.certificates import make_tls
from tests.servers.processes import NOBODY, folder_for_servers, free_port, running, unprivileged, wait_until_listening

PASSWORD = "of-the-mailbox"
CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
mail_location = maildir:{folder}/mail/%Lu
mail_plugins =
passdb {{
  driver = passwd-file
  args = username_format=%Lu {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%Lu {folder}/users
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """Where it listens; ``certificate`` is whom to trust."""

    imaps_port: int
    lmtp_port: int
    certificate: Path


@contextmanager
def start_dovecot(users: Sequence[str]) -> Iterator[Dovecot]:
    """A Dovecot with a mailbox for each address; it refuses mail for everybody else."""
    with folder_for_servers() as folder:
        server = Dovecot(free_port(), free_port(), folder / "certificate.pem")
        make_tls(folder)
        uid, gid = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.getuid(), os.getgid())
        names = {"user": pwd.getpwuid(uid).pw_name, "group": grp.getgrgid(gid).gr_name}
        lines = [f"{user}:{{PLAIN}}{PASSWORD}:{uid}:{gid}::{folder}/mail/{user}::\n" for user in users]
        (folder / "users").write_text("".join(lines))
        config = CONFIG.format(folder=folder, imaps=server.imaps_port, lmtp=server.lmtp_port, **names)
        (folder / "dovecot.conf").write_text(config)
        for path in [folder, *folder.iterdir()]:
            os.chown(path, uid, gid)
        command = ["/usr/sbin/dovecot", "-F", "-c", folder / "dovecot.conf"]
        with running(command, server.imaps_port, folder / "dovecot.log", **unprivileged()):
            wait_until_listening(server.lmtp_port)
            yield server
