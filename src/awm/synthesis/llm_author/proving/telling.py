"""What a task asks to be told, found out from an answer that was accepted.

An agent says more than it was asked: "Invoice INV-0039 over EUR 106.07" where the amount was asked
for. Whoever leaves out the rest is not wrong, and a verifier that does not look for it is not
either. So the answer is cut down, piece by piece, for as long as the task's verifier accepts it;
and whether the rest is enough for the task, the second opinion decides.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from awm.verify import Fact, extract_facts, missing_facts

__all__ = ["Accepts", "asks_to_be_told", "new_facts", "pieces_needed"]

_TOLD: Final = re.compile(
    r"\?|\b(?:tell|let me know|report|return|list|show|give me|answer|state (?:the|which|how)"
    r"|summar\w+|name (?:the|all|each|every|those|which|them)|how (?:many|much)|find out|fetch"
    r"|retrieve|compute|calculate|count|compare|identify|look up|provide me"
    r"|i (?:want|need|would like) to know)\b",
    re.IGNORECASE,
)
"""What sentences say that ask to be told something."""

_WORD: Final = re.compile(r"[^\W_][\w.'-]*[^\W_]|[^\W_]")
_MOST_WORDS: Final = 60
_MOST_TRIED: Final = 40

Accepts: TypeAlias = Callable[[str], Awaitable[bool]]
"""Whether a verifier accepts what was done with these words as the answer."""


def asks_to_be_told(sentence: str) -> bool:
    """Whether a task asks for an answer, as far as its words show."""
    return _TOLD.search(sentence) is not None


def new_facts(answer: str | None, sentence: str) -> tuple[Fact, ...]:
    """The facts of an answer that its task does not give; where it gives all, all of them."""
    facts = extract_facts(answer) if answer else ()
    return missing_facts(facts, sentence) or facts


async def pieces_needed(
    answer: str, facts: Sequence[Fact], accepts: Accepts
) -> tuple[Fact, ...] | None:
    """What an answer has to hold for a verifier to accept it.

    Args:
        answer: One that it accepts.
        facts: What the answer holds.
        accepts: The verifier.

    Returns:
        The facts that are left when none can be left out any more, and words where facts alone are
        not enough; each with what may stand in its place. None where that cannot be told, as with a
        verifier that accepts any answer.
    """
    if await accepts(""):
        return None
    pieces = [fact.wordings[0] for fact in facts]
    left, shorter = await _cut(answer, pieces, accepts)
    if not await accepts(_joined(left)):
        pieces = [*dict.fromkeys(_WORD.findall(answer)[:_MOST_WORDS])]
        left, _ = await _cut(shorter, _WORD.findall(shorter)[:_MOST_WORDS], accepts)
        left = [*dict.fromkeys(left)]
    if not await accepts(_joined(left)):
        return None
    left = await _fewest(left, accepts)
    gone = [piece for piece in pieces if piece not in left][:_MOST_TRIED]
    return tuple([await _with_others(place, left, gone, accepts) for place in range(len(left))])


async def _cut(answer: str, pieces: Sequence[str], accepts: Accepts) -> tuple[list[str], str]:
    """The pieces that cannot be left out of an answer, and the answer without the others."""
    left: list[str] = []
    for piece in pieces:
        place = answer.casefold().find(piece.casefold())
        shorter = answer[:place] + answer[place + len(piece) :]
        if place >= 0 and await accepts(shorter):
            answer = shorter
        else:
            left.append(piece)
    return left, answer


async def _fewest(pieces: Sequence[str], accepts: Accepts) -> list[str]:
    """Those pieces that are needed once nothing else is said."""
    left = [*pieces]
    for piece in pieces:
        others = [one for one in left if one != piece]
        if await accepts(_joined(others)):
            left = others
    return left


async def _with_others(
    place: int, left: Sequence[str], gone: Sequence[str], accepts: Accepts
) -> Fact:
    """A piece as a fact, with the others of which any would do in its place."""
    others = [
        piece
        for piece in gone
        if await accepts(_joined([*left[:place], piece, *left[place + 1 :]]))
    ]
    return Fact((left[place], *others))


def _joined(pieces: Sequence[str]) -> str:
    return "; ".join(pieces)
