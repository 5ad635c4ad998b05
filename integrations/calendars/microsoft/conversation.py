"""Asking Graph: signed in, at most four at once a mailbox, patient where throttled, and never beyond the time limit."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from weakref import WeakValueDictionary

from coord_service.errors import CalendarNonsense, CalendarTimedOut, SignInRefused, Throttled
from integrations.calendars.microsoft.account import GraphAccount
from integrations.calendars.microsoft.line import Answer, Line, Request
from integrations.calendars.microsoft.refusals import Surprise, TokenLost, trouble_of
from integrations.calendars.microsoft.sign_in import SignIn

AT_ONCE = 4  # requests of one app to one mailbox that Outlook takes at the same time; the fifth is refused
MOST_WAITS = 3
NONSENSE = "Microsoft 365 answered something that can’t be understood."
Json = dict[str, Any]
T = TypeVar("T")


class Door:
    """What all connections of this process to one mailbox share: its four requests, and one change after the other."""

    def __init__(self) -> None:
        self.gate, self.turn = asyncio.Semaphore(AT_ONCE), asyncio.Lock()


_doors: WeakValueDictionary[tuple[str, str, str], Door] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Question:
    """One request to Graph: a path below the mailbox, or the whole address of a page or delta link of Graph's own."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json | None = field(default=None, repr=False)
    prefer: str = ""
    etag: str = ""


class Graph:
    """Graph for one mailbox. ``pause`` waits so many seconds."""

    def __init__(self, account: GraphAccount, pause: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._account, self._pause = account, pause
        self._line = Line(account.seconds, account.trust)
        self._sign_in = SignIn(account, self._line)
        key = (account.cloud.graph, account.client_id, account.mailbox)
        self._door = _doors.setdefault(key, Door())

    @property
    def turn(self) -> asyncio.Lock:
        """Held while an event is looked for and changed."""
        return self._door.turn

    @asynccontextmanager
    async def conversation(self) -> AsyncIterator["Conversation"]:
        """What one call of the port asks, all within its time limit. Raises CalendarTimedOut at its end."""
        if self._account.problem:
            raise SignInRefused(self._account.problem)
        try:
            async with asyncio.timeout(self._account.seconds) as limit:
                yield Conversation(self, limit.when() or 0.0)
        except TimeoutError:
            raise CalendarTimedOut("Microsoft 365 did not answer in time.") from None
        except Surprise as surprise:
            raise CalendarNonsense(str(surprise)) from None

    async def answer(self, question: Question, deadline: float) -> Answer:
        """The answer, signed in anew once where the token is no longer taken, waited for where that is soon."""
        stale, waits = "", 0
        while True:
            token = await self._sign_in.token(stale)
            async with self._door.gate:
                answer = await self._line.send(self._request(question, token))
            if answer.status == 401 and not stale:
                stale = token
                continue
            patience = deadline - asyncio.get_running_loop().time()
            wait = _wait_of(answer)
            if wait is None or wait >= patience or waits >= MOST_WAITS:
                return answer
            waits += 1
            await self._pause(wait)

    def _request(self, question: Question, token: str) -> Request:
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Prefer": ", ".join(filter(None, ('outlook.timezone="UTC"', question.prefer))),
        }
        body = None if question.body is None else json.dumps(question.body).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        if question.etag:
            headers["If-Match"] = question.etag
        return Request(question.method, self._address(question), headers, body)

    def _address(self, question: Question) -> str:
        """Raises TokenLost for a link that leads elsewhere: our token goes to Graph and nobody else."""
        base = f"{self._account.cloud.graph}/v1.0/"
        if not question.path.startswith("/"):
            if not question.path.startswith(base) or not question.path.isascii():
                raise TokenLost("Microsoft 365 named a next page that is not its own.")
            return question.path
        query = urlencode(question.query, quote_via=quote, safe="$'(),:/@")
        mailbox = quote(self._account.mailbox, safe="@")
        return f"{base}users/{mailbox}{question.path}{'?' if query else ''}{query}"

    async def close(self) -> None:
        """Leave."""
        await self._line.close()


class Conversation:
    """The questions of one call."""

    def __init__(self, graph: Graph, deadline: float) -> None:
        self._graph, self._deadline = graph, deadline

    @property
    def patience(self) -> float:
        """How many seconds are left."""
        return self._deadline - asyncio.get_running_loop().time()

    async def ask(self, question: Question) -> Json:
        """The JSON object of a successful answer, empty where there is none. Raises a CalendarTrouble."""
        answer = await self._graph.answer(question, self._deadline)
        if answer.status == 400 and not question.path.startswith("/"):
            raise TokenLost("Microsoft 365 no longer takes a link that it gave.")
        if trouble := trouble_of(answer):
            raise trouble
        if not answer.content:
            return {}
        try:
            found = json.loads(answer.content)
        except (ValueError, RecursionError):
            raise CalendarNonsense(NONSENSE) from None
        if not isinstance(found, dict):
            raise CalendarNonsense(NONSENSE)
        if b"\\ud" in answer.content.lower():
            found = {name: _mended(value) for name, value in found.items()}
        return found

    async def list_all(self, question: Question, most: int) -> list[Json]:
        """The items of all pages. Raises CalendarNonsense beyond ``most`` of them: such a list has no end."""
        items: list[Json] = []
        while True:
            page = await self.ask(question)
            items += items_of(page)
            if len(items) > most:
                raise CalendarNonsense("Microsoft 365 sent a list without end.")
            if not (link := page.get("@odata.nextLink")):
                return items
            question = replace(question, path=str(link), query={})


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of all of them; the first trouble ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except ExceptionGroup as troubles:
        raise troubles.exceptions[0] from None
    return [task.result() for task in tasks]


def items_of(page: Json) -> list[Json]:
    """The items of a collection. Raises CalendarNonsense."""
    items = page.get("value")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CalendarNonsense(NONSENSE)
    return items


def _mended(value: Any) -> Any:
    """The same without halves of characters: Microsoft cuts previews of texts off in the middle of an emoji."""
    if isinstance(value, dict):
        return {name: _mended(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def _wait_of(answer: Answer) -> float | None:
    """For how many seconds the server wants to be left alone; None when it does not say so."""
    trouble = trouble_of(answer)
    if not isinstance(trouble, Throttled) or trouble.retry_after is None:
        return None
    return trouble.retry_after.total_seconds()
