import errno
import os
import resource
import threading
from pathlib import Path

import pytest

from awm.runtime.sandbox import seccomp
from awm.runtime.sandbox.bpf import ALLOW, KILL, OneOf, Policy, Rule, assemble
from awm.runtime.sandbox.policy import SEALED, loading
from awm.runtime.sandbox.syscalls import PR_SET_NO_NEW_PRIVS, native_architecture, prctl

from .jail import in_child

NO_FOLDER = Policy((Rule("getcwd", (), errno.ENOTCONN),), default=ALLOW)


@pytest.fixture(autouse=True)
def _needs_seccomp(filtered):
    """All of these need it."""


def under(policy, act):
    def jailed():
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        seccomp.install(policy)
        return act()

    return in_child(jailed)


def test_a_policy_is_obeyed():
    assert in_child(os.getcwd).fine
    assert under(NO_FOLDER, os.getcwd).errno == errno.ENOTCONN


def test_conditions_on_arguments_are_obeyed():
    only_bad = Policy((Rule("close", ((OneOf(0, (2**32 - 1,), 32),),), errno.ENOTCONN),), ALLOW)

    def close(descriptor):
        return under(only_bad, lambda: os.close(descriptor)).errno

    assert close(-1) == errno.EBADF
    assert close(0) == errno.ENOTCONN


def test_threads_that_run_already_come_under_it():
    def act():
        filtered, seen = threading.Event(), []

        def look():
            filtered.wait()
            try:
                seen.append(str(Path.cwd()))
            except OSError as error:
                seen.append(error.errno)

        thread = threading.Thread(target=look)
        thread.start()
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        seccomp.install(NO_FOLDER)
        filtered.set()
        thread.join()
        return seen

    assert in_child(act).value == [errno.ENOTCONN]


def test_the_size_of_the_program_is_told():
    size = len(assemble(SEALED, native_architecture()))

    def act():
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        return seccomp.install(SEALED)

    assert in_child(act).value == size


def test_of_two_filters_the_stricter_one_counts():
    def act():
        seccomp.install(Policy((Rule("getcwd", (), errno.ENOTCONN),), default=ALLOW))
        return str(Path.cwd())

    assert under(Policy((), default=ALLOW), act).errno == errno.ENOTCONN
    assert under(loading(os.getpid(), opens=True), os.pipe).errno == errno.EPERM


def test_a_refusal_can_be_a_kill():
    assert under(Policy((Rule("getcwd", (), 1),), default=KILL), os.getcwd).killed_by == 31


def test_without_the_promise_of_no_new_privileges_it_is_refused():
    def act():
        if os.getuid() == 0:
            os.setresuid(54321, 54321, 54321)
        seccomp.install(NO_FOLDER)

    assert in_child(act).errno == errno.EACCES


def test_a_thread_with_a_filter_of_its_own_is_an_error(monkeypatch):
    monkeypatch.setattr(seccomp, "syscall", lambda *arguments: 4711)
    with pytest.raises(OSError, match="thread 4711"):
        seccomp.install(NO_FOLDER)


def test_an_unknown_platform_has_no_filter(monkeypatch):
    monkeypatch.setattr(seccomp, "native_architecture", lambda: None)
    with pytest.raises(OSError, match="no system call filter") as caught:
        seccomp.install(NO_FOLDER)
    assert caught.value.errno == errno.ENOSYS


def test_the_first_filter_is_recognised():
    assert under(loading(os.getpid(), opens=True), seccomp.in_force).value is True
    assert under(NO_FOLDER, seccomp.in_force).value is False


def descriptors():
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def test_looking_for_the_first_filter_leaves_no_descriptor():
    before = descriptors()
    assert not seccomp.in_force()
    assert descriptors() == before


def test_a_lack_of_descriptors_is_not_taken_for_a_filter():
    def act():
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, 1))
        return seccomp.in_force()

    assert in_child(act).value is False
