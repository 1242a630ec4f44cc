"""What either client of the protocol can do, done once; run as a program: CLIENT URL TOKEN.

It prints what it saw as JSON. A program of its own: `openreward` starts threads that outlive it.
"""

import json
import os
import sys
from typing import Any

SOLUTION = [{"tool_name": "add_note", "arguments": {"title": word}} for word in ("milk", "bread")]


def connected(client: str, url: str, token: str) -> tuple[Any, Any]:
    """A client, which closes everything when it is forgotten, and the environment."""
    if client == "ors":
        from ors.client import ORS  # noqa: PLC0415 - seconds, which the other client needs not

        ors = ORS(base_url=url, api_key=token)
        return ors, ors.environment("agentworldmodel")
    os.environ.update(OPENREWARD_API_URL=url, OPENREWARD_SESSION_URL=url, OPENREWARD_API_KEY=token)
    from openreward import OpenReward  # noqa: PLC0415 - it reads the environment

    reward = OpenReward()
    return reward, reward.environments.get(client)


def offers(env: Any) -> dict[str, Any]:
    return {
        "splits": env.list_splits(),
        "number": env.num_tasks("train"),
        "tasks": [task.task_spec for task in env.list_tasks("test")],
        "one": env.get_task("test", 1).task_spec,
        "some": [task.task_spec["task_idx"] for task in env.get_task_range("test", 1, 3)],
        "tools": [tool.name for tool in env.list_tools()],
        "formats": [len(env.list_tools(format=name)) for name in ("openai", "anthropic", "google")],
    }


def story(env: Any) -> dict[str, Any]:
    with env.session(split="test", index=0) as session:
        seen = {
            "prompt": session.get_prompt()[0].text,
            "tools": [tool.name for tool in session.list_tools()],
            "listing": session.call_tool("list_scenario_tools").blocks[0].text,
            "wrong": session.call_tool("call_scenario_tool", {"tool_name": "buy"}).blocks[0].text,
            "refused": refused(session, "call_scenario_tool", {"bogus": 1}),
            "unknown": refused(session, "nope", {}),
        }
        for call in SOLUTION:
            session.call_tool("call_scenario_tool", call)
        done = session.call_tool("submit", {"final_answer": "Done."})
        return {
            **seen,
            "reward": done.reward,
            "finished": done.finished,
            "outcome": done.metadata["outcome"],
            "over": refused(session, "submit", {}),
        }


def refused(session: Any, name: str, given: dict[str, Any]) -> str:
    try:
        session.call_tool(name, given)
    except Exception as error:  # noqa: BLE001 - both clients have types of their own
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    kept, env = connected(*sys.argv[1:])
    print(json.dumps({**offers(env), **story(env)}))
