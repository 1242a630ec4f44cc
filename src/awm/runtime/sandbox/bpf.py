"""From a table of permitted system calls to a classic BPF program for seccomp.

A `Policy` says which calls are allowed and under which conditions on their arguments; everything
else gets its default. `assemble` turns it into the instructions the kernel runs for every call.
Layout of the record they read, from `struct seccomp_data` in `linux/seccomp.h`: call number (4
bytes), architecture (4), instruction pointer (8), six arguments (8 each, little-endian here).
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from awm.runtime.sandbox.syscalls import Architecture, number

__all__ = [
    "ALLOW",
    "ANYTHING",
    "KILL",
    "AllBits",
    "Condition",
    "Instruction",
    "OneOf",
    "OnlyBits",
    "Policy",
    "Rule",
    "assemble",
    "encode",
    "errno_action",
]

ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
"""`SECCOMP_RET_KILL_PROCESS`: end the whole process, as by SIGSYS."""

LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
JUMP_IF_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
AND: Final = 0x54  # BPF_ALU | BPF_AND | BPF_K
RETURN: Final = 0x06  # BPF_RET | BPF_K

_AUDIT_ARCH: Final = MappingProxyType[Architecture, int](
    {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
)
_X32_BIT: Final = 0x40000000
_WORD: Final = 0xFFFFFFFF
_LONGEST_JUMP: Final = 255
_LONGEST_RUN: Final = 200
_MOST_INSTRUCTIONS: Final = 4096  # BPF_MAXINSNS

Width: TypeAlias = Literal[32, 64]


def errno_action(code: int) -> int:
    """The filter's answer that makes a call fail with this `errno`."""
    return 0x00050000 | code


@dataclass(frozen=True, slots=True)
class OneOf:
    """The argument equals one of some values below 2**32.

    Attributes:
        argument: Which argument, from 0.
        values: What it may be.
        width: 32 where the kernel takes an `int` and ignores the upper half, else 64.
    """

    argument: int
    values: tuple[int, ...]
    width: Width = 64


@dataclass(frozen=True, slots=True)
class OnlyBits:
    """The argument has no bit set outside the mask."""

    argument: int
    mask: int
    width: Width = 64


@dataclass(frozen=True, slots=True)
class AllBits:
    """The argument has every bit of the mask set; others do not matter."""

    argument: int
    mask: int


Condition: TypeAlias = OneOf | OnlyBits | AllBits

ANYTHING: Final[tuple[tuple[Condition, ...], ...]] = ((),)
"""The cases of a call that is allowed whatever its arguments."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When one system call is allowed.

    Attributes:
        syscall: Its name, as in `NUMBERS`.
        cases: Allowed if all conditions of at least one case hold; with no case, never.
        refusal: The `errno` it fails with otherwise.
    """

    syscall: str
    cases: tuple[tuple[Condition, ...], ...]
    refusal: int

    @property
    def verdict(self) -> int | None:
        """The answer where it does not depend on the arguments, else None."""
        if not self.cases:
            return errno_action(self.refusal)
        return ALLOW if () in self.cases else None


@dataclass(frozen=True, slots=True)
class Policy:
    """Which system calls a process may make.

    Attributes:
        rules: At most one for each call, the ones made most often first.
        default: The answer for every call without a rule.
    """

    rules: tuple[Rule, ...]
    default: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """One `struct sock_filter`: both jumps are counted from the next instruction."""

    code: int
    if_true: int
    if_false: int
    k: int


def assemble(policy: Policy, architecture: Architecture) -> tuple[Instruction, ...]:
    """Translate a policy for one architecture.

    Calls that enter the kernel by another architecture's table kill the process: their numbers
    mean other calls. So does x32, whose calls carry a bit of their own on top of x86_64's numbers.

    Raises:
        ValueError: The policy names a call twice, or is too long to be one program.
    """
    program = _Program()
    _guard(program, architecture)
    known = ((number(rule.syscall, architecture), rule) for rule in policy.rules)
    rules = [(nr, rule) for nr, rule in known if nr is not None]
    if len({nr for nr, _ in rules}) != len(rules):
        raise ValueError("two rules of the policy are about the same system call")
    for verdict, group in groupby(rules, key=lambda entry: entry[1].verdict):
        if verdict is None:
            for nr, rule in group:
                _conditional(program, nr, rule)
        else:
            _flat(program, [nr for nr, _ in group], verdict)
    program.give(policy.default)
    return program.resolve()


def encode(program: Iterable[Instruction]) -> bytes:
    """The program as an array of `struct sock_filter`, 8 bytes each."""
    return b"".join(struct.pack("=HBBI", i.code, i.if_true, i.if_false, i.k) for i in program)


class _Label:
    """A place in a program, compared by identity."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Draft:
    """An instruction whose jumps still name places; None is the next instruction."""

    code: int
    k: int = 0
    if_true: _Label | None = None
    if_false: _Label | None = None


@dataclass(slots=True)
class _Program:
    drafts: list[_Draft] = field(default_factory=list)
    places: dict[_Label, int] = field(default_factory=dict)

    def load(self, offset: int) -> None:
        self.drafts.append(_Draft(LOAD, offset))

    def mask(self, bits: int) -> None:
        self.drafts.append(_Draft(AND, bits))

    def give(self, verdict: int) -> None:
        self.drafts.append(_Draft(RETURN, verdict))

    def branch(
        self, code: int, k: int, if_true: _Label | None = None, if_false: _Label | None = None
    ) -> None:
        self.drafts.append(_Draft(code, k, if_true, if_false))

    def place(self, label: _Label) -> None:
        self.places[label] = len(self.drafts)

    def resolve(self) -> tuple[Instruction, ...]:
        if len(self.drafts) > _MOST_INSTRUCTIONS:
            raise ValueError(f"{len(self.drafts)} instructions are more than the kernel takes")
        return tuple(self._resolved())

    def _resolved(self) -> Iterator[Instruction]:
        for index, draft in enumerate(self.drafts):
            true, false = (self._distance(index, to) for to in (draft.if_true, draft.if_false))
            if max(true, false) > _LONGEST_JUMP:
                raise ValueError(f"instruction {index} jumps further than {_LONGEST_JUMP}")
            yield Instruction(draft.code, true, false, draft.k)

    def _distance(self, index: int, target: _Label | None) -> int:
        return 0 if target is None else self.places[target] - index - 1


def _guard(program: _Program, architecture: Architecture) -> None:
    native = _Label()
    program.load(4)
    program.branch(JUMP_IF_EQUAL, _AUDIT_ARCH[architecture], if_true=native)
    program.give(KILL)
    program.place(native)
    program.load(0)
    if architecture == "x86_64":
        ordinary = _Label()
        program.branch(JUMP_IF_AT_LEAST, _X32_BIT, if_false=ordinary)
        program.give(KILL)
        program.place(ordinary)


def _flat(program: _Program, numbers: list[int], verdict: int) -> None:
    """Calls that share one answer: a comparison each, and one instruction that answers."""
    for start in range(0, len(numbers), _LONGEST_RUN):
        answer, past = _Label(), _Label()
        *others, last = numbers[start : start + _LONGEST_RUN]
        for nr in others:
            program.branch(JUMP_IF_EQUAL, nr, if_true=answer)
        program.branch(JUMP_IF_EQUAL, last, if_false=past)
        program.place(answer)
        program.give(verdict)
        program.place(past)


def _conditional(program: _Program, nr: int, rule: Rule) -> None:
    past = _Label()
    program.branch(JUMP_IF_EQUAL, nr, if_false=past)
    for case in rule.cases:
        miss = _Label()
        for condition in case:
            _test(program, condition, miss)
        program.give(ALLOW)
        program.place(miss)
    program.give(errno_action(rule.refusal))
    program.place(past)


def _test(program: _Program, condition: Condition, miss: _Label) -> None:
    """Fall through if the condition holds, else jump."""
    low = 16 + 8 * condition.argument
    if not isinstance(condition, AllBits) and condition.width == 64:
        program.load(low + 4)
        program.branch(JUMP_IF_EQUAL, 0, if_false=miss)
    program.load(low)
    match condition:
        case OneOf(values=(*others, last)):
            hit = _Label()
            for value in others:
                program.branch(JUMP_IF_EQUAL, value, if_true=hit)
            program.branch(JUMP_IF_EQUAL, last, if_false=miss)
            program.place(hit)
        case OnlyBits(mask=mask):
            program.branch(JUMP_IF_ANY_BIT, ~mask & _WORD, if_true=miss)
        case AllBits(mask=mask):
            program.mask(mask)
            program.branch(JUMP_IF_EQUAL, mask, if_false=miss)
