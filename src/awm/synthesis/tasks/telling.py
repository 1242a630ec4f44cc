"""Putting a request into words: several ways to say the same, in the voice of one person."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from awm.synthesis.tasks.request import Branch, Clause, Draft, Find
from awm.synthesis.tasks.words import joined, sentence

__all__ = ["tell"]


@dataclass(frozen=True, slots=True)
class _Voice:
    """How someone speaks; in clauses `{}` is what is asked for.

    Attributes:
        greetings: What comes before all else.
        one: What leads to a single deed.
        several: What leads to more of them.
        asked: What leads to questions.
        lists: What leads to a list of deeds.
        asked_lists: What leads to a list of questions.
        asks: How a deed is asked for.
        then: How a deed is asked for that goes on from the one before.
        also: How a deed is asked for that has nothing to do with it.
        finds: How something is asked.
        more: How something is asked besides.
        closings: What comes last.
        rule: How to deal with a refusal, where the rule shall be quoted.
    """

    greetings: tuple[str, ...]
    one: tuple[str, ...]
    several: tuple[str, ...]
    asked: tuple[str, ...]
    lists: tuple[str, ...]
    asked_lists: tuple[str, ...]
    asks: tuple[str, ...]
    then: tuple[str, ...]
    also: tuple[str, ...]
    finds: tuple[str, ...]
    more: tuple[str, ...]
    closings: tuple[str, ...]
    rule: tuple[str, ...]


_BRISK: Final = _Voice(
    greetings=("",),
    one=("", "", "", "One thing."),
    several=("", "", "A few things, one after the other."),
    asked=("",),
    lists=("To do:", "In this order:", "Please work through this:"),
    asked_lists=("Please find out:", "What I need:", "Please look these up:"),
    asks=("{}",),
    then=("then {}", "after that, {}", "next, {}"),
    also=("also {}", "next, {}", "and {}"),
    finds=("tell me {}", "report {}", "find out {}"),
    more=("also report {}", "and tell me {}", "also find out {}"),
    closings=("", "", "", "That's all."),
    rule=(
        "If the system refuses, leave it at that and quote the rule it names.",
        "Should it be refused, don't work around it; give me the name of the rule.",
    ),
)
_FRIENDLY: Final = _Voice(
    greetings=("Hi there!", "Hello!", "Morning!", "Hi!", ""),
    one=("", "", "", "I could use a hand here."),
    several=("", "", "Could you take care of a few things?", "I could use a hand here."),
    asked=("", "", "I have a question."),
    lists=("Could you work through this list for me?", "Here is what I'd like you to do:"),
    asked_lists=("Could you look these up for me?", "I'd like to know a few things:"),
    asks=("please {}", "could you {}?", "would you {}?", "can you {}?"),
    then=("then please {}", "once that is done, please {}", "after that, could you {}?"),
    also=("please also {}", "could you also {}?", "and please {}", "I'd also like you to {}"),
    finds=("could you tell me {}?", "I'd love to know {}", "please let me know {}"),
    more=("please also tell me {}", "I'd also like to know {}", "and could you tell me {}?"),
    closings=("Thanks!", "Many thanks.", "", "Thank you so much."),
    rule=(
        (
            "If it turns out that a rule doesn't allow it, just leave things as they are and "
            "tell me what that rule is called."
        ),
        "If it won't go through, no harm done: leave it and let me know the rule's name.",
    ),
)
_FORMAL: Final = _Voice(
    greetings=("",),
    one=("",),
    several=("", "", "The following needs to be settled.", "Please see to the following."),
    asked=("", "", "This is needed for our records."),
    lists=("Please carry out the following in this order:", "The following is to be done:"),
    asked_lists=("Please report the following:", "The following is needed for our records:"),
    asks=("please {}", "kindly {}", "you are asked to {}"),
    then=("thereafter, {}", "then {}", "following this, {}"),
    also=("in addition, {}", "please also {}", "furthermore, {}"),
    finds=("please establish {}", "kindly report {}", "we need to know {}", "please state {}"),
    more=("please also state {}", "we also need to know {}", "in addition, report {}"),
    closings=("", "", "No other records are to be altered.", "Please change nothing else."),
    rule=(
        "If a rule stands in the way, do not seek another way; state the name of the rule.",
        "Should the request be denied, change nothing and state the rule that was cited.",
    ),
)
_COLLEAGUE: Final = _Voice(
    greetings=("",),
    one=("", "This is left from yesterday.", "I won't get round to this myself today."),
    several=(
        "I'm going through yesterday's messages, and this is left.",
        "We're catching up on a few things today.",
        "I won't get round to these myself today.",
        "This has piled up since yesterday.",
    ),
    asked=("", "I've just been asked about this.", "I'm preparing for a meeting."),
    lists=("Here is what is left for today:", "This has piled up since yesterday:"),
    asked_lists=("I've been asked for these:", "For a meeting later on I need:"),
    asks=("I need you to {}", "please {}"),
    then=("then {}", "when you're through with that, {}", "after that, {}"),
    also=("also {}", "while you are at it, {}", "apart from that, {}", "I also need you to {}"),
    finds=("I need to know {}", "I have to know {}", "tell me {}"),
    more=("I also need to know {}", "also tell me {}", "and let me know {}"),
    closings=("", "", "", "That should cover it."),
    rule=(
        (
            "I'm not sure it is allowed. If not, leave everything alone and tell me which rule "
            "says so, by its name."
        ),
        "It may be against the rules; then don't touch anything and tell me the rule's name.",
    ),
)
_VOICES: Final = (_BRISK, _FRIENDLY, _FORMAL, _COLLEAGUE)
_QUIET: Final = ("Nothing should be changed for this.", "Don't change anything.", "")
_LISTED: Final = 0.25
_LIST_FROM: Final = 3
_LIST_ALWAYS: Final = 6
"""From how many things on a list is easier to read than sentences."""

_LONG: Final = 14
"""Words that are too many for a question that is a request."""

_GOES_ON: Final = re.compile(r"\bthe (new|same) |\b(to|for|of|on|from|with|against|under) that ")
_ALREADY: Final = re.compile(r"\b(after that|then)$")


def tell(draft: Draft, lot: random.Random, today: str) -> str:
    """Put a draft into words.

    Args:
        draft: What is asked for.
        lot: Chooses the voice and the words.
        today: The date as this person writes it, for tasks in which it matters.
    """
    voice = lot.choice(_VOICES)
    many = len(draft.clauses)
    listed = many >= _LIST_ALWAYS or (many >= _LIST_FROM and lot.random() < _LISTED)
    said = _as_list(draft.clauses, lot) if listed else _as_prose(voice, draft.clauses, lot)
    lead = lot.choice(_leads(voice, draft, listed=listed))
    date = lot.choice((f"Today is {today}.", f"It's {today} today.")) if today else ""
    opening = _spaced(lot.choice(voice.greetings), date, lead)
    closing = _spaced(*_closings(voice, draft, lot))
    return (
        "\n".join(filter(None, (opening, said, closing)))
        if listed
        else _spaced(opening, said, closing)
    )


def _leads(voice: _Voice, draft: Draft, *, listed: bool) -> tuple[str, ...]:
    """What may lead to the request."""
    if draft.kind == "question":
        return voice.asked_lists if listed else voice.asked
    if listed:
        return voice.lists
    return voice.one if len(draft.clauses) == 1 else voice.several


def _closings(voice: _Voice, draft: Draft, lot: random.Random) -> tuple[str, str]:
    """What comes after the request: how far it goes, and how it ends."""
    last = lot.choice(voice.closings)
    thanks = last if voice is _FRIENDLY else ""
    if draft.quotes_rule:
        return lot.choice(voice.rule), thanks
    if draft.kind == "question":
        return lot.choice(_QUIET), thanks
    return "", last


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _as_list(clauses: Sequence[Clause], lot: random.Random) -> str:
    asking = all(isinstance(clause, Find) for clause in clauses)
    lines = [
        f"{number}. {sentence(_listed(clause, lot, asking=asking))}"
        for number, clause in enumerate(clauses, 1)
    ]
    return "\n".join(lines)


def _listed(clause: Clause, lot: random.Random, *, asking: bool) -> str:
    if isinstance(clause, Branch):
        return _branch(clause, lot)
    text = lot.choice(clause.texts)
    return f"tell me {text}" if isinstance(clause, Find) and not asking else text


def _as_prose(voice: _Voice, clauses: Sequence[Clause], lot: random.Random) -> str:
    finds = [clause for clause in clauses if isinstance(clause, Find)]
    if len(finds) == len(clauses):
        return _questions(voice, finds, lot)
    used: list[str] = []
    sentences = []
    for place, clause in enumerate(clauses):
        if isinstance(clause, Find):
            text = lot.choice(clause.texts)
            last = place == len(clauses) - 1 and not _ALREADY.search(text)
            link = lot.choice(("finally, ", "at the end, ", "")) if last else ""
            said = f"{link}{_framed(voice.finds, text, lot)}"
        elif isinstance(clause, Branch):
            link = lot.choice(("also, ", "apart from that, ", "")) if place else ""
            said = f"{link}{_branch(clause, lot)}"
        else:
            text = lot.choice(clause.texts)
            said = _framed(_links(voice, text) if place else voice.asks, text, lot, used)
        sentences.append(sentence(said))
    return " ".join(sentences)


def _links(voice: _Voice, text: str) -> tuple[str, ...]:
    return voice.then if _GOES_ON.search(text) else voice.also


def _framed(
    frames: Sequence[str], clause: str, lot: random.Random, used: list[str] | None = None
) -> str:
    """A clause in one of some frames, in a question only if it is short and has no colon.

    Args:
        frames: What there is to choose from.
        clause: What is put into it.
        lot: Chooses.
        used: The frames before: the same turn twice in a row sounds like a machine.
    """
    short = not (": " in clause or "; " in clause or _words(clause) > _LONG)
    fitting = [each for each in frames if short or not each.endswith("?")]
    used = [] if used is None else used
    used.append(lot.choice([each for each in fitting if each not in used[-1:]] or fitting))
    return used[-1].format(clause)


def _words(text: str) -> int:
    return text.count(" ") + 1


def _questions(voice: _Voice, finds: Sequence[Find], lot: random.Random) -> str:
    texts = [lot.choice(each.texts) for each in finds]
    plain = len(texts) == 2 and not any("," in text or " and " in text for text in texts)
    if len(texts) == 1 or (plain and sum(map(_words, texts)) <= _LONG + _LONG // 2):
        return sentence(_framed(voice.finds, joined(texts), lot))
    used: list[str] = []
    said = [
        _framed(voice.more if place else voice.finds, text, lot, used)
        for place, text in enumerate(texts)
    ]
    return " ".join(sentence(each) for each in said)


def _branch(clause: Branch, lot: random.Random) -> str:
    condition = lot.choice(clause.conditions)
    yes = joined([lot.choice(each.texts) for each in clause.yes])
    no = joined([lot.choice(each.texts) for each in clause.no])
    forms = [
        f"check whether {condition}. If so, {yes}. If not, {no}",
        f"if {condition}, {yes}. If not, {no}",
    ]
    if not any(mark in text for text in (yes, no) for mark in (":", ";")):
        forms.append(f"if {condition}, {yes}; otherwise, {no}")
        # "That loan" can only be said after the loan.
        if _words(yes) <= _LONG and " that " not in yes:
            forms.append(f"{yes}, but only if {condition}; if that is not so, {no} instead")
    return lot.choice(forms)
