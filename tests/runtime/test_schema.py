import pytest

from awm.runtime.schema import SerialForm


@pytest.mark.parametrize(
    ("value", "number", "fits"),
    [
        ("OP-10019", 19, True),
        ("OP-010019", 19, True),
        ("OP-10020", 19, False),
        ("XP-10019", 19, False),
        ("OP-", 19, False),
        ("OP-10019b", 19, False),
        ("OP-+10019", 19, False),
        ("OP-" + "9" * 5000, 19, False),
        (None, 19, False),
        (b"OP-10019", 19, False),
        ("OP-10019", None, False),
    ],
)
def test_a_serial_value_is_its_prefix_and_its_number(value, number, fits):
    assert SerialForm("OP-", 10_000).fits(value, number) is fits


def test_a_serial_number_may_be_a_bare_integer():
    assert SerialForm("", 100).fits(107, 7)
    assert not SerialForm("", 100).fits(107.0, 7)
