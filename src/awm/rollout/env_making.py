"""Making environments."""

from collections.abc import Mapping
from typing import Final, Literal

from awm.agents import AwmFormat, CallFormat, EpisodeLimits, NativeFormat
from awm.rollout.conditions import Conditions
from awm.rollout.env import Env
from awm.rollout.env_terms import EnvTerms, EpisodeTerms, scheme_of, task_of, whole_number
from awm.rollout.grading import GradingMode
from awm.rollout.premises import Premises
from awm.runtime import Runtime, VerifierPool
from awm.verify import Judge, RewardScheme
from awm.worlds import World

__all__ = ["make_env"]

_LIMITS: Final = EpisodeLimits()


def make_env(  # noqa: PLR0913 - what is said by name is optional
    world: World,
    task: int = 0,
    *,
    reward: str | RewardScheme | Mapping[str, float] = "paper",
    seed: int = 0,
    tools: Literal["meta", "direct"] = "meta",
    strict: bool = False,
    thinking: bool = False,
    limits: EpisodeLimits = _LIMITS,
    per_turn: bool = False,
    runtime: Runtime | None = None,
    pool: VerifierPool | None = None,
    judge: Judge | None = None,
    mode: GradingMode = "auto",
    reply_format: CallFormat | None = None,
) -> Env:
    """Make an environment of a task. Nothing is started before its first `reset`.

    Args:
        world: The world.
        task: The task's number, from 0; `reset` may name another one.
        reward: What outcomes are paid: a scheme, its name (`paper`, `openenv`, `binary`), or a
            table that pays for everything.
        seed: Of everything that is drawn, where `reset` is given none.
        tools: `meta`: agents act through `list_tools` and `call_tool`; `direct`: they are given the
            world's own tools.
        strict: Whether a broken format rule ends the episode and is paid as one.
        thinking: Whether every reply needs a thought, where `strict`.
        limits: When an episode ends at the latest. Seconds go on while the agent thinks.
        per_turn: Whether each turn is paid for how far it came, where the task has an oracle; the
            sum is the same. Otherwise the last turn is paid for all.
        runtime: Where the world lives; one of its own if None. Share one among many.
        pool: Where verifier programs run; one of its own if None. Share one among many.
        judge: Who weighs evidence, where tasks have programs of mode `sql`.
        mode: Which verifier programs are asked.
        reply_format: How replies are read; by default as `AwmFormat` or, with direct tools,
            `NativeFormat` does. Without a call, a reply is the answer.

    Raises:
        UsageError: There is no such task, or the rewards are none.
    """
    conditions = Conditions(
        limits=limits,
        meta_tools=tools == "meta",
        strict=strict,
        thinking=thinking,
        scheme=scheme_of(reward),
        seed=whole_number(seed, "seed"),
    )
    by_default = AwmFormat() if conditions.meta_tools else NativeFormat(parallel=limits.parallel)
    episodes = EpisodeTerms(conditions, reply_format or by_default, per_turn)
    terms = EnvTerms(world, task_of(world, task), episodes)
    return Env(terms, Premises(runtime, pool, judge=judge, mode=mode))
