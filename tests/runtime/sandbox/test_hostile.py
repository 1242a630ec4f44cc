"""Every attempt works outside, so that it means something that none works inside."""

import ctypes
import errno
import os
import signal
from pathlib import Path

import pytest

from .attempts import BARE, EVERYBODY, LIBC, ROOT, checked, raw
from .jail import in_child

REFUSED = {errno.EPERM, errno.EACCES, errno.ENOTTY}
X86_64 = os.uname().machine == "x86_64"


@pytest.mark.parametrize("attempt", EVERYBODY)
def test_an_attempt_works_outside_and_not_inside(attempt, any_user):
    act = EVERYBODY[attempt]
    if attempt == "signal its parent" and any_user.user is not None:
        pytest.skip("its parent is root's")
    assert in_child(lambda: act() and None, user=any_user.user).fine
    assert any_user(lambda: act() and None).errno in REFUSED
    assert any_user(lambda: act() and None, sealed=True).errno in REFUSED


@pytest.mark.parametrize("attempt", ROOT)
def test_what_root_could_do_is_gone(attempt, jail):
    if os.getuid() != 0:
        pytest.skip("only root could do it in the first place")
    act = ROOT[attempt]
    if not in_child(lambda: act() and None).fine:
        pytest.skip("the container around this process withholds that right of root")
    assert jail(lambda: act() and None).errno in REFUSED


@pytest.mark.parametrize("name", BARE)
@pytest.mark.parametrize("level", ["full", "no-open"])
def test_a_call_that_hostile_code_has_use_for_is_refused(name, level, jail):
    def act():
        # A descriptor, a pointer and a size that are wrong for anything.
        return raw(*BARE[name], -1, 1, 2**31, 1, 2**31, 1)

    outside = in_child(act)
    if outside.errno in {errno.EPERM, errno.ENOSYS}:
        pytest.skip("this machine refuses it to everybody")
    assert jail.at(level)(act).errno == errno.EPERM


@pytest.mark.parametrize("attempt", EVERYBODY)
def test_without_landlock_nothing_more_can_be_done(attempt, jail):
    act = EVERYBODY[attempt]
    assert jail.at("no-open")(lambda: act() and None).errno in REFUSED


def test_without_landlock_no_file_can_be_opened_at_all(jail, library):
    text = library / "text"
    fenced = jail.but(readable=(str(library),))
    assert fenced(text.read_text).value == "allowed"
    assert fenced.at("no-open")(text.read_text).error == "PermissionError"


def test_vfork_is_refused(jail):
    if not X86_64:
        pytest.skip("only x86_64 has a call of that name")

    def act():
        return checked(LIBC.syscall(ctypes.c_long(58)))

    assert jail(act).errno == errno.EPERM


@pytest.mark.skipif(not X86_64, reason="x32 calls are a matter of x86_64")
def test_an_x32_call_kills(jail):
    def act():
        return LIBC.syscall(ctypes.c_long(0x40000000 | 39)) and None

    assert in_child(act).killed_by is None
    assert jail(act).killed_by == signal.SIGSYS


@pytest.mark.skipif(not X86_64, reason="32-bit calls by interrupt are a matter of x86_64")
def test_a_32_bit_call_kills(jail):
    # mov eax, 20 (getpid); int 0x80; ret
    code = bytes.fromhex("b814000000cd80c3")
    LIBC.mmap.restype = ctypes.c_void_p
    place = LIBC.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_long(0))
    ctypes.memmove(place, code, len(code))
    act = ctypes.CFUNCTYPE(ctypes.c_int)(place)

    if in_child(lambda: act() > 0).value is not True:
        pytest.skip("this kernel takes no 32-bit calls")
    assert jail(lambda: act() > 0).killed_by == signal.SIGSYS


def test_a_link_in_a_readable_folder_leads_nowhere(jail, library):
    (library / "link").symlink_to("/etc/passwd")
    fenced = jail.but(readable=(str(library),))
    assert in_child((library / "link").read_text).fine
    assert fenced((library / "link").read_text).error == "PermissionError"


def test_a_path_handle_cannot_be_turned_into_a_file(jail):
    def act():
        handle = os.open("/etc/passwd", os.O_PATH)
        return os.read(os.open(f"/proc/self/fd/{handle}", os.O_RDONLY), 4).decode()

    assert in_child(act).fine
    assert jail(act).errno in REFUSED


def test_a_filter_of_its_own_cannot_hold_up_an_answer(jail):
    # With a listener, another process answers calls: SECCOMP_FILTER_FLAG_NEW_LISTENER.
    def act():
        return raw(317, 277, 1, 8, 0)

    assert in_child(act).errno == errno.EFAULT
    assert jail(act).errno == errno.EPERM


def test_a_descriptor_that_was_not_kept_is_gone(jail):
    def act():
        return os.fstat(inherited).st_size

    inherited = os.open("/etc/passwd", os.O_RDONLY)
    try:
        assert in_child(act).fine
        assert jail(act).errno == errno.EBADF
        assert jail(act, keep={inherited}).fine
    finally:
        os.close(inherited)


def test_the_standard_streams_lead_nowhere(jail, tmp_path):
    def redirect():
        target = os.open(tmp_path / "streams", os.O_RDWR | os.O_CREAT)
        for stream in (0, 1, 2):
            os.dup2(target, stream)

    def act():
        return [os.write(1, b"out"), os.write(2, b"err"), os.read(0, 10).decode()]

    assert jail(act, before=redirect).value == [3, 3, ""]
    assert (tmp_path / "streams").read_bytes() == b""


def test_the_environment_is_empty(jail):
    def act():
        get = LIBC.getenv
        get.restype = ctypes.c_char_p
        return [dict(os.environ), get(b"JAIL_SECRET") is None]

    def plant():
        os.environ["JAIL_SECRET"] = "loot"

    assert jail(act, before=plant).value == [{}, True]


def test_its_files_in_proc_belong_to_root(jail):
    # Not dumpable: nobody who is not root can read its memory, whatever user it runs as.
    def owner():
        return Path(f"/proc/{os.getpid()}/environ").stat().st_uid

    assert jail(owner).value == 0
