"""Imports what a world's code names anywhere, before the jail closes.

Generated handlers import inside functions. Once the jail is sealed no file can be read, so whatever
an import statement names, wherever it stands, is imported beforehand.
"""

import ast
import contextlib
import importlib
from collections.abc import Iterator

__all__ = ["import_everything_named"]


def import_everything_named(code: str) -> None:
    """Import every module that the code's import statements name, as far as it exists.

    A name that cannot be imported is left for the code itself to stumble over: the statement may
    stand in a `try`, or in a branch that never runs.
    """
    for name in dict.fromkeys(_named(code)):
        # Any module may raise anything while it is imported, and here nobody depends on it yet.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _named(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
