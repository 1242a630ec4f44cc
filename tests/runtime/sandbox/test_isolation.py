import errno
import os
import signal
import threading
from pathlib import Path

import pytest

from awm.errors import UsageError
from awm.runtime.sandbox import Isolation, Walls, isolation, landlock, probe, seccomp
from awm.runtime.sandbox.bpf import ALLOW, Policy, Rule
from awm.runtime.sandbox.syscalls import PR_SET_NO_NEW_PRIVS, native_architecture, prctl

from .jail import Jail, in_child, mapped_already

linux_only = pytest.mark.skipif(native_architecture() is None, reason="a matter of Linux")


def refuse(code):
    def act(*arguments, **options):
        raise OSError(code, os.strerror(code))

    return act


def test_probing_restricts_nobody():
    probe()
    assert Path("/etc/passwd").read_text()
    assert not seccomp.in_force()


def descriptors():
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def children():
    """Processes of this one, dead or alive; other tests may keep some."""
    tasks = Path("/proc/self/task").iterdir()
    return {child for task in tasks for child in (task / "children").read_text().split()}


def test_probing_leaves_no_descriptor_and_no_child():
    before = descriptors(), children()
    probe()
    assert (descriptors(), children()) == before


@linux_only
def test_the_level_is_what_the_kernel_gives():
    found = probe()
    assert found.seccomp == (found.level in {"full", "no-open"})
    assert (found.landlock_abi > 0) == (found.level == "full") or found.level == "weak"
    assert bool(found.reasons) == (found.level != "full")


def test_probing_works_where_children_are_not_waited_for(isolation):
    def act():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        return probe() == isolation

    assert in_child(act).value is True


def test_probing_works_beside_threads(isolation):
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert probe() == isolation
    finally:
        stop.set()
        thread.join()


def test_inside_a_jail_it_tells_that_nothing_can_be_found_out(jail):
    assert jail(lambda: probe().level).value == "weak"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSYS, "lacks it"),
        (errno.EOPNOTSUPP, "lsm="),
        (errno.EPERM, "container around this process forbids it"),
        (errno.EMFILE, "Too many open files"),
    ],
)
def test_without_landlock_no_file_can_be_opened_and_why_is_told(
    code, reason, filtered, monkeypatch
):
    monkeypatch.setattr(landlock, "abi", refuse(code))
    found = probe()
    assert (found.level, found.landlock_abi, found.seccomp) == ("no-open", 0, True)
    assert reason in found.reasons[0]
    assert found.reasons[0].startswith("no Landlock: ")


def test_a_fence_that_does_not_hold_counts_for_nothing(filtered, monkeypatch):
    monkeypatch.setattr(landlock, "abi", lambda: 1)
    monkeypatch.setattr(landlock, "enforce", os.close)
    monkeypatch.setattr(landlock, "build", lambda readable, version: os.dup(1))
    found = probe()
    assert found.level == "no-open"
    assert "not obeyed" in found.reasons[0] or "switched off" in found.reasons[0]


@linux_only
def test_without_a_filter_the_jail_is_weak_whatever_else_there_is(monkeypatch):
    monkeypatch.setattr(seccomp, "install", refuse(errno.EINVAL))
    found = probe()
    assert (found.level, found.seccomp) == ("weak", False)
    assert "no seccomp: this kernel, or the container around it, lacks it" in found.reasons


@linux_only
def test_a_filter_that_does_not_hold_counts_for_nothing(monkeypatch):
    monkeypatch.setattr(seccomp, "install", lambda policy: 0)
    assert probe().level == "weak"


@linux_only
def test_a_machine_that_cannot_fork_is_weak_and_nothing_is_raised(monkeypatch):
    before = descriptors()
    monkeypatch.setattr(isolation.os, "fork", refuse(errno.EAGAIN))
    found = probe()
    assert found.level == "weak"
    assert "could not be tried" in found.reasons[0]
    assert descriptors() == before


def test_another_platform_is_weak(monkeypatch):
    monkeypatch.setattr(isolation, "native_architecture", lambda: None)
    assert probe() == Isolation("weak", 0, False, probe().reasons)
    assert "Linux only" in probe().reasons[0]


@linux_only
def test_a_child_that_dies_without_an_answer_is_weak(monkeypatch):
    monkeypatch.setattr(isolation, "_try_walls", lambda: os._exit(1))
    assert probe().level == "weak"


@linux_only
def test_a_child_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(isolation, "_PATIENCE_MS", 10)
    monkeypatch.setattr(isolation, "_try_walls", lambda: threading.Event().wait())
    before = children()
    found = probe()
    assert found.level == "weak"
    assert "did not answer" in found.reasons[0]
    assert children() == before


class TestInsideAnotherSandbox:
    """Containers filter system calls too, and this machine can play one."""

    @staticmethod
    def without(*names, code):
        """An outer sandbox that refuses some calls."""

        def build():
            prctl(PR_SET_NO_NEW_PRIVS, 1)
            seccomp.install(Policy(tuple(Rule(name, (), code) for name in names), default=ALLOW))

        return build

    @pytest.mark.parametrize("code", [errno.EPERM, errno.ENOSYS])
    def test_that_hides_landlock_the_jail_works_without_files(self, filtered, code, library):
        outer = self.without("landlock_create_ruleset", code=code)

        def look():
            outer()
            return probe().level

        assert in_child(look).value == "no-open"
        jail = Jail(Walls(mapped_already() + (2 << 30), 64, (str(library),), filtered)).at(
            "no-open"
        )
        assert jail(lambda: "ran", before=outer, sealed=True).value == "ran"
        assert jail((library / "text").read_text, before=outer).error == "PermissionError"

    def test_that_forbids_filters_the_jail_is_weak_and_still_fences(self, jail, library):
        outer = self.without("seccomp", code=errno.EPERM)
        version = jail.walls.isolation.landlock_abi

        def look():
            outer()
            found = probe()
            return [found.level, found.landlock_abi]

        assert in_child(look).value == ["weak", version]
        weak = jail.but(isolation=Isolation("weak", version, False, ()), readable=(str(library),))
        assert weak((library / "text").read_text, before=outer).value == "allowed"
        assert weak(Path("/etc/passwd").read_text, before=outer).error == "PermissionError"
        assert weak(lambda: "ran", before=outer, sealed=True).value == "ran"

    def test_that_forbids_filters_a_full_jail_is_not_built(self, jail):
        outcome = jail(lambda: "ran", before=self.without("seccomp", code=errno.EPERM))
        assert outcome.error == "IsolationError"
        assert "filtering system calls" in outcome.message


@pytest.mark.parametrize(
    ("level", "version", "filtered"), [("full", 0, True), ("full", 7, False), ("no-open", 7, False)]
)
def test_a_level_that_claims_more_than_its_parts_is_refused(level, version, filtered):
    with pytest.raises(UsageError, match="needs seccomp"):
        Isolation(level, version, filtered, ())


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Isolation("full", 7, True, ()), ["fully jailed", "seccomp", "Landlock 7"]),
        (Isolation("no-open", 0, True, ("no Landlock: x",)), ["without files", "no Landlock: x"]),
        (Isolation("weak", 0, False, ("a", "b")), ["weak", "hostile code could", "(a; b)"]),
    ],
)
def test_people_are_told_in_one_sentence(found, words):
    told = found.describe()
    assert all(word in told for word in words)
    assert told.endswith(".")
    assert "\n" not in told
