"""Memory of the processes below one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from awm.cli.memory import memory_of, tree_memory

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")

PAGE = os.sysconf("SC_PAGE_SIZE")
HOLD = "import sys; held = b'x' * (64 << 20); print('held', flush=True); sys.stdin.read()"
PASS_ON = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"


def test_a_process_without_others_below_it_counts_nothing():
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=-1, stdout=-1) as process:
        process.stdout.readline()
        memory = tree_memory(process.pid)
        process.stdin.close()
    assert (memory.processes, memory.total_bytes) == (0, 0)


def test_children_and_their_children_count():
    with subprocess.Popen([sys.executable, "-c", PASS_ON], stdin=-1, stdout=-1) as process:
        process.stdout.readline()
        below, with_it = tree_memory(process.pid), tree_memory()
        process.stdin.close()
    assert below.processes == 1
    assert below.megabytes > 64
    assert with_it.processes >= 2
    assert with_it.total_bytes > below.total_bytes


def test_shared_pages_are_not_counted_twice_where_the_kernel_tells():
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=-1, stdout=-1) as process:
        process.stdout.readline()
        resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * PAGE
        assert 64 << 20 < memory_of(process.pid) <= resident
        process.stdin.close()
    assert memory_of(process.pid) == 0


def test_a_process_that_has_ended_counts_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert tree_memory(process.pid).processes == 0
