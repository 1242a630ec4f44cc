"""Syntax trees: the same are read many times over, for world after world, and never changed."""

import ast
from functools import lru_cache

__all__ = ["expression_of", "names_in", "nodes_of", "path_of", "statements_of"]


@lru_cache(maxsize=8192)
def expression_of(source: str) -> ast.expr:
    """The tree of an expression.

    Raises:
        SyntaxError: It is none.
        ValueError: It holds what no source may hold.
    """
    return ast.parse(source, mode="eval").body


@lru_cache(maxsize=4096)
def statements_of(source: str) -> tuple[ast.stmt, ...]:
    """The trees of some lines.

    Raises:
        SyntaxError: They are none of Python's.
        ValueError: They hold what no source may hold.
    """
    return tuple(ast.parse(source).body)


@lru_cache(maxsize=8192)
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All nodes of a tree, as `ast.walk` has them."""
    return tuple(ast.walk(tree))


def names_in(tree: ast.AST) -> frozenset[str]:
    """All names in a tree, also those of its own variables."""
    return frozenset(node.id for node in nodes_of(tree) if isinstance(node, ast.Name))


def path_of(node: ast.expr) -> str:
    """An expression as text, soonest where it is a path such as `loan.member.name`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{path_of(value)}.{name}"
    return _written(node)


@lru_cache(maxsize=8192)
def _written(tree: ast.expr) -> str:
    return ast.unparse(tree)
