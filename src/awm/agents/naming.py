"""Which tool a call is meant for, where an agent names it as if it acted through other tools.

Agents act through `list_tools` and `call_tool`, or call the tools of a world by their names. Those
that were taught the one way take it where the other is asked for. The allowances:

* `tool called directly`, where `call_tool` is to be used
* `call_tool taken off`, where it is not; or from around `list_tools`
* `prefix removed`: what the listing puts before names, where there is no listing
* what had to be mended in arguments that are text (see `awm.llm.lenient`)
"""

from dataclasses import replace
from typing import Final

from awm.agents.written import mended
from awm.trajectory import CALL_TOOL, LIST_TOOLS, TOOL_PREFIX, WrittenCall, meta_target

__all__ = ["directly", "through_meta_tools"]

_META: Final = frozenset({LIST_TOOLS, CALL_TOOL})


def directly(call: WrittenCall) -> tuple[WrittenCall, tuple[str, ...]]:
    """A call of a world's own tool, and what had to be allowed for in it."""
    repairs: tuple[str, ...] = ()
    target = meta_target(call) if call.name == CALL_TOOL else None
    if target is not None and target.name:
        call, repairs = target, ("call_tool taken off",)
    if call.name.startswith(TOOL_PREFIX):
        call = replace(call, name=call.name.removeprefix(TOOL_PREFIX))
        repairs = (*repairs, "prefix removed")
    sound, mendings = _with_sound_arguments(call)
    return sound, (*repairs, *mendings)


def through_meta_tools(call: WrittenCall) -> tuple[WrittenCall, tuple[str, ...]]:
    """A call of `list_tools` or `call_tool`, and what had to be allowed for in it."""
    bare = call.name.removeprefix(TOOL_PREFIX)
    if bare in _META:
        repairs = () if bare == call.name else ("prefix removed",)
        call = replace(call, name=bare)
    else:
        inner, mendings = _with_sound_arguments(call)
        given = {"tool_name": inner.name, "arguments": inner.arguments or {}}
        return WrittenCall(CALL_TOOL, given, call.id), ("tool called directly", *mendings)
    sound, mendings = _with_sound_arguments(call)
    target = meta_target(sound)
    # With the prefix of the listing it is a tool of the world's, which may be called that too.
    if target is not None and target.name == LIST_TOOLS:
        return WrittenCall(LIST_TOOLS, {}, call.id), (*repairs, *mendings, "call_tool taken off")
    inside, more = _with_sound_target(sound)
    return inside, (*repairs, *mendings, *more)


def _with_sound_arguments(call: WrittenCall) -> tuple[WrittenCall, tuple[str, ...]]:
    """The call with what can be made of its arguments; left as it is where they are sound."""
    if call.parsed() is not None:
        return call, ()
    arguments, repairs = mended(call.arguments)
    return (call, ()) if arguments is None else (replace(call, arguments=arguments), repairs)


def _with_sound_target(call: WrittenCall) -> tuple[WrittenCall, tuple[str, ...]]:
    """The call with what can be made of the arguments that `call_tool` is to hand on."""
    given = call.parsed()
    if call.name != CALL_TOOL or not given:
        return call, ()
    arguments, repairs = mended(given.get("arguments"))
    if arguments is None or not repairs:
        return call, ()
    return replace(call, arguments={**given, "arguments": arguments}), repairs
