"""The conformance kit for environments: does one of yours keep the contract of `awm.make_env`?

    problems = await check_env(lambda: MyEnv(world, task=3, runtime=runtime), world)
    assert not problems, problems[0]

Share a runtime and a verifier pool among the environments that the factory makes: some thirty are
made.
"""

from collections.abc import Sequence

from awm.errors import Problem
from awm.testing.env_bench import Bench, BrokenRuleError, Script
from awm.testing.env_contract import EnvFactory
from awm.testing.env_rules import RULES, Rule
from awm.worlds import World

__all__ = ["check_env"]


async def check_env(
    env_factory: EnvFactory,
    world: World | None = None,
    *,
    seed: int = 0,
    rules: Sequence[Rule] = RULES,
) -> tuple[Problem, ...]:
    """Try whether environments keep the contract.

    They are reset and stepped, given what no agent should say, forked, restored, cancelled and
    closed. What is tried depends on the seed and on what an environment shows, and on nothing else.

    Args:
        env_factory: Makes a new environment each time, of the same task under the same conditions.
        world: Whose task it is, if that is known: the task's oracle is then followed too, which
            earns what other calls do not.
        seed: Of the episodes, and of what is tried in them.
        rules: Which rules to try.

    Returns:
        A problem for each rule that is broken; none if all hold.
    """
    script = Script(env_factory, seed, world)
    name = world.name if world else ""
    found = [await _problem(rule, Bench(env_factory, seed, script), name) for rule in rules]
    return tuple(problem for problem in found if problem is not None)


async def _problem(rule: Rule, bench: Bench, world: str) -> Problem | None:
    where = rule.__name__.replace("_", " ")
    hint = (rule.__doc__ or "").strip()
    try:
        async with bench:
            await rule(bench)
    except BrokenRuleError as broken:
        return Problem(world, where, str(broken), hint)
    except Exception as error:  # noqa: BLE001 - what others' environments raise is open-ended
        return Problem(world, where, f"{type(error).__name__} was raised: {error}", hint)
    return None
