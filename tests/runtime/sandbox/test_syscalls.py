import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from awm.runtime.sandbox import syscalls
from awm.runtime.sandbox.syscalls import NUMBERS, native_architecture, number, syscall

GENERIC = Path("/usr/include/asm-generic/unistd.h")
X86_64 = next(
    (path for path in Path("/usr/include").glob("**/asm/unistd_64.h") if "x86" in str(path)),
    Path("/usr/include/asm/unistd_64.h"),
)

linux_only = pytest.mark.skipif(native_architecture() is None, reason="no jail for this platform")


def defined(header):
    if not header.exists():
        pytest.skip(f"the kernel's headers are not installed: no {header.name}")
    raw = dict(re.findall(r"^#define\s+(__NR\w+)\s+(\w+)", header.read_text(), re.MULTILINE))
    return {
        name.removeprefix("__NR_"): int(raw.get(value, value))
        for name, value in raw.items()
        if raw.get(value, value).isdigit()
    }


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_those_of_the_kernel_headers_for_x86_64(name):
    assert number(name, "x86_64") == defined(X86_64).get(name)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_those_of_the_kernel_headers_for_aarch64(name):
    defines = defined(GENERIC)
    # aarch64 asks the generic header for the calls that later architectures were spared.
    assert number(name, "aarch64") == defines.get(name)


def test_a_call_that_is_not_listed_is_a_slip():
    with pytest.raises(KeyError):
        number("reed", "x86_64")


@linux_only
def test_a_call_returns_what_the_kernel_returned():
    assert syscall("getpid") == os.getpid()


@linux_only
def test_a_refused_call_raises_with_its_name_and_errno():
    with pytest.raises(OSError, match="close: Bad file descriptor"):
        syscall("close", -1)


def test_calls_of_an_unknown_platform_are_refused(monkeypatch):
    monkeypatch.setattr(syscalls, "native_architecture", lambda: None)
    with pytest.raises(OSError, match="getpid: Function not implemented"):
        syscall("getpid")


@pytest.mark.parametrize("machine", ["i686", "riscv64", "armv7l"])
def test_other_machines_are_foreign(monkeypatch, machine):
    named = os.uname_result(("Linux", "host", "6.1", "1", machine))
    monkeypatch.setattr(syscalls.os, "uname", lambda: named)
    assert native_architecture() is None


@linux_only
def test_a_32_bit_python_is_foreign(monkeypatch):
    monkeypatch.setattr(syscalls.struct, "calcsize", lambda code: 4)
    assert native_architecture() is None


FREED = """
from pathlib import Path
from awm.runtime.sandbox.syscalls import give_memory_back

def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20

blocks = [bytes(3000) for _ in range(20_000)]
last = bytes(3000)  # keeps the heap from shrinking by itself
del blocks
before = megabytes()
give_memory_back()
print(before - megabytes())
"""


@linux_only
def test_what_was_freed_goes_back_to_the_system():
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("the C library cannot: it has no malloc_trim")
    ran = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 40
