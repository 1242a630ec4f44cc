"""The little English that is needed to make whole phrases of single words."""

import re
from typing import Final

__all__ = ["fitting", "is_order", "order_of", "plural", "singular", "spoken", "with_article"]

_IRREGULAR: Final = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet",
    "shelf": "shelves", "loaf": "loaves", "knife": "knives", "leaf": "leaves", "life": "lives",
    "staff": "staffs", "series": "serieses", "species": "specieses", "equipment": "equipments",
    "quiz": "quizzes", "bus": "buses",
}  # fmt: skip
_BACK: Final = {more: one for one, more in _IRREGULAR.items()}
_HISSING: Final = ("s", "x", "z", "ch", "sh")
_KEPT: Final = ("ss", "us", "is", "ics", "as", "news")
"""How words end that have an s and are one."""
_NOT_ORDERS: Final = frozenset((
    "list", "get", "update", "search", "find", "show", "view", "edit", "is", "to", "set", "the",
    "new", "in", "out", "on", "off", "not", "no", "for", "from", "with", "by", "at", "of",
))  # fmt: skip
"""What an action does not begin with: tools to look things up do, or it is no verb."""


def plural(name: str) -> str:
    """The plural of a noun in snake case, of its last word."""
    before, _, last = name.rpartition("_")
    return f"{before}_{_plural(last)}" if before else _plural(last)


def _plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(_HISSING) else f"{word}s"


def singular(name: str) -> str:
    """A noun in snake case as one of them, in case its last word is a plural."""
    before, _, last = name.rpartition("_")
    return f"{before}_{_singular(last)}" if before else _singular(last)


def _singular(word: str) -> str:
    if word in _BACK:
        return _BACK[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(_KEPT):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]


def fitting(name: str, most: int = 40) -> str:
    """A name in snake case that is no longer than names may be: without its first words."""
    while len(name) > most and "_" in name:
        name = name.partition("_")[2]
    return name[:most].rstrip("_")


def spoken(name: str) -> str:
    """A name in snake case as people say it."""
    return name.replace("_", " ")


def with_article(name: str) -> str:
    """`an order`, `a repair job`."""
    said = spoken(name)
    return f"{'an' if said[0] in 'aeiou' and not said.startswith(_LIKE_U) else 'a'} {said}"


_LIKE_U: Final = ("uni", "use", "usa", "eu", "one")


def is_order(verb: str) -> bool:
    """Whether a verb can begin an order: `return`, `check_in`, and not `returned` or `update`."""
    first = verb.partition("_")[0]
    return first not in _NOT_ORDERS and not re.search(r"[^e]ed$|[^r]ing$", first)


def order_of(state: str) -> str:
    """What is done so that something is in a state: `return` for `returned`; empty if unknown."""
    return _ORDERS.get(state, "")


_ORDERS: Final = {
    done: order
    for order, *states in map(str.split, (
        "accept accepted", "activate activated active", "admit admitted", "answer answered",
        "approve approved", "archive archived", "arrange arranged", "assess assessed",
        "assign assigned", "ban banned", "begin begun", "bill billed", "block blocked",
        "board boarded", "cancel cancelled canceled", "check_in checked_in",
        "check_out checked_out", "clean cleaned", "clear cleared", "close closed",
        "collect collected", "complete completed complete done", "confirm confirmed",
        "consult consulted", "decline declined", "deliver delivered", "diagnose diagnosed",
        "discharge discharged", "dismiss dismissed", "dispatch dispatched",
        "dispense dispensed", "drop dropped", "escalate escalated", "evaluate evaluated",
        "examine examined", "expel expelled", "fill filled", "finalise finalised finalized",
        "finish finished", "fulfil fulfilled", "hand_out handed_out", "inspect inspected",
        "install installed", "invoice invoiced", "issue issued", "lend lent",
        "monitor monitored", "pack packed", "pause paused", "pay paid", "pick picked",
        "pick_up picked_up", "plan planned", "postpone postponed", "prepare prepared",
        "print printed", "process processed", "publish published", "receive received",
        "refuse refused", "refund refunded", "register registered", "reject rejected",
        "release released", "renew renewed", "repair repaired", "reschedule rescheduled",
        "reserve reserved", "resolve resolved", "retire retired", "return returned",
        "review reviewed", "schedule scheduled", "sell sold", "send sent", "serve served",
        "settle settled", "ship shipped", "sign signed", "start started", "store stored",
        "suspend suspended", "teach taught", "terminate terminated", "test tested",
        "treat treated", "verify verified", "withdraw withdrawn", "write_off written_off",
    ))
    for done in states
}  # fmt: skip
"""Where the order cannot be worked out from the participle by rule, and where it can."""
