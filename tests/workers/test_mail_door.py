"""The listener beside the jobs: who runs it, and what `coord check` says of it."""

from dataclasses import replace
from typing import Any

import pytest

from coord_service.commands.check import CHECKS, Found
from coord_service.errors import Refused
from coord_service.operations.tools import Tools
from tests.servers.processes import free_port
from tests.servers.smtp import SmtpSink
from workers.mail_door import mail_door


def listening(tools: Tools, **settings: Any) -> Tools:
    facts = {"mail_listen_port": free_port(), "mail_authserv_id": "mx.council.example", **settings}
    return replace(tools, settings=tools.settings.model_copy(update=facts))


async def found(tools: Tools) -> Found:
    return await dict(CHECKS)["listener"](tools)


def place(tools: Tools) -> str:
    return f"{tools.settings.mail_listen_host} port {tools.settings.mail_listen_port}"


async def test_without_a_port_nobody_is_expected_to_hand_mail_over(tools: Tools):
    async with mail_door(tools) as port:
        assert port is None
    assert await found(tools) == Found("not set: nobody hands mail over")


async def test_the_listener_is_known_by_its_greeting(tools: Tools):
    tools = listening(tools)
    async with mail_door(tools):
        assert await found(tools) == Found(f"takes mail on {place(tools)} (lmtp)")


async def test_a_listener_that_believes_nobodys_word_is_wrong(tools: Tools):
    tools = listening(tools, mail_authserv_id="")
    async with mail_door(tools):
        said = await found(tools)
    assert said.what.endswith("(lmtp), but no Authentication-Results are believed")
    assert said.cure == "Set COORD_MAIL_AUTHSERV_ID to the name your mail server writes there."


@pytest.mark.parametrize(("redis_url", "command"), [("", "coord serve"), ("redis://127.0.0.1:1/0", "coord work")])
async def test_a_free_port_says_what_would_listen_there(tools: Tools, redis_url: str, command: str):
    tools = listening(tools, redis_url=redis_url)
    assert await found(tools) == Found(
        f"nobody takes mail on {place(tools)}", f"The port is free: run `{command}`, which listens there."
    )


async def test_another_program_on_the_port_is_told_from_ours(tools: Tools, smtp: SmtpSink):
    tools = listening(tools, mail_listen_port=smtp.port)
    assert await found(tools) == Found(
        f"another program listens on {place(tools)}", "Set COORD_MAIL_LISTEN_PORT to a free port."
    )
    with pytest.raises(Refused, match=f"mail can't be taken on {place(tools)} .*: set COORD_MAIL_LISTEN_PORT"):
        async with mail_door(tools):
            pass
