"""Fills in the templates of programs: places to put something, and parts that may be left out.

`@@NAME@@` is a place; one that stands alone on its line is indented as it is. Between a line `@if`
or `@unless` and its line `@end` stands what is only there if all the words behind `@if` hold, or
if none behind `@unless` does. Such parts may stand in each other.
"""

import ast
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Final

__all__ = ["render", "shared", "template"]

_PLACE: Final = re.compile(r"^([ ]*)@@([A-Z_]+)@@(?=\n)|@@([A-Z_]+)@@", re.MULTILINE)
_PART: Final = re.compile(r"^# ---- (.+) ----\n", re.MULTILINE)
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def render(text: str, values: Mapping[str, str], holds: Collection[str] = ()) -> str:
    """Fill in a template.

    Args:
        text: The template.
        values: What to put at each of its places.
        holds: The words that hold.

    Raises:
        KeyError: A place is not among the values.
        ValueError: An `@end` is missing, or one too many.
    """

    def filled(match: re.Match[str]) -> str:
        if match[3]:
            return values[match[3]]
        return textwrap.indent(values[match[2]], match[1])

    kept = "".join(_kept(text, holds))
    return _BLANK_LINES.sub("\n\n", _PLACE.sub(filled, kept))


def _kept(text: str, holds: Collection[str]) -> Iterator[str]:
    """The lines that are not left out."""
    open_parts: list[bool] = []
    for line in text.splitlines(keepends=True):
        word, *words = line.split() or [""]
        if word == "@if":
            open_parts.append(all(each in holds for each in words))
        elif word == "@unless":
            open_parts.append(not any(each in holds for each in words))
        elif word == "@end":
            if not open_parts:
                raise ValueError("a part of the template ends that did not start")
            open_parts.pop()
        elif all(open_parts):
            yield line
    if open_parts:
        raise ValueError("a part of the template does not end")


@cache
def template(name: str) -> str:
    """The text of one of the templates beside this module."""
    return (resources.files(__package__) / "templates" / name).read_text("utf-8")


@cache
def shared(module: str, *parts: str) -> str:
    """Parts of a module beside this one, as a program may contain them: without annotations.

    Args:
        module: The name of its file. A part starts behind a line `# ---- name ----`.
        parts: Which ones; they come in the order of the module.
    """
    source = (resources.files(__package__) / module).read_text("utf-8")
    _, *pieces = _PART.split(_bare(source))
    named = zip(pieces[::2], pieces[1::2], strict=True)
    return "\n\n".join(text.strip() for name, text in named if name in parts)


def _bare(source: str) -> str:
    """Python source without its annotations, whose names a program does not have."""
    text = source.encode()  # in which columns are counted
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def end_of(node: ast.expr) -> int:
        return starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)

    cuts = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation:
            name = starts[node.lineno - 1] + node.col_offset
            cuts.append((name + len(node.arg.encode()), end_of(node.annotation)))
        elif isinstance(node, ast.AnnAssign):
            cuts.append((end_of(node.target), end_of(node.annotation)))
        elif isinstance(node, ast.FunctionDef) and node.returns:
            last = node.returns
            start = starts[last.lineno - 1] + last.col_offset
            cuts.append((text.rindex(b" ->", 0, start), end_of(last)))
    for start, end in sorted(cuts, reverse=True):
        text = text[:start] + text[end:]
    return text.decode()
