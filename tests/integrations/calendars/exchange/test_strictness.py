"""The server of these tests refuses what Exchange refuses: otherwise it would prove nothing."""

import ssl

import aiohttp
import pytest
from aiohttp import ClientSession, TCPConnector
from lxml import etree

from tests.integrations.calendars.exchange.conftest import COLLEAGUE, OWNER
from tests.servers.ews.schema import problem_of
from tests.servers.ews.sign_in import DOMAIN, PASSWORD, USER
from tests.servers.ews.soap import NAMES, E, M, T

FOLDER = (
    f'<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>{OWNER}</t:EmailAddress></t:Mailbox>'
    "</t:DistinguishedFolderId>"
)
TIMES = "<t:Start>2027-03-09T14:00:00Z</t:Start><t:End>2027-03-09T15:00:00Z</t:End>"
CREATE = (
    '<m:CreateItem SendMeetingInvitations="SendToNone"><m:SavedItemFolderId>' + FOLDER + "</m:SavedItemFolderId>"
    "<m:Items><t:CalendarItem><t:Subject>x</t:Subject>" + TIMES + "</t:CalendarItem></m:Items></m:CreateItem>"
)
SHAPE = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{}</m:ItemShape>"
PEOPLE = '<t:AdditionalProperties><t:FieldURI FieldURI="calendar:RequiredAttendees"/></t:AdditionalProperties>'
VIEW = '<m:IndexedPageItemView MaxEntriesReturned="10" Offset="0" BasePoint="Beginning"/>'
FIND = (
    '<m:FindItem Traversal="Shallow">' + SHAPE + VIEW + f"<m:ParentFolderIds>{FOLDER}</m:ParentFolderIds></m:FindItem>"
)
SYNC = (
    "<m:SyncFolderItems>" + SHAPE + f"<m:SyncFolderId>{FOLDER}</m:SyncFolderId>"
    "<m:SyncState>{}</m:SyncState><m:MaxChangesReturned>{}</m:MaxChangesReturned></m:SyncFolderItems>"
)
UPDATE = (
    '<m:UpdateItem ConflictResolution="NeverOverwrite" {}><m:ItemChanges><t:ItemChange>'
    '<t:ItemId Id="{}" ChangeKey="{}"/><t:Updates><t:SetItemField><t:FieldURI FieldURI="{}"/><t:CalendarItem>{}'
    "</t:CalendarItem></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
)
QUIETLY = 'SendMeetingInvitationsOrCancellations="SendToNone"'
ZONE = (
    "<t:TimeZone><t:Bias>0</t:Bias>"
    + "".join(
        f"<t:{name}><t:Bias>0</t:Bias><t:Time>00:00:00</t:Time><t:DayOrder>1</t:DayOrder><t:Month>1</t:Month>"
        f"<t:DayOfWeek>Sunday</t:DayOfWeek></t:{name}>"
        for name in ("StandardTime", "DaylightTime")
    )
    + "</t:TimeZone>"
)
AVAILABILITY = (
    f"<m:GetUserAvailabilityRequest>{ZONE}<m:MailboxDataArray>{{}}</m:MailboxDataArray><t:FreeBusyViewOptions>"
    "<t:TimeWindow><t:StartTime>{}</t:StartTime><t:EndTime>{}</t:EndTime></t:TimeWindow>"
    "<t:MergedFreeBusyIntervalInMinutes>30</t:MergedFreeBusyIntervalInMinutes><t:RequestedView>FreeBusy</t:RequestedView>"
    "</t:FreeBusyViewOptions></m:GetUserAvailabilityRequest>"
)
MAILBOX = (
    "<t:MailboxData><t:Email><t:Address>{}</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType>"
    "</t:MailboxData>"
)


@pytest.fixture
async def ask(exchange):
    """``ask(body, version=...)``: (status, the response code of the answer)."""
    context = ssl.create_default_context(cafile=exchange.ca_file)
    headers = {"Authorization": aiohttp.encode_basic_auth(f"{DOMAIN}\\{USER}", PASSWORD), "Content-Type": "text/xml"}
    async with ClientSession(connector=TCPConnector(ssl=context), headers=headers) as session:

        async def _ask(body, version="Exchange2016"):
            text = (
                f'<s:Envelope xmlns:s="{NAMES["s"]}" xmlns:m="{M}" xmlns:t="{T}"><s:Header><t:RequestServerVersion '
                f'Version="{version}"/></s:Header><s:Body>{body}</s:Body></s:Envelope>'
            )
            async with session.post(exchange.url, data=text.encode()) as answer:
                found = etree.fromstring(await answer.read())
            codes = [each.text for name in (M, E) for each in found.iter(f"{{{name}}}ResponseCode")]
            return answer.status, codes[0]

        yield _ask


async def created(exchange, ask):
    assert await ask(CREATE) == (200, "NoError")
    return next(iter(exchange.store.mailboxes[OWNER].items.values()))


@pytest.mark.parametrize(
    "wrong",
    [
        CREATE.replace("<t:Subject>x</t:Subject>" + TIMES, TIMES + "<t:Subject>x</t:Subject>"),  # order
        CREATE.replace("<t:Subject>", "<t:Colour>red</t:Colour><t:Subject>"),  # no such element
        CREATE.replace("<t:Subject>x</t:Subject>", "<m:Subject>x</m:Subject>"),  # another namespace
        CREATE.replace("2027-03-09T14:00:00Z", "tomorrow"),  # no instant
        CREATE.replace('SendMeetingInvitations="SendToNone"', 'SendMeetingInvitations="Perhaps"'),
        FIND.format("").replace('Traversal="Shallow"', ""),  # a required attribute
        FIND.format("").replace(f"<m:ParentFolderIds>{FOLDER}</m:ParentFolderIds>", ""),  # a required element
        SYNC.format("", "", "513"),  # more than the schema allows
        UPDATE.format(QUIETLY, "a", "b", "calendar:Colour", "<t:Location>x</t:Location>"),
    ],
)
async def test_what_microsofts_schema_forbids_is_a_fault(ask, wrong):
    assert await ask(wrong) == (500, "ErrorSchemaValidation")


async def test_the_right_forms_of_those_are_taken(exchange, ask):
    item = await created(exchange, ask)
    update = UPDATE.format(QUIETLY, item.id, item.change_key, "calendar:Location", "<t:Location>x</t:Location>")
    for right in (FIND.format(""), SYNC.format("", "", "512"), update):
        assert await ask(right) == (200, "NoError")


async def test_an_answer_that_breaks_the_schema_would_be_found():
    wrong = etree.fromstring(f'<m:DeleteItemResponse xmlns:m="{M}"><m:Wrong/></m:DeleteItemResponse>')
    assert "Wrong" in problem_of(wrong)


async def test_a_version_it_does_not_know_is_refused(ask):
    assert await ask(CREATE, version="Exchange2030") == (500, "ErrorInvalidServerVersion")


async def test_an_operation_it_does_not_know_is_refused(ask):
    assert (await ask("<m:ExpandDL/>"))[1] == "ErrorInvalidOperation"


async def test_a_calendar_item_needs_to_say_who_is_told(exchange, ask):
    assert (await ask(CREATE.replace(' SendMeetingInvitations="SendToNone"', "")))[
        1
    ] == "ErrorSendMeetingInvitationsRequired"
    item = await created(exchange, ask)
    update = UPDATE.format("", item.id, item.change_key, "calendar:Location", "<t:Location>x</t:Location>")
    assert (await ask(update))[1] == "ErrorSendMeetingInvitationsOrCancellationsRequired"
    delete = f'<m:DeleteItem DeleteType="HardDelete"><m:ItemIds><t:ItemId Id="{item.id}"/></m:ItemIds></m:DeleteItem>'
    assert (await ask(delete))[1] == "ErrorSendMeetingCancellationsRequired"


@pytest.mark.parametrize(
    ("key", "code"), [("", "ErrorChangeKeyRequired"), ("DwAAABYAAAB0", "ErrorIrresolvableConflict")]
)
async def test_an_item_is_changed_against_its_present_change_key_alone(exchange, ask, key, code):
    item = await created(exchange, ask)
    update = UPDATE.format(QUIETLY, item.id, key, "calendar:Location", "<t:Location>x</t:Location>")
    assert (await ask(update.replace(' ChangeKey=""', "")))[1] == code


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("calendar:UID", "<t:UID>x</t:UID>", "ErrorInvalidPropertySet"),
        ("calendar:IsCancelled", "<t:IsCancelled>true</t:IsCancelled>", "ErrorInvalidPropertySet"),
        ("calendar:Location", "<t:When>x</t:When>", "ErrorUpdatePropertyMismatch"),
        ("calendar:End", "<t:End>2027-03-09T13:00:00Z</t:End>", "ErrorCalendarEndDateIsEarlierThanStartDate"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(exchange, ask, path, value, code):
    item = await created(exchange, ask)
    assert (await ask(UPDATE.format(QUIETLY, item.id, item.change_key, path, value)))[1] == code


async def test_an_item_that_ends_before_it_starts_is_refused(ask):
    backwards = CREATE.replace("2027-03-09T15", "2027-03-09T13")
    assert (await ask(backwards))[1] == "ErrorCalendarEndDateIsEarlierThanStartDate"


async def test_people_are_given_by_get_item_alone(exchange, ask):
    await created(exchange, ask)
    assert (await ask(FIND.format(PEOPLE)))[1] == "ErrorInvalidPropertyRequest"
    assert (await ask(SYNC.format(PEOPLE, "", "10")))[1] == "ErrorInvalidPropertyRequest"


@pytest.mark.parametrize("state", ["bm9uc2Vuc2U=", "%%%", "c3luYyA5OSAw"])
async def test_a_sync_state_it_did_not_give_out_is_refused(ask, state):
    assert (await ask(SYNC.format("", state, "10")))[1] == "ErrorInvalidSyncStateData"


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2027-03-01T00:00:00", "2027-04-12T00:00:00", "NoError"),  # 42 days
        ("2027-03-01T00:00:00", "2027-04-12T00:00:01", "ErrorTimeIntervalTooBig"),
        ("2027-03-01T00:00:00", "2027-03-01T00:00:00", "ErrorInvalidTimeInterval"),
    ],
)
async def test_busy_times_are_given_for_42_days_at_most(ask, start, end, code):
    assert (await ask(AVAILABILITY.format(MAILBOX.format(OWNER), start, end)))[1] == code


async def test_busy_times_are_given_for_100_mailboxes_at_most(ask):
    window = ("2027-03-01T00:00:00", "2027-03-02T00:00:00")
    assert (await ask(AVAILABILITY.format(MAILBOX.format(OWNER) * 100, *window)))[1] == "NoError"
    assert (await ask(AVAILABILITY.format(MAILBOX.format(OWNER) * 101, *window)))[
        1
    ] == "ErrorIndividualMailboxLimitReached"


async def test_a_calendar_is_opened_for_its_owner_and_delegates_alone(ask):
    assert (await ask(FIND.format("").replace(OWNER, COLLEAGUE)))[1] == "ErrorAccessDenied"
