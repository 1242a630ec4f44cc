from errno import EACCES, ENOSYS, ENOTTY, EPERM

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.runtime.sandbox.bpf import ALLOW, assemble, errno_action
from awm.runtime.sandbox.policy import SEALED, loading
from awm.runtime.sandbox.syscalls import ARCHITECTURES, NUMBERS, number

from .machine import AUDIT_ARCH, Call, call, meaning, run

PID = 4711
HIGH = 1 << 32
LOADING = {arch: assemble(loading(PID, opens=True), arch) for arch in ARCHITECTURES}
NO_OPEN = {arch: assemble(loading(PID, opens=False), arch) for arch in ARCHITECTURES}
SEALING = {arch: assemble(SEALED, arch) for arch in ARCHITECTURES}

O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE = (
    0o1,
    0o2,
    0o100,
    0o1000,
    0o2000,
    0o20000000,
)
THREAD = 0x3D0F00  # what glibc starts a thread with
THREAD_MUSL = 0x7D0F00
FORK = 0x1200011  # CHILD_CLEARTID, CHILD_SETTID, SIGCHLD

architectures = st.sampled_from(ARCHITECTURES)
longs = (
    st.integers(0, 2**64 - 1)
    | st.integers(0, 63).map(lambda bit: 1 << bit)
    | st.sampled_from([0, 1, 2, 3, 4, PID, PID + HIGH, 2**64 - 1, THREAD, THREAD | HIGH])
)


def answer(name, *arguments, architecture="x86_64", programs=LOADING):
    return run(programs[architecture], call(name, architecture, *arguments))[0]


@given(
    architecture=architectures,
    nr=st.sampled_from(sorted(NUMBERS)) | st.integers(0, 2**32 - 1),
    arguments=st.tuples(*[longs] * 6),
    which=st.sampled_from(["loading", "no-open", "sealed"]),
)
def test_the_programs_answer_what_the_policies_mean(architecture, nr, arguments, which):
    policy, programs = {
        "loading": (loading(PID, opens=True), LOADING),
        "no-open": (loading(PID, opens=False), NO_OPEN),
        "sealed": (SEALED, SEALING),
    }[which]
    if isinstance(nr, str):
        nr = number(nr, architecture) or 0
    seen = Call(nr, AUDIT_ARCH[architecture], arguments)
    assert run(programs[architecture], seen)[0] == meaning(policy, architecture, seen)


@given(architectures, st.integers(0, 1023))
def test_a_call_that_nobody_listed_is_refused(architecture, nr):
    if nr not in {number(name, architecture) for name in NUMBERS}:
        seen = Call(nr, AUDIT_ARCH[architecture], (0,) * 6)
        assert run(LOADING[architecture], seen)[0] == errno_action(EPERM)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ["capset", "capget", "landlock_restrict_self"])
def test_what_builds_the_jail_is_refused_inside(name, architecture):
    assert answer(name, architecture=architecture) == errno_action(EPERM)


@given(architectures, st.integers(0, 2**32 - 1))
def test_no_file_is_opened_for_anything_but_reading(architecture, flags):
    writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_TMPFILE
    if flags & writes:
        assert answer("openat", 0, 0, flags, architecture=architecture) == errno_action(EACCES)
        assert answer("open", 0, flags) == errno_action(EACCES)


@pytest.mark.parametrize(
    "flags", [0o2000000, 0o12000000, 0o2000000 | 0o200000, 0o2000000 | 0o40000]
)
def test_files_and_folders_are_opened_for_reading(flags):
    for architecture in ARCHITECTURES:
        assert answer("openat", 0, 0, flags, architecture=architecture) == ALLOW
        refused = answer("openat", 0, 0, flags, architecture=architecture, programs=NO_OPEN)
        assert refused == errno_action(EACCES)


@given(architectures, st.sampled_from(["mmap", "mprotect"]), longs)
def test_no_memory_is_executable(architecture, name, protection):
    got = answer(name, 0, 4096, protection, architecture=architecture)
    assert got == (ALLOW if protection <= 3 else errno_action(EPERM))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_threads_may_be_started_and_processes_may_not(architecture):
    assert answer("clone", THREAD, architecture=architecture) == ALLOW
    assert answer("clone", THREAD_MUSL, architecture=architecture) == ALLOW
    for refused in (FORK, 0x4111, 17, THREAD & ~0x10000, THREAD & ~0x100, THREAD | HIGH, 0):
        assert answer("clone", refused, architecture=architecture) == errno_action(EPERM)
    assert answer("clone3", architecture=architecture) == errno_action(ENOSYS)


@given(
    architectures, st.sampled_from([0x80, 0x02000000, 0x10000000, 0x20000000, 0x40000000, 0x1000])
)
def test_a_thread_brings_no_namespace_and_no_pidfd(architecture, flag):
    assert answer("clone", THREAD | flag, architecture=architecture) == errno_action(EPERM)


@given(architectures, st.sampled_from(["kill", "tgkill"]), longs)
def test_only_the_process_itself_is_signalled(architecture, name, pid):
    got = answer(name, pid, 0, 9, architecture=architecture)
    assert got == (ALLOW if pid == PID else errno_action(EPERM))


@given(architectures, st.sampled_from(["sendto", "recvfrom"]), longs)
def test_messages_go_to_the_connected_peer_only(architecture, name, address):
    got = answer(name, 3, 0, 0, 0, address, 0, architecture=architecture)
    assert got == (ALLOW if address == 0 else errno_action(EPERM))


@given(architectures, longs, longs)
def test_limits_are_read_and_never_set(architecture, pid, new):
    got = answer("prlimit64", pid, 7, new, architecture=architecture)
    assert got == (ALLOW if pid in {0, PID} and new == 0 else errno_action(EPERM))


@pytest.mark.parametrize("command", [5, 6, 7, 8, 9, 10, 11, 15, 16, 36, 37, 38, 1024, 1026, 1033])
def test_fcntl_locks_nothing_and_redirects_no_signal(command):
    assert answer("fcntl", 3, command, 0) == errno_action(EPERM)


def test_fcntl_changes_blocking_but_not_signal_driven_reading():
    assert answer("fcntl", 3, 4, 0o4002) == ALLOW
    assert answer("fcntl", 3, 4, 0o24002) == errno_action(EPERM)
    assert answer("fcntl", 3, 1030, 10) == ALLOW


def test_a_thread_may_be_named_and_nothing_else_set():
    assert answer("prctl", 15) == ALLOW
    for option in (1, 4, 8, 22, 24, 28, 38, 47, 0x59616D61):
        assert answer("prctl", option, 1) == errno_action(EPERM)


@given(architectures, longs)
def test_no_device_is_controlled(architecture, request):
    assert answer("ioctl", 0, request, architecture=architecture) == errno_action(ENOTTY)


def test_the_peer_of_a_socket_is_not_revealed():
    assert answer("getsockopt", 3, 1, 4) == ALLOW
    for option in (17, 31, 77):  # SO_PEERCRED, SO_PEERSEC, SO_PEERPIDFD
        assert answer("getsockopt", 3, 1, option) == errno_action(EPERM)
    assert answer("getsockopt", 3, 6, 4) == errno_action(EPERM)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    "name",
    [
        *("openat", "open", "newfstatat", "statx", "stat", "lstat", "access", "faccessat"),
        *("faccessat2", "readlink", "readlinkat", "getdents64"),
    ],
)
def test_sealing_takes_files_away(name, architecture):
    if number(name, architecture) is not None:
        assert answer(name, architecture=architecture) == ALLOW
        sealed = answer(name, architecture=architecture, programs=SEALING)
        assert sealed == errno_action(EACCES)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_second_filter_is_let_in_and_no_third(architecture):
    assert answer("seccomp", 1, 1, 8, architecture=architecture) == ALLOW
    for operation, flags in ((0, 1), (1, 8), (1, 0), (2, 0), (3, 0)):
        got = answer("seccomp", operation, flags, architecture=architecture)
        assert got == errno_action(EPERM)
    sealed = answer("seccomp", 1, 1, 8, architecture=architecture, programs=SEALING)
    assert sealed == errno_action(EPERM)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    "asked",
    [
        ("recvfrom",),
        ("sendto",),
        ("mmap", 0, 4096, 3, 0x22),
        ("madvise", 0, 4096, 4),
        ("futex",),
        ("read",),
        ("write",),
        ("setitimer",),
        ("epoll_pwait",),
        ("munmap",),
        ("clock_gettime",),
    ],
    ids=lambda asked: asked[0],
)
def test_what_a_served_call_asks_for_is_decided_in_a_few_steps(asked, architecture):
    seen = call(asked[0], architecture, *asked[1:])
    verdict, steps = run(LOADING[architecture], seen)
    _, more = run(SEALING[architecture], seen)
    assert verdict == ALLOW
    assert steps <= 24
    assert more <= 24


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_programs_are_short(architecture):
    assert len(LOADING[architecture]) <= 240
    assert len(SEALING[architecture]) <= 24
