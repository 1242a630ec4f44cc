"""What was spent adds up, and a budget is spent when it is reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.llm import Budget, Ledger, Spent

COUNTS = st.integers(0, 10**9)
SPENT = st.builds(Spent, COUNTS, COUNTS, COUNTS, COUNTS, st.floats(0, 1e6), COUNTS)
LEDGERS = st.dictionaries(
    st.tuples(st.sampled_from(["task", "db"]), st.sampled_from("abc")), SPENT
).map(Ledger)


@given(LEDGERS)
def test_stages_and_worlds_both_add_up_to_the_total(ledger):
    for parts in (ledger.by_stage(), ledger.by_world()):
        assert sum(part.asked for part in parts.values()) == ledger.total.asked
        assert sum(part.cached for part in parts.values()) == ledger.total.cached
        assert sum(part.tokens for part in parts.values()) == ledger.total.tokens
        assert sum(part.unpriced for part in parts.values()) == ledger.total.unpriced
        assert sum(part.usd for part in parts.values()) == pytest.approx(ledger.total.usd)


def test_a_part_is_found_by_its_stage_and_by_its_world():
    one, two = Spent(asked=1, usd=0.5), Spent(asked=2, usd=1.0)
    ledger = Ledger({("task", "b"): one, ("db", "b"): two, ("db", "a"): one})
    assert ledger.by_stage() == {"db": two + one, "task": one}
    assert ledger.by_world() == {"a": one, "b": one + two}


@pytest.mark.parametrize(
    ("budget", "is_spent"),
    [
        (Budget(), False),
        (Budget(usd=1.01), False),
        (Budget(usd=1.0), True),
        (Budget(tokens=31), False),
        (Budget(tokens=30), True),
        (Budget(usd=5.0, tokens=30), True),
        (Budget(usd=0.0), True),
    ],
)
def test_a_budget_is_spent_when_one_of_its_limits_is_reached(budget, is_spent):
    assert budget.is_spent(Spent(prompt_tokens=10, completion_tokens=20, usd=1.0)) is is_spent
    assert budget.is_limited is (budget != Budget())


@pytest.mark.parametrize("limits", [{"usd": -0.1}, {"tokens": -1}, {"usd": float("nan")}])
def test_less_than_nothing_is_no_budget(limits):
    with pytest.raises(UsageError, match="less than nothing"):
        Budget(**limits)
