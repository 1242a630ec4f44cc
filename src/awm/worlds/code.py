"""Reading Python source of a world without running it."""

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType

__all__ = ["CodeFacts", "SourceError", "compiles", "operation_ids", "read_code"]

_NEWER = (
    ((3, 12), re.compile(r"^\s*type\s+\w+(\[.*\])?\s*=|^\s*(async\s+)?(def|class)\s+\w+\s*\[")),
    ((3, 12), re.compile(r"""\b[rRbB]?[fF][rRbB]?["'].*\{""")),
    ((3, 14), re.compile(r"""^\s*except\s+\w[\w.]*\s*,|\b[rR]?[tT][rR]?["']""")),
)
"""Syntax that came with a Python, as it looks in the line where an older one gives up: generics and
`type`, quotes inside f-strings, `except` without parentheses and t-strings."""


class SourceError(Exception):
    """Source that does not compile.

    Attributes:
        place: The line, as far as it is known.
        what: What the compiler says.
        hint: What to do about it.
    """

    def __init__(self, place: str, what: str, hint: str) -> None:
        super().__init__(f"{place}: {what}")
        self.place = place
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What a world's source shows.

    Attributes:
        binds_app: Whether something at module level is called `app`.
        mentions_fastapi: Whether FastAPI is imported.
        operation_ids: The operation ids that are written out, in order, with repetitions.
        getters: The operations that are declared as GET: their ids, or the names of their functions
            where no id is written out.
    """

    binds_app: bool
    mentions_fastapi: bool
    operation_ids: tuple[str, ...]
    getters: frozenset[str] = frozenset()


def compiles(source: str) -> None:
    """Do nothing for source that compiles.

    Raises:
        SourceError: It does not.
    """
    _parse(source)


def read_code(source: str) -> CodeFacts:
    """Return what can be seen in a world's source.

    Raises:
        SourceError: It does not compile.
    """
    tree = _parse(source)
    nodes = list(ast.walk(tree))
    return CodeFacts(
        binds_app="app" in set(_bound(tree)),
        mentions_fastapi=any(map(_imports_fastapi, nodes)),
        operation_ids=tuple(_operation_ids(nodes)),
        getters=frozenset(_getters(nodes)),
    )


def operation_ids(source: str) -> tuple[str, ...]:
    """The operation ids of `read_code` alone, in half the time: the code is not compiled.

    Raises:
        SourceError: It is no Python.
    """
    if "operation_id" not in source:
        return ()
    return tuple(_operation_ids(ast.walk(_parse(source, compiled=False))))


def _parse(source: str, *, compiled: bool = True) -> ast.Module:
    try:
        with warnings.catch_warnings():
            # Whether `"\\d"` deserves a warning is for the author, not for who looks at the world.
            warnings.simplefilter("ignore")
            tree = ast.parse(source, "environment.py")
            if compiled:
                # Some faults only show now: `return` outside a function, a name global and not.
                code: CodeType = compile(tree, "environment.py", "exec", dont_inherit=True)
                del code
    except SyntaxError as error:
        place = f"line {error.lineno}" if error.lineno else "the code"
        raise SourceError(place, f"does not compile: {error.msg}", _advice(error)) from error
    except (ValueError, RecursionError, MemoryError) as error:  # NUL, surrogates, deep nesting
        what = str(error) or type(error).__name__
        raise SourceError("the code", f"does not compile: {what}", "mend the code") from error
    return tree


def _advice(error: SyntaxError) -> str:
    line = (error.text or "").rstrip("\n")
    for version, looks in _NEWER:
        if sys.version_info < version and looks.search(line):
            needed, here = (".".join(map(str, v)) for v in (version, sys.version_info[:2]))
            return f"this may need Python {needed} or newer, this is {here}: run on a newer one"
    return "mend the line" if error.lineno else "mend the code"


def _bound(tree: ast.Module) -> Iterator[str]:
    """Yield the names that are bound at module level, also inside `if`, `try` and `with`."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif not isinstance(node, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _imports_fastapi(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] == "fastapi" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "fastapi"


def _operation_ids(nodes: Iterable[ast.AST]) -> Iterator[str]:
    calls = (node for node in nodes if type(node) is ast.Call)
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        for keyword in call.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg == "operation_id" and isinstance(value, str):
                yield value


def _getters(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _is_get(decorator):
                    yield next(_operation_ids(ast.walk(decorator)), node.name)


def _is_get(decorator: ast.Call) -> bool:
    return isinstance(decorator.func, ast.Attribute) and decorator.func.attr == "get"
