import errno
import os
from itertools import pairwise
from pathlib import Path

import pytest

from awm.runtime.sandbox import landlock
from awm.runtime.sandbox.syscalls import PR_SET_NO_NEW_PRIVS, prctl

from .jail import in_child


@pytest.fixture
def version(isolation):
    if not isolation.landlock_abi:
        pytest.skip(f"needs Landlock: {isolation.describe()}")
    return isolation.landlock_abi


def fenced(act, readable, version):
    def jailed():
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        landlock.enforce(landlock.build(readable, version))
        return act()

    return in_child(jailed)


def test_each_version_forbids_what_the_one_before_did_and_more():
    masks = [landlock.rights(version) for version in range(1, landlock.NEWEST_ABI + 1)]
    for older, newer in pairwise(masks):
        assert all(was & now == was for was, now in zip(older, newer, strict=True))
    assert masks[0] == (0x1FFF, 0, 0)
    assert masks[-1] == (0xFFFF, 0b11, 0b11)


@pytest.mark.parametrize("version", range(1, 12))
def test_the_record_is_as_long_as_the_version_takes(version, monkeypatch):
    seen = []

    def record(name, *arguments):
        seen.append((name, arguments))
        return os.open("/dev/null", os.O_RDONLY)

    monkeypatch.setattr(landlock, "syscall", record)
    os.close(landlock.build((), version))
    [(name, (attributes, size, flags))] = seen
    assert (name, flags) == ("landlock_create_ruleset", 0)
    assert size == len(attributes) == {1: 8, 2: 8, 3: 8, 4: 16, 5: 16}.get(version, 24)


def test_older_rules_hold_on_a_newer_kernel(version, library):
    for pretended in range(1, version + 1):
        readable = (str(library),)
        assert fenced((library / "text").read_text, readable, pretended).value == "allowed"
        assert fenced(Path("/etc/passwd").read_text, readable, pretended).errno == errno.EACCES


def test_folders_can_be_read_and_listed_and_nothing_written(version, library):
    readable = (str(library),)

    def attempt(act):
        return fenced(act, readable, version).errno

    assert fenced(lambda: len(list(library.iterdir())), readable, version).value == 2
    assert attempt(lambda: (library / "new").write_text("x")) == errno.EACCES
    assert attempt(lambda: (library / "text").write_text("x")) == errno.EACCES
    assert attempt((library / "text").unlink) == errno.EACCES
    assert attempt((library / "new").mkdir) == errno.EACCES
    assert attempt(lambda: (library / "new").symlink_to("text")) == errno.EACCES
    assert attempt(lambda: (library / "text").rename(library / "new")) == errno.EACCES
    assert attempt(lambda: list(library.parent.iterdir())) == errno.EACCES


def test_nothing_can_be_run(version, library):
    program = library / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    def act():
        os.execv(program, ["program"])

    assert fenced(act, (str(library),), version).errno == errno.EACCES


def test_one_file_can_be_named(version, library):
    (library / "other").write_text("secret")
    readable = (str(library / "text"),)
    assert fenced((library / "text").read_text, readable, version).value == "allowed"
    assert fenced((library / "other").read_text, readable, version).errno == errno.EACCES


def test_a_path_that_is_not_there_leaves_no_descriptor_behind(version):
    def descriptors():
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    with pytest.raises(FileNotFoundError):
        landlock.build(("/usr", "/not/there"), version)
    assert descriptors() == before


def test_without_the_promise_of_no_new_privileges_nothing_is_enforced(version):
    def act():
        os.setresuid(54321, 54321, 54321)
        landlock.enforce(landlock.build((), version))

    if os.getuid() != 0:
        pytest.skip("shown by giving up the rights of root")
    assert in_child(act).errno == errno.EPERM


def test_a_kernel_without_landlock_says_so(monkeypatch):
    monkeypatch.setattr(landlock, "syscall", lambda *arguments: 0)
    with pytest.raises(OSError, match="version 0"):
        landlock.abi()
