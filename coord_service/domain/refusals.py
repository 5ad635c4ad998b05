"""What a mail server's refusal of a letter means, in words that say what to do."""

import re

# Enhanced status code (RFC 3463), or the plain reply code, of a refusal -> what a lead worker can do about it.
REFUSALS = (
    (r"5\.1\.(1|0|6)\b", "there is no mailbox {recipient}: ask for the right address"),
    (r"5\.1\.(2|10)\b|5\.4\.4\b", "no mail can reach {domain}: ask for the right address"),
    (r"5\.1\.3\b|^553\b", "{recipient} is not written as a mail address: correct it"),
    (r"5\.6\.7\b", "the mail server of {domain} can't take the letters in {recipient}: ask for another address"),
    (r"5\.(2\.3|3\.4)\b", "the mail is too large for {recipient}: send it by another way"),
    (r"5\.2\.2\b|^552\b", "the mailbox of {recipient} is full: ring them, or ask for another address"),
    (r"5\.2\.1\b", "the mailbox of {recipient} has been closed: ask for another address"),
    (r"5\.7\.\d+\b", "the mail server of {domain} does not take mail from us: tell whoever runs our mail"),
    (r"^55[01]\b", "the mail server does not know or does not take {recipient}: ask for the right address"),
)


def advice_on(answer: str, recipient: str, otherwise: str) -> str:
    """What to do about a refusal of a mail to this address; ``otherwise`` (with {recipient}) where no code says it."""
    advice = next((text for pattern, text in REFUSALS if re.search(pattern, answer)), otherwise)
    sentence = advice.format(recipient=recipient, domain=recipient.rpartition("@")[2])
    return f"{sentence[0].upper()}{sentence[1:]}"
