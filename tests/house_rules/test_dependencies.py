"""What we stand on is written down, and nothing of ours says where a machine gets it."""

import re
import tomllib

from tests.house_rules.tracked import ROOT, tracked

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# Written in pieces, so that this file does not name them either.
HOSTS = re.compile("|".join(re.escape(name + end) for name, end in (
    ("pypi", ".org"), ("pythonhosted", ".org"), ("npmjs", ".org"), ("npmjs", ".com"), ("yarnpkg", ".com"),
    ("proxy.golang", ".org"), ("crates", ".io"), ("rubygems", ".org"), ("registry.docker", ".io"), ("ghcr", ".io"),
)))  # fmt: skip


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def asked_for() -> set[str]:
    extras = PROJECT["optional-dependencies"].values()
    asked = {name_of(line) for group in (PROJECT["dependencies"], *extras) for line in group}
    return asked - {PROJECT["name"]}


def test_every_dependency_has_a_line_that_says_why():
    table = (ROOT / "docs/decisions/0001-dependencies.md").read_text()
    documented = {name_of(name) for name in re.findall(r"(?m)^\| ([a-z0-9._-]+) \|", table)}
    assert documented - {"package"} == asked_for()


def test_every_dependency_is_locked_with_hashes():
    pins = re.split(r"(?m)^(?=[a-z0-9])", (ROOT / "requirements.lock").read_text())
    locked = {name_of(pin): "--hash=sha256:" in pin for pin in pins if pin.strip() and not pin.startswith("#")}
    assert [name for name in sorted(asked_for()) if name not in locked] == []
    assert [name for name, has_hash in locked.items() if not has_hash] == []


def test_the_lock_names_no_host_to_download_from():
    lock = (ROOT / "requirements.lock").read_text()
    assert re.findall(r"(?m)://|--(?:extra-)?index-url|--find-links|--trusted-host", lock) == []


def test_no_tracked_file_names_a_package_registry():
    found = {str(path.relative_to(ROOT)): HOSTS.findall(path.read_text(errors="replace")) for path in tracked()}
    assert {name: hosts for name, hosts in found.items() if hosts} == {}
