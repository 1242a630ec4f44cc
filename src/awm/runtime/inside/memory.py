"""What handlers keep outside the database, kept apart per instance.

A world's state belongs in its database, but generated code also counts in module globals, keeps
carts in a dictionary and caches what it has read. All instances in a worker share one module, so
such a world would leak between them, and a snapshot would lack half of its state.

`ModuleMemory` therefore treats the plain values of the world's module as part of an instance:
before a call they are put back as the instance left them, after it they are compared, as pickles,
with what they were at the start: `==` would not tell `True` from 1, nor one order of a dictionary
from another. Only a world that really does keep state there pays more than the comparison.

Covered are module globals, attributes of the world's own plain classes, objects and middleware,
default arguments and `app.state`, as far as they can be pickled; locks are. An object that also
holds what cannot be, such as an engine, is kept apart attribute by attribute. `functools` caches
are emptied after every call. Not covered are the attributes and closures of functions, class
attributes of models, objects that only a route's dependencies hold, and that two globals share a
part.
"""

import asyncio
import collections
import datetime as dt
import decimal
import io
import itertools
import marshal
import pickle
import random
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pydantic

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
_HOLDERS: Final = (random.Random, types.SimpleNamespace)
_LOCK: Final = type(threading.Lock())
_REENTRANT_LOCK: Final = type(threading.RLock())
_LOCKS: Final = (
    *(_LOCK, _REENTRANT_LOCK, threading.Semaphore),
    *(asyncio.Lock, asyncio.Semaphore),
)
_COMPARED: Final = (bool, bytes, int, str, type(None))
"""Types whose values are the same when they are equal."""

_APP_STATE: Final = "app.state"
_NO_PLAIN_CLASS: Final = frozenset({"pydantic", "sqlalchemy", "enum", "typing", "abc"})
_NO_PLAIN_OBJECT: Final = frozenset({"sqlalchemy", "enum"})
_FRAMEWORK: Final = frozenset({"fastapi", "starlette"})


class MemoryTooLargeError(Exception):
    """The world keeps more outside its database than an instance may carry."""


class _Place:
    """A name under which the world keeps a value, in a dictionary or as a class attribute."""

    def __init__(self, key: str, owner: Any, name: str) -> None:
        self.key = key
        self._owner = owner
        self._name = name

    def get(self) -> Any:
        return _namespace(self._owner).get(self._name)

    def put(self, value: Any) -> None:
        """Set the value, in place where other names may refer to the same object."""
        current = self.get()
        if current is value:  # the only one of its class, which unpickling has found and refilled
            return
        if type(current) is type(value) and _refill(current, value):
            return
        if isinstance(self._owner, dict):
            self._owner[self._name] = value
        else:
            setattr(self._owner, self._name, value)

    def remove(self) -> None:
        """Have the name gone."""
        if isinstance(self._owner, dict):
            self._owner.pop(self._name, None)
        elif self._name in self._owner.__dict__:
            delattr(self._owner, self._name)


class ModuleMemory:
    """The memory of one world's module, for many instances.

    Args:
        module: The world's module, loaded.
        app: The world's application, for its `state`.

    Attributes:
        shared: Globals that cannot be kept apart: containers of what cannot be pickled.
    """

    def __init__(self, module: types.ModuleType, app: Any) -> None:
        self._owners = dict(_owners(module, app))
        self._known = {key: frozenset(_namespace(owner)) for key, owner in self._owners.items()}
        self._places = {
            place.key: place
            for prefix, names in self._known.items()
            for place in (self._place(_key(prefix, name)) for name in sorted(names))
            if not _is_special(place.key) and _is_state(place.get(), module.__name__)
        }
        self._start = {key: _pickled(place.get()) for key, place in self._places.items()}
        self._baseline = {key: _unpickled(packed) for key, packed in self._start.items()}
        self._current: bytes | None = b""
        self._caches = list(_caches(self._owners.values()))
        self.shared = tuple(
            name
            for name, value in vars(module).items()
            if isinstance(value, _CONTAINERS) and name not in self._places and not _is_special(name)
        )

    def enter(self, memory: bytes) -> bool:
        """Put the module into the state in which an instance left it; empty means as loaded.

        Returns:
            Whether anything had to be done for that.
        """
        if memory == self._current:
            return False
        self._current = None  # a mixture, should anything fail on the way
        changed: dict[str, bytes] = _unpickled(memory) if memory else {}
        for key in changed.keys() - self._places.keys():
            self._places[key] = self._place(key)
        for key in self._places.keys() - self._start.keys() - changed.keys():
            self._forget(key)
        for key, packed in {**self._start, **changed}.items():
            self._places[key].put(_unpickled(packed))
        self._current = memory
        return True

    def leave(self) -> bytes:
        """What the module now holds that differs from the start; empty when nothing does.

        What cannot be pickled (a session, a generator) cannot be carried either, and is put back
        as it was at the start.

        Raises:
            MemoryTooLargeError: It is more than an instance may carry. The module is as at the
                start again.
        """
        for clear in self._caches:
            clear()
        self._adopt_new_names()
        changed: dict[str, bytes] = {}
        for key, place in tuple(self._places.items()):
            value = place.get()
            if key in self._baseline and _certainly_same(value, self._baseline[key]):
                continue
            packed = _try_pickled(value)
            if packed is None:
                self._put_back(key)
            elif packed != self._start.get(key):
                changed[key] = packed
        memory = _pickled(changed) if changed else b""
        self._current = memory
        if len(memory) > _LIMIT:
            self.enter(b"")
            raise MemoryTooLargeError
        return memory

    def _put_back(self, key: str) -> None:
        if key in self._start:
            self._places[key].put(_unpickled(self._start[key]))
        else:
            self._forget(key)

    def _forget(self, key: str) -> None:
        """Remove a name that a call introduced."""
        self._places.pop(key).remove()

    def _adopt_new_names(self) -> None:
        for prefix, owner in self._owners.items():
            for name in _namespace(owner).keys() - self._known[prefix]:
                key = _key(prefix, name)
                if key not in self._places and not _is_special(key):
                    self._places[key] = self._place(key)

    def _place(self, key: str) -> _Place:
        prefix, _, name = key.rpartition(".")
        return _Place(key, self._owners[prefix], name)


def _owners(module: types.ModuleType, app: Any) -> Iterator[tuple[str, Any]]:
    """What values live in: module, `app.state`, plain classes, default arguments; by prefix."""
    yield "", vars(module)
    state = getattr(getattr(app, "state", None), "_state", None)
    if isinstance(state, dict):
        yield _APP_STATE, state
    for value in tuple(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, types.FunctionType):
            defaults = _containers(value)
            if defaults:
                yield f"{value.__qualname__}()", defaults
        elif _is_plain_class(value):
            yield value.__qualname__, value
    yield from _mixed_objects("", vars(module), module.__name__, set())
    yield from _middleware(app, module.__name__)


def _mixed_objects(
    prefix: str, holder: Mapping[str, Any], module: str, seen: set[int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The world's objects that cannot be pickled as a whole: what is in them, by their name."""
    for name, value in tuple(holder.items()):
        own = _is_own(value, module) and not _origins(type(value)) & _FRAMEWORK
        if not own or id(value) in seen or _is_state(value, module):
            continue
        seen.add(id(value))
        yield _key(prefix, name), vars(value)
        yield from _mixed_objects(_key(prefix, name), vars(value), module, seen)


def _middleware(app: Any, module: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the world's own middleware objects hold; the application wraps one in the other."""
    seen: set[int] = set()
    layer = getattr(app, "middleware_stack", None)
    while layer is not None and id(layer) not in seen:
        seen.add(id(layer))
        if _is_own(layer, module):
            yield f"middleware {len(seen)}", vars(layer)
        layer = getattr(layer, "app", None)


def _is_plain_class(value: Any) -> bool:
    """Whether it is a class that no library looks after."""
    if not isinstance(value, type) or issubclass(value, BaseException):
        return False
    return not _origins(value) & _NO_PLAIN_CLASS


def _containers(function: types.FunctionType) -> dict[str, Any]:
    """The default arguments that a function can keep things in, by their position or name."""
    defaults = [*enumerate(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).items()]
    return {str(name): value for name, value in defaults if isinstance(value, _CONTAINERS)}


def _namespace(owner: Any) -> Mapping[str, Any]:
    return owner if isinstance(owner, dict) else vars(owner)


def _key(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _is_special(key: str) -> bool:
    """Whether a name is one of Python's own, such as `__warningregistry__`."""
    return key.rpartition(".")[2].startswith("__")


def _origins(kind: type) -> set[str]:
    """The libraries that a class builds on."""
    return {base.__module__.partition(".")[0] for base in kind.__mro__}


def _is_state(value: Any, module: str) -> bool:
    plain = isinstance(value, (*_SCALARS, *_CONTAINERS, *_COUNTERS, *_HOLDERS, *_LOCKS))
    if not plain and not _is_own(value, module):
        return False
    packed = _try_pickled(value)
    return packed is not None and _can_unpickle(packed)


def _is_own(value: Any, module: str) -> bool:
    """Whether it is an object of one of the world's own classes, with attributes to keep."""
    kind = type(value)
    own = kind.__module__ == module and not isinstance(value, type)
    return own and hasattr(value, "__dict__") and not _origins(kind) & _NO_PLAIN_OBJECT


def _caches(owners: Iterable[Any]) -> Iterator[Callable[[], None]]:
    for owner in owners:
        for value in tuple(_namespace(owner).values()):
            cached = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            clear = getattr(cached, "cache_clear", None)
            if callable(clear) and hasattr(cached, "__wrapped__"):
                yield clear


def _certainly_same(value: Any, start: Any) -> bool:
    return type(value) is type(start) and isinstance(value, _COMPARED) and bool(value == start)


class _Pickler(pickle.Pickler):
    """Pickles lambdas too, such as the factory of a `defaultdict`, unless they close over a value.

    They go as code; `marshal` is what Python itself keeps code with, and the reader is the same
    Python. Version 2 has no references, which would make equal code differ.

    Locks go as whether they are held, so an instance that forgets to release one blocks only
    itself. A reentrant one never blocks here, as calls run in one thread, and goes as a new one.
    """

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is types.FunctionType and obj.__name__ == "<lambda>" and not obj.__closure__:
            return _lambda, (obj.__module__, marshal.dumps(obj.__code__, 2), obj.__defaults__)
        if type(obj) is _LOCK:
            return _lock, (obj.locked(),)
        if type(obj) is _REENTRANT_LOCK:
            return threading.RLock, ()
        return NotImplemented


def _lock(held: bool) -> Any:
    lock = threading.Lock()
    if held:
        lock.acquire()
    return lock


def _lambda(module: str, code: bytes, defaults: tuple[Any, ...] | None) -> types.FunctionType:
    loaded = marshal.loads(code)  # noqa: S302 - written by this world, read inside its jail
    return types.FunctionType(loaded, vars(sys.modules[module]), "<lambda>", defaults)


def _pickled(value: Any) -> bytes:
    stream = io.BytesIO()
    _Pickler(stream, protocol=5).dump(value)
    return stream.getvalue()


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
    elif isinstance(current, (*_SCALARS, *_COUNTERS, _LOCK, _REENTRANT_LOCK)):
        return False
    elif isinstance(current, pydantic.BaseModel):
        current.__setstate__(value.__getstate__())
    else:
        vars(current).clear()
        vars(current).update(vars(value))
    return True
