"""What was done, in words: "Booked a meeting" for ``book_meeting``."""

from collections.abc import Mapping
from datetime import date

from coord_service.domain.case_clocks import clock_name
from coord_service.domain.case_steps import STEP_NAMES

STEPS = {step.value: name for step, name in STEP_NAMES.items()}
_DONE = {
    "add": "Added",
    "answer": "Answered",
    "ask": "Asked",
    "book": "Booked",
    "cancel": "Cancelled",
    "change": "Changed",
    "check": "Checked",
    "circulate": "Circulated",
    "close": "Closed",
    "connect": "Connected",
    "correct": "Corrected",
    "disconnect": "Disconnected",
    "edit": "Changed",
    "end": "Ended",
    "hold": "Held",
    "log": "Logged",
    "move": "Moved",
    "receive": "Received",
    "record": "Recorded",
    "remove": "Removed",
    "reopen": "Reopened",
    "replace": "Replaced",
    "send": "Sent",
    "settle": "Settled",
    "shield": "Shielded",
    "test": "Tested",
    "undo": "Undid",
    "upload": "Received",
    "withdraw": "Withdrew",
}

_SAID = {
    "add_child": "Opened the record",
    "correct_child": "Corrected the record",
    "close_child": "Closed the record",
    "reopen_child": "Opened the record again",
    "hand_over_child": "Handed the child over",
    "shield_child": "Marked the child as shielded",
    "unshield_child": "Ended the shielding",
    "add_to_team": "Added somebody to the team",
    "change_membership": "Changed a place in the team",
    "end_membership": "Ended a place in the team",
    "log_contact": "Logged a contact",
    "record_step": "Recorded what happened",
    "correct_date": "Corrected a date",
    "record_exception": "Recorded an exception",
    "note_family_told": "Noted that the family was told of an exception",
    "withdraw_exception": "Took back an exception",
    "record_delay": "Recorded a reason for delay",
    "withdraw_step": "Took back what was recorded",
    "receive_advice_by_mail": "Received advice by mail",
    "ask_for_advice": "Asked for advice",
    "send_due_chases": "Chased",
    "ask_people": "Asked people about times",
    "answer_poll": "Said which times suit them",
    "log_poll_answer": "Noted which times suit somebody",
    "close_poll": "Ended the asking about times",
    "withdraw_poll": "Took back the asking about times",
    "check_connection": "Tested a connected calendar again",
    "change_quorum": "Changed the quorum",
    "upload_terms": "Brought in school terms",
    "remove_term": "Removed a school term",
    "set_finding_rules": "Changed what a day can take",
    "set_wishes": "Noted which times somebody likes",
    "order_report": "Ordered the chase report by mail, or ended that",
    "change_ladder": "Changed the steps of chasing",
    "pause_chasing": "Paused reminders",
    "resume_chasing": "Let reminders go on",
    "hold_escalations": "Held reminders to managers back after silence",
    "hold_escalations_longer": "Held reminders to managers for another day",
    "release_escalations": "Let reminders to managers go",
    "right_the_ledger": "Dated chases back that a wrong clock had put in the future",
    "set_travel": "Set the travel times",
}

FACT_NAMES = {
    "given_name": "first name",
    "family_name": "family name",
    "born_on": "date of birth",
    "setting": "school or setting",
    "plan_status": "plan",
    "assessment_requested_on": "assessment requested",
    "last_review_on": "last review",
    "interpreter": "interpreter and needs",
    "needs_advocate": "advocate",
    "access_needs": "what a room must have",
    "role": "role",
    "is_required": "required or optional",
    "sharing": "agreement to share",
    "sharing_on": "day the family was asked",
}


def say_done(verb: str) -> str:
    """A change as a sentence without its subject; a verb nobody put into words here still reads as one."""
    if verb in _SAID:
        return _SAID[verb]
    first, _, rest = verb.partition("_")
    thing = rest.replace("_", " ")
    article = "an" if thing[:1] in {"a", "e", "i", "o", "u"} else "a"
    return f"{_DONE.get(first, first.capitalize())} {article} {thing}".strip() if thing else verb.capitalize()


def say_fields(details: Mapping[str, object]) -> str:
    """Which step, clock or paragraph it is about and which facts were changed, where the entry says so."""
    fields = details.get("fields")
    step = STEPS.get(str(details.get("step")))  # of a case; a chase has steps of another kind
    clock = details.get("clock")
    said = [clock_name(str(clock))] if clock else []
    said += [str(details["paragraph"])] if "paragraph" in details else []
    said += [f"{step}, {_say_day(details.get('on'))}"] if step else []
    said += [f"was {_say_day(details['was_on'])}"] if "was_on" in details else []
    said += [FACT_NAMES.get(str(name), str(name)) for name in fields] if isinstance(fields, list) else []
    return ", ".join(said)


def _say_day(day: object) -> str:
    if day is None:
        return "never happened"
    on = date.fromisoformat(str(day))
    return f"{on.day} {on:%B %Y}"


def say_change(verb: str, details: Mapping[str, object], staff: Mapping[int, str]) -> str:
    """What was done with what it was done to: fields that were changed, who handed over to whom.

    ``staff`` are the names of everybody who has or had an account, by user id.
    """
    done, fields = say_done(verb), say_fields(details)
    before, after = (staff.get(number) if isinstance(number, int) else None for number in _parties(details))
    if before and after:
        done = f"{done} from {before} to {after}"
    return f"{done}: {fields}" if fields else done


def _parties(details: Mapping[str, object]) -> tuple[object, object]:
    return details.get("from_user_id"), details.get("to_user_id")
