"""The one table of routes. Each module of pages brings its own; a new module is one line here."""

from coord_service.web import health, static_files
from coord_service.web.pages import (
    booking,
    child,
    child_changes,
    children,
    demo_mailbox,
    meeting_changes,
    meetings,
    passwords,
    people,
    reports,
    search,
    services,
    sign_in,
    team,
    times,
    users,
)
from coord_service.web.routing import Route

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *static_files.ROUTES,
    *sign_in.ROUTES,
    *passwords.ROUTES,
    *users.ROUTES,
    *meetings.ROUTES,
    *meeting_changes.ROUTES,
    *booking.ROUTES,
    *times.ROUTES,
    *children.ROUTES,
    *child.ROUTES,
    *child_changes.ROUTES,
    *team.ROUTES,
    *people.ROUTES,
    *services.ROUTES,
    *search.ROUTES,
    *reports.ROUTES,
    *demo_mailbox.ROUTES,
)
