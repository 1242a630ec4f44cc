import os
import sys
from importlib.machinery import BuiltinImporter, FrozenImporter

import pytest

from awm.runtime.inside.verifying import Verifying
from awm.runtime.wire import Verified, Verify, plain
from tests.runtime import programs

from .forked import in_child


def outcomes(*orders):
    """What one process answers to these orders, one after the other."""

    def act():
        os.environ.clear()
        sys.meta_path[:] = [BuiltinImporter, FrozenImporter]  # as in the jail, which reads no files
        verifying = Verifying()
        verifying.begin()
        return [plain(verifying.run(order))[1:] for order in orders]

    # As fields: in the child no module of ours can be imported any more, as pickle would.
    return [Verified(*fields) for fields in in_child(act)]


def order(body, *, mode="code", seconds=5.0, **others):
    given = {"initial": programs.INITIAL, "final": programs.FINAL, "answer": None} | others
    return Verify(
        mode=mode,
        code=programs.verifier(body),
        clock=programs.CLOCK,
        seconds=seconds,
        result_bytes=1000,
        seal=b"seal",
        **given,
    )


COMPLETE = 'return {"result": "complete"}'


def test_a_run_comes_back_sealed_and_may_be_repeated():
    complete = Verified('{"result": "complete"}', None, "", b"seal", False)
    assert outcomes(order(COMPLETE), order(COMPLETE)) == [complete, complete]


def test_each_run_sees_its_own_databases_and_the_same_clock_and_dice():
    body = """
        import random, time
        titles = sqlite3.connect(final).execute("SELECT count(*) FROM notes").fetchone()
        return {"result": "others", "seen": [titles, time.time(), random.random(), os.urandom(2)]}
        """
    one, other, again = outcomes(order(body), order(body, final=programs.INITIAL), order(body))
    assert one == again
    assert one.result == other.result.replace("[1]", "[2]", 1) != other.result


def test_a_database_that_is_known_to_be_sound_is_not_checked_again():
    orders = [order(COMPLETE, final=b"no database" * 99, final_sound=known) for known in (0, 1)]
    assert [said.kind for said in outcomes(*orders)] == ["bad_database", None]


def test_what_leaves_the_process_different_is_told():
    left, clean = "import sys; sys.setrecursionlimit(700)\n" + COMPLETE, COMPLETE
    assert [said.spent for said in outcomes(order(clean), order(left))] == [False, True]
    (said,) = outcomes(order(left))
    assert said.kind is None


@pytest.mark.parametrize(
    ("body", "kind", "what"),
    [
        ("while True: pass", "timeout", "it ran longer than 0.1 seconds"),
        ("return 1 / 0", "raised", "line 3: ZeroDivisionError: division by zero"),
        ("import nowhere", "missing_import", "there is no module 'nowhere' for verifiers"),
        ("import awm", "missing_import", "there is no module 'awm' for verifiers"),
        ("raise MemoryError", "memory", "it needed more memory than it may have"),
        ("open('/x')", "forbidden", "it tried to open the file '/x'"),
        ("return 1", "wrong_type", "it returned 1 where a dictionary is due"),
    ],
)
def test_every_fault_has_its_kind_and_is_told_in_words(body, kind, what):
    (said,) = outcomes(order(body, seconds=0.1))
    assert (said.kind, said.what, said.result, said.spent) == (kind, what, "", True)


def test_an_object_that_dies_late_still_speaks_under_watch():
    body = """
        class Late:
            def __del__(self):
                open("/x")
        late = Late()
        late.itself = late
        return {"result": "complete"}
        """
    (said,) = outcomes(order(body))
    assert said.kind == "forbidden"


@pytest.mark.parametrize("which", ["initial", "final"])
def test_a_database_that_cannot_be_read_is_named(which):
    said, after = outcomes(order(COMPLETE, **{which: b"junk" * 500}), order(COMPLETE))
    assert said.kind == "bad_database"
    assert said.what.startswith(f"{which}.db cannot be read: ")
    assert after.kind is None
