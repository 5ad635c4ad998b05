"""The settings of this installation, or one line for each that is wrong."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from coord_service.commands.terminal import BadInput
from coord_service.settings import Settings, problems_in

PREFIX = "COORD_"
NOT_SETTINGS = PREFIX + "TEST_"  # where the tests find servers of this machine


def load_settings(**given: Any) -> Settings:
    """The settings from the environment, ``given`` ones first. Raises BadInput that names every fault at once."""
    faults = unknown_settings(os.environ)
    try:
        settings = Settings(**given)
    except ValidationError as error:
        faults += problems_in(error)
    if faults:
        raise BadInput("\n  ".join(["these settings are wrong:", *faults]))
    return settings


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each ``COORD_…`` variable that is no setting: most likely one that is misspelt."""
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    strays = [name for name in environment if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS)]
    return [_unknown(name, known) for name in sorted(strays) if name.upper() not in known]


def _unknown(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"{name}: there is no such setting" + (f"; is it {close[0]}?" if close else "")
