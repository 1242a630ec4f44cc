"""What handlers keep outside the database, kept apart per instance.

A world's state belongs in its database, but generated code also counts in module globals, keeps
carts in a dictionary and caches what it has read. All instances in a worker share one module, so
such a world would leak between them, and a snapshot would lack half of its state.

`ModuleMemory` therefore treats the plain values of the world's module as part of an instance:
before a call they are put back as the instance left them, after it they are compared with what they
were at the start. Only a world that really does keep state there pays more than the comparison.

Covered are module globals, attributes of the world's own plain classes and objects, and
`app.state`, as far as they can be pickled. `functools` caches are emptied after every call.
"""

import collections
import datetime as dt
import decimal
import itertools
import pickle
import random
import types
from collections.abc import Callable, Iterator
from typing import Any, Final

__all__ = ["MemoryTooLargeError", "ModuleMemory"]

_LIMIT: Final = 1 << 20  # bytes of pickle per instance; more belongs in the database

_SCALARS: Final = (
    *(bool, bytes, complex, float, frozenset, int, str, tuple, type(None)),
    *(dt.date, dt.datetime, dt.timedelta, decimal.Decimal),
)
_CONTAINERS: Final = (
    *(dict, list, set, bytearray, collections.deque),
    *(collections.Counter, collections.OrderedDict, collections.defaultdict),
)
_COUNTERS: Final = (itertools.count, itertools.cycle)
_NOT_STATE: Final = ("pydantic", "sqlalchemy", "enum", "typing", "abc")


class MemoryTooLargeError(Exception):
    """The world keeps more outside its database than an instance may carry."""


class _Place:
    """A name under which the world keeps a value: a module global or a class attribute."""

    def __init__(self, key: str, owner: Any, name: str) -> None:
        self.key = key
        self._owner = owner
        self._name = name

    def get(self) -> Any:
        if isinstance(self._owner, dict):
            return self._owner.get(self._name)
        return self._owner.__dict__.get(self._name)

    def put(self, value: Any) -> None:
        """Set the value, in place where other names may refer to the same object."""
        current = self.get()
        if type(current) is type(value) and _refill(current, value):
            return
        if isinstance(self._owner, dict):
            self._owner[self._name] = value
        else:
            setattr(self._owner, self._name, value)


class ModuleMemory:
    """The memory of one world's module, for many instances.

    Args:
        module: The world's module, loaded.
        app: The world's application, for its `state`.
    """

    def __init__(self, module: types.ModuleType, app: Any) -> None:
        self._module = module
        self._places = {place.key: place for place in _places(module, app)}
        self._start = {key: _pickled(place.get()) for key, place in self._places.items()}
        self._baseline = {key: _unpickled(packed) for key, packed in self._start.items()}
        self._current = b""
        self._caches = list(_caches(module))
        self._names = set(vars(module))

    def enter(self, memory: bytes) -> None:
        """Put the module into the state in which an instance left it; empty means as loaded."""
        if memory == self._current:
            return
        changed: dict[str, bytes] = _unpickled(memory) if memory else {}
        for key in changed.keys() - self._places.keys():
            self._places[key] = _Place(key, vars(self._module), key)
        for key in self._places.keys() - self._start.keys() - changed.keys():
            self._forget(key)
        for key, packed in {**self._start, **changed}.items():
            self._places[key].put(_unpickled(packed))
        self._current = memory

    def leave(self) -> bytes:
        """What the module now holds that differs from the start; empty when nothing does.

        What cannot be pickled (a session, a lock) cannot be carried either, and is put back as it
        was at the start.

        Raises:
            MemoryTooLargeError: It is more than an instance may carry. The module is as at the
                start again.
        """
        for clear in self._caches:
            clear()
        self._adopt_new_globals()
        changed: dict[str, bytes] = {}
        for key, place in tuple(self._places.items()):
            value = place.get()
            if key in self._baseline and _same(value, self._baseline[key]):
                continue
            packed = _try_pickled(value)
            if packed is None:
                self._put_back(key)
            elif packed != self._start.get(key):
                changed[key] = packed
        self._current = pickle.dumps(changed) if changed else b""
        if len(self._current) > _LIMIT:
            self.enter(b"")
            raise MemoryTooLargeError
        return self._current

    def _put_back(self, key: str) -> None:
        if key in self._start:
            self._places[key].put(_unpickled(self._start[key]))
        else:
            self._forget(key)

    def _forget(self, key: str) -> None:
        """Remove a global that a call introduced."""
        del self._places[key]
        vars(self._module).pop(key, None)

    def _adopt_new_globals(self) -> None:
        namespace = vars(self._module)
        for name in namespace.keys() - self._names - self._places.keys():
            self._places[name] = _Place(name, namespace, name)


def _places(module: types.ModuleType, app: Any) -> Iterator[_Place]:
    namespace = vars(module)
    for name, value in namespace.items():
        if name.startswith("__"):
            continue
        if _is_state(value, module.__name__):
            yield _Place(name, namespace, name)
        elif isinstance(value, type) and value.__module__ == module.__name__ and _is_own(value):
            yield from _class_places(value, module.__name__)
    state = getattr(getattr(app, "state", None), "_state", None)
    if isinstance(state, dict):
        yield _Place("app.state", app.state.__dict__, "_state")


def _class_places(owner: type, module: str) -> Iterator[_Place]:
    for name, value in vars(owner).items():
        if not name.startswith("__") and _is_state(value, module):
            yield _Place(f"{owner.__qualname__}.{name}", owner, name)


def _is_own(kind: type) -> bool:
    """Whether a class is the world's own through and through, not a model of some library."""
    libraries = {base.__module__.partition(".")[0] for base in kind.__mro__}
    return not libraries & {*_NOT_STATE} and not issubclass(kind, BaseException)


def _is_state(value: Any, module: str) -> bool:
    kind = type(value)
    plain = isinstance(value, (*_SCALARS, *_CONTAINERS, *_COUNTERS, random.Random))
    own = kind.__module__ == module and _is_own(kind) and hasattr(value, "__dict__")
    if not plain and not own:
        return False
    packed = _try_pickled(value)
    return packed is not None and _can_unpickle(packed)


def _caches(module: types.ModuleType) -> Iterator[Callable[[], None]]:
    for value in vars(module).values():
        clear = getattr(value, "cache_clear", None)
        if callable(clear) and hasattr(value, "__wrapped__"):
            yield clear


def _same(value: Any, start: Any) -> bool:
    """Whether a value is certainly as it was; objects that compare by identity are looked into."""
    if type(value) is not type(start):
        return False
    try:
        return bool(value == start)
    except Exception:  # noqa: BLE001 - classes define how they compare, and may raise anything
        return False


def _pickled(value: Any) -> bytes:
    return pickle.dumps(value, protocol=5)


def _unpickled(packed: bytes) -> Any:
    return pickle.loads(packed)  # noqa: S301 - written by this world, read inside its jail


def _try_pickled(value: Any) -> bytes | None:
    try:
        return _pickled(value)
    except Exception:  # noqa: BLE001 - classes define how they pickle, and may raise anything
        return None


def _can_unpickle(packed: bytes) -> bool:
    try:
        _unpickled(packed)
    except Exception:  # noqa: BLE001 - classes define how they are rebuilt, and may raise anything
        return False
    return True


def _refill(current: Any, value: Any) -> bool:
    """Give an object the content of another of its type; False if it has to be replaced."""
    if isinstance(current, random.Random):
        current.setstate(value.getstate())
    elif isinstance(current, (dict, set, collections.Counter)):
        current.clear()
        current.update(value)
    elif isinstance(current, (list, bytearray)):
        current[:] = value
    elif isinstance(current, collections.deque):
        current.clear()
        current.extend(value)
    elif isinstance(current, (*_SCALARS, *_COUNTERS)):
        return False
    else:
        vars(current).clear()
        vars(current).update(vars(value))
    return True
