"""What the demo's mail servers keep."""

from pathlib import Path

import aiosmtplib

from integrations.mail.demo_maildirs import letters_to
from integrations.mail.demo_servers import DemoMail, serve_demo_mail
from integrations.mail.imap import ImapMailbox, ImapServer

US = "send.team@example.org"


async def post(mail: DemoMail, recipient: str) -> None:
    await aiosmtplib.send(b"Subject: Hello\r\n\r\nHello\r\n", sender=US, recipients=[recipient],
                          hostname=mail.host, port=mail.smtp_port)  # fmt: skip


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def places(mail: DemoMail) -> list[tuple[int, int]]:
    mailbox = ImapMailbox(ImapServer(mail.host, mail.imap_port, mail.user, mail.password, tls=False))
    try:
        return [(found.uidvalidity, found.uid) for found in await mailbox.fetch(None, 10)]
    finally:
        await mailbox.close()


async def test_what_was_kept_is_still_there_after_a_restart_under_the_same_numbers(tmp_path: Path):
    async with serve_demo_mail(tmp_path, US) as mail:
        await post(mail, US)
        before = await places(mail)
    async with serve_demo_mail(tmp_path, US) as mail:
        await post(mail, US)
        after = await places(mail)
    assert len(before) == 1
    assert after[:1] == before
    assert len(after) == 2


async def test_no_address_steps_out_of_the_folder(tmp_path: Path):
    address = "../../outside@nhs.example"
    async with serve_demo_mail(tmp_path / "mail", US) as mail:
        await post(mail, address)
    assert len(letters_to(tmp_path / "mail", address)) == 1
    assert names_in(tmp_path) == ["mail"]


async def test_an_address_that_was_sent_nothing_has_no_letters(tmp_path: Path):
    async with serve_demo_mail(tmp_path / "mail", US) as mail:
        assert mail.letters_to("nobody@nhs.example") == []
