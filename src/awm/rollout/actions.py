"""From an action to what an agent said, in the words of the loop."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from awm.agents import CallFormat, Said
from awm.errors import UsageError
from awm.llm import Reply
from awm.rollout.env_types import Action, Answer
from awm.trajectory import WrittenCall
from awm.types import ToolCall

__all__ = ["said_by"]

_UNWRITABLE: Final = "(a call that is no JSON)"
_NO_CALL: Final = "A call has the name of a tool, and arguments that are JSON."


def said_by(action: Action, reply_format: CallFormat) -> Said:
    """Say what an action comes to.

    Whatever an agent can come up with in a call or a text is something that it said, sound or not.

    Args:
        action: What the agent does.
        reply_format: How replies are read.

    Raises:
        UsageError: It is no action, which is the caller's doing and not the agent's.
    """
    if isinstance(action, Said):
        return action
    if isinstance(action, Answer):
        return Said(action.text, answer=action.text)
    if isinstance(action, str | Reply):
        return reply_format.read(Reply(action) if isinstance(action, str) else action)
    calls: object = (action,) if isinstance(action, ToolCall) else action
    if isinstance(calls, Sequence) and calls and all(isinstance(one, ToolCall) for one in calls):
        return _calling(calls)
    raise UsageError(
        f"an object of type {type(action).__name__!r} is no action.",
        "Pass a ToolCall or several, an Answer, a Said, a Reply or its text.",
    )


def _calling(calls: Sequence[ToolCall]) -> Said:
    try:
        return Said("", tuple(map(_written, calls)))
    except (TypeError, ValueError, RecursionError):  # what `json` raises over what is no JSON
        return Said(_UNWRITABLE, fault=_NO_CALL)


def _written(call: ToolCall) -> WrittenCall:
    """The call as JSON would have it: a copy, which nobody can change later."""
    given: object = call.arguments  # an agent's, whatever the type says
    plain = dict(given) if isinstance(given, Mapping) else given
    name, arguments = json.loads(json.dumps([call.name, plain]))
    if not isinstance(name, str):
        raise TypeError(name)
    return WrittenCall(name, arguments)
