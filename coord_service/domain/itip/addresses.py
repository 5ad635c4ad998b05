"""Calendar user addresses, made comparable (ITIP.md §2.12)."""

import re
from urllib.parse import unquote

LONGEST_ADDRESS = 320
# What no eye sees, and no address has: controls, quotes, zero-width and direction marks.
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\"\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ud800-\udfff]")
# What ends an address in a header or a calendar line.
BREAKS = re.compile(r"[\s<>\"(),;:\\\x00-\x1f\x7f]")


def bare_address(text: str) -> str:
    """An address without ``mailto:``, percent signs and case, its domain in the ASCII form of IDN; "" for none.

    Of ``"Dr Shah" <shah@…>`` it is what stands in the brackets. What isn't a mail address (``urn:uuid:…``) is returned
    lower-case as it stands, so that it can still be compared.
    """
    value = UNSEEN.sub("", text.strip()[: LONGEST_ADDRESS * 4]).strip("<> ")
    if value[:7].lower() == "mailto:":
        value = value[7:].partition("?")[0]
        value = unquote(value) if "%" in value else value
    if "<" in value:
        value = value.rpartition("<")[2].partition(">")[0]
    value = "".join(UNSEEN.sub("", value).split()).lower()
    local, at, domain = value[: LONGEST_ADDRESS * 2].rpartition("@")
    if not at or value.isascii():
        return value[:LONGEST_ADDRESS]
    return f"{local}@{_ascii_domain(domain[:255])}"[:LONGEST_ADDRESS]


def is_mail_address(address: str) -> bool:
    """Whether mail can be sent to a bare address: one @, something on both sides, nothing that breaks a header."""
    local, at, domain = address.rpartition("@")
    return bool(at and local and domain) and "@" not in local and not BREAKS.search(address)


def same_domain(one: str, other: str) -> bool:
    """Whether two bare addresses belong to the same organisation: equal domains, or one below the other."""
    first, second = one.rpartition("@")[2], other.rpartition("@")[2]
    return bool(first) and (first == second or first.endswith(f".{second}") or second.endswith(f".{first}"))


def _ascii_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
