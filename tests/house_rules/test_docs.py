"""What the documents promise is there, and what is there stands in the documents."""

import re
from pathlib import Path

from coord_service.__main__ import COMMANDS
from coord_service.settings import Settings

ROOT = Path(__file__).parents[2]
IT = (ROOT / "docs/guide/it.md").read_text()


def test_every_setting_has_a_line_in_the_guide() -> None:
    promised = set(re.findall(r"`COORD_([A-Z_]+)`", IT))
    assert promised == {name.upper() for name in Settings.model_fields}


def test_every_command_has_a_line_in_the_guide() -> None:
    assert {name for name in COMMANDS if f"`coord {name}" not in IT} == set()


def test_every_link_between_documents_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} leads to {target}"


def test_every_room_of_the_map_is_there() -> None:
    for room in re.findall(r"^ +(?:coord_service/)?([a-z_]+)/ ", (ROOT / "README.md").read_text(), re.MULTILINE):
        places = [ROOT / room, ROOT / "coord_service" / room]
        assert any(place.is_dir() for place in places), room


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
