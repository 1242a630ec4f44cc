"""What a request asks: which prompt it is, and what stands in it between tags.

The author that asks a language model says so in its messages: the system message begins with the
line `awm prompt <name> v<version>`, and what a question is about stands between tags in the first
user message (see `awm.synthesis.llm_author.prompts`). Judges are known by their own first
lines.
"""

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from awm.llm import Message
from awm.rollout import analysis_judge
from awm.verify import judge

__all__ = ["JUDGE", "PLAN_JUDGE", "Asked", "MisaskedError"]

JUDGE: Final = "judge"
"""The name under which the prompt of the judge of outcomes is known here."""

PLAN_JUDGE: Final = "plan"
"""Likewise that of the judge of plans."""

_HEAD: Final = re.compile(r"awm prompt (\w+) v\d+")
_TASK: Final = re.compile(r'<task number="(\d+)">(.*?)</task>', re.DOTALL)


class MisaskedError(Exception):
    """A request is no question; says in which respect."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came in.

    Attributes:
        model: Which model is asked.
        messages: The conversation.
        max_tokens: How long the answer may be.
        schema: JSON Schema of the answer; empty where none was sent.
        key: The same for equal questions only, however their answers are constrained: a client
            may leave that out when it asks again.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int | None
    schema: Mapping[str, Any]
    key: str

    @classmethod
    def read(cls, body: Any) -> "Asked":
        """Read the body of a request for a chat completion.

        Raises:
            MisaskedError: It is none.
        """
        try:
            messages = tuple(
                Message(each["role"], _text(each.get("content"))) for each in body["messages"]
            )
            limit = body.get("max_completion_tokens") or body.get("max_tokens")
            schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema", {})
            model = str(body.get("model") or "")
            varied = (body.get("temperature"), body.get("seed"), limit)
        except (KeyError, TypeError, AttributeError) as error:
            raise MisaskedError(f"this is no chat completion request: {error!r}") from error
        if not messages:
            raise MisaskedError("there is no message")
        return cls(model, messages, limit, schema, _key(model, messages, varied))

    @property
    def prompt(self) -> str:
        """The prompt's name; empty for a conversation that is none of ours."""
        first = self.messages[0].content
        found = _HEAD.match(first)
        if found is not None:
            return found[1]
        return _judges().get(_first_line(first), "")

    @property
    def about(self) -> str:
        """The first user message, in which what the question is about stands between tags."""
        return next((each.content for each in self.messages if each.role == "user"), "")

    @property
    def title(self) -> str:
        """The scenario that it is about."""
        return self.tagged("scenario").strip()

    @property
    def task(self) -> tuple[int, str]:
        """The number and the sentence of the task that it is about; -1 where it is about none."""
        found = _TASK.search(self.about)
        return (int(found[1]), html.unescape(found[2]).strip()) if found else (-1, "")

    @property
    def turns(self) -> tuple[tuple[str, str], ...]:
        """What was answered in this conversation so far, each with what came back."""
        following = [*self.messages[1:], None]
        return tuple(
            (said.content, told.content if told is not None else "")
            for said, told in zip(self.messages, following, strict=True)
            if said.role == "assistant"
        )

    def tagged(self, tag: str) -> str:
        """What stands between a tag and its end; empty where it does not occur."""
        opening, closing = f"<{tag}>", f"</{tag}>"
        _, found, rest = self.about.partition(opening)
        return html.unescape(rest.partition(closing)[0]) if found else ""

    def lines(self, tag: str) -> tuple[str, ...]:
        """The lines between a tag and its end that are not empty, without marks of a list."""
        lines = (line.strip().removeprefix("- ") for line in self.tagged(tag).splitlines())
        return tuple(line for line in lines if line)


def _text(content: Any) -> str:
    """The text of a message: a string, or parts of which some are text."""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content or () if part.get("type") == "text")


def _key(model: str, messages: tuple[Message, ...], varied: tuple[Any, ...]) -> str:
    digest = hashlib.blake2b(repr((model, varied)).encode(), digest_size=16)
    for each in messages:
        content = each.content.encode(errors="replace")
        digest.update(f"\x1e{each.role}\x1f{len(content)}\x1f".encode())
        digest.update(content)
    return digest.hexdigest()


@cache
def _judges() -> Mapping[str, str]:
    """The names of the prompts of judges, by how they begin."""
    files = {
        JUDGE: resources.files("awm.verify") / "prompts" / f"{judge.PROMPT}.md",
        PLAN_JUDGE: resources.files("awm.rollout") / "prompts" / f"{analysis_judge.PROMPT}.md",
    }
    return {_first_line(file.read_text(encoding="utf-8")): name for name, file in files.items()}


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
