"""Output that people and programs can read."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from awm.cli import console
from awm.cli.console import counted, new_table, print_json, progress, shorten


@given(st.text(), st.integers(1, 50))
def test_shortened_text_is_one_line_and_no_longer_than_asked(text, width):
    line = shorten(text, width)
    assert len(line) <= width
    assert line.splitlines() in ([line], [])


@given(st.text(max_size=20))
def test_what_fits_stays_but_for_its_spaces(text):
    assert shorten(text, 20) == " ".join(text.split())


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 worlds"), (1, "1 world"), (2, "2 worlds"), (1024, "1,024 worlds")]
)
def test_things_are_counted_in_words(count, text):
    assert counted(count, "world") == text


def test_json_is_readable(capsys):
    print_json({"name": "Zürich", "rows": [1]})
    assert capsys.readouterr().out == '{\n  "name": "Zürich",\n  "rows": [\n    1\n  ]\n}\n'


def test_json_survives_what_the_terminal_cannot_say(capsys):
    print_json({"name": "Zürich \ud83d"})
    text = capsys.readouterr().out
    assert text.isascii()
    assert json.loads(text) == {"name": "Zürich \ud83d"}


def test_tables_keep_to_80_columns():
    table = new_table("World", "Tools", "Result", right=("Tools",))
    table.add_row("a_world_with_a_rather_long_name", "12", "words " * 30)
    out = Console(file=io.StringIO(), width=80)
    out.print(table)
    assert max(map(len, out.file.getvalue().splitlines())) <= 80


def test_no_column_of_a_table_vanishes_on_a_narrow_terminal():
    headings = ("World", "Grade", "Tools", "Errors", "Warnings", "Seconds", "Tasks")
    table = new_table(*headings, right=headings[2:6])
    table.add_row("qqqq", "D", "9", "1", "2", "3", "zzzz")
    out = Console(file=io.StringIO(), width=36)
    out.print(table)
    text = out.file.getvalue()
    assert max(map(len, text.splitlines())) <= 36
    assert [text.count(letter) for letter in "qD9123z"] == [4, 1, 1, 1, 1, 1, 4]


def test_progress_is_silent_where_nobody_watches(capsys):
    with progress("Working", 3) as advance:
        for name in "abc":
            advance(name)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_how_much_is_done_and_how_long_it_takes(monkeypatch):
    terminal = Console(file=io.StringIO(), force_terminal=True, width=80, _environ={})
    monkeypatch.setattr(console, "stderr", lambda: terminal)
    with progress("Working", 2) as advance:
        advance("[one]")
        advance("two")
    shown = terminal.file.getvalue()
    assert "Working" in shown
    assert "2/2" in shown
    assert ":" in shown  # the time that is left


@pytest.mark.parametrize("text", ["\x1b[2J", "\x1b]0;title\x07", "a\rb", "\x9b31m"])
def test_text_from_outside_cannot_steer_the_terminal(capsys, text):
    console.stdout().print(text, markup=False)
    out = capsys.readouterr().out
    assert not any(ord(character) < 32 or ord(character) == 0x9B for character in out[:-1])


def test_nothing_is_coloured_when_piped(capsys):
    console.stdout().print("plain", style="bold red")
    assert capsys.readouterr().out == "plain\n"
