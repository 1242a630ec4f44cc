"""The file behind a journal: questions, answers and vectors in SQLite, one transaction each.

Conversations say the same again and again: each text is kept once, compressed, by its digest.
It is written ahead (https://sqlite.org/wal.html), so that a process that is killed leaves a sound
file with every answer that was written; after a power cut the last few may be missing. One process
at a time holds the file, and its lock goes when the process does.
"""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from awm.errors import UsageError
from awm.llm.ledger import Account, Spent
from awm.llm.question import Question, Reply

__all__ = ["Entry", "Exchange", "JournalFile"]

_APPLICATION: Final = 0x41574D4A
"""Says in the file's header that it is a journal ("AWMJ")."""
_VERSION: Final = 2
_LARGE: Final = frozenset({"schema", "tools"})
"""What else of a question is kept as a text of its own: it is the same in many."""
_ANY_TEXT: Final = "surrogatepass"
"""Models answer with half characters, and are told what they answered."""
_WAIT_SECONDS: Final = 0.5
"""How long to wait for a process that is about to leave the file."""

_SCHEMA: Final = f"""
BEGIN EXCLUSIVE;
CREATE TABLE answers (
    key TEXT PRIMARY KEY,
    stage TEXT NOT NULL,
    world TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL,
    usd REAL,
    question TEXT NOT NULL,
    reply TEXT NOT NULL
);
CREATE TABLE texts (digest TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE batches (
    stage TEXT NOT NULL,
    world TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL,
    usd REAL
);
CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""
"""`question` is `Question.to_json()` with digests instead of its texts, schema and tools. `batches`
are the requests in which `vectors` came: what is paid for is a request."""

_PAID: Final = """(
    SELECT stage, world, prompt_tokens, completion_tokens, seconds, usd FROM answers
    UNION ALL
    SELECT stage, world, prompt_tokens, completion_tokens, seconds, usd FROM batches
)"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was paid for.

    Attributes:
        account: For what.
        model: Who answered, by the name it was asked by.
        prompt_tokens: What was asked, in tokens.
        completion_tokens: What was answered, in tokens.
        seconds: How long it took.
        usd: What it cost; None where nobody knows.
    """

    account: Account
    model: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    usd: float | None

    @property
    def spent(self) -> Spent:
        """The same, to be added up."""
        tokens = (self.prompt_tokens, self.completion_tokens)
        return Spent(1, 0, *tokens, self.usd or 0.0, int(self.usd is None), self.seconds)

    @property
    def row(self) -> tuple[Any, ...]:
        """The columns that both tables of what was paid for have."""
        tokens = (self.prompt_tokens, self.completion_tokens)
        return (*self.account, self.model, *tokens, self.seconds, self.usd)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer.

    Attributes:
        entry: What it was for, and what it took.
        question: What was asked.
        reply: What was answered.
    """

    entry: Entry
    question: Question
    reply: Reply


class JournalFile:
    """An open journal. Nothing of it is held in memory but what SQLite's cache holds.

    Args:
        path: Where it is; made where nothing is there.

    Raises:
        UsageError: It is damaged, something else, in use, or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._problems():
            # Statements are whole transactions unless they begin one themselves.
            self._connection = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            self._open()
        except BaseException:  # whatever it is goes on; the file has to be let go of
            self._connection.close()
            raise

    def answer(self, key: str) -> Reply | None:
        """The answer to a question; None if there is none."""
        rows = self._rows("SELECT reply FROM answers WHERE key = ?", (key,))
        if not rows:
            return None
        try:
            return Reply.from_json(json.loads(rows[0][0]))
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged("an answer in it cannot be read") from error

    def add_answer(self, key: str, entry: Entry, question: Question, reply: Reply) -> None:
        """Write down an answer and what was asked; all is in the file when this returns."""
        told, texts = _shortened(question)
        row = (key, *entry.row, json.dumps(told), json.dumps(reply.to_json()))
        with self._problems(), self._transaction():
            for digest, text in texts.items():
                if not self._rows("SELECT 1 FROM texts WHERE digest = ?", (digest,)):
                    content = zlib.compress(_encoded(text))
                    self._connection.execute("INSERT INTO texts VALUES (?, ?)", (digest, content))
            marks = ", ".join("?" * len(row))
            self._connection.execute(f"INSERT INTO answers VALUES ({marks})", row)  # noqa: S608

    def exchanges(self) -> Iterator[Exchange]:
        """All that was asked and answered, in the order in which the answers came."""
        rows = self._rows(
            "SELECT stage, world, model, prompt_tokens, completion_tokens, seconds, usd, question,"
            " reply FROM answers ORDER BY rowid"
        )
        for stage, world, *paid, question, reply in rows:
            try:
                asked = self._in_full(json.loads(question))
                answered = Reply.from_json(json.loads(reply))
            except (ValueError, KeyError, TypeError, zlib.error) as error:
                raise self._damaged("a question or an answer in it cannot be read") from error
            yield Exchange(Entry((stage, world), *paid), asked, answered)

    def vectors(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Those of some vectors that are there."""
        found = {}
        for key in keys:
            for (vector,) in self._rows("SELECT vector FROM vectors WHERE key = ?", (key,)):
                found[key] = vector
        return found

    def add_vectors(self, entry: Entry, vectors: Iterable[tuple[str, bytes]]) -> None:
        """Write down what came in one request; all of it is in the file when this returns."""
        with self._problems(), self._transaction():
            self._connection.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?)", entry.row)
            self._connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", vectors)

    def spent(self) -> dict[Account, Spent]:
        """What was paid, by what for."""
        rows = self._rows(
            "SELECT stage, world, count(*), sum(prompt_tokens), sum(completion_tokens),"  # noqa: S608
            f" coalesce(sum(usd), 0.0), count(*) - count(usd), sum(seconds) FROM {_PAID}"
            " GROUP BY stage, world"
        )
        return {
            (stage, world): Spent(asked, 0, prompt, completion, usd, unpriced, seconds)
            for stage, world, asked, prompt, completion, usd, unpriced, seconds in rows
        }

    def close(self) -> None:
        """Let go of it; closing twice is all right."""
        self._connection.close()

    def _open(self) -> None:
        # Before anything is written: it may be somebody else's.
        self._rows("PRAGMA locking_mode = EXCLUSIVE")
        ((application,),) = self._rows("PRAGMA application_id")
        ((version,),) = self._rows("PRAGMA user_version")
        ((tables,),) = self._rows("SELECT count(*) FROM sqlite_master")
        is_new = (application, version, tables) == (0, 0, 0)
        if not is_new and (application, version) != (_APPLICATION, _VERSION):
            raise UsageError(
                f"{self._path} is no journal of answers of this version.", "Name another file."
            )
        self._rows("PRAGMA journal_mode = WAL")
        self._rows("PRAGMA synchronous = NORMAL")
        with self._problems():
            if is_new:
                self._connection.executescript(_SCHEMA)
            else:
                self._connection.executescript("BEGIN EXCLUSIVE; COMMIT;")  # takes the lock

    def _in_full(self, told: dict[str, Any]) -> Question:
        messages = [{**each, "content": self._text(each["content"])} for each in told["messages"]]
        large = {part: json.loads(self._text(told[part])) for part in _LARGE if told.get(part)}
        return Question.from_json({**told, "messages": messages, **large})

    def _text(self, digest: str) -> str:
        ((content,),) = self._rows("SELECT content FROM texts WHERE digest = ?", (digest,))
        return zlib.decompress(content).decode(errors=_ANY_TEXT)

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._problems():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:  # whatever it is goes on; nothing is to be written by halves
            if self._connection.in_transaction:  # SQLite goes back by itself where a disk is full
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def _problems(self) -> Iterator[None]:
        """Say in our words what SQLite says in its own."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise UsageError(
                    f"{self._path} is in use by another process.",
                    "Wait until that has ended, or name another file.",
                ) from error
            if code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                raise self._damaged(str(error)) from error
            raise UsageError(
                f"{self._path} cannot be used: {error}.", "Check the place and its free space."
            ) from error

    def _damaged(self, what: str) -> UsageError:
        return UsageError(
            f"{self._path} is damaged, or no journal of answers: {what}.",
            "Move it away: a new one is begun, and its answers are asked for again.",
        )


def _shortened(question: Question) -> tuple[dict[str, Any], dict[str, str]]:
    """A question with digests instead of what is large, and that by its digests."""
    texts: dict[str, str] = {}

    def kept(text: str) -> str:
        digest = hashlib.sha256(_encoded(text)).hexdigest()
        texts[digest] = text
        return digest

    told = question.to_json()
    for message in told["messages"]:
        message["content"] = kept(message["content"])
    for part in _LARGE:
        if told.get(part) is not None:
            told[part] = kept(json.dumps(told[part]))
    return told, texts


def _encoded(text: str) -> bytes:
    return text.encode(errors=_ANY_TEXT)
