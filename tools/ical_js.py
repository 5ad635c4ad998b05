"""Fetch ical.js, Thunderbird's calendar parser, for the tests alone: the independent witness of what we write.

It is an npm package, had as the style sheet is (``static_assets``), checked by its sha512 and put into
``node_modules/``, which git ignores and no wheel packs.
"""

import tarfile
import tempfile
from pathlib import Path

from tools.static_assets import AssetsNotFetched, check, download

PACKAGE = "ical.js@2.2.1"
SHA512 = "yK/UlPbEs316igb/tjRgbFA8ZV75rCsBJp/hWOatpyaPNlgw0dGDmU+FoicOcwX4xXkeXOkYiOmCqNPFpNPkQg=="
MODULE = Path(__file__).parent.parent / "node_modules/ical.js/ical.cjs"


def fetch(module: Path = MODULE) -> None:
    """Put the one file we use at ``module``. Raises AssetsNotFetched."""
    module.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        archive = download(Path(folder), PACKAGE)
        check(archive, PACKAGE, SHA512)
        with tarfile.open(archive) as package:
            source = package.extractfile("package/dist/ical.es5.cjs")
            if source is None:
                raise AssetsNotFetched(f"{PACKAGE} has no package/dist/ical.es5.cjs")
            module.write_bytes(source.read())


if __name__ == "__main__":
    fetch()
