"""The one table of routes. Each module of pages brings its own; a new module is one line here."""

from coord_service.web import health, static_files
from coord_service.web.links import actions as action_links
from coord_service.web.links import advice as advice_links
from coord_service.web.links import meetings as meeting_links
from coord_service.web.links import opening
from coord_service.web.links import polls as poll_links
from coord_service.web.pages import (
    actions,
    advice,
    audit,
    booking,
    child,
    child_changes,
    children,
    circulating,
    demo_mailbox,
    holding,
    home,
    hours,
    meeting_changes,
    meetings,
    passwords,
    people,
    polls,
    reports,
    search,
    services,
    settings,
    sign_in,
    team,
    terms,
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
    *polls.ROUTES,
    *advice.ROUTES,
    *holding.ROUTES,
    *actions.ROUTES,
    *circulating.ROUTES,
    *opening.ROUTES,
    *meeting_links.ROUTES,
    *advice_links.ROUTES,
    *action_links.ROUTES,
    *poll_links.ROUTES,
    *children.ROUTES,
    *child.ROUTES,
    *child_changes.ROUTES,
    *team.ROUTES,
    *people.ROUTES,
    *hours.ROUTES,
    *services.ROUTES,
    *search.ROUTES,
    *reports.ROUTES,
    *home.ROUTES,
    *audit.ROUTES,
    *settings.ROUTES,
    *terms.ROUTES,
    *demo_mailbox.ROUTES,
)
