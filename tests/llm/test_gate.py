"""A gate bounds what is under way at a server, and one that is told to wait stops all."""

import asyncio

import pytest

from awm.errors import BudgetError, LLMUnavailableError
from awm.llm import Gate, Message, OpenAICompatible, Patience, Question
from tests.llm.chat_server import Answer, chat_server, completion

OK = completion("Hello.")
BUSY = Answer("busy", status=429, headers={"Retry-After": "1"})


def question(number: int) -> Question:
    return Question((Message("user", str(number)),))


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Visitors:
    """Go through a gate and stay until they are let out."""

    def __init__(self, gate):
        self.gate = gate
        self.inside = []
        self.exits = {}

    async def visit(self, name, turn=None):
        await self.gate.enter(self.gate.turn() if turn is None else turn)
        self.inside.append(name)
        self.exits[name] = asyncio.Event()
        try:
            await self.exits[name].wait()
        finally:
            self.inside.remove(name)
            self.gate.leave()


async def test_no_more_than_so_many_are_inside_and_the_next_comes_when_one_leaves():
    visitors = Visitors(Gate(2))
    tasks = [asyncio.create_task(visitors.visit(name)) for name in "abcd"]
    await settle()
    assert visitors.inside == ["a", "b"]
    visitors.exits["a"].set()
    await settle()
    assert visitors.inside == ["b", "c"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert visitors.inside == []


async def test_who_has_to_ask_again_comes_before_those_that_have_not_asked_yet():
    gate = Gate(1)
    visitors = Visitors(gate)
    early = gate.turn()
    names = [("now", None), ("late", None), ("again", early)]
    tasks = [asyncio.create_task(visitors.visit(*name)) for name in names]
    await settle()
    visitors.exits["now"].set()
    await settle()
    assert visitors.inside == ["again"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_nobody_enters_while_somebody_waits_for_a_busy_server():
    gate = Gate(4)
    visitors = Visitors(gate)
    with gate.closed():
        task = asyncio.create_task(visitors.visit("a"))
        with gate.closed():
            await settle()
            assert visitors.inside == []
        await settle()
        assert visitors.inside == []
        assert not gate.is_open
    await settle()
    assert visitors.inside == ["a"]
    visitors.exits["a"].set()
    await task


async def test_who_is_cancelled_leaves_no_place_taken():
    gate = Gate(1)
    visitors = Visitors(gate)
    first, second = (asyncio.create_task(visitors.visit(name)) for name in "ab")
    await settle()
    visitors.exits["a"].set()
    await asyncio.wait([first])  # the second has been let in, and does not know it yet
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    third = asyncio.create_task(visitors.visit("c"))
    await settle()
    assert visitors.inside == ["c"]
    visitors.exits["c"].set()
    await third


def test_a_busy_server_narrows_the_gate_and_answers_widen_it():
    gate = Gate(10)
    for width in (8, 6, 5):
        with gate.closed(), gate.closed():
            pass
        assert gate.width == width
    for _ in range(100):
        with gate.closed():
            pass
    assert gate.width == 1
    for _ in range(100):
        gate.answered()
    assert gate.width == 10


def test_a_server_counts_as_failing_after_some_failures_in_a_row():
    gate = Gate()
    assert [gate.failed() for _ in range(5)] == [False, False, False, True, True]
    gate.answered()
    assert not gate.failed()


def test_a_gate_that_holds_questions_up_tells_what_the_server_did():
    gate = Gate(4)
    assert not gate.trouble
    gate.failed("answered 503")
    assert not gate.trouble  # all are let through as before
    with gate.closed():
        assert gate.trouble == "answered 503"
        gate.failed("answered 429")
    assert gate.trouble == "answered 429"  # fewer are let through
    for _ in range(4):
        gate.answered()
    assert not gate.trouble
    gate.failed("hung up")
    gate.given_up()
    assert gate.trouble == "hung up"
    gate.answered()
    assert not gate.trouble


async def test_where_nothing_may_be_sent_nothing_is_and_the_place_stays_free():
    allowed = [True]

    def permit():
        if not allowed[0]:
            raise BudgetError("spent")

    gate = Gate(1, permit)
    await gate.enter(gate.turn())
    allowed[0] = False
    waiting = asyncio.create_task(gate.enter(gate.turn()))
    await settle()
    gate.leave()
    with pytest.raises(BudgetError):
        await waiting
    allowed[0] = True
    await asyncio.wait_for(gate.enter(gate.turn()), 1)


async def test_when_one_question_is_told_to_wait_all_wait_with_it():
    gate, others_wait = Gate(8), asyncio.Event()
    requests_when_told = []
    told = iter([BUSY])

    async def sleep(_):
        requests_when_told.append(len(server.requests))
        later = asyncio.create_task(llm.ask(question(2)))
        await settle()
        assert len(server.requests) == requests_when_told[0]
        others_wait.set()
        tasks.append(later)

    tasks = []
    async with chat_server(lambda _: next(told, OK)) as server:
        llm = OpenAICompatible(server.url, None, "m", sleep=sleep, gate=gate)
        await llm.ask(question(1))
        await asyncio.gather(*tasks)
        await llm.aclose()
    assert others_wait.is_set()
    assert len(server.requests) == 3


async def test_models_that_share_a_gate_share_its_width():
    most, now = 0, 0

    async with chat_server([OK]) as server:
        gate = Gate(3)
        models = [OpenAICompatible(server.url, None, name, gate=gate) for name in "ab"]
        entered, left = gate.enter, gate.leave

        async def enter(turn):
            nonlocal most, now
            await entered(turn)
            now += 1
            most = max(most, now)

        def leave():
            nonlocal now
            now -= 1
            left()

        gate.enter, gate.leave = enter, leave
        await asyncio.gather(*(models[n % 2].ask(question(n)) for n in range(20)))
        for model in models:
            await model.aclose()
    assert most == 3


async def test_a_server_that_limits_how_often_it_is_asked_answers_everybody_in_the_end():
    questions, each_window = 30, 5
    left = [each_window]

    def limited(request):
        if not left[0]:
            return BUSY
        left[0] -= 1
        return completion(request.body["messages"][0]["content"])

    async def sleep(_):
        await asyncio.sleep(0.01)
        left[0] = each_window

    async with chat_server(limited) as server:
        patience = Patience(attempts=2, deadline_seconds=10_000.0)
        llm = OpenAICompatible(
            server.url, None, "m", patience=patience, sleep=sleep, gate=Gate(questions)
        )
        replies = await asyncio.gather(*(llm.ask(question(n)) for n in range(questions)))
        await llm.aclose()
    assert [reply.text for reply in replies] == [str(n) for n in range(questions)]


async def test_a_server_that_fails_everybody_is_left_alone_by_everybody():
    gate, closed = Gate(8), []

    async def sleep(_):
        closed.append(not gate.is_open)

    async with chat_server([Answer("oops", status=500)]) as server:
        patience = Patience(attempts=3)
        llm = OpenAICompatible(server.url, None, "m", patience=patience, sleep=sleep, gate=gate)
        results = await asyncio.gather(
            *(llm.ask(question(n)) for n in range(4)), return_exceptions=True
        )
        await llm.aclose()
    assert all(isinstance(result, LLMUnavailableError) for result in results)
    assert not any(closed[:3])
    assert all(closed[3:])
    assert gate.is_open


async def test_a_server_that_is_taken_for_dead_is_not_waited_for_by_turns():
    waits = []

    async def sleep(seconds):
        waits.append(gate.is_open)
        await asyncio.sleep(0)

    async with chat_server(lambda _: Answer(hangs_up=True)) as server:
        gate = Gate(8)
        patience = Patience(attempts=5, first_wait_seconds=0.001)
        llm = OpenAICompatible(server.url, None, "m", sleep=sleep, gate=gate, patience=patience)
        asked = [llm.ask(question(number)) for number in range(24)]
        failed = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(one, LLMUnavailableError) for one in failed)
        assert len(server.requests) == 24 * 5
        assert gate.is_silent
        assert gate.width == 8
        held_up = waits.count(False)
        assert 0 < held_up < len(waits) / 2
        await llm.aclose()
    gate.answered()
    assert not gate.is_silent
