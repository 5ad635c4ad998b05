"""The Letters port: a letter's words and its calendar part become one message, ready to send."""

from dataclasses import dataclass
from datetime import datetime

from coord_service.ports import LetterOrder, WrittenLetter
from integrations.mail.compose import Mail, compose
from integrations.mail.letters import write_words


@dataclass(frozen=True, slots=True)
class Stationery:
    """Writes letters in the council's name, from the mailbox that answers come back to."""

    from_name: str
    from_address: str
    house_facts: dict[str, str]  # council, phone: in reach of every letter

    def write(self, order: LetterOrder, now: datetime) -> WrittenLetter:
        """The finished message, dated ``now``."""
        words = write_words(order.letter, {**self.house_facts, "to_name": order.to_name, **order.facts})
        content = compose(
            Mail(
                sender=(self.from_name, self.from_address),
                recipient=(order.to_name, order.to_address),
                subject=words.subject,
                text=words.text,
                html=words.html,
                message_id=order.message_id,
                date=now,
                calendar=order.calendar,
            )
        )
        return WrittenLetter(subject=words.subject, text=words.text, html=words.html, content=content)
