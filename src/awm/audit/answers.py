"""Answers that are wrong, from one that is right."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from awm.verify.facts import Fact, missing_facts

__all__ = ["EMPTY", "wrong_answers"]

EMPTY: Final[tuple[tuple[str | None, str], ...]] = (
    (None, "no answer"),
    ("", "an empty answer"),
    ("Done. The task has been completed as you asked.", "an answer that says nothing"),
)
"""Answers that hold no fact, and what they are called."""

_DATE: Final = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_NUMBER: Final = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])")
_MOST: Final = 6


def wrong_answers(
    answer: str, facts: tuple[Fact, ...], task: str, *, declared: bool = False
) -> Iterator[tuple[str | None, str]]:
    """Answers that lack a fact or state it wrongly, and what is wrong with each; nearest first.

    None of them holds every fact. Facts that were read from the answer, rather than declared, may
    only repeat what was asked: who leaves `OP-10019` out when telling what that order cost is not
    wrong. No answer is made wrong in such a place alone.

    Args:
        answer: The right answer.
        facts: What it has to contain.
        task: The task's sentence, which many an agent repeats.
        declared: Whether somebody said that each of the facts is needed.
    """
    asked = facts if declared else missing_facts(facts, task)
    # Where everything was asked, as when the answer is one of two that the task names, all count.
    telling = asked or facts
    candidates = [
        *_altered(answer),
        *_lacking(answer, telling),
        (task, "the task's own words"),
        ("I could not find that out.", "an answer that gives up"),
        *EMPTY,
    ]
    seen: set[str | None] = set()
    for text, why in candidates:
        if text not in seen and missing_facts(telling, text):
            seen.add(text)
            yield text, why


def _altered(answer: str) -> Iterator[tuple[str, str]]:
    """The answer with one date a day later, or one number raised by one."""
    dates = list(_DATE.finditer(answer))
    for match in dates[:_MOST]:
        try:
            later = date(*map(int, match.groups())) + timedelta(days=1)
        except (ValueError, OverflowError):
            continue
        yield _put(answer, match, later.isoformat()), f"{later} for {match[0]}"
    spans = [match.span() for match in dates]
    for match in list(_NUMBER.finditer(answer))[:_MOST]:
        if not any(start <= match.start() < end for start, end in spans):
            raised = _raised(match[0])
            yield _put(answer, match, raised), f"{raised} for {match[0]}"


def _lacking(answer: str, facts: tuple[Fact, ...]) -> Iterator[tuple[str, str]]:
    """The answer without the words of one fact."""
    for fact in facts[:_MOST]:
        for wording in fact.wordings:
            place = answer.casefold().find(wording.casefold())
            if place >= 0:
                yield answer[:place] + answer[place + len(wording) :], f"without {wording!r}"
                break


def _put(answer: str, match: re.Match[str], text: str) -> str:
    return answer[: match.start()] + text + answer[match.end() :]


def _raised(number: str) -> str:
    """A number one higher in the digit that counts: 34.97 becomes 35.97, 1,194 becomes 1,195."""
    digits = list(number)
    last = max(number.find("."), 0) or len(number)
    for place in range(last - 1, -1, -1):
        if digits[place].isdigit():
            carry = digits[place] == "9"
            digits[place] = "0" if carry else str(int(digits[place]) + 1)
            if not carry:
                return "".join(digits)
    return "1" + "".join(digits)
