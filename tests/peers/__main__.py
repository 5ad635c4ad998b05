"""``python -m tests.peers [NAME...]``: install what these peers need, then run their tests."""

import sys
from pathlib import Path

import pytest

from tests.peers import PACKAGES
from tests.peers.installing import NotInstalled, install

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """Run the peers named, or all; 2 where one is unknown or can't be installed, else what pytest says."""
    if unknown := [name for name in names if name not in PACKAGES]:
        print(f"no peer is called {unknown[0]}; there are {', '.join(PACKAGES)}", file=sys.stderr)
        return 2
    wanted = names or list(PACKAGES)
    try:
        install([package for name in wanted for package in PACKAGES[name]])
    except NotInstalled as error:
        print(error, file=sys.stderr)
        return 2
    return pytest.main(["-v", *(str(HERE / f"test_{name}.py") for name in wanted)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
