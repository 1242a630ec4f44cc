import pytest

from awm.runtime.inside.faults import WORLD_FILE, UnfitWorldError, describe, load_failure
from awm.runtime.wire import Failed


class UnspeakableError(Exception):
    def __str__(self):
        raise KeyError("even the message is broken")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("wrong"), "ValueError: wrong"),
        (ValueError(), "ValueError"),
        (KeyError("name"), "KeyError: 'name'"),
        (UnspeakableError(), "UnspeakableError"),
    ],
)
def test_an_exception_is_its_type_and_its_message(error, words):
    assert describe(error) == words


def test_a_long_message_is_cut():
    assert describe(ValueError("x" * 10_000)) == f"ValueError: {'x' * 488}..."


def failure(code: str) -> Failed:
    """What is said when this code is loaded."""
    try:
        exec(compile(code, WORLD_FILE, "exec"), {})
    except BaseException as error:  # noqa: BLE001 - as a worker does
        return load_failure(error)
    raise AssertionError("the code loads")


@pytest.mark.parametrize(
    ("code", "what", "where", "hint"),
    [
        ("x = 1\ndef broken(:", "does not compile", "line 2", "this is Python 3."),
        ("\nimport nowhere.to.be_found", "no module 'nowhere' here", "line 2", "standard library"),
        ("import sys\nsys.exit(3)", "exits while it is imported", "line 2", "__main__"),
        ("\n\nraise MemoryError", "needs more memory", "line 3", "memory_mb"),
        ("open('/no/such/file')", "FileNotFoundError", "line 1", "no files"),
        ("def f():\n    1 // 0\nf()", "ZeroDivisionError: ", "line 2", "mend the code"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "line 1", "mend the code"),
        ("exec('x = = 1')", "SyntaxError", "line 1", "mend the code"),
        ("import json\njson.loads('{')", "JSONDecodeError", "line 2", "mend the code"),
    ],
)
def test_a_failure_to_load_says_what_where_and_what_to_do(code, what, where, hint):
    failed = failure(code)
    assert what in failed.what
    assert failed.where == where
    assert hint in failed.hint


def test_an_error_from_outside_the_code_has_no_line():
    assert load_failure(ValueError("x")).where == ""


def test_code_that_is_no_world_says_what_it_lacks():
    error = UnfitWorldError("no app", "define one")
    assert load_failure(error) == Failed("no app", "", "define one")


def test_what_cannot_be_imported_is_told_without_the_place_of_its_file():
    with pytest.raises(ImportError) as failed:
        from json import nothing_of_this_name  # noqa: F401, PLC0415
    assert str(failed.value).endswith("__init__.py)")
    said = "ImportError: cannot import name 'nothing_of_this_name' from 'json'"
    assert describe(failed.value) == said
