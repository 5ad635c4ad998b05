"""Every table, imported here so that the metadata is whole wherever one of them is used."""

from coord_service.storage.tables.accounts import AuditEntry, OneTimeLink, SignInFailure, User, UserSession
from coord_service.storage.tables.advice import Action, AdviceEvent, AdviceRequest, Chase, ChaseWatch, Document
from coord_service.storage.tables.calendars import BusyReading, CalendarConnection
from coord_service.storage.tables.cases import Child, Contact, Membership
from coord_service.storage.tables.clocks import CaseEvent, ClockException, DateCorrection, DelayReason
from coord_service.storage.tables.council import FindingSetting, LadderSetting, QuorumSetting, SchoolDate
from coord_service.storage.tables.meetings import AgendaItem, Attendee, BookingDraft, Meeting, MeetingChild
from coord_service.storage.tables.people import Agency, Leave, OtherAddress, Person, Service
from coord_service.storage.tables.places import Place, Room, TravelTime
from coord_service.storage.tables.polls import Poll, PollChoice, PollTime, PollVoter
from coord_service.storage.tables.post import TOLD_BY, InboundMail, MailboxPosition, MailOut, OutboxLetter, PersonalLink
from coord_service.storage.tables.reports import ReportOrder

__all__ = [
    "TOLD_BY",
    "Action",
    "AdviceEvent",
    "AdviceRequest",
    "Agency",
    "AgendaItem",
    "Attendee",
    "AuditEntry",
    "BookingDraft",
    "BusyReading",
    "CalendarConnection",
    "CaseEvent",
    "Chase",
    "ChaseWatch",
    "Child",
    "ClockException",
    "Contact",
    "DateCorrection",
    "DelayReason",
    "Document",
    "FindingSetting",
    "InboundMail",
    "LadderSetting",
    "Leave",
    "MailOut",
    "MailboxPosition",
    "Meeting",
    "MeetingChild",
    "Membership",
    "OneTimeLink",
    "OtherAddress",
    "OutboxLetter",
    "Person",
    "PersonalLink",
    "Place",
    "Poll",
    "PollChoice",
    "PollTime",
    "PollVoter",
    "QuorumSetting",
    "ReportOrder",
    "Room",
    "SchoolDate",
    "Service",
    "SignInFailure",
    "TravelTime",
    "User",
    "UserSession",
]
