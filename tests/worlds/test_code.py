"""Source is read without being run, and a newer Python's syntax is recognised."""

import sys

import pytest

from awm.worlds.code import SourceError, compiles, operation_ids, read_code


def test_the_facts_of_an_application_are_found():
    facts = read_code(
        "from fastapi import FastAPI\n"
        "app = FastAPI()\n"
        "@app.get('/a', operation_id='first')\n"
        "def a(): pass\n"
        "app.add_api_route('/b', a, operation_id='second')\n"
        "@app.get('/c', operation_id=NAME)\n"
        "def c(): return dict(operation_id=None)\n"
    )
    assert facts.binds_app
    assert facts.mentions_fastapi
    assert facts.operation_ids == ("first", "second")


@pytest.mark.parametrize(
    "source",
    [
        "app = 1",
        "app: object = 1",
        "a, (b, app) = 1, (2, 3)",
        "if True:\n    app = 1",
        "try:\n    pass\nexcept Exception:\n    app = 1",
        "try:\n    pass\nfinally:\n    app = 1",
        "with open('x') as app:\n    pass",
        "for app in []:\n    pass",
        "print(app := 1)",
        "from x import y as app",
        "import app",
        "def app(): pass",
        "match 1:\n    case 1:\n        app = 1",
    ],
)
def test_app_is_found_wherever_a_module_binds_it(source):
    assert read_code(source).binds_app


@pytest.mark.parametrize(
    "source",
    ["", "application = 1", "def make():\n    app = 1", "class A:\n    app = 1", "print(app)"],
)
def test_what_is_bound_elsewhere_is_not_the_application(source):
    assert not read_code(source).binds_app


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import fastapi", True),
        ("from fastapi.routing import APIRouter", True),
        ("import fastapi.responses as r", True),
        ("import fastapi_mcp", False),
        ("from . import fastapi", False),
        ("x = 'import fastapi'", False),
    ],
)
def test_an_import_of_fastapi_is_seen(source, found):
    assert read_code(source).mentions_fastapi is found


@pytest.mark.parametrize(
    ("source", "place", "what"),
    [
        ("x = 1\ny = = 2\n", "line 2", "invalid syntax"),
        ("x = 1\nreturn x\n", "line 2", "'return' outside function"),
        ("def f(:\n", "line 1", "does not compile"),
        ("(" * 500, "line 1", "too many nested parentheses"),
        ("-" * 200_000 + "1", "the code", "does not compile"),
        ("x = '\ud800'", "the code", "surrogates"),
    ],
)
def test_source_that_does_not_compile_says_where(source, place, what):
    with pytest.raises(SourceError) as caught:
        compiles(source)
    assert caught.value.place == place
    assert what in caught.value.what
    assert caught.value.hint.startswith("mend the")


def test_a_nul_character_does_not_compile():
    with pytest.raises(SourceError, match="null bytes"):
        compiles("x = 1\0")


def test_warnings_about_the_source_are_its_authors():
    compiles("x = '\\d'\nassert (x, 'always true')\n")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows the syntax")
@pytest.mark.parametrize(
    "source",
    [
        "type Pet = str\n",
        "type Pet[T] = list[T]\n",
        "def first[T](pets: list[T]) -> T: ...\n",
        "class Box[T]: ...\n",
        "x = f'{a['b']}'\n",
    ],
)
def test_syntax_of_python_3_12_is_recognised(source):
    with pytest.raises(SourceError) as caught:
        compiles(source)
    assert "may need Python 3.12 or newer" in caught.value.hint


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python knows the syntax")
def test_syntax_of_python_3_14_is_recognised():
    with pytest.raises(SourceError) as caught:
        compiles("try:\n    pass\nexcept ValueError, TypeError:\n    pass\n")
    assert "may need Python 3.14 or newer" in caught.value.hint


def test_nothing_is_run():
    read_code("raise SystemExit('run')")
    compiles("import nothing_of_that_name")


def test_operation_ids_alone_are_those_of_all_facts():
    source = "@app.get('/b', operation_id='b')\ndef b(): f(operation_id='c')\nf(operation_id=1)\n"
    assert operation_ids(source) == read_code(source).operation_ids == ("b", "c")
    assert operation_ids("nothing") == ()
    assert operation_ids("# operation_id='a'") == ()
    with pytest.raises(SourceError, match="does not compile"):
        operation_ids("operation_id = (")
