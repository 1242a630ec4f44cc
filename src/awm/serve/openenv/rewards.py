"""What is rewarded in OpenEnv's AWM environment, and with how much.

There a step has a type, and a table says what each type is paid. `complete` is 1, `incomplete` 0.1,
and what breaks the format -1; all else is 0. A `reward_config` at reset takes the table's place.
"""

from collections.abc import Mapping
from typing import Final

from awm.errors import UsageError
from awm.types import Outcome, ToolResult
from awm.verify import OPENENV, RewardScheme, Verdict
from awm.verify.arguments import ToolChecks

__all__ = ["call_type", "paid_for", "scheme_for", "verdict_type"]

_FORMAT_ERROR: Final = "format_error"
_FORMAT_ERRORS: Final = frozenset({"tool_not_found", "invalid_args", "invalid_action"})
_UNPROCESSABLE: Final = 422
_TYPES: Final[Mapping[Outcome, str]] = {
    "complete": "complete",
    "partial": "incomplete",
    "environment_error": "server_error",
    "infrastructure_error": "judge_error",
}


def scheme_for(reward_config: object) -> RewardScheme:
    """The rewards that a client asks for.

    Args:
        reward_config: A table of rewards by type; without one, or with an empty one, the usual
            table. What it leaves out is paid 0, and a format error -1.

    Raises:
        UsageError: It is no table of finite numbers.
    """
    if not reward_config and not isinstance(reward_config, bool | int | float):
        return OPENENV
    if not isinstance(reward_config, Mapping):
        raise UsageError(
            f"reward_config is a table of rewards by type, not {type(reward_config).__name__}."
        )
    table = {_FORMAT_ERROR: OPENENV.table[_FORMAT_ERROR], **reward_config}
    return RewardScheme("reward_config", table, otherwise=0.0)


def paid_for(scheme: RewardScheme, reward_type: str) -> float:
    """What a step of a type is paid: as the type itself, or as a `format_error` where it is one."""
    names = (reward_type, _FORMAT_ERROR) if reward_type in _FORMAT_ERRORS else (reward_type,)
    known = (scheme.table[name] for name in names if name in scheme.table)
    return next(known, scheme.otherwise or 0.0)


def call_type(
    name: str, arguments: Mapping[str, object], result: ToolResult, checks: ToolChecks
) -> str:
    """The type of a call of a tool.

    By what happened, and not by words in the answer: a product that was "not found" is no unknown
    tool. What a world refuses by its rules was called well; the observation's `error` says why.
    """
    if name not in checks:
        return "tool_not_found"
    if not result.is_error:
        return "tool_call_ok"
    if result.fault == "timeout":
        return "timeout"
    if result.fault is not None or (result.status or 0) >= 500:
        return "server_error"
    if result.status in {None, _UNPROCESSABLE} or checks.fault(name, arguments) is not None:
        return "invalid_args"
    return "tool_call_ok"


def verdict_type(verdict: Verdict | None) -> str:
    """The type of a verification.

    A program that does not accept the end state says `others`, as there; whether something was
    achieved, which is `incomplete`, only a judge can tell.
    """
    if verdict is None or verdict.outcome is None:
        return "judge_error"
    if verdict.outcome == "agent_error":
        return "others" if verdict.mode == "code" else "agent_error"
    return _TYPES[verdict.outcome]
