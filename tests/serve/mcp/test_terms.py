"""What a session can be agreed to be about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UnknownWorldError, UsageError
from awm.serve.mcp.terms import Terms, agree, number_in


async def test_a_world_is_known_by_any_spelling_and_agreed_on_by_one(lodging):
    terms = await agree(lodging, "NOTEBOOK!", task_idx=1, seed=-5, owner="me")
    assert terms == Terms("notebook", 1, -5, "me")


async def test_a_world_a_task_and_a_seed_have_to_be_there(lodging):
    with pytest.raises(UnknownWorldError):
        await agree(lodging, "nowhere")
    with pytest.raises(UsageError, match="has no task 2"):
        await agree(lodging, "notebook", task_idx=2)
    with pytest.raises(UsageError, match="more than 64 bits"):
        await agree(lodging, "notebook", seed=1 << 64)


@given(st.integers(min_value=-(10**19), max_value=10**19))
def test_an_integer_is_read_as_it_is_written(number):
    assert number_in("seed", [str(number)]) == number


def test_what_is_not_mentioned_is_none():
    assert number_in("seed", []) is None


@pytest.mark.parametrize("written", ["", " 1", "1.0", "1e3", "0x1", "1_000", "\u0661", "9" * 5000])
def test_what_is_no_integer_is_shown(written):
    with pytest.raises(UsageError, match="is not one integer") as raised:
        number_in("seed", [written])
    assert len(str(raised.value)) < 120
