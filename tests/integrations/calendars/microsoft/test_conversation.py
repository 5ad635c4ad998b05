"""Graph is asked with patience, four at a time, and what it refuses is said in words that can be acted on."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from coord_service.errors import (
    CalendarNonsense,
    CalendarTrouble,
    ConnectionLost,
    SignInRefused,
    Throttled,
)
from coord_service.ports import Ability
from integrations.calendars.microsoft import line
from integrations.calendars.microsoft.calendar import GraphCalendar
from integrations.calendars.microsoft.line import Answer
from tests.contracts.calendars.events import meeting, utc
from tests.contracts.calendars.hand import OWNER
from tests.contracts.calendars.microsoft_case import MicrosoftHand
from tests.integrations.calendars.microsoft.conftest import Opener, Waits
from tests.servers.graph import GraphServer
from tests.servers.graph.refusing import Refusal

HOUR = (utc(9, 10), utc(9, 11))


def throttled(after: str | None = None, status: int = 429) -> Refusal:
    return Refusal(status, "ApplicationThrottled", headers={"Retry-After": after} if after else {})


async def ask(calendar: GraphCalendar) -> None:
    assert (await calendar.read_busy([OWNER], *HOUR))[OWNER].trouble is None


async def test_a_short_wait_is_waited_out(calendar: GraphCalendar, server: GraphServer, waits: Waits):
    server.refuse(throttled("3"), throttled("2", 503))
    await ask(calendar)
    assert waits == [3.0, 2.0]


async def test_a_wait_beyond_the_time_limit_is_handed_on(calendar: GraphCalendar, server: GraphServer, waits: Waits):
    server.refuse(throttled("3600"))
    with pytest.raises(Throttled) as caught:
        await ask(calendar)
    assert caught.value.retry_after == timedelta(hours=1)
    assert waits == []


async def test_who_throttles_again_and_again_is_left_alone(calendar: GraphCalendar, server: GraphServer, waits: Waits):
    server.refuse(*[throttled("1")] * 4)
    with pytest.raises(Throttled):
        await ask(calendar)
    assert waits == [1.0, 1.0, 1.0]


async def test_who_throttles_without_saying_until_when_is_left_alone(calendar: GraphCalendar, server: GraphServer):
    server.refuse(throttled())
    with pytest.raises(Throttled) as caught:
        await ask(calendar)
    assert caught.value.retry_after is None


async def test_a_throttled_change_is_made_once(calendar: GraphCalendar, server: GraphServer, hand: MicrosoftHand):
    server.refuse(throttled("1"), throttled("1"))
    await calendar.put(meeting())
    assert len(await hand.kept(meeting().uid)) == 1


@pytest.mark.parametrize(("wish", "seconds"), [("7", 7), ("Mon, 01 Mar 2027 09:00:30 GMT", 30), ("soon", None)])
def test_retry_after_is_seconds_or_a_date_by_the_servers_own_clock(wish: str, seconds: int | None):
    answer = Answer(429, {"Retry-After": wish, "Date": "Mon, 01 Mar 2027 09:00:00 GMT"}, b"")
    assert answer.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_never_more_than_four_ask_one_mailbox_at_once(open_calendar: Opener, server: GraphServer):
    one, other = open_calendar(), open_calendar()
    await asyncio.gather(ask(one), ask(other))
    server.holding = True
    people = [f"p{number}@example.org" for number in range(160)]
    asking = asyncio.gather(one.read_busy(people, *HOUR), other.read_busy(people, *HOUR))
    await server.crowded(4)
    for _ in range(500):  # a fifth would come now
        await asyncio.sleep(0)
    await server.let_go()
    assert [len(each) for each in await asking] == [160, 160]
    assert server.refused_at_the_door == 0


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_server_out_of_order_is_a_connection_lost(calendar: GraphCalendar, server: GraphServer, status: int):
    server.refuse(Refusal(status, "UnknownError"))
    with pytest.raises(ConnectionLost, match=f"out of order at the moment .HTTP {status}"):
        await ask(calendar)


async def test_a_missing_permission_is_named(calendar: GraphCalendar, server: GraphServer):
    server.permissions = {"Mail.Read"}
    with pytest.raises(SignInRefused, match=r"Calendars\.ReadWrite.*admin consent"):
        await calendar.check()


async def test_a_mailbox_outside_the_apps_policy_is_told(calendar: GraphCalendar, server: GraphServer):
    server.closed_to_us.add(OWNER)
    with pytest.raises(SignInRefused, match="application access policy or role assignment"):
        await calendar.put(meeting())


async def test_a_mailbox_that_is_not_there_is_told(open_calendar: Opener):
    with pytest.raises(SignInRefused, match=r"no mailbox with this address.*connect that server as Exchange"):
        await open_calendar(mailbox="gone@example.org").check()


async def test_who_may_only_read_is_told_what_is_missing_for_more(calendar: GraphCalendar, server: GraphServer):
    server.permissions = {"Calendars.ReadBasic"}
    check = await calendar.check()
    assert check.abilities == {Ability.READ_BUSY, Ability.READ_OTHERS}
    assert "Calendars.ReadWrite" in check.words
    with pytest.raises(SignInRefused, match=r"Calendars\.ReadWrite"):
        await calendar.put(meeting())


async def test_who_may_write_can_do_everything(calendar: GraphCalendar):
    assert (await calendar.check()).abilities == frozenset(Ability)


async def test_finding_out_what_we_may_do_changes_nothing(calendar: GraphCalendar, server: GraphServer):
    await calendar.check()
    assert server.mailboxes[OWNER].events == {}
    assert server.mailboxes[OWNER].mailed == []


async def test_a_next_page_elsewhere_never_gets_our_token(calendar: GraphCalendar, server: GraphServer):
    server.page_links_lead_to = "https://localhost:9/v1.0/steal"
    server.page_size = 1
    await calendar.put(meeting())
    await calendar.put(meeting(uid="second@coord.example.org"))
    with pytest.raises(CalendarNonsense, match="not its own") as caught:
        await calendar.news(None)
    assert type(caught.value) is CalendarNonsense


async def test_a_redirect_is_not_followed(calendar: GraphCalendar, server: GraphServer):
    server.refuse(Refusal(302, "", headers={"Location": f"{server.address}/v1.0/elsewhere"}))
    with pytest.raises(CalendarNonsense, match="HTTP 302"):
        await ask(calendar)


async def test_an_answer_without_end_is_cut_off(
    calendar: GraphCalendar, server: GraphServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(line, "LARGEST", 2_000)
    await ask(calendar)
    with pytest.raises(CalendarNonsense, match="without end"):
        await calendar.read_busy([f"p{number}@example.org" for number in range(20)], *HOUR)


@pytest.mark.parametrize("code", ["ErrorInvalidRecipients", "gone@example.org is none", "", 7, None])
async def test_a_refusal_shows_its_code_and_never_its_words(calendar: GraphCalendar, server: GraphServer, code: Any):
    server.refuse(Refusal(400, code))
    with pytest.raises(CalendarTrouble, match="does not take our request") as caught:
        await ask(calendar)
    assert type(caught.value) is CalendarNonsense
    assert "example.org" not in str(caught.value)
    assert ("ErrorInvalidRecipients" in str(caught.value)) is (code == "ErrorInvalidRecipients")


async def test_leaving_twice_is_quiet(calendar: GraphCalendar):
    await ask(calendar)
    await calendar.close()
    await calendar.close()
