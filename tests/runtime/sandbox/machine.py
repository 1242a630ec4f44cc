"""A machine for filter programs, and what a policy means in plain Python, written apart from it."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from awm.runtime.sandbox.bpf import (
    ALLOW,
    KILL,
    AllBits,
    Condition,
    Instruction,
    OneOf,
    OnlyBits,
    Policy,
)
from awm.runtime.sandbox.syscalls import Architecture, number

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ERRNO = 0x00050000


@dataclass(frozen=True, slots=True)
class Call:
    """What the kernel shows to a filter."""

    nr: int
    audit_arch: int
    arguments: tuple[int, int, int, int, int, int]

    def encode(self) -> bytes:
        return struct.pack("<IIQ6Q", self.nr, self.audit_arch, 0, *self.arguments)


def call(name: str, architecture: Architecture, *arguments: int) -> Call:
    nr = number(name, architecture)
    assert nr is not None
    return Call(nr, AUDIT_ARCH[architecture], (*arguments, *(0,) * (6 - len(arguments))))


def run(program: Sequence[Instruction], seen: Call) -> tuple[int, int]:
    """Run a program as the kernel does; return its answer and how many steps it took."""
    record, accumulator, at = seen.encode(), 0, 0
    for steps in range(1, len(program) + 1):
        step = program[at]
        at += 1
        match step.code:
            case 0x20:
                assert step.k % 4 == 0
                (accumulator,) = struct.unpack_from("<I", record, step.k)
            case 0x54:
                accumulator &= step.k
            case 0x05:
                at += step.k
            case 0x06:
                return step.k, steps
            case 0x15 | 0x35 | 0x45:
                holds = {
                    0x15: accumulator == step.k,
                    0x35: accumulator >= step.k,
                    0x45: accumulator & step.k != 0,
                }[step.code]
                at += step.if_true if holds else step.if_false
            case _:
                raise AssertionError(f"unknown instruction {step}")
    raise AssertionError("the program ran off its end or in a circle")


def meaning(policy: Policy, architecture: Architecture, seen: Call) -> int:
    """The answer that a policy means."""
    if seen.audit_arch != AUDIT_ARCH[architecture]:
        return KILL
    if architecture == "x86_64" and seen.nr >= 0x40000000:
        return KILL
    for rule in policy.rules:
        if number(rule.syscall, architecture) == seen.nr:
            if any(all(_holds(c, seen) for c in case) for case in rule.cases):
                return ALLOW
            return ERRNO | rule.refusal
    return policy.default


def _holds(condition: Condition, seen: Call) -> bool:
    value = seen.arguments[condition.argument]
    match condition:
        case OneOf(values=values, width=width):
            return value % 2**width in values
        case OnlyBits(mask=mask, width=width):
            return value % 2**width & ~mask == 0
        case AllBits(mask=mask):
            return value & mask == mask
