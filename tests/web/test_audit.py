"""The audit page: everything, newest first, narrowed by what the address says."""

import pytest

from coord_service.domain.people import Role
from coord_service.storage.tables import AuditEntry
from tests.builders import a_child, a_user
from tests.report_world import instant, keep
from tests.statements import count_statements


def an_entry(tools, when=0.0, **changes) -> AuditEntry:
    facts = {"actor": "job:send_due_chases", "verb": "send_due_chases", "record_type": "advice_request", "record_id": 7}
    return AuditEntry(**({**facts, "at": instant(tools, when), "details": {"step": "+1"}} | changes))


@pytest.fixture
async def trail(tools):
    """One entry of each kind of actor."""
    worker = await a_user(tools, name="Lena Lead")
    child = await a_child(tools, worker)
    await keep(tools, an_entry(tools, -20))
    await keep(tools, an_entry(tools, -3, actor="link:9", verb="answer_advice", child_id=child.id))
    await keep(
        tools,
        an_entry(
            tools,
            actor=f"user:{worker.id}",
            user_id=worker.id,
            verb="correct_child",
            record_type="child",
            record_id=child.id,
            child_id=child.id,
            details={"fields": ["born_on", "setting"]},
        ),
    )
    return worker, child


def rows(page) -> list[str]:
    return [row.text for table in page.root.one("main").all("tbody") for row in table.all("tr")]


async def test_before_anything_was_changed(sign_in):
    page = await (await sign_in(Role.MANAGER)).get("audit")
    assert "Nothing has been changed yet" in page.text


async def test_everything_newest_first_with_who_and_what(sign_in, trail):
    page = await (await sign_in(Role.MANAGER)).get("audit")
    first, second, third = rows(page)
    assert "Lena Lead Corrected the record correct_child" in first
    assert "fields: born_on, setting" in first
    assert "A personal link link:9" in second
    assert "The service itself send due chases" in third
    for address in {link["href"] for link in page.root.one("tbody").all("a") if "/advice/7" not in link["href"]}:
        assert address


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({"by": "job"}, 1),
        ({"by": "link"}, 1),
        ({"type": "child"}, 1),
        ({"days": "1"}, 1),
        ({"days": "7"}, 2),
        ({"by": "nobody", "days": "x", "user": "y"}, 3),
        ({"type": "nothing"}, 0),
        ({"ref": "XX-0000X"}, 0),
        ({"page": "9"}, 0),
    ],
)
async def test_filters_narrow(sign_in, trail, chosen, count):
    page = await (await sign_in(Role.MANAGER)).get("audit", **chosen)
    assert len(rows(page)) == count


async def test_one_child_and_one_member_of_staff(sign_in, trail):
    worker, child = trail
    browse = await sign_in(Role.MANAGER)
    assert len(rows(await browse.get("audit", ref=child.reference.lower()))) == 2
    assert len(rows(await browse.get("audit", user=worker.id))) == 1
    assert len(rows(await browse.get("audit", ref=child.reference, by="user"))) == 1


async def test_an_administrator_sees_the_entries_and_no_way_to_a_case(sign_in, trail):
    _, child = trail
    browse = await sign_in(Role.ADMINISTRATOR)
    page = await browse.get("audit", ref=child.reference)
    assert len(rows(page)) == 3
    assert not page.root.one("tbody").all("a")
    assert child.reference not in page.root.one("tbody").text


async def test_a_lead_worker_has_no_audit(sign_in):
    await (await sign_in(Role.LEAD_WORKER)).get("audit", status=404)


async def test_fifty_a_page_and_the_same_statements_for_a_thousand(sign_in, tools):
    browse = await sign_in(Role.MANAGER)
    await browse.get("audit")
    numbers = set()
    for count in (10, 1000):
        await keep(tools, *(an_entry(tools) for _ in range(count)))
        with count_statements(tools.database) as counted:
            page = await browse.get("audit")
        numbers.add(counted.number)
    assert len(numbers) == 1
    assert len(rows(page)) == 50
    assert "1,010 entries" in page.text
