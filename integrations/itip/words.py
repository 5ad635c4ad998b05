"""What a person wrote by hand: the newest part of a plain mail, without what they quoted."""

import html
import re
from email.message import Message as Part

from mailparser_reply import EmailReplyParser

from integrations.itip.mime import own_parts, text_of

MOST_CHARACTERS, MOST_LINES, WIDEST_LINE = 20_000, 400, 1_000
NEW_LINE_TAGS = {"br", "p", "/p", "div", "/div", "tr", "/tr", "li", "h1", "h2", "h3"}
QUOTE_TAGS = re.compile(
    r"blockquote|div[^>]{0,200}(gmail_quote|divRplyFwdMsg|yahoo_quoted|OutlookMessageHeader)", re.IGNORECASE
)


def written_text(mail: Part) -> str:
    """The text of a mail, quotes and signature stripped; of an HTML mail the text it shows."""
    leaves = [each for each in own_parts(mail) if not each.get_filename()]
    plain = next((each for each in leaves if each.get_content_type() == "text/plain"), None)
    if plain is not None:
        return _newest(_bounded(text_of(plain)))
    shown = next((each for each in leaves if each.get_content_type() == "text/html"), None)
    return _newest(_bounded(text_in_html(text_of(shown)[: 10 * MOST_CHARACTERS]))) if shown is not None else ""


def text_in_html(markup: str) -> str:
    """The text an HTML page shows, up to the first quoted mail. One pass, whatever is unclosed."""
    pieces: list[str] = []
    hidden = ""
    for index, piece in enumerate(markup.split("<")):
        tag, closed, text = piece.partition(">")
        if index == 0:
            pieces.append(piece)
            continue
        name = tag.split(maxsplit=1)[0].lower().rstrip("/") if tag.strip() else ""
        if hidden:
            hidden = "" if name == f"/{hidden}" else hidden
        elif name in {"script", "style", "head", "title"}:
            hidden = name
        elif QUOTE_TAGS.match(tag[:400]):
            break
        elif closed:
            pieces += ["\n" if name in NEW_LINE_TAGS else "", text]
    return html.unescape("".join(pieces))


def _bounded(text: str) -> str:
    # Neither can be kept in a database: half a character, and the one that ends a string.
    kept = text[:MOST_CHARACTERS].encode("utf-8", "replace").decode().replace("\0", "")
    lines = kept.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:MOST_LINES]
    return "\n".join(each[:WIDEST_LINE].rstrip() for each in lines).strip()


def _newest(text: str) -> str:
    if not text:
        return ""
    reply = EmailReplyParser(languages=["en"]).parse_reply(text)
    return (reply or text).strip()
