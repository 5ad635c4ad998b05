"""The one table of routes. Each module of pages brings its own; a new module is one line here."""

from coord_service.web import health, static_files
from coord_service.web.pages import booking, meeting_changes, meetings, passwords, sign_in, users
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
)
