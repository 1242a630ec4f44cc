"""What a gateway and a worker say to each other.

Each message is a frozen dataclass; on the wire it is the list `[tag, *fields]`. The gateway reads
every reply through `decode`, which checks the number and the type of every field, because the
process that wrote it runs hostile code. All fields are plain: text, bytes, numbers, lists of those.

A worker serves its requests strictly in order, one at a time, and answers each exactly once.
"""

from dataclasses import dataclass, fields
from types import GenericAlias, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from awm.runtime.frames import FrameError

__all__ = [
    "Build",
    "Built",
    "Call",
    "Called",
    "Close",
    "Compare",
    "Compared",
    "Describe",
    "Described",
    "Digest",
    "Digested",
    "Done",
    "Failed",
    "Hello",
    "Load",
    "Loaded",
    "Message",
    "Open",
    "Verified",
    "Verify",
    "complaint",
    "decode",
    "plain",
]


@dataclass(frozen=True, slots=True)
class Hello:
    """Say that the jail holds: `Done`, or `Failed` with the wall that could not be built."""


@dataclass(frozen=True, slots=True)
class Load:
    """Bring a world to life: run its code against a database.

    Attributes:
        name: The world's normalised name, for messages.
        code: The world's Python source.
        image: The database to start from, as SQLite writes it to a file.
        template: What an earlier load of the world made of it, which then takes precedence; empty
            the first time. Instances keep their deltas to it when their worker is replaced.
        clock: Virtual time at step 0, seconds since the epoch.
        foreign_keys: Whether instances run with foreign keys enforced.
        call_seconds: How long a call may run before it is interrupted.
        response_bytes: The largest answer a call may give.
        database_bytes: How large one instance's database may grow.
    """

    name: str
    code: str
    image: bytes
    template: bytes
    clock: float
    foreign_keys: bool
    call_seconds: float
    response_bytes: int
    database_bytes: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A world that came to life.

    Attributes:
        template: The database after the code has run, which every instance starts from.
        tools: JSON: a list of `[name, description, input schema]` for each tool.
        warnings: JSON: a list of texts, what is odd about the world though it works.
    """

    template: bytes
    tools: str
    warnings: str


@dataclass(frozen=True, slots=True)
class Open:
    """Make an instance exist in the worker, in a given state; replaces one of the same number.

    Attributes:
        instance: Its number, unique within the runtime.
        seed: What its randomness is derived from.
        delta: Its database, as pages that differ from the template (see `delta`).
        memory: What its handlers keep outside the database, as a worker wrote it; may be empty.
    """

    instance: int
    seed: int
    delta: bytes
    memory: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Call a tool of an instance. `step` numbers the calls of the instance, from 1."""

    instance: int
    step: int
    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Called:
    """How a call ended.

    Attributes:
        text: What the agent reads.
        is_error: Whether the call failed.
        status: The handler's HTTP status; None where none answered.
        fault: See `awm.types.ToolResult.fault`.
        exception: The exception that the handler let escape, for people who mend worlds.
        delta: The database now, or None where the call changed nothing.
        memory: What the handlers now keep outside the database, or None where unchanged.
        recycle: The worker is not to be trusted with further calls.
    """

    text: str
    is_error: bool
    status: int | None
    fault: str | None
    exception: str | None
    delta: bytes | None
    memory: bytes | None
    recycle: bool


@dataclass(frozen=True, slots=True)
class Close:
    """Forget an instance."""

    instance: int


@dataclass(frozen=True, slots=True)
class Build:
    """Build a world's database from its schema and sample rows (`DatabaseRecipe.to_plain`)."""

    recipe: dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Built:
    """A database, and what went wrong on the way: rows of world, where, what, hint, severity."""

    image: bytes
    problems: list[Any]
    tables: int
    rows: int


@dataclass(frozen=True, slots=True)
class Digest:
    """Compute the canonical hash of a database."""

    image: bytes


@dataclass(frozen=True, slots=True)
class Digested:
    """A canonical hash, in hexadecimal."""

    digest: str


@dataclass(frozen=True, slots=True)
class Compare:
    """List the rows that differ between two databases."""

    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Compared:
    """The difference of two databases, as `StateDiff.from_plain` reads it."""

    tables: list[Any]


@dataclass(frozen=True, slots=True)
class Describe:
    """Tell what a database's tables are made of."""

    image: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """A database's tables, and keys that lead nowhere, as `Schema.from_plain` reads them."""

    tables: list[Any]
    dangling: list[Any]


@dataclass(frozen=True, slots=True)
class Verify:
    """Run a verifier program. The worker serves nothing but such runs afterwards.

    Attributes:
        mode: `code` or `sql`; what it may return, and which of its functions is meant.
        code: Its Python source, untrusted.
        initial: The database before.
        final: The database after.
        answer: What the agent said in the end; None where it said nothing.
        clock: The time that it sees, seconds since the epoch.
        seconds: How long it may run before it is interrupted.
        result_bytes: The largest result, as JSON.
        seal: Has to come back with the result. Whoever writes to the socket without having been
            told of it is not the one who was asked.
        initial_sound, final_sound: Whether a database is known to be readable.
    """

    mode: str
    code: str
    initial: bytes
    final: bytes
    answer: str | None
    clock: float
    seconds: float
    result_bytes: int
    seal: bytes = b""
    initial_sound: bool = False
    final_sound: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verifier program returned, or its fault.

    Attributes:
        result: What it returned, as JSON; empty where there is a fault.
        kind: Of which kind the fault is; None where there is none.
        what: The fault in words.
        seal: That of the order.
        spent: The worker is not to be given anything else to run.
    """

    result: str
    kind: str | None
    what: str
    seal: bytes = b""
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """A request without an answer was carried out."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A request could not be carried out.

    Attributes:
        what: What happened, in one sentence.
        where: In which line of the world's code, as far as it is known.
        hint: What to do about it.
    """

    what: str
    where: str
    hint: str


Message = (
    Load | Loaded | Open | Call | Called | Close | Build | Built | Digest | Digested
    | Compare | Compared | Done | Failed | Hello | Describe | Described | Verify | Verified
)  # fmt: skip
"""Everything that can be said, in either direction."""

_KINDS: Final[tuple[type[Message], ...]] = get_args(Message)
_TAGS: Final = {kind: tag for tag, kind in enumerate(_KINDS)}


def complaint(reply: Message) -> str:
    """What is wrong with a reply that is not the one expected."""
    return reply.what if isinstance(reply, Failed) else type(reply).__name__


def plain(message: Message) -> list[Any]:
    """The message as the list that goes into a frame."""
    return [_TAGS[type(message)], *(getattr(message, name) for name in _SHAPES[type(message)][0])]


def decode(received: object) -> Message:
    """Read a message back, checking everything about it.

    Raises:
        FrameError: It is not a message, or a field has the wrong type.
    """
    if not isinstance(received, list) or not received or type(received[0]) is not int:
        raise FrameError("a message is not a tagged list")
    tag, *values = received
    if not 0 <= tag < len(_KINDS):
        raise FrameError(f"no message has the tag {tag}")
    names, types = _SHAPES[_KINDS[tag]]
    if len(values) != len(names):
        raise FrameError(f"{_KINDS[tag].__name__} has {len(names)} fields, not {len(values)}")
    for name, allowed, value in zip(names, types, values, strict=True):
        if type(value) not in allowed:
            raise FrameError(f"{_KINDS[tag].__name__}.{name} is a {type(value).__name__}")
    return _KINDS[tag](*values)


def _shape(kind: type[Any]) -> tuple[tuple[str, ...], tuple[tuple[type, ...], ...]]:
    hints = get_type_hints(kind)
    names = tuple(field.name for field in fields(kind))
    return names, tuple(_concrete(hints[name]) for name in names)


def _concrete(hint: Any) -> tuple[type, ...]:
    if isinstance(hint, UnionType):
        return tuple(kind for part in get_args(hint) for kind in _concrete(part))
    if isinstance(hint, GenericAlias):
        return (get_origin(hint),)
    return (float, int) if hint is float else (hint,)


_SHAPES: Final = {kind: _shape(kind) for kind in _KINDS}
"""The names of each message's fields, and the types that each may have."""
