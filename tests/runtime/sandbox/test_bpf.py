import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.runtime.sandbox.bpf import (
    ALLOW,
    ANYTHING,
    KILL,
    AllBits,
    OneOf,
    OnlyBits,
    Policy,
    Rule,
    assemble,
    encode,
    errno_action,
)
from awm.runtime.sandbox.syscalls import ARCHITECTURES, NUMBERS, number

from .machine import AUDIT_ARCH, Call, meaning, run

words = st.integers(0, 2**32 - 1) | st.sampled_from([0, 1, 2**31, 2**32 - 1])
few_bits = st.sets(st.integers(0, 31), max_size=3).map(lambda bits: sum(1 << b for b in bits))
masks = words | few_bits | few_bits.map(lambda mask: ~mask & 0xFFFFFFFF)
places = st.integers(0, 5)
widths = st.sampled_from([32, 64])
conditions = (
    st.builds(OneOf, places, st.lists(masks, min_size=1, max_size=4).map(tuple), widths)
    | st.builds(OnlyBits, places, masks, widths)
    | st.builds(AllBits, places, masks)
)
cases = st.lists(st.lists(conditions, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple)
rules = st.builds(
    Rule, st.sampled_from(sorted(NUMBERS)), cases | st.just(ANYTHING), st.integers(1, 133)
)
policies = st.builds(
    Policy,
    st.lists(rules, max_size=12, unique_by=lambda rule: rule.syscall).map(tuple),
    st.sampled_from([ALLOW, KILL, errno_action(1)]),
)
architectures = st.sampled_from(ARCHITECTURES)


@st.composite
def argument_near(draw, policy):
    """An argument that a condition of the policy is likely to be about, or any other."""
    known = [
        value
        for rule in policy.rules
        for case in rule.cases
        for condition in case
        for value in (condition.values if isinstance(condition, OneOf) else (condition.mask,))
    ]
    low = draw(st.sampled_from(known)) if known and draw(st.booleans()) else draw(masks)
    return low | draw(st.sampled_from([0, 0, 0, 1, 2**31, 2**32 - 1])) << 32


@given(st.data())
def test_a_program_answers_what_its_policy_means(data):
    policy, architecture = data.draw(policies), data.draw(architectures)
    numbers = [number(rule.syscall, architecture) for rule in policy.rules]
    known = st.sampled_from([nr for nr in numbers if nr is not None] or [0])
    arguments = [data.draw(argument_near(policy)) for _ in range(6)]
    seen = Call(data.draw(known | words), AUDIT_ARCH[architecture], tuple(arguments))

    answer, _ = run(assemble(policy, architecture), seen)

    assert answer == meaning(policy, architecture, seen)


@given(policies, architectures, words, words)
def test_calls_by_another_table_kill_whatever_the_policy(policy, architecture, nr, audit_arch):
    if audit_arch == AUDIT_ARCH[architecture]:
        audit_arch ^= 0x40000000
    answer, _ = run(assemble(policy, architecture), Call(nr, audit_arch, (0,) * 6))
    assert answer == KILL


@given(policies, st.integers(0x40000000, 0xFFFFFFFF))
def test_x32_calls_kill_whatever_the_policy(policy, nr):
    seen = Call(nr, AUDIT_ARCH["x86_64"], (0,) * 6)
    assert run(assemble(policy, "x86_64"), seen)[0] == KILL


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_call_without_a_rule_gets_the_default(architecture):
    policy = Policy((Rule("read", ANYTHING, 1),), default=errno_action(13))
    program = assemble(policy, architecture)
    assert run(program, Call(9999, AUDIT_ARCH[architecture], (0,) * 6))[0] == errno_action(13)


def test_a_rule_for_a_call_that_the_architecture_lacks_is_left_out():
    with_it = Policy((Rule("open", ANYTHING, 1),), default=KILL)
    without = Policy((), default=KILL)
    assert assemble(with_it, "aarch64") == assemble(without, "aarch64")
    assert assemble(with_it, "x86_64") != assemble(without, "x86_64")


def test_two_rules_for_one_call_are_an_error():
    policy = Policy((Rule("read", ANYTHING, 1), Rule("read", (), 1)), default=ALLOW)
    with pytest.raises(ValueError, match="two rules"):
        assemble(policy, "x86_64")


def test_a_jump_too_long_for_an_instruction_is_an_error():
    endless = tuple((OneOf(0, (value,)),) for value in range(100))
    with pytest.raises(ValueError, match="jumps further"):
        assemble(Policy((Rule("read", endless, 1),), default=ALLOW), "x86_64")


def test_a_program_longer_than_the_kernel_takes_is_an_error():
    many = tuple((OneOf(0, (value,)),) for value in range(40))
    rules = tuple(Rule(name, many, 1) for name in NUMBERS)
    with pytest.raises(ValueError, match="more than the kernel takes"):
        assemble(Policy(rules, default=ALLOW), "x86_64")


def test_instructions_are_written_as_the_kernel_reads_them():
    program = assemble(Policy((), default=ALLOW), "aarch64")
    assert encode(program)[:16] == bytes.fromhex("200000000400000015000100b70000c0")
    assert len(encode(program)) == 8 * len(program)
