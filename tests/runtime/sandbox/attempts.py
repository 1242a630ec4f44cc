"""What hostile code tries: each attempt returns if nothing hinders it, and raises otherwise."""

import ctypes
import encodings.idna  # noqa: F401  (for host names)
import mmap
import os
import resource
import socket
import subprocess
import tempfile
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PARENT = os.getpid()
PAGE = mmap.PAGESIZE


def checked(result):
    if result in {-1, ctypes.c_void_p(-1).value}:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def raw(x86_64, aarch64, *arguments):
    """A system call by its number."""
    nr = x86_64 if os.uname().machine == "x86_64" else aarch64
    return checked(LIBC.syscall(ctypes.c_long(nr), *map(ctypes.c_long, arguments)))


def write_file(folder):
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(b"loot")


def make_folder():
    folder = f"/tmp/jail-{os.getpid()}"
    Path(folder).mkdir()
    Path(folder).rmdir()


def make_link():
    link = Path(f"/tmp/jail-link-{os.getpid()}")
    link.symlink_to("/etc")
    link.unlink()


def waited(child):
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)[1]


def executable_mapping():
    LIBC.mmap.restype = ctypes.c_void_p
    checked(LIBC.mmap(None, ctypes.c_size_t(PAGE), 7, 0x22, -1, ctypes.c_long(0)))


def executable_later():
    LIBC.mmap.restype = ctypes.c_void_p
    place = checked(LIBC.mmap(None, ctypes.c_size_t(PAGE), 3, 0x22, -1, ctypes.c_long(0)))
    checked(LIBC.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(PAGE), 5))


def code_made_writable():
    function = ctypes.cast(LIBC.getpid, ctypes.c_void_p).value
    page = function & ~(PAGE - 1)
    checked(LIBC.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(PAGE), 7))


def set_limit(name):
    kind = getattr(resource, f"RLIMIT_{name}")
    # Not by the module, which hides the errno.
    limits = (ctypes.c_ulong * 2)(*(limit % 2**64 for limit in resource.getrlimit(kind)))
    checked(LIBC.setrlimit(kind, limits))


def raw_fork():
    waited(raw(56, 220, 17, 0, 0, 0, 0))  # clone(SIGCHLD)


def connect():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        socket.create_connection(listener.getsockname()).close()


def open_own_memory():
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        memory.seek(id(open_own_memory))
        memory.read(8)


def spawn():
    return waited(os.posix_spawn("/bin/true", ["true"], {}))


def pipe_pair():
    for end in os.pipe():
        os.close(end)


def io_control():
    # FIONBIO, which any descriptor takes.
    checked(LIBC.ioctl(1, 0x5421, ctypes.byref(ctypes.c_int(0))))


EVERYBODY = {
    "read /etc/passwd": lambda: Path("/etc/passwd").read_text(),
    "read its environment": lambda: Path("/proc/self/environ").read_bytes(),
    "read its memory map": lambda: Path("/proc/self/maps").read_text(),
    "read of process 1": lambda: Path("/proc/1/status").read_text(),
    "read of its parent": lambda: Path(f"/proc/{PARENT}/status").read_text(),
    "list /": lambda: list(Path("/").iterdir()),
    "list /proc": lambda: list(Path("/proc").iterdir()),
    "list /tmp": lambda: list(Path("/tmp").iterdir()),
    "open its own memory": open_own_memory,
    "write to /tmp": lambda: write_file("/tmp"),
    "write to /dev/shm": lambda: write_file("/dev/shm"),
    "make a folder": make_folder,
    "make a link": make_link,
    "change folder": lambda: os.chdir("/tmp"),
    "make a socket": lambda: socket.socket().close(),
    "make a unix socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "make a pair of sockets": lambda: [end.close() for end in socket.socketpair()],
    "connect to this machine": connect,
    "make a pipe": pipe_pair,
    "fork": lambda: waited(os.fork()),
    "clone a process": raw_fork,
    "spawn a program": spawn,
    "run a program": lambda: subprocess.run(["/bin/true"], check=True),
    "map memory to execute": executable_mapping,
    "make memory executable": executable_later,
    "make code writable": code_made_writable,
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "signal its group": lambda: os.killpg(0, 0),
    "signal everybody": lambda: os.kill(-1, 0),
    "signal a thread": lambda: raw(200, 130, os.getpid(), 0),
    "get hold of a process": lambda: os.close(os.pidfd_open(os.getpid())),
    "be traced": lambda: checked(LIBC.ptrace(0, 0, None, None)),
    "set a limit": lambda: set_limit("NOFILE"),
    "set the address space": lambda: set_limit("AS"),
    "make a file in memory": lambda: os.close(os.memfd_create("loot")),
    "be dumpable": lambda: checked(LIBC.prctl(4, 1, 0, 0, 0)),
    "outlive its parent": lambda: checked(LIBC.prctl(1, 0, 0, 0, 0)),
    "change its personality": lambda: raw(135, 92, 0xFFFFFFFF),
    "control a descriptor": io_control,
    "lock a descriptor": lambda: os.lockf(1, os.F_TEST, 0),
    "watch files": lambda: os.close(raw(294, 26, 0)),
    "make a timer of its own": lambda: os.close(raw(283, 85, 1, 0)),
    "change its priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, 19),
}

ROOT = {
    "become root again": lambda: os.setuid(0),
    "change its root": lambda: os.chroot("/"),
    "leave the namespace": lambda: checked(LIBC.unshare(0x20000)),
    "read the shadow file": lambda: Path("/etc/shadow").read_text(),
    "trace its parent": lambda: Path(f"/proc/{PARENT}/mem").open("rb").close(),
}
"""What only root could do in the first place."""

# Calls that are hard to make succeed: outside they complain of their arguments, inside they are
# refused before anyone looks at these. Name: (x86_64, aarch64).
BARE = {
    "execve": (59, 221),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "setns": (308, 268),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "rt_sigqueueinfo": (129, 138),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "semget": (64, 190),
    "openat2": (437, 437),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "execveat": (322, 281),
    "pkey_mprotect": (329, 288),
    "landlock_create_ruleset": (444, 444),
    "setgroups": (116, 159),
    "capset": (126, 91),
    "ftruncate": (77, 46),
    "splice": (275, 76),
    "signalfd4": (289, 74),
    "mlock2": (325, 284),
    "add_key": (248, 217),
    "kcmp": (312, 272),
    "fanotify_init": (300, 262),
    "reboot": (169, 142),
}
