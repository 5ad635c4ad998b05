"""Recurrences that Outlook shows (MS-OXCICAL §2.1.3.2.2; ITIP.md §1.7); what it can't show, nobody may be sent."""

from coord_service.domain.itip.comparison import same_recurrence
from coord_service.domain.itip.rules import Rule, parse_rule
from coord_service.domain.itip.values import Event, Status

LONGEST_INTERVAL = 999
# BYSETPOS is understood for these sets of days alone: one day, the days of work, the weekend, all.
SETS_OF_DAYS = ({0, 1, 2, 3, 4}, {5, 6}, {0, 1, 2, 3, 4, 5, 6})
POSITIONS = {1, 2, 3, 4, -1}


class CannotBeShown(ValueError):
    """A recurrence that Outlook would drop or show wrongly; the sentence says what it is and what to do."""


def check_recurrence(old: Event | None, new: Event) -> None:
    """Raise CannotBeShown where a change brings in a recurrence that Outlook can't show.

    One that was there already is carried on: its readers have it, and must still hear of other changes.
    """
    if new.status is Status.CANCELLED or (old is not None and same_recurrence(old, new)):
        return
    if new.rdates and not new.rrule:
        raise CannotBeShown("dates without a rule (RDATE without RRULE) are not shown by Outlook: book them one by one")
    if not new.rrule:
        return
    rule = parse_rule(new.rrule, new.start)
    why = "is of a kind that Outlook doesn't know" if rule is None else _objection(rule)
    if why:
        raise CannotBeShown(f"the series {why}: choose another rule, or book the dates one by one")


def _objection(rule: Rule) -> str:
    """What Outlook can't show of a rule; "" when it shows it all."""
    if rule.count is None and rule.until is None:
        return "never ends (it needs COUNT or UNTIL)"
    if rule.interval > LONGEST_INTERVAL or rule.year_days:
        return "is of a kind that Outlook doesn't know"
    if rule.freq in {"DAILY", "WEEKLY"}:
        is_plain = not (rule.months or rule.month_days or rule.positions or any(nth for nth, _ in rule.days))
        return "" if is_plain and (rule.freq == "WEEKLY" or not rule.days) else "chooses its days as Outlook can't"
    if rule.freq == "YEARLY" and (len(rule.months) != 1 or rule.interval > 1):
        return "is not in one month of every year"
    if rule.freq == "MONTHLY" and rule.months:
        return "leaves out months"
    return "" if _is_one_day(rule) else "is on more than one day of the month (one position of BYDAY, or one day)"


def _is_one_day(rule: Rule) -> bool:
    """One day a month: by number, by one position of one weekday, or by BYSETPOS of a set that Outlook knows."""
    if rule.month_days:
        (day, *others) = rule.month_days
        return not others and not rule.days and not rule.positions and (1 <= day <= 31 or day == -1)
    weekdays = {weekday for _, weekday in rule.days}
    places = {nth for nth, _ in rule.days}
    if places == {0}:
        is_known = len(weekdays) == 1 or weekdays in SETS_OF_DAYS
        return is_known and len(rule.positions) == 1 and {*rule.positions} <= POSITIONS
    return len(rule.days) == 1 and not rule.positions and places <= POSITIONS
