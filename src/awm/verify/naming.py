"""Which table a column or a word speaks of, by its name alone.

Schemas written by people and by models name a reference after the row it leads to: `order_id`,
`canceledByUserId`, `entity_type = 'refund_transaction'`. Foreign keys are often not declared, and
what a polymorphic reference leads to cannot be.
"""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

__all__ = ["Words", "reference_stem", "tables_called", "words_of"]

Words: TypeAlias = tuple[str, ...]

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_STEM: Final = re.compile(r"(.+?)(?:_id|_ID|(?<=[a-z0-9])I[dD])")
_IRREGULAR: Final = {"child": "children", "person": "people", "man": "men", "woman": "women"}


def words_of(name: str) -> Words:
    """The words of a name, in lower case: `refundTransactions` and `refund_transactions` alike."""
    return tuple(word.lower() for word in _WORD.findall(name))


def reference_stem(column: str) -> str | None:
    """What stands before `_id` or `Id` in a column's name; None where neither ends it."""
    match = _STEM.fullmatch(column)
    return match[1] if match else None


def tables_called(words: Words, tables: Iterable[str], *, within: bool = False) -> list[str]:
    """The tables that some words name, singular or plural.

    Tables of exactly that name come first: `order` is `orders`. Where there is none, leading words
    of the column are dropped, which tell the role: `sender_user` is `users`. Where that finds none
    either, leading words of the table are: `plan` is `insurance_plans`.

    Args:
        words: The words, such as those before `_id` in a column's name.
        tables: The tables there are.
        within: Whether a table also counts that has the words anywhere in its name.

    Returns:
        All tables of the first of these ways that finds any.
    """
    if not words:
        return []
    known = [(table, words_of(table)) for table in tables]
    for start in range(len(words)):
        if found := [table for table, own in known if _alike(words[start:], own)]:
            return found
    if found := [table for table, own in known if _alike(words, own[-len(words) :])]:
        return found
    return [table for table, own in known if within and _inside(words, own)]


def _alike(words: Words, own: Words) -> bool:
    """Whether two names differ in number at most. Only the last word has one."""
    return (
        len(words) == len(own)
        and words[:-1] == own[:-1]
        and (words[-1] in _forms(own[-1]) or own[-1] in _forms(words[-1]))
    )


def _inside(words: Words, own: Words) -> bool:
    return any(
        _alike(words, own[start : start + len(words)]) for start in range(len(own) - len(words) + 1)
    )


def _forms(word: str) -> set[str]:
    """The word and its possible plurals."""
    forms = {word, f"{word}s", f"{word}es", _IRREGULAR.get(word, word)}
    if word.endswith("y"):
        forms.add(f"{word[:-1]}ies")
    return forms
