"""The nightly import: all or nothing, as often as wanted, and every wrong row by its line."""

from collections.abc import Iterable, Sequence
from datetime import date

import pytest
import sqlalchemy as sa

from coord_service.domain.case_steps import CaseStep
from coord_service.domain.children import PlanStatus, is_reference
from coord_service.domain.people import Role, Sector
from coord_service.operations.date_corrections import CorrectDate, correct_date
from coord_service.operations.import_rows import ImportRow, UnreadableFile
from coord_service.operations.imports import ImportFile, Outcome, import_records
from coord_service.operations.tools import Tools
from coord_service.storage.tables import AuditEntry, Child, Membership, Person, Service
from tests.builders import a_person, a_user, actor_for

PROFESSIONALS = (
    "key,name,email,agency,sector,service,service_mailbox\n"
    "P1,Zoë Fictonby,Zoe@Therapy.example,Newtown Health,health,Therapy,office@therapy.example\n"
    "P2,Juniper Testwood,juniper@therapy.example,Newtown Health,health,Therapy,\n"
)
CHILDREN = "key,given_name,family_name,born_on,lead_worker,plan_status\nC1,Moss,Imaginham,01/05/2016,{0},plan\n"
TEAMS = "key,child,person,role,required\nT1,C1,P1,Speech therapist,no\n"


@pytest.fixture
async def lead_worker(tools: Tools) -> str:
    return (await a_user(tools, role=Role.LEAD_WORKER)).email


def quietly(_kind: str, rows: Sequence[ImportRow]) -> Iterable[ImportRow]:
    return rows


async def run(tools: Tools, *, is_dry_run: bool = False, **texts: str | bytes) -> Outcome:
    files = {
        kind: ImportFile(f"{kind}.csv", text if isinstance(text, bytes) else text.encode())
        for kind, text in texts.items()
    }
    return await import_records(tools, files, quietly, is_dry_run=is_dry_run)


async def count(tools: Tools, table: type) -> int:
    async with tools.database.read() as db:
        return await db.scalar(sa.select(sa.func.count()).select_from(table)) or 0


async def one(tools: Tools, table: type, key: str):
    async with tools.database.read() as db:
        return (await db.scalars(sa.select(table).where(table.external_key == key))).one()


def tallies(outcome: Outcome) -> list[tuple[int, int, int]]:
    return [(each.new, each.changed, each.same) for each in outcome.tallies.values()]


DATED = (
    "key,given_name,family_name,born_on,lead_worker,plan_status,assessment_requested_on,last_review_on\n"
    "C1,Moss,Imaginham,01/05/2016,{},plan,{},{}\n"
)


async def correct(tools: Tools, what: CaseStep, was_on: date, is_on: date | None) -> None:
    actor = actor_for(await a_user(tools, Role.LEAD_WORKER))
    child = await one(tools, Child, "C1")
    await correct_date(tools, actor, CorrectDate(child.id, what, was_on, is_on, "It was another day"))


async def dates(tools: Tools) -> tuple[date | None, date | None]:
    child = await one(tools, Child, "C1")
    return child.assessment_requested_on, child.last_review_on


@pytest.mark.parametrize(
    ("asked_on", "reviewed_on"),
    [(date(2026, 1, 5), date(2025, 2, 21)), (date(2026, 1, 19), date(2025, 3, 14)), (None, None)],
)
async def test_a_date_that_was_corrected_here_is_not_made_wrong_again(
    tools: Tools, lead_worker: str, asked_on: date | None, reviewed_on: date | None
):
    rows = DATED.format(lead_worker, "2026-01-12", "2025-03-04")
    await run(tools, children=rows)
    await correct(tools, CaseStep.ASSESSMENT_REQUESTED, date(2026, 1, 12), asked_on)
    await correct(tools, CaseStep.REVIEWED, date(2025, 3, 4), reviewed_on)
    assert tallies(await run(tools, children=rows)) == [(0, 0, 1)]
    assert await dates(tools) == (asked_on, reviewed_on)


async def test_a_later_day_than_the_corrected_one_is_news(tools: Tools, lead_worker: str):
    await run(tools, children=DATED.format(lead_worker, "2026-01-12", "2025-03-04"))
    await correct(tools, CaseStep.ASSESSMENT_REQUESTED, date(2026, 1, 12), date(2026, 1, 5))
    await correct(tools, CaseStep.REVIEWED, date(2025, 3, 4), date(2025, 2, 21))
    await run(tools, children=DATED.format(lead_worker, "2026-02-16", "2026-02-20"))
    assert await dates(tools) == (date(2026, 2, 16), date(2026, 2, 20))


async def test_what_the_other_system_does_not_know_yet_stays(tools: Tools, lead_worker: str):
    await run(tools, children=DATED.format(lead_worker, "2026-01-12", "2026-02-20"))
    await correct(tools, CaseStep.ASSESSMENT_REQUESTED, date(2026, 1, 12), date(2026, 1, 5))
    for asked_on, reviewed_on in (("", ""), ("2025-12-01", "2025-03-04")):
        await run(tools, children=DATED.format(lead_worker, asked_on, reviewed_on))
        assert await dates(tools) == (date(2026, 1, 5), date(2026, 2, 20))


async def test_the_same_files_twice_change_nothing_the_second_time(tools: Tools, lead_worker: str):
    files = {"professionals": PROFESSIONALS, "children": CHILDREN.format(lead_worker), "teams": TEAMS}
    assert tallies(await run(tools, **files)) == [(2, 0, 0), (1, 0, 0), (1, 0, 0)]
    entries = await count(tools, AuditEntry)
    assert tallies(await run(tools, **files)) == [(0, 0, 2), (0, 0, 1), (0, 0, 1)]
    assert (await count(tools, Child), await count(tools, Membership)) == (1, 1)
    assert await count(tools, AuditEntry) == entries

    child, zoe, place = (
        await one(tools, Child, "C1"),
        await one(tools, Person, "P1"),
        await one(tools, Membership, "T1"),
    )
    assert is_reference(child.reference)
    assert (child.plan_status, child.born_on.isoformat()) == (PlanStatus.PLAN, "2016-05-01")
    assert (zoe.name, zoe.email) == ("Zoë Fictonby", "zoe@therapy.example")
    assert (place.role, place.is_required, place.sector) == ("Speech therapist", False, Sector.HEALTH)
    assert await count(tools, Service) == 1


async def test_what_changed_in_the_file_is_brought_up_to_date_and_put_on_record(tools: Tools):
    await run(tools, professionals=PROFESSIONALS)
    outcome = await run(tools, professionals=PROFESSIONALS.replace("Zoë Fictonby", "Zoë Mockridge"))
    assert tallies(outcome) == [(0, 1, 1)]
    zoe = await one(tools, Person, "P1")
    assert zoe.name == "Zoë Mockridge"
    async with tools.database.read() as db:
        entry = (await db.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))).one()
    assert (entry.verb, entry.record_id, entry.details) == ("import_professional", zoe.id, {"fields": ["name"]})


async def test_a_column_that_is_not_in_the_file_is_left_alone(tools: Tools):
    await run(tools, professionals=PROFESSIONALS)
    await run(tools, professionals="key,name,agency,sector,service\nP1,Zoë Fictonby,Newtown Health,health,Therapy\n")
    assert (await one(tools, Person, "P1")).email == "zoe@therapy.example"


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(tools: Tools):
    outcome = await run(tools, professionals=PROFESSIONALS, is_dry_run=True)
    assert (tallies(outcome), outcome.is_kept) == ([(2, 0, 0)], False)
    assert await count(tools, Service) == 0


async def test_one_wrong_row_keeps_everything_out_and_every_wrong_row_is_named(tools: Tools, lead_worker: str):
    children = CHILDREN.format(lead_worker) + (
        f"C2,,Imaginham,2016-13-01,{lead_worker},plan\n"
        "C3,Reed,Imaginham,2016-03-01,nobody@example.org,plann\n"
        f"C1,Moss,Imaginham,2016-03-01,{lead_worker},plan\n"
        "C4,too,few\n"
        f"C5,Rush,Imaginham,1950-01-01,{lead_worker},plan\n"
    )
    outcome = await run(tools, professionals=PROFESSIONALS, children=children)
    assert not outcome.is_kept
    assert [fault.line for fault in outcome.faults] == [3, 3, 4, 4, 5, 6, 7]
    assert "children.csv line 5: key “C1” stands in this file twice" in map(str, outcome.faults)
    assert (await count(tools, Child), await count(tools, Service)) == (0, 0)


async def test_somebody_entered_by_hand_is_found_by_their_address_and_not_entered_twice(tools: Tools):
    by_hand = await a_person(tools, "Zoe F.", email="zoe@therapy.example")
    await run(tools, professionals=PROFESSIONALS)
    zoe = await one(tools, Person, "P1")
    assert (zoe.id, zoe.name) == (by_hand.id, "Zoë Fictonby")


async def test_two_records_of_one_address_are_refused(tools: Tools):
    outcome = await run(tools, professionals=PROFESSIONALS.replace("juniper@therapy.example", "zoe@therapy.example"))
    assert [str(fault) for fault in outcome.faults] == [
        "professionals.csv line 3: email “zoe@therapy.example” is P1’s already"
    ]


async def test_a_place_in_a_team_never_moves_to_another_child(tools: Tools, lead_worker: str):
    children = CHILDREN.format(lead_worker) + f"C2,Reed,Imaginham,2016-03-01,{lead_worker},plan\n"
    await run(tools, professionals=PROFESSIONALS, children=children, teams=TEAMS)
    outcome = await run(tools, teams=TEAMS.replace("C1", "C2"))
    assert ["a new place needs a new key" in fault.why for fault in outcome.faults] == [True]


@pytest.mark.parametrize("cell", ['=HYPERLINK("x")', "+441632960", "-1", "@SUM(A1)", "<script>alert(1)</script>"])
async def test_what_looks_like_a_formula_is_data(tools: Tools, cell: str):
    quoted = cell.replace('"', '""')
    await run(tools, professionals=PROFESSIONALS.replace("Zoë Fictonby", f'"{quoted}"'))
    assert (await one(tools, Person, "P1")).name == cell


async def test_a_line_break_in_a_name_is_refused(tools: Tools):
    outcome = await run(tools, professionals=PROFESSIONALS.replace("Zoë Fictonby", '"Zoë\nBcc: all@example.org"'))
    assert [(fault.line, fault.why) for fault in outcome.faults] == [
        (2, "name has a line break or a control character in it")
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("key,name\nP1,Zoë\n".encode("latin-1"), "professionals.csv line 2 is not UTF-8 (byte 0xEB)"),
        ("key,name\n".encode("utf-16"), "professionals.csv is UTF-16"),
        (b"key;name;agency;sector;service\n", "it lacks 'key', 'name'"),
        (b"key,name,agency,sector,service,shoe\n", "it has unknown 'shoe'"),
        (b'key,name,agency,sector,service\nP1,"Zoe\n', "professionals.csv line 2 is not CSV"),
        (b"", "it lacks 'key'"),
    ],
)
async def test_a_file_that_cannot_be_read_says_where_and_what_to_do(tools: Tools, content: bytes, said: str):
    with pytest.raises(UnreadableFile) as refusal:
        await run(tools, professionals=content)
    assert said in str(refusal.value)


async def test_a_file_that_excel_saved_with_its_mark_is_read(tools: Tools):
    outcome = await run(tools, professionals=b"\xef\xbb\xbf" + PROFESSIONALS.replace("\n", "\r\n").encode())
    assert tallies(outcome) == [(2, 0, 0)]
