"""What a lead worker can decide about a mail that was held, and which of it is on offer."""

from enum import StrEnum

from coord_service.domain.itip import Question


class Decision(StrEnum):
    """What was decided about a held mail."""

    BELIEVE = "believe"  # this once
    REMEMBER = "remember"  # from now on: the sender's address is another one of this person
    IGNORE = "ignore"
    LET_IN = "let_in"
    SUBSTITUTE = "substitute"
    AGREE = "agree"
    REFUSE = "refuse"
    ANSWER = "answer"  # its words are an answer, which somebody has read out of them
    READ = "read"
    KEEP_DOCUMENT = "keep_document"  # what the mail brings is the advice that was asked for
    MOVE = "move"  # a proposed time, taken for everybody
    KEEP_TIME = "keep_time"
    OVERTAKEN = "overtaken"  # nobody decided: a later answer, or a change of the meeting, did


DECISION_NAMES = {
    Decision.BELIEVE: "believed this once",
    Decision.REMEMBER: "believed, and the address is known from now on",
    Decision.IGNORE: "not counted",
    Decision.LET_IN: "let in",
    Decision.SUBSTITUTE: "taken as somebody’s substitute",
    Decision.AGREE: "agreed",
    Decision.REFUSE: "refused",
    Decision.ANSWER: "put on record as their answer",
    Decision.READ: "read",
    Decision.KEEP_DOCUMENT: "its document was kept as the advice",
    Decision.MOVE: "the meeting was moved to it",
    Decision.KEEP_TIME: "the time was kept",
    Decision.OVERTAKEN: "overtaken",
}

# The questions that a decision answers with yes.
AGREES_TO = {
    Decision.BELIEVE: frozenset({Question.SENDER}),
    Decision.REMEMBER: frozenset[Question](),  # the address is known: nothing is left to ask
    Decision.LET_IN: frozenset({Question.STRANGER, Question.LIST}),
    Decision.SUBSTITUTE: frozenset({Question.STRANGER, Question.LIST, Question.DELEGATE}),
    Decision.AGREE: frozenset({Question.DELEGATE}),
}

_OFFERED: dict[Question | None, tuple[Decision, ...]] = {
    Question.SENDER: (Decision.BELIEVE, Decision.REMEMBER, Decision.IGNORE),
    Question.STRANGER: (Decision.LET_IN, Decision.SUBSTITUTE, Decision.REFUSE),
    Question.LIST: (Decision.LET_IN, Decision.SUBSTITUTE, Decision.REFUSE),
    Question.SUBSTITUTE: (Decision.SUBSTITUTE, Decision.REFUSE),
    Question.DELEGATE: (Decision.AGREE, Decision.REFUSE),
    Question.DATES: (Decision.ANSWER, Decision.READ),
    None: (Decision.ANSWER, Decision.READ),
}
LETS_IN = frozenset({Decision.LET_IN, Decision.SUBSTITUTE, Decision.AGREE})


def offered(question: Question | None, *, has_other_address: bool, is_attendee: bool) -> tuple[Decision, ...]:
    """What can be decided about a held mail, the most likely first.

    ``has_other_address``: it came from an address that nobody knows yet, and nothing else speaks against it.
    ``is_attendee``: its sender is somebody invited, so that its words may be an answer.
    """
    found = _OFFERED.get(question, ())
    without = {
        *([] if has_other_address else [Decision.REMEMBER]),
        *([] if is_attendee else [Decision.ANSWER]),
    }
    return tuple(each for each in found if each not in without)
