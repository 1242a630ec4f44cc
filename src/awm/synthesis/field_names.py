"""Whether fields are called so that people can speak of them: "the X of loan 7".

Where the name of a field does not do, `calls:` says what people call it.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from awm.synthesis.blueprints import Blueprint, Entity, Field
from awm.synthesis.blueprints.speech import PARTICLES, is_participle

__all__ = ["odd_names", "why_odd"]

_PREPOSITIONS: Final = frozenset((
    "above", "after", "at", "below", "before", "beyond", "by", "for", "from", "in", "into", "of",
    "on", "onto", "per", "since", "than", "through", "till", "to", "towards", "under", "until",
    "upon", "via", "with", "within", "without",
))  # fmt: skip
_VERBS: Final = frozenset((
    "accepts", "allows", "asks", "became", "began", "can", "carries", "did", "does", "fits",
    "gets", "gives", "goes", "had", "handles", "has", "is", "keeps", "knows", "lasts", "likes",
    "looks", "may", "must", "needs", "offers", "opens", "owes", "owns", "requires", "serves",
    "should", "sleeps", "speaks", "starts", "takes", "wants", "was", "weighs", "were", "will",
))  # fmt: skip
_VERBS_OR_NOUNS: Final = frozenset(("holds", "treats", "shows", "covers"))
"""Of these a number may be one: how many holds there are. A word of a choice is not."""
_SUPERLATIVES: Final = frozenset((
    "coldest", "fewest", "greatest", "highest", "hottest", "largest", "least", "longest", "lowest",
    "most", "shortest", "smallest",
))  # fmt: skip
_ADVERBS: Final = frozenset((
    "again", "ago", "already", "also", "always", "ever", "every", "far", "here", "never",
    "no", "not", "now", "once", "only", "overnight", "so", "soon", "still", "there", "yes", "yet",
))  # fmt: skip
_ADJECTIVES: Final = frozenset((
    "able", "active", "available", "big", "cheap", "clean", "cubic", "daily", "dear", "defective",
    "due", "early", "extra", "fast", "fragile", "free", "full", "heavy", "high", "hourly", "idle",
    "incoming", "large", "late", "left", "long", "low", "max", "min", "missing", "monthly", "new",
    "old", "open", "outgoing", "outstanding", "owing", "pending", "present", "private", "public",
    "ready", "remaining", "safe", "short", "small", "unpaid", "urgent", "usual", "vacant",
    "waiting", "weekly", "wide", "yearly",
))  # fmt: skip
_IDIOMS: Final = frozenset(("days off", "follow up", "no shows", "stand in", "time off"))
_NAMED_IF_EDITED: Final = ("text", "bool")
_WRITE: Final = 'Write `calls: {{{name}: ...}}` with a noun phrase that fits "{frame}".'


def odd_names(blueprint: Blueprint) -> Iterator[tuple[str, str]]:
    """The fields of a blueprint that tasks may name and that cannot be called what they are.

    Yields:
        The entity's name, and what is wrong, with what to write.
    """
    for entity in blueprint.entities.values():
        for field in entity.fields.values():
            reason = why_odd(field) if _may_be_named(field, entity) else None
            if reason is not None:
                bool_ = field.kind == "bool"
                frame = 'the entry "..." should be yes' if bool_ else f"the ... of {entity.says} 7"
                hint = _WRITE.format(name=field.name, frame=frame)
                yield entity.name, f"{entity.name}.{field.name}: {reason}. {hint}"


def _may_be_named(field: Field, entity: Entity) -> bool:
    if field.kind in _NAMED_IF_EDITED:
        return field.name in entity.edits and not field.unique  # what is unique is not corrected
    # A state has words of its own, "the open loan"; so has a row that is called like its entity.
    return field.kind != "state" and field.name != field.target


def why_odd(field: Field) -> str | None:
    """What is wrong with how a field is called; None where it can be said."""
    said = field.says
    reason = _why(said.split(), field)
    return f"{said!r} {reason}" if reason else None


def _why(words: list[str], field: Field) -> str | None:
    if any(one == other for one, other in pairwise(words)):
        return "says a word twice"
    if field.kind == "bool":
        return _why_no_entry(words)
    if field.called:
        return "ends in a preposition" if words[-1] in _PREPOSITIONS else None
    return _why_no_noun(_bare(words, field), field)


def _why_no_entry(words: list[str]) -> str | None:
    """A yes or no is said in quotes, so that nearly everything can be: `the entry "on hold"`."""
    if words[0] == "of":
        return "begins with a preposition"
    modified = words[0] in _VERBS or any(word in _PREPOSITIONS for word in words[:-1])
    if modified and words[-1] in _ADJECTIVES:
        return f"leaves open what is {words[-1]}"
    return None


def _bare(words: list[str], field: Field) -> list[str]:
    """Without the unit, and without the word that says that it is a date."""
    if field.kind == "int" and "in" in words[1:-1]:
        return words[: len(words) - 1 - words[::-1].index("in")]
    if field.kind == "date" and len(words) > 1:
        if words[-1] == "date":
            return words[:-1]
        return words if words[1] == "of" else words[1:]
    return words


def _why_no_noun(words: list[str], field: Field) -> str | None:
    if " ".join(words) in _IDIOMS:
        return None
    number = field.kind in ("int", "money")
    first, last = words[0], words[-1]
    if first in _PREPOSITIONS:
        return "begins with a preposition"
    if first in _VERBS or (first in _VERBS_OR_NOUNS and not number):
        return "begins with a verb"
    if field.kind == "date":
        # "The valid until date" and "the date returned" can be said.
        return "says nothing by itself" if words == [first] and first in PARTICLES else None
    return _why_not_of(words, first, last)


def _why_not_of(words: list[str], first: str, last: str) -> str | None:
    if first in _SUPERLATIVES:
        return f"cannot be the {first} of several ('maximum' and 'minimum' can)"
    if last in _PREPOSITIONS or last in _ADVERBS or last in PARTICLES:
        return f"ends in {last!r}"
    return "has no noun in it" if all(map(_modifies, words)) else None


def _modifies(word: str) -> bool:
    known = _ADJECTIVES | _ADVERBS | _PREPOSITIONS | PARTICLES
    return word in known or is_participle(word)
