"""The files that git tracks, as they are in the checkout: what somebody is still writing is not judged."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("coord_service", "integrations", "workers", "tools", "tests")


@cache
def tracked() -> tuple[Path, ...]:
    """Every tracked file that is still there. Raises CalledProcessError outside a checkout."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return tuple(path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file())


def modules() -> list[Path]:
    """Our own Python modules."""
    return [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ROOMS]
