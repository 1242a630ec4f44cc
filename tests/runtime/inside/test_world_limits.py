"""What a call may leave behind, and how it ends when it does not answer."""

import pytest

from awm.runtime.frames import encode
from awm.runtime.wire import plain

from .living import ORDER, called, handler, lived

# What goes on beside the answer.


def test_background_tasks_belong_to_their_call():
    code = handler(
        'tasks.add_task(add, "later")\nreturn "now"', parameters="tasks: BackgroundTasks"
    )

    def act(living):
        answer = living.call("it", 1)
        living.call("list_notes", 2)
        return answer.delta is not None, living.titles(1), living.ask("list_notes", 2)

    assert lived(code, act) == (True, ["later"], [])


STRAYS = {
    "one": "asyncio.create_task(later())",
    "one that starts another": "asyncio.create_task(chain(5))",
    "one that waits a little": "asyncio.create_task(patient())",
}


@pytest.mark.parametrize("start", STRAYS.values(), ids=STRAYS)
def test_a_task_left_behind_finishes_in_its_own_turn(start):
    code = """
async def later():
    add("later")

async def chain(links):
    if links:
        asyncio.create_task(chain(links - 1))
    else:
        add("later")

async def patient():
    for _ in range(50):
        await asyncio.sleep(0)
    add("later")
""" + handler(start, kind="async def")

    def act(living):
        answer = living.call("it", 1)
        living.call("list_notes", 2)
        living.call("list_notes", 2)
        return answer.recycle, living.titles(1), living.ask("list_notes", 2)

    assert lived(code, act) == (False, ["later"], [])


def test_a_task_that_does_not_end_is_cancelled_in_its_own_turn():
    code = """
async def endless():
    try:
        await asyncio.sleep(3600)
    finally:
        add("cancelled")
""" + handler("asyncio.create_task(endless())", kind="async def")

    def act(living):
        answer = living.call("it", 1)
        return answer.status, answer.recycle, living.titles(1), living.ask("list_notes", 2)

    assert lived(code, act) == (200, False, ["cancelled"], [])


def test_a_timer_left_behind_never_fires_in_another_instances_turn():
    code = (
        "\n@app.get('/wait', operation_id='wait')\nasync def wait():\n    await asyncio.sleep(0.02)"
        + handler("asyncio.get_running_loop().call_later(0.01, add, 'late')", kind="async def")
    )

    def act(living):
        living.call("it", 1)
        living.call("wait", 2)
        return living.ask("list_notes", 1), living.ask("list_notes", 2)

    assert lived(code, act) == ([], [])


def test_a_task_left_behind_by_an_answer_that_is_too_large_ends_with_it():
    code = "\nasync def endless():\n    await asyncio.sleep(3600)\n" + handler(
        "asyncio.create_task(endless())\nreturn ['x' * 1000] * 2000", kind="async def"
    )
    answer = lived(code, lambda living: living.call("it"))
    assert (answer.fault, answer.recycle) == ("too_large", False)


def test_a_task_that_refuses_to_be_cancelled_costs_the_worker():
    code = """
async def stubborn():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass
""" + handler("asyncio.create_task(stubborn())", kind="async def")
    answer = lived(code, lambda living: living.call("it"))
    assert (answer.status, answer.recycle) == (200, True)


def test_a_thread_left_behind_costs_the_worker():
    body = """
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
"""
    answer = called(body)
    assert (answer.status, answer.recycle) == (200, True)


# Limits and faults.

ENDLESS_SQL = """
endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
with engine.connect() as connection:
    connection.execute(text(endless))
"""


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "time.sleep(60)",
        ENDLESS_SQL,
        "while True:\n    try:\n        time.sleep(60)\n    except Exception:\n        pass",
    ],
    ids=["loop", "sleep", "SQL", "swallows exceptions"],
)
def test_a_call_that_takes_too_long_is_interrupted(kind, body):
    answer = called(body, kind=kind, order={"call_seconds": 0.2})
    assert (answer.is_error, answer.status) == (True, None)
    assert (answer.fault, answer.recycle) == ("timeout", True)
    assert answer.text.endswith("The handler did not answer within 0.2 seconds.")


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.sleep(60)",
        "await asyncio.gather(*(asyncio.sleep(60) for _ in range(3)))",
        "async with asyncio.TaskGroup() as g:\n    g.create_task(asyncio.sleep(60))",
    ],
    ids=["sleep", "gather", "task group"],
)
def test_a_call_that_waits_too_long_is_interrupted(body):
    answer = called(body, kind="async def", order={"call_seconds": 0.2})
    assert answer.fault == "timeout"
    assert answer.recycle


def test_a_timeout_is_known_among_what_else_fails_on_that_account():
    code = """
from starlette.middleware.base import BaseHTTPMiddleware
class Passing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)
app.add_middleware(Passing)
""" + handler("time.sleep(60)")
    answer = lived(code, lambda living: living.call("it"), call_seconds=0.2)
    assert (answer.fault, answer.recycle) == ("timeout", True)


def test_an_interrupted_call_leaves_the_instance_as_it_was():
    code = handler("add('half done')\nglobals()['count'] = 1\ntime.sleep(60)")

    def act(living):
        living.ask("add_note", title="before")
        answer = living.call("it")
        return answer.delta, answer.memory, living.ask("list_notes")

    assert lived(code, act, call_seconds=0.2) == (None, None, ["before"])


@pytest.mark.parametrize(
    ("body", "fault", "words"),
    [
        ("raise MemoryError", "memory", "more memory than its worker has"),
        ("sys.exit(3)", "crash", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "crash", "KeyboardInterrupt"),
        ("raise GeneratorExit", "crash", "GeneratorExit"),
        ("raise asyncio.CancelledError", "crash", "CancelledError"),
    ],
)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_handler_that_breaks_off_is_a_fault(kind, body, fault, words):
    def act(living):
        living.ask("add_note", title="before")
        answer = living.call("it")
        return answer, living.ask("list_notes")

    answer, after = lived(handler(f"add('lost')\n{body}", kind=kind), act)
    assert (answer.is_error, answer.fault, answer.status) == (True, fault, None)
    assert words in answer.text
    assert after == ["before"]


@pytest.mark.parametrize(
    "body",
    [
        "return Response(b'x' * (2 << 20))",
        "return ['x' * 1000] * 2000",
        "return Response(b'[' * 400 + b'1,' * 30_000 + b'1' + b']' * 400)",
    ],
    ids=["bytes", "JSON", "JSON that grows when it is indented"],
)
def test_an_answer_beyond_the_limit_is_a_fault(body):
    answer = called(body)
    assert (answer.fault, answer.status) == ("too_large", None)
    assert len(answer.text) < 200


@pytest.mark.parametrize("depth", [10, 300, 900, 990, 5000, 100_000])
def test_json_is_answered_however_deeply_it_is_nested(depth):
    answer = called(f"return Response(b'[' * {depth} + b']' * {depth})")
    assert (answer.status, answer.fault) == (200, None)
    assert answer.text.count("[") == depth
    assert len(encode(plain(answer))) < 4 << 20


def test_memory_beyond_the_limit_is_a_fault_and_forgotten():
    code = "\nkept = []\n" + handler("kept.append('x' * (2 << 20))\nadd('lost')")

    def act(living):
        answer = living.call("it")
        return answer.fault, answer.recycle, living.ask("list_notes")

    assert lived(code, act) == ("too_large", False, [])


def test_what_handlers_keep_in_the_module_is_part_of_the_instance():
    code = "\ncount = 0\n" + handler("global count\ncount += 1\nreturn count")

    def act(living):
        answers = [living.ask("it", number) for number in (1, 1, 2, 1)]
        known = living.known[1]
        living.open(3, pages=known.delta, memory=known.memory)
        return [*answers, living.ask("it", 3), living.ask("it", 4)]

    assert lived(code, act) == [1, 2, 1, 3, 4, 1]


def test_a_call_is_told_its_instances_time_and_chance():
    code = "\nimport random\n" + handler("return [time.time(), random.random()]")

    def act(living):
        living.open(1, seed=7)
        first, second = living.ask("it"), living.ask("it")
        living.open(2, seed=7)
        return first, second, living.ask("it", 2)

    first, second, again = lived(code, act)
    assert first[0] == ORDER.clock + 1
    assert second[0] == ORDER.clock + 2
    assert again == first
