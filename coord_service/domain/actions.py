"""Actions out of a meeting: what, one owner, an agency, a date."""

from enum import StrEnum


class ActionStatus(StrEnum):
    """An action is open until its owner says it is done, or the lead worker withdraws it."""

    OPEN = "open"
    DONE = "done"
    WITHDRAWN = "withdrawn"
