import asyncio
import decimal
import importlib
import json
import os
import resource
import signal
import socket
import sqlite3
import sys
import threading
import time
import zoneinfo
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awm.runtime.sandbox import Isolation, enter, identity, landlock, seal, seccomp, walls
from awm.runtime.sandbox.identity import NOBODY

from .jail import Outcome, in_child, mapped_already


def ask_database():
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table t (a integer primary key, b text)")
        connection.executemany("insert into t (b) values (?)", [("x" * 100,)] * 5000)
        return connection.execute("select count(*), max(b) > 'a' from t order by b").fetchone()


@pytest.mark.parametrize("sealed", [False, True], ids=["loading", "sealed"])
class TestWhatAWorldNeeds:
    def test_threads(self, any_user, sealed):
        def act():
            with ThreadPoolExecutor(4) as pool:
                return sum(pool.map(lambda n: n * n, range(100)))

        assert any_user(act, sealed=sealed).value == 328350

    def test_a_database_in_memory(self, any_user, sealed):
        assert any_user(ask_database, sealed=sealed).value == [5000, 1]

    def test_time(self, any_user, sealed):
        def act():
            time.sleep(0.001)
            return time.time() > 0 and time.localtime().tm_year > 2000

        assert any_user(act, sealed=sealed).value is True

    def test_random_bytes(self, any_user, sealed):
        assert any_user(lambda: len(os.urandom(16)), sealed=sealed).value == 16

    def test_memory(self, any_user, sealed):
        assert any_user(lambda: len(bytearray(100 << 20)), sealed=sealed).value == 100 << 20

    def test_an_event_loop_made_before(self, any_user, sealed):
        loop = asyncio.new_event_loop()
        try:
            ends = loop._selector.fileno(), loop._ssock.fileno(), loop._csock.fileno()

            async def twice():
                await asyncio.sleep(0.001)
                return await loop.run_in_executor(None, lambda: 21) * 2

            outcome = any_user(lambda: loop.run_until_complete(twice()), keep=ends, sealed=sealed)
        finally:
            loop.close()
        assert outcome.value == 42

    def test_a_socket_that_was_kept(self, any_user, sealed):
        ours, theirs = socket.socketpair()
        with ours, theirs:

            def act():
                theirs.sendall(theirs.recv(4).upper())
                return theirs.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

            ours.sendall(b"ping")
            assert any_user(act, keep={theirs.fileno()}, sealed=sealed).value == 0
            assert ours.recv(4) == b"PING"

    def test_a_timer_that_interrupts_it(self, any_user, sealed):
        class Late(BaseException):
            pass

        def ring(number, frame):
            raise Late

        def act():
            signal.signal(signal.SIGALRM, ring)
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            try:
                while True:
                    pass
            except Late:
                return "late"

        assert any_user(act, sealed=sealed).value == "late"

    def test_signals_to_itself(self, any_user, sealed):
        def act():
            got = []
            signal.signal(signal.SIGUSR1, lambda number, frame: got.append(number))
            signal.raise_signal(signal.SIGUSR1)
            os.kill(os.getpid(), signal.SIGUSR1)
            return len(got)

        assert any_user(act, sealed=sealed).value == 2

    def test_what_was_imported(self, any_user, sealed):
        def act():
            return json.dumps(str(decimal.Decimal("0.1") * 3))

        assert any_user(act, sealed=sealed).value == '"0.3"'

    def test_its_own_limits_can_be_read(self, any_user, sealed):
        limits = any_user(lambda: resource.getrlimit(resource.RLIMIT_AS), sealed=sealed).value
        assert limits == [any_user.walls.memory_bytes] * 2


class TestImports:
    def test_of_a_readable_folder_work_until_sealed(self, any_user, library):
        name = "a_module_of_the_jail_tests"

        def look_there():
            sys.path.insert(0, str(library))

        def act():
            return importlib.import_module(name).ANSWER

        allowed = any_user.but(readable=(str(library),))
        assert allowed(act, before=look_there).value == 42
        assert allowed(act, before=look_there, sealed=True).error == "ModuleNotFoundError"
        unlisted = any_user.but(readable=("/usr/share/zoneinfo",))
        assert unlisted(act, before=look_there).error in {"ModuleNotFoundError", "PermissionError"}

    @pytest.mark.parametrize("name", ["colorsys", "sqlalchemy.dialects.mysql.enumerated"])
    def test_of_libraries_work_until_sealed(self, jail, name):
        def forget():
            __import__(name.partition(".")[0])
            for known in [known for known in sys.modules if known.startswith(name)]:
                del sys.modules[known]
            importlib.invalidate_caches()

        def act():
            return importlib.import_module(name).__name__

        assert jail(act, before=forget).value == name
        assert not jail(act, before=forget, sealed=True).fine
        assert not jail.at("no-open")(act, before=forget).fine

    def test_of_the_projects_own_code_do_not(self, jail):
        act = Path(walls.__file__).read_text
        assert in_child(lambda: len(act())).fine
        assert jail(act).error == "PermissionError"

    def test_time_zones_are_read_until_sealed(self, any_user):
        if not zoneinfo.TZPATH or not Path(zoneinfo.TZPATH[0], "Asia/Tokyo").exists():
            pytest.skip("no time zones are installed")
        zone = zoneinfo.ZoneInfo.no_cache
        assert any_user(lambda: str(zone("Asia/Tokyo"))).value == "Asia/Tokyo"
        assert not any_user(lambda: str(zone("Asia/Tokyo")), sealed=True).fine


class TestLimits:
    def test_memory_beyond_the_limit_is_a_memory_error(self, any_user):
        def act():
            return len(bytes(1 << 30))

        assert in_child(act).value == 1 << 30
        outcome = any_user.but(memory_bytes=mapped_already() + (1 << 29))(act)
        assert outcome.error == "MemoryError"

    def test_the_limit_counts_what_was_there_before(self, jail):
        mapped = mapped_already()
        assert jail.but(memory_bytes=mapped + (64 << 20))(lambda: len(bytearray(16 << 20))).fine
        too_small = jail.but(memory_bytes=mapped // 2)(lambda: 0)
        assert too_small.error == "IsolationError"
        assert "mapped already" in too_small.message

    def test_descriptors_are_limited(self, any_user):
        def act():
            return max(os.dup(1) for _ in range(100))

        assert in_child(act).fine
        assert any_user(act).message.endswith("Too many open files")

    def test_a_tighter_limit_stays(self, any_user):
        tight = 20 + max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())

        def tighten():
            resource.setrlimit(resource.RLIMIT_NOFILE, (tight, tight))

        def act():
            return resource.getrlimit(resource.RLIMIT_NOFILE)

        jailed = any_user.but(open_files=1024)
        assert jailed(act).value == [1024, 1024]
        assert jailed(act, before=tighten).value == [tight, tight]

    def test_a_file_that_was_kept_open_cannot_grow(self, any_user, tmp_path):
        file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
        try:
            outcome = any_user(lambda: os.write(file, b"loot"), keep={file})
        finally:
            os.close(file)
        assert not outcome.fine
        assert (tmp_path / "file").read_bytes() == b""

    def test_nothing_can_be_locked_in_memory_or_dumped(self, any_user):
        def act():
            kinds = resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE
            return [resource.getrlimit(kind) for kind in kinds]

        assert any_user(act).value == [[0, 0]] * 3


class TestIdentity:
    def test_root_becomes_nobody(self, jail):
        if os.getuid() != 0:
            pytest.skip("only root has rights to give up")

        def act():
            return [os.getresuid(), os.getresgid(), os.getgroups()]

        assert jail(act).value == [[NOBODY] * 3, [NOBODY] * 3, []]

    def test_an_ordinary_user_stays(self, any_user):
        if any_user.user is not None:
            assert any_user(os.getuid).value == any_user.user

    def test_it_dies_with_its_parent(self, any_user):
        reading, writing = os.pipe()

        def parent():
            middle = os.fork()
            if middle == 0:
                leave_an_orphan()
            return os.waitpid(middle, 0)[1]

        def leave_an_orphan():
            ready, tell = os.pipe()
            if os.fork() == 0:
                enter(any_user.walls, {writing, tell})
                os.write(tell, b"!")
                threading.Event().wait()
            os.read(ready, 1)  # jailed by now
            os._exit(0)

        assert in_child(parent, user=any_user.user) == Outcome(0)
        os.close(writing)
        assert os.read(reading, 1) == b""  # the last writing end closes when the orphan dies
        os.close(reading)


class TestFailing:
    """A wall that cannot be built is named, and nothing runs behind the others."""

    def test_without_the_right_to_fence(self, jail, monkeypatch):
        def refuse(ruleset):
            raise PermissionError(1, "landlock_restrict_self: Operation not permitted")

        monkeypatch.setattr(landlock, "enforce", refuse)
        outcome = jail(lambda: "ran")
        assert (outcome.error, outcome.value) == ("IsolationError", None)
        assert "fencing files: " in outcome.message

    def test_without_the_right_to_filter(self, jail, monkeypatch):
        def refuse(policy):
            raise OSError(22, "seccomp: Invalid argument")

        monkeypatch.setattr(seccomp, "install", refuse)
        outcome = jail(lambda: "ran")
        assert (outcome.error, outcome.value) == ("IsolationError", None)
        assert "filtering system calls: " in outcome.message

    def test_when_a_filter_is_accepted_but_not_obeyed(self, jail, monkeypatch):
        monkeypatch.setattr(seccomp, "install", lambda policy: 0)
        assert "not obeyed" in jail(lambda: "ran").message

    def test_when_a_path_is_not_there(self, any_user):
        outcome = any_user.but(readable=("/not/there",))(lambda: "ran")
        assert outcome.error == "IsolationError"
        assert "listing what may be read: " in outcome.message
        assert "/not/there" in outcome.message

    def test_when_other_threads_would_stay_outside(self, jail):
        def start():
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()

        assert "2 threads run" in jail(lambda: "ran", before=start).message
        # Without Landlock the filter holds all threads, so there is nothing to complain of.
        assert jail.at("no-open")(lambda: "ran", before=start).value == "ran"

    def test_when_root_may_not_change_its_user(self, jail):
        if os.getuid() != 0:
            pytest.skip("only root changes its user")

        def unprivileged():
            # As in a container that withholds CAP_SETUID and CAP_SETGID.
            identity._keep_capabilities(0)

        outcome = jail(lambda: "ran", before=unprivileged)
        assert outcome.error == "IsolationError"
        assert "giving up rights: " in outcome.message


class TestSealing:
    @pytest.mark.parametrize("level", ["full", "no-open"])
    def test_files_can_no_longer_be_looked_at(self, jail, level):
        def act():
            return Path("/usr").stat().st_mode > 0

        assert jail.at(level)(act).value is True
        assert jail.at(level)(act, sealed=True).error == "PermissionError"

    def test_a_thread_that_already_runs_is_held_too(self, jail):
        place = jail.walls.readable[0]

        def act():
            sealed, seen = threading.Event(), []

            def look():
                sealed.wait()
                try:
                    seen.append(len(list(Path(place).iterdir())))
                except PermissionError:
                    seen.append("refused")

            watcher = threading.Thread(target=look)
            watcher.start()
            seal()
            sealed.set()
            watcher.join()
            return seen

        assert jail(act).value == ["refused"]

    def test_it_cannot_be_done_twice(self, jail):
        outcome = jail(seal, sealed=True)
        assert outcome.error == "IsolationError"
        assert "sealing: [Errno 1] seccomp: Operation not permitted" in outcome.message

    def test_weakly_no_new_descriptor_can_be_had(self, jail, library):
        text = library / "text"
        weak = jail.at("weak")
        assert weak(text.read_text).value == "allowed"
        assert weak(text.read_text, sealed=True).errno == 24
        assert weak(ask_database, sealed=True).value == [5000, 1]


class TestWeakly:
    def test_limits_and_identity_are_all_there_is(self, jail):
        weak = jail.at("weak")
        assert weak(lambda: dict(os.environ)).value == {}
        assert weak(lambda: os.fstat(0).st_rdev == Path("/dev/null").stat().st_rdev).value is True
        tight = weak.but(memory_bytes=mapped_already() + (1 << 29))
        assert tight(lambda: len(bytes(1 << 30))).error == "MemoryError"
        assert weak(lambda: Path("/etc/passwd").read_text() and "read").value == "read"
        if os.getuid() == 0:
            assert weak(os.getuid).value == NOBODY

    def test_it_can_be_entered_with_threads(self, jail):
        def start():
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()

        assert jail.at("weak")(lambda: "ran", before=start).value == "ran"

    def test_files_are_fenced_where_only_the_filter_is_missing(self, jail, library):
        version = jail.walls.isolation.landlock_abi
        fenced = jail.but(isolation=Isolation("weak", version, False, ()), readable=(str(library),))
        assert fenced((library / "text").read_text).value == "allowed"
        assert fenced(Path("/etc/passwd").read_text).error == "PermissionError"
        assert fenced(os.pipe).fine


def test_the_calling_process_is_not_restricted_by_these_tests(jail):
    assert jail(lambda: None).fine
    assert not seccomp.in_force()
    assert Path("/etc/passwd").read_text()
