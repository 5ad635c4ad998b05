"""The receiving mail server's word on the From address (RFC 8601): DMARC, else DKIM and SPF."""

import re
from email.message import Message as Part

from coord_service.domain.itip.addresses import same_domain
from coord_service.domain.itip.values import Authentication

COMMENT = re.compile(r"\([^()]*\)")
RESULT = re.compile(r"\b(dmarc|dkim|spf)\s*=\s*([a-z]+)", re.IGNORECASE)
SIGNED_BY = re.compile(r"header\.(?:d|i)\s*=\s*@?([\w.@-]+)", re.IGNORECASE)
BAD = {"fail", "permerror", "policy"}


def read_verdict(mail: Part, sender: str, authserv: str | None, *, must_vouch: bool = False) -> Authentication:
    """What Authentication-Results say of ``sender``; only those of the server named ``authserv``, when it is given.

    ``must_vouch``: one without any is MISSING, since that server writes them into every mail that it takes.

    Anyone can put such a header into a mail, but not a failing one into somebody else's: a failure counts wherever it
    stands among those believed.
    """
    headers = [COMMENT.sub(" ", str(each)) for each in mail.get_all("Authentication-Results", [])[:20]]
    verdicts = [_verdict(each, sender) for each in headers if authserv is None or _server(each) == authserv.lower()]
    if must_vouch and not verdicts:
        return Authentication.MISSING
    for verdict in (Authentication.FAILED, Authentication.PASSED):
        if verdict in verdicts:
            return verdict
    return Authentication.UNKNOWN


def _server(header: str) -> str:
    words = header.partition(";")[0].split()
    return words[0].lower() if words else ""


def _verdict(header: str, sender: str) -> Authentication:
    results: dict[str, set[str]] = {"dmarc": set(), "dkim": set(), "spf": set()}
    aligned = False
    for part in header.split(";")[1:]:
        for method, result in RESULT.findall(part):
            results[method.lower()].add(result.lower())
            signer = SIGNED_BY.search(part)
            if method.lower() == "dkim" and result.lower() == "pass" and signer:
                aligned = aligned or same_domain(f"@{signer[1].rpartition('@')[2].lower()}", sender)
    if "pass" in results["dmarc"] or (aligned and not results["dmarc"]):
        return Authentication.PASSED
    if results["dmarc"] & BAD:
        return Authentication.FAILED
    # Without DMARC's word: a broken signature and no word from SPF to make up for it.
    broken = results["dkim"] & BAD and "pass" not in results["dkim"] | results["spf"]
    return Authentication.FAILED if broken else Authentication.UNKNOWN
