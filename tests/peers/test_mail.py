"""Postfix and Dovecot as Debian has them: our letters go out through them, and answers and bounces come back."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from coord_service.ports import OutgoingMail
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.peers.postfix import Postfix, start_postfix
from tests.servers.certificates import make_tls


@pytest.fixture
def postfix(tmp_path: Path) -> Iterator[Postfix]:
    settings = {
        "smtpd_tls_security_level": "encrypt",
        "myhostname": "mail.example.org",
        "relay_domains": "nhs.example",
        "relay_transport": "discard:",
    }
    make_tls(tmp_path)
    settings |= {"smtpd_tls_cert_file": f"{tmp_path}/certificate.pem", "smtpd_tls_key_file": f"{tmp_path}/key.pem"}
    with start_postfix(settings, {}) as server:
        yield server


async def test_postfix_takes_a_letter_from_us(postfix: Postfix, tmp_path: Path):
    trust = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
    mailer = SmtpMailer(SmtpServer("127.0.0.1", postfix.port, trust=trust))
    receipt = await mailer.send(
        OutgoingMail("bounces+ab12@example.org", "zoe@nhs.example", b"Subject: Hi\r\n\r\nHi\r\n")
    )
    await mailer.close()
    assert "queued as" in receipt.answer
