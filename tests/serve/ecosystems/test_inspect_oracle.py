"""The model that solves tasks by their oracles."""

import pytest
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig
from inspect_ai.tool import ToolInfo, ToolParams

from awm.errors import UsageError, WorldFileError
from awm.serve.inspect_oracle import OracleAPI
from awm.worlds import World, WorldFile, write_worlds
from tests.rollout.diaries import SOLUTION, TASKS, diary

ASKED = [ChatMessageSystem(content="Rules."), ChatMessageUser(content=TASKS[0])]


def tools(*names):
    return [ToolInfo(name=name, description=name, parameters=ToolParams()) for name in names]


async def said(oracle, messages, offered):
    return await oracle.generate(messages, offered, "auto", GenerateConfig())


async def said_until_the_end(oracle, offered):
    messages, calls = list(ASKED), []
    while (message := (await said(oracle, messages, offered)).message).tool_calls:
        messages.append(message)
        calls += [(call.function, call.arguments) for call in message.tool_calls]
    return calls, message.text


async def test_it_makes_the_calls_of_the_oracle_and_answers(diaries):
    calls, answer = await said_until_the_end(OracleAPI(str(diaries)), tools("add_note"))
    assert calls == [(call.name, call.arguments) for call in SOLUTION]
    assert answer == "Done."


async def test_through_the_two_tools_it_makes_them_through_call_tool(diaries):
    offered = tools("list_tools", "call_tool")
    calls, _ = await said_until_the_end(OracleAPI(str(diaries)), offered)
    assert calls == [
        ("call_tool", {"tool_name": call.name, "arguments": call.arguments}) for call in SOLUTION
    ]


async def test_it_says_what_that_took_so_that_nobody_has_to_count(diaries):
    usage = (await said(OracleAPI(str(diaries)), ASKED, tools("add_note"))).usage
    assert usage.total_tokens == 0


async def test_of_tasks_with_one_sentence_it_solves_that_of_the_tools(tmp_path):
    records = dict(diary("Ledger").records)
    (oracle,) = records[WorldFile.ORACLE]
    call = {"tool": "enter", "arguments": {"line": "milk"}}
    records[WorldFile.ORACLE] = ({**oracle, "scenario": "Ledger", "calls": [call]},)
    write_worlds([diary(), World.from_records(records)], tmp_path / "worlds")
    knowing = OracleAPI(str(tmp_path / "worlds"))
    for name in ("enter", "add_note"):
        (call,) = (await said(knowing, ASKED, tools(name))).message.tool_calls
        assert call.function == name


@pytest.mark.parametrize(
    ("messages", "offered"),
    [([ChatMessageUser(content="Sing.")], ["add_note"]), (ASKED, ["sing"]), ([], ["add_note"])],
)
async def test_what_it_has_no_oracle_for_is_refused(diaries, messages, offered):
    with pytest.raises(UsageError, match=r"no oracle of .* solves the task"):
        await said(OracleAPI(str(diaries)), messages, tools(*offered))


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(WorldFileError, match="nowhere is not there"):
        OracleAPI("nowhere")
