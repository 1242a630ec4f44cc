"""The rules that an environment keeps, each tried on fresh ones."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from awm.testing.env_bench import Bench
from awm.testing.env_rules_episodes import (
    answers_end,
    calls_are_answered,
    episodes_end,
    nothing_said_raises,
    observations_go_on,
    records_agree,
    reset_shows_the_task,
    steps_are_steps,
)
from awm.testing.env_rules_resets import (
    closing_is_final,
    equal_seeds_make_equal_episodes,
    nothing_after_the_end,
    nothing_before_reset,
    options_hold_for_one_episode,
    other_seeds_make_other_attempts,
    wrong_options_are_refused,
)
from awm.testing.env_rules_states import (
    cancelled_steps_were_not_made,
    forks_are_independent,
    one_call_at_a_time,
    restoring_goes_back,
)

__all__ = ["RULES", "Rule"]

Rule: TypeAlias = Callable[[Bench], Awaitable[None]]
"""Raises `BrokenRuleError` where an environment breaks it."""

RULES: Final[tuple[Rule, ...]] = (
    reset_shows_the_task,
    steps_are_steps,
    observations_go_on,
    calls_are_answered,
    nothing_before_reset,
    answers_end,
    records_agree,
    nothing_after_the_end,
    equal_seeds_make_equal_episodes,
    other_seeds_make_other_attempts,
    nothing_said_raises,
    wrong_options_are_refused,
    options_hold_for_one_episode,
    episodes_end,
    restoring_goes_back,
    forks_are_independent,
    one_call_at_a_time,
    cancelled_steps_were_not_made,
    closing_is_final,
)
"""Every rule, those first on which others rest."""
