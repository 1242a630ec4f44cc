"""What was said to models and what they said, for people to read.

A question repeats the conversation that led to it. Here each message stands once, below the
conversation that it goes on with.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awm.errors import UsageError
from awm.llm.journal_file import Exchange, JournalFile
from awm.llm.question import Message
from awm.types import JsonObject

__all__ = ["Conversation", "Turn", "as_markdown", "conversations", "exchange_as_json", "read"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer in a conversation.

    Attributes:
        asked: The messages that the conversation did not have before.
        exchange: The whole of it.
    """

    asked: tuple[Message, ...]
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Conversation:
    """Questions of which each goes on with the answer to the one before.

    Attributes:
        stage: What it was about.
        world: Of which world; empty where of none.
        turns: In the order in which they were asked.
    """

    stage: str
    world: str
    turns: tuple[Turn, ...]


def read(path: Path) -> Iterator[Exchange]:
    """What a journal holds, in the order in which the answers came.

    Args:
        path: The journal.

    Raises:
        UsageError: The journal is not there, damaged, something else, or in use.
    """
    if not path.is_file():
        raise UsageError(f"{path} is not there.", "Name the folder of a run that asked a model.")
    file = JournalFile(path)
    try:
        yield from file.exchanges()
    finally:
        file.close()


def conversations(exchanges: Iterable[Exchange]) -> tuple[Conversation, ...]:
    """Exchanges, those together of which one goes on with another; in the order they began."""
    begun: list[list[Turn]] = []
    ends: dict[tuple[Any, ...], int] = {}
    for exchange in exchanges:
        account, messages = exchange.entry.account, exchange.question.messages
        lengths = range(len(messages) - 1, 0, -1)
        known = next((n for n in lengths if (account, messages[:n]) in ends), 0)
        if known:
            number = ends.pop((account, messages[:known]))
        else:
            number = len(begun)
            begun.append([])
        begun[number].append(Turn(messages[known:], exchange))
        for said in {exchange.reply.text, exchange.reply.told}:
            ends[account, (*messages, Message("assistant", said, exchange.reply.calls))] = number
    return tuple(Conversation(*turns[0].exchange.entry.account, tuple(turns)) for turns in begun)


def as_markdown(told: Iterable[Conversation]) -> Iterator[str]:
    """Conversations as a page of Markdown, line by line."""
    place: tuple[str, str] | None = None
    for number, conversation in enumerate(told, 1):
        if place != (conversation.world, conversation.stage):
            place = (conversation.world, conversation.stage)
            yield f"## {conversation.world or 'no world'}: {conversation.stage}"
            yield ""
        yield f"### {number}"
        yield ""
        for turn in conversation.turns:
            for message in turn.asked:
                yield from _quoted(f"**{message.role}**", message.content)
            reply = turn.exchange.reply
            calls = (f"{call.name}({call.arguments})" for call in reply.calls)
            text = "\n".join([*filter(None, [reply.told]), *calls])
            yield from _quoted(f"**answer**, {_facts(turn.exchange)}", text)


def exchange_as_json(exchange: Exchange) -> JsonObject:
    """A JSON object of all its parts."""
    entry = exchange.entry
    stage, world = entry.account
    return {
        "stage": stage,
        "world": world,
        "model": entry.model,
        "prompt_tokens": entry.prompt_tokens,
        "completion_tokens": entry.completion_tokens,
        "seconds": entry.seconds,
        "usd": entry.usd,
        "question": exchange.question.to_json(),
        "reply": exchange.reply.to_json(),
    }


def _facts(exchange: Exchange) -> str:
    entry, reply = exchange.entry, exchange.reply
    held = "" if exchange.question.schema is None else ", held to a schema"
    cut = ", cut off" if reply.finish_reason == "length" else ""
    return (
        f"{entry.model}{held}{cut}: {entry.prompt_tokens:,} + {entry.completion_tokens:,} tokens,"
        f" {entry.seconds:,.1f} s"
    )


def _quoted(title: str, text: str) -> Iterator[str]:
    """A text between marks that do not stand in it."""
    marks = "```"
    while marks in text:
        marks += "`"
    yield from (title, "", marks, text.rstrip("\n"), marks, "")
