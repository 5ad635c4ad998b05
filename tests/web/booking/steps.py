"""The steps of a booking, filled in: what most tests about booking do on their way."""

from tests.booking_world import World
from tests.web.browsing import Browser, Page


def what(world: World, **changes: object) -> dict[str, object]:
    return {
        "children": world.child,
        "purpose": "tac",
        "length": "60",
        "mode": "place",
        "place": "Room 2, Example House",
        "convenor": world.lead,
        "notes": "Park behind the house.",
    } | changes


def who(world: World, **changes: str) -> dict[str, object]:
    needs = {"mother": "required", "shah": "required", "okoro": "optional", "patel": "no", "grandfather": "no"}
    return {f"need-{getattr(world, name)}": need for name, need in (needs | changes).items()}


async def start(browse: Browser, world: World, **changes: object) -> Page:
    return await browse.post("start_booking", what(world, **changes), child_id=world.child)


async def reach_when(browse: Browser, world: World, **changes: object) -> Page:
    await start(browse, world, **changes)
    return await browse.post("save_who", who(world), draft_id=1)


def first_offer(page: Page) -> dict[str, object]:
    """What the button of the best time sends."""
    offer = page.root.all("li", class_="coord-offer")[0]
    return {each["name"]: each["value"] for each in offer.all("input") if each["name"] != "csrf_token"}


async def choose(browse: Browser, page: Page) -> Page:
    return await browse.post("choose_time", first_offer(page), draft_id=1, seen=page.address)


def agreed(day: str, clock: str) -> dict[str, object]:
    year, month, date = day.split("-")
    parts = {"agreed_on-year": year, "agreed_on-month": month, "agreed_on-day": date}
    return {"date_agreed": "yes", "agreed_time": clock, **parts}
