"""What counts as an e-mail address: what mail servers take in practice, not all that RFC 5322 allows."""

import re

_SHAPE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")

SHAPE_SENTENCE = "Enter an e-mail address in the correct format, like name@example.org"


def has_address_shape(text: str) -> bool:
    """Whether mail can be sent there, judging by the shape: lengths of RFC 5321 §4.5.3.1, no quotes, no comments."""
    local = text.partition("@")[0]
    has_odd_dots = local.startswith(".") or local.endswith(".") or ".." in local
    return bool(_SHAPE.fullmatch(text)) and len(text) <= 254 and len(local) <= 64 and not has_odd_dots
