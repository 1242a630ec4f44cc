"""Which tools only look: what they leave behind, nobody asked for and nobody is to blame for.

Worlds count views, keep histories of searches and write down who looked at what. An agent that
looks once more than the oracle leaves other counts, and has done nothing wrong. HTTP calls a GET
safe for this very reason (RFC 9110, 9.2.1): who asks for it asks for no change.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from awm.errors import WorldIncompleteError
from awm.worlds import World
from awm.worlds.code import SourceError, read_code

__all__ = ["reading_tools"]


def reading_tools(world: World, names: frozenset[str]) -> frozenset[str]:
    """The tools that are declared as GET, by the world's code or, failing that, by its spec.

    Args:
        world: The world.
        names: Its tools.
    """
    declared = frozenset(_in_code(world)) or frozenset(_in_spec(world))
    return frozenset(name for name in names if name in declared or _derived(name, declared))


def _derived(name: str, declared: frozenset[str]) -> bool:
    """Whether a name is what FastAPI makes of a function, its path and its method."""
    return name.endswith("_get") and any(name.startswith(f"{function}_") for function in declared)


def _in_code(world: World) -> frozenset[str]:
    try:
        return read_code(world.code).getters
    except (SourceError, WorldIncompleteError):
        return frozenset()


def _in_spec(world: World) -> Iterator[str]:
    for group in _objects((world.spec or {}).get("api_groups")):
        for endpoint in _objects(group.get("endpoints")):
            name, method = endpoint.get("operation_id"), endpoint.get("method")
            if isinstance(name, str) and isinstance(method, str) and method.upper() == "GET":
                yield name


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
