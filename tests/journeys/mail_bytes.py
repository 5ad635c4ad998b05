"""Everything that can be read out of a mail's bytes, and what of it must not be there."""

import email
import email.policy
import html
import re
from urllib.parse import unquote


def everything_in(raw: bytes) -> str:
    """A mail's bytes, and all that is in them: headers decoded, every part decoded, lines unfolded, names of files."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    found = [raw.decode("ascii"), *(f"{name}: {value}" for name, value in mail.items())]
    for part in mail.walk():
        found += [part.get_filename() or "", *map(str, part.values())]
        if not part.is_multipart():
            content = bytes(part.get_payload(decode=True)).decode()
            found += [content, html.unescape(content), re.sub(r"\r?\n[ \t]", "", content)]
    return unquote("\n".join(found))


def found_in(words: str, canaries: tuple[str, ...]) -> list[str]:
    return [each for each in canaries if each in words.lower()]
