"""A quotation is one short printable line, whatever it quotes."""

from hypothesis import given
from hypothesis import strategies as st

from awm.worlds.excerpts import excerpt


def test_short_text_is_quoted_whole_on_one_line():
    assert excerpt("INSERT INTO a\n  VALUES (1)") == "INSERT INTO a VALUES (1)"


def test_long_text_is_cut():
    assert excerpt("x" * 500, 20) == "x" * 17 + "..."
    assert excerpt(" " * 500 + "x", 20).endswith("...")


def test_what_a_terminal_would_act_on_is_escaped():
    assert excerpt("\x1b[2Jred \ud800 caf\u00e9") == "\\x1b[2Jred \\ud800 caf\u00e9"


@given(st.text(st.characters()), st.integers(10, 50))
def test_a_quotation_is_printable_and_never_too_long(text, length):
    line = excerpt(text, length)
    assert len(line) <= length
    assert line.isprintable()
