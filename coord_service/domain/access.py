"""Who may do what. Everything is refused until a line here allows it."""

from enum import StrEnum

from coord_service.domain.people import Actor, Role
from coord_service.errors import NotAllowed


class Permission(StrEnum):
    """What a route or an operation asks of the person behind it."""

    ANYONE = "anyone"  # sign-in, health, static files
    LINK = "link"  # a personal link is its own proof
    SIGNED_IN = "signed_in"
    SEE_CASES = "see_cases"
    EDIT_CASES = "edit_cases"
    BOOK_MEETINGS = "book_meetings"
    ASK_FOR_ADVICE = "ask_for_advice"
    SEE_REPORTS = "see_reports"
    EDIT_PEOPLE = "edit_people"  # professionals and services: shared by every case
    EDIT_USERS = "edit_users"
    SET_RULES = "set_rules"  # what the council sets for everybody: quorum, terms, rooms
    SEE_AUDIT = "see_audit"
    DEMO = "demo"  # pages that exist in the demo alone


_CASE_WORK = frozenset(
    {
        Permission.SIGNED_IN,
        Permission.SEE_CASES,
        Permission.EDIT_CASES,
        Permission.BOOK_MEETINGS,
        Permission.ASK_FOR_ADVICE,
        Permission.SEE_REPORTS,
        Permission.EDIT_PEOPLE,
    }
)

ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.LEAD_WORKER: _CASE_WORK,
    Role.MANAGER: _CASE_WORK | {Permission.SEE_AUDIT, Permission.SET_RULES},
    # No case content: an administrator looks after accounts, services and people.
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.SIGNED_IN,
            Permission.EDIT_PEOPLE,
            Permission.EDIT_USERS,
            Permission.SEE_AUDIT,
            Permission.SET_RULES,
        }
    ),
}


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the actor holds the permission by role; jobs and links hold none and are checked by what they carry."""
    return actor.role is not None and permission in ALLOWED[actor.role]


def require(actor: Actor, permission: Permission) -> None:
    """Refuse unless the actor holds the permission. Raises NotAllowed."""
    if not may(actor, permission):
        raise NotAllowed("Your account is not allowed to do this. Ask a manager if you think it should be.")
