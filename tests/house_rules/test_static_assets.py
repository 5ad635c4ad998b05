"""The pages ask for nothing that a council may not use (docs/decisions/0002)."""

import re

import pytest

from tools.static_assets import MEMBERS, VENDOR, AssetsNotFetched, check, self_contained


def test_the_assets_are_there_and_ask_for_nothing_else():
    for name in MEMBERS.values():
        text = (VENDOR / name).read_text()
        assert re.findall(r"@font-face|url\(|GDS Transport|govuk-crest|sourceMappingURL", text) == []


def test_what_is_taken_out_leaves_the_rest_as_it_was():
    sheet = (
        "@font-face{font-family:GDS Transport;src:url(/assets/fonts/a.woff2)}"
        ".a{color:red;background-image:url(/assets/images/govuk-crest.svg);margin:0}"
        ".b{font-family:GDS Transport,arial,sans-serif}\n/*# sourceMappingURL=a.css.map */"
    )
    assert self_contained(sheet) == ".a{color:red;margin:0}.b{font-family:arial,sans-serif}\n"


def test_another_archive_than_the_known_one_is_refused(tmp_path):
    archive = tmp_path / "govuk-frontend-6.3.0.tgz"
    archive.write_bytes(b"something else")
    with pytest.raises(AssetsNotFetched, match="not the archive we know"):
        check(archive)
