"""Whether two names may be one person's, so that nobody is entered twice."""

import re
import unicodedata
from difflib import SequenceMatcher

_TITLES = {"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "rev", "sir", "dame"}
_NEAR = 0.86  # one slip in a short name, two in a long one


def name_words(name: str) -> list[str]:
    """The words of a name as they are compared: no titles, accents, case or punctuation."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(mark for mark in plain if not unicodedata.combining(mark))
    words = re.findall(r"[^\W_]+", letters.replace("'", "").replace("’", ""))
    return [word for word in words if word not in _TITLES] or words


def near_same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's: equal words in any order, an initial for a first name, or a slip."""
    first, second = sorted(name_words(one)), sorted(name_words(other))
    if not first or not second:
        return False
    if first == second or _initials_fit(name_words(one), name_words(other)):
        return True
    return SequenceMatcher(None, " ".join(first), " ".join(second)).ratio() >= _NEAR


def _initials_fit(one: list[str], other: list[str]) -> bool:
    """J Shah and Jaya Shah; Shah alone and Jaya Shah."""
    if one[-1] != other[-1]:
        return False
    if len(one) == 1 or len(other) == 1:
        return True
    first, second = one[0], other[0]
    return first[0] == second[0] and 1 in {len(first), len(second)}
