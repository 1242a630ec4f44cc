"""Putting a request into words: several ways to say the same, in the voice of one person."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from awm.synthesis.tasks.request import Branch, Clause, Do, Draft, Find
from awm.synthesis.tasks.words import joined, sentence

__all__ = ["tell"]


@dataclass(frozen=True, slots=True)
class _Voice:
    """How someone speaks.

    Attributes:
        openings: What comes first; may be empty.
        asks: How a deed is asked for; `{}` is the clause.
        finds: How something is asked; `{}` is what is to be found out.
        links: What stands before a further deed.
        closings: What comes last; may be empty.
        rule: How to deal with a refusal, where the rule shall be quoted.
    """

    openings: tuple[str, ...]
    asks: tuple[str, ...]
    finds: tuple[str, ...]
    links: tuple[str, ...]
    closings: tuple[str, ...]
    rule: tuple[str, ...]


_VOICES: Final = (
    _Voice(  # brisk
        ("", "", "Quick one.", "Next on the list."),
        ("{}",),
        ("tell me {}", "report {}", "find out {}"),
        ("then {}", "next, {}", "after that, {}", "and {}"),
        ("", "", "", "That's all."),
        (
            "If the system refuses, leave it at that and quote the rule it names.",
            "Should it be refused, don't work around it; give me the name of the rule.",
        ),
    ),
    _Voice(  # friendly
        (
            "Hi there!",
            "Hello, could you take care of something?",
            "Morning!",
            "I could use a hand here.",
            "",
        ),
        ("please {}", "could you {}?", "would you {} for me?", "can you {}?"),
        ("could you tell me {}?", "I'd love to know {}", "please let me know {}"),
        ("then please {}", "once that is done, {}", "after that, could you {}?", "also, {}"),
        ("Thanks!", "Many thanks.", "", "Thank you so much."),
        (
            (
                "If it turns out that a rule doesn't allow it, just leave things as they are and "
                "tell me what that rule is called."
            ),
            "If it won't go through, no harm done: leave it and let me know the rule's name.",
        ),
    ),
    _Voice(  # formal
        ("", "The following needs to be settled.", "A request from the office.", "For the file:"),
        ("please {}", "kindly {}", "I ask you to {}", "you are to {}"),
        ("please establish {}", "kindly report {}", "we need to know {}", "please state {}"),
        ("subsequently, {}", "thereafter, {}", "in addition, {}", "following this, {}"),
        ("", "", "No other records are to be altered.", "Please change nothing else."),
        (
            "If a rule stands in the way, do not seek another way; state the name of the rule.",
            "Should the request be denied, change nothing and state the rule that was cited.",
        ),
    ),
    _Voice(  # telling a story
        (
            "I just came out of a meeting and we decided the following.",
            "I'm on the phone about this right now.",
            "Someone left me a note about this.",
            "I'm going through yesterday's messages.",
            "We're catching up on a few things today.",
        ),
        ("I need you to {}", "we should {}", "let's {}", "what has to happen: {}"),
        ("what I need is {}", "I have to be able to say {}", "I'm being asked {}"),
        ("then {}", "when you're through with that, {}", "and while you are at it, {}"),
        ("", "", "That should cover it.", "I'd rather not do it myself."),
        (
            (
                "I'm not sure it is allowed. If not, leave everything alone and tell me which rule "
                "says so, by its name."
            ),
            "It may be against the rules; then don't touch anything and tell me the rule's name.",
        ),
    ),
    _Voice(  # list
        ("To do:", "Three cups of coffee in, here is the list:", "Please work through this:", ""),
        ("{}",),
        ("{}",),
        ("{}",),
        ("", "", "Tick it all off, please."),
        (
            "If any of it is refused, skip it and write down the rule that was named.",
            "Note the name of the rule if something is not allowed, and leave it there.",
        ),
    ),
)
_LIST: Final = len(_VOICES) - 1
_QUIET: Final = ("Nothing should be changed for this.", "Don't change anything.", "")


def tell(draft: Draft, lot: random.Random, today: str) -> str:
    """Put a draft into words.

    Args:
        draft: What is asked for.
        lot: Chooses the voice and the words.
        today: The date as this person writes it, for tasks in which it matters.
    """
    clauses = draft.clauses
    number = lot.randrange(len(_VOICES))
    if number == _LIST and (len(clauses) < 3 or any(isinstance(c, Branch) for c in clauses)):
        number = lot.randrange(_LIST)
    voice = _VOICES[number]
    opening = lot.choice(voice.openings)
    said = _as_list(clauses, lot) if number == _LIST else _as_prose(voice, clauses, lot)
    closing = [lot.choice(voice.closings)]
    if draft.kind == "question" and ("alter" in closing[0] or "change" in closing[0]):
        closing = [""]
    if draft.quotes_rule:
        closing.insert(0, lot.choice(voice.rule))
    elif draft.kind == "question":
        closing.insert(0, lot.choice(_QUIET))
    parts = [opening, *([_dated(today, lot)] if today else []), said, *closing]
    return " ".join(part for part in parts if part)


def _dated(today: str, lot: random.Random) -> str:
    return lot.choice((f"Today is {today}.", f"It's {today}.", f"As of today, {today}:"))


def _as_list(clauses: Sequence[Clause], lot: random.Random) -> str:
    lines = []
    for number, clause in enumerate(clauses, 1):
        text = _plain(clause, lot)
        lines.append(f"({number}) {text}")
    return sentence("; ".join(lines))


def _plain(clause: Clause, lot: random.Random) -> str:
    if isinstance(clause, Find):
        return f"find out {lot.choice(clause.texts)}"
    if isinstance(clause, Do):
        return lot.choice(clause.texts)
    return _branch(clause, lot)


def _as_prose(voice: _Voice, clauses: Sequence[Clause], lot: random.Random) -> str:
    sentences: list[str] = []
    finds = [clause for clause in clauses if isinstance(clause, Find)]
    if len(finds) == len(clauses):
        return _questions(voice, finds, lot)
    for place, clause in enumerate(clauses):
        if isinstance(clause, Find):
            link = lot.choice(("Finally, ", "At the end, ", "And ", "")) if place else ""
            asked = lot.choice(voice.finds).format(lot.choice(clause.texts))
            sentences.append(sentence(f"{link}{asked}"))
        elif isinstance(clause, Branch):
            sentences.append(sentence(_branch(clause, lot)))
        else:
            frame = lot.choice(voice.links if place else voice.asks)
            sentences.append(sentence(_framed(frame, lot.choice(clause.texts))))
    return " ".join(sentences)


def _framed(frame: str, clause: str) -> str:
    """A clause in a frame; a question mark only where nothing with a colon is asked."""
    if frame.endswith("?") and (": " in clause or "; " in clause):
        frame = f"please {frame[frame.index('{') : frame.index('}') + 1]}"
    return frame.format(clause)


def _questions(voice: _Voice, finds: Sequence[Find], lot: random.Random) -> str:
    texts = [lot.choice(each.texts) for each in finds]
    if len(texts) == 1 or lot.random() < 0.5:
        return sentence(lot.choice(voice.finds).format(joined(texts)))
    first = sentence(lot.choice(voice.finds).format(texts[0]))
    further = [
        sentence(lot.choice(("also, {}", "I also need {}", "and {}")).format(text))
        if not text.startswith(("how", "which", "what", "who", "when", "whether"))
        else sentence(lot.choice(voice.finds).format(text))
        for text in texts[1:]
    ]
    return " ".join([first, *further])


def _branch(clause: Branch, lot: random.Random) -> str:
    condition = lot.choice(clause.conditions)
    yes = joined([lot.choice(each.texts) for each in clause.yes])
    no = joined([lot.choice(each.texts) for each in clause.no])
    return lot.choice(
        (
            f"if {condition}, {yes}; otherwise {no}",
            f"check whether {condition}. If so, {yes}. If not, {no}",
            f"should it be that {condition}, {yes}, and if not, {no}",
            f"{yes}, but only if {condition}; if that is not so, {no} instead",
        )
    )
