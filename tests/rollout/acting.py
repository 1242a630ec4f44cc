"""Episodes that were really played, in each format, for tests of what is made of them."""

import json

from awm.agents import (
    Assignment,
    EpisodeLimits,
    Manner,
    MetaToolbox,
    Window,
    act,
    brief_for,
    format_named,
    model_policy,
)
from awm.agents.meta import META_TOOLS
from awm.llm import FunctionCall, Reply, ScriptedLLM
from awm.rollout.exporting_surface import Surface
from awm.types import ToolResult, ToolSpec
from tests.rollout.evaluations import episode

TOOLS = (
    ToolSpec("find_order", "Find an order.", {"type": "object", "properties": {}}),
    ToolSpec("pay_order", "Pay it.", {"type": "object", "properties": {"id": {"type": "integer"}}}),
)
FORMATS = ("awm", "json", "native", "native-meta")
LONG = json.dumps({"id": 7, "note": "x" * 300})


class Till:
    """Finds an order with a long note, and takes payments for number 7 only."""

    async def list(self):
        return TOOLS

    async def call(self, call):
        if call.name == "find_order":
            return ToolResult(LONG, status=200)
        if call.arguments.get("id") != 7:
            return ToolResult("no such order", is_error=True, status=404)
        return ToolResult('{"paid": true}', status=200)


def reply(name, call, text=""):
    """A reply in a format that calls a tool, given as its name and arguments."""
    tool, arguments = call
    if name in ("awm", "native-meta") and tool != "list_tools":
        tool, arguments = "call_tool", {"tool_name": tool, "arguments": arguments}
    if name == "json":
        return json.dumps({"thought": text, "call": {"name": tool, "arguments": arguments}})
    if name == "awm":
        block = json.dumps({"name": tool, "arguments": arguments})
        return f"<think>{text}</think>\n<tool_call>\n{block}\n</tool_call>"
    made = FunctionCall(f"id-{tool}-{len(text)}", tool, json.dumps(arguments))
    return Reply(f"<think>{text}</think>", calls=(made,))


def answer(name, text):
    """A reply in a format that answers."""
    return json.dumps({"thought": "", "answer": text}) if name == "json" else text


def script(name):
    """Replies that do the task with a misstep on the way."""
    listing = [reply(name, ("list_tools", {}))] if name in ("awm", "native-meta") else []
    broken = {"json": "{]", "awm": "<tool_call>{]</tool_call>"}.get(name, "")
    return [
        *listing,
        reply(name, ("find_order", {}), "Which one?"),
        broken,
        reply(name, ("pay_order", {"id": 8}), "Then pay it."),
        reply(name, ("pay_order", {"id": 7}), "The other one."),
        answer(name, "Order 7 is paid."),
    ]


def surface(name, *, window=None, characters=100, turns=30):
    """How agents are spoken to in these tests."""
    chosen = format_named(name)
    manner = Manner(characters=characters, window=Window(window, keep_first=chosen.meta_tools))
    tools = {"shop": META_TOOLS if chosen.meta_tools else TOOLS}
    return Surface(chosen, brief_for(name), tools, manner, turns)


async def played(name, replies=None, *, rollout=0, outcome="complete", window=None, turns=30):
    """An episode in a format, and the questions that its model was asked."""
    llm = ScriptedLLM(replies or script(name))
    policy = model_policy(llm, name, surface(name, window=window).manner)
    toolbox = MetaToolbox(Till()) if policy.format.meta_tools else Till()
    task = Assignment("shop", 0, "Pay order 7.")
    acted = await act(policy, task, toolbox, EpisodeLimits(turns=turns), seed=3)
    made = episode("shop", 0, rollout, outcome)
    fields = {name: getattr(made, name) for name in made.__slots__}
    return type(made)(**{**fields, "trajectory": acted.trajectory}), llm.questions
