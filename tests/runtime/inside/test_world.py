import gc
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest

from awm.runtime.inside.examiner import digest
from awm.runtime.inside.process import Process
from awm.runtime.inside.world import LiveWorld
from awm.runtime.wire import Call

from .forked import in_child
from .living import HEADER, ORDER, ORDINARY, Living, called, handler, lived, read


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_handlers_answer_whether_they_wait_or_not(kind):
    answer = called('return {"naïve": [1, {}]}', kind=kind)
    assert answer.text == '{\n  "naïve": [\n    1,\n    {}\n  ]\n}'
    assert (answer.is_error, answer.status, answer.fault, answer.exception) == (
        False, 200, None, None,
    )  # fmt: skip


def test_what_was_in_memory_before_does_not_change_the_dice_of_a_call():
    def act(living):
        for number in (1, 2, 3):
            living.open(number)
        return [living.ask("it", number) for number in (1, 2, 3)]

    code = "\nimport random\nown = random.Random(7)" + handler(
        "return [own.random(), random.random(), os.urandom(8).hex()]"
    )
    first, *others = lived(code, act)
    assert others == [first, first]


def test_an_error_status_is_an_error_that_says_so():
    answer = called('raise HTTPException(404, detail="no such note")')
    assert answer.is_error
    assert answer.status == 404
    assert answer.text == (
        'Error calling it. Status code: 404. Response: {"detail":"no such note"}'
    )


def test_an_exception_is_a_500_and_kept_for_whoever_mends_the_world():
    answer = called('raise KeyError("broken")')
    assert (answer.status, answer.fault) == (500, None)
    assert "broken" not in answer.text
    assert answer.exception == "KeyError: 'broken'"


def test_arguments_that_do_not_fit_are_a_422():
    code = handler("return amount", parameters="amount: int")
    answer = lived(code, lambda living: living.call("it", amount="much"))
    assert answer.status == 422
    assert "int_parsing" in answer.text


def test_a_path_parameter_that_is_missing_is_a_422_that_names_it():
    code = handler("return code", path="/it/{code}", parameters="code: str")
    answer = lived(code, lambda living: living.call("it", code=""))
    assert (answer.is_error, answer.status, answer.delta) == (True, 422, None)
    detail = json.loads(answer.text.partition("Response: ")[2])["detail"]
    assert detail[0]["loc"] == ["path", "code"]


@pytest.mark.parametrize(
    "body",
    ["return Response(b'not JSON')", "return Response(b'{\"a\": ', media_type='application/json')"],
)
def test_what_is_not_json_is_passed_on_as_it_is(body):
    assert called(body).text in ("not JSON", '{"a": ')


def test_bytes_that_are_no_text_do_not_fail():
    assert called("return Response(b'\\xff\\x00')").text == "\ufffd\x00"


# The database.


def test_instances_start_alike_and_never_see_each_others_changes():
    def act(living):
        living.ask("add_note", 1, title="one")
        living.ask("add_note", 2, title="two")
        living.ask("add_note", 1, title="more")
        return [living.ask("list_notes", number) for number in (1, 2, 3)]

    assert lived("", act) == [["one", "more"], ["two"], []]


def test_an_instance_opened_from_its_delta_goes_on_as_it_was():
    def act(living):
        living.ask("add_note", title="one")
        known = living.known[1]
        living.open(2, pages=known.delta, memory=known.memory)
        living.ask("add_note", 2, title="two")
        return living.ask("list_notes", 1), living.ask("list_notes", 2), living.titles(2)

    assert lived("", act) == (["one"], ["one", "two"], ["one", "two"])


def test_opening_an_instance_again_replaces_it_and_closing_forgets_it():
    def act(living):
        living.ask("add_note", title="one")
        living.open(1)
        again = living.ask("list_notes")
        living.world.close(1)
        living.world.close(1)
        with pytest.raises(KeyError):
            living.world.call(Call(1, 1, "list_notes", "{}"))
        return again

    assert lived("", act) == []


@pytest.mark.parametrize(
    "body",
    [
        "return 1",
        "with SessionLocal() as s:\n    return s.query(Note).count()",
        "sqlite3.connect('/instance.db').execute('SELECT 1').fetchall()",
        "with engine.connect() as c:\n    c.execute(text('PRAGMA foreign_keys'))",
    ],
)
def test_a_call_that_only_reads_hands_over_nothing(body):
    def act(living):
        living.call("it")  # the first use of an engine asks SQLite about itself
        return living.call("it")

    answer = lived(handler(body), act)
    assert answer.status == 200
    assert (answer.delta, answer.memory) == (None, None)


@pytest.mark.parametrize(
    ("statement", "query", "expected"),
    [
        ("INSERT INTO notes (title) VALUES ('new')", "SELECT title FROM notes", ["new"]),
        ("CREATE TABLE made (a)", "SELECT count(*) FROM made", [0]),
        ("ALTER TABLE notes ADD COLUMN more DEFAULT 3", "SELECT count(more) FROM notes", [0]),
        ("DROP TABLE notes", "SELECT count(*) FROM sqlite_schema", [0]),
        ("PRAGMA user_version = 7", "PRAGMA user_version", [7]),
        ("CREATE INDEX i ON notes (title)", "SELECT count(*) FROM pragma_index_info('i')", [1]),
    ],
)
def test_every_kind_of_change_is_handed_over(statement, query, expected):
    body = f"with engine.begin() as c:\n    c.exec_driver_sql({statement!r})"

    def act(living):
        assert living.call("it").delta is not None
        return read(living.image(), query)

    assert lived(handler(body), act) == expected


def test_a_script_that_starts_with_a_select_is_handed_over_too():
    body = "sqlite3.connect('/instance.db').executescript('SELECT 1; CREATE TABLE made (a)')"

    def act(living):
        living.call("it")
        return read(living.image(), "SELECT count(*) FROM made")

    assert lived(handler(body), act) == [0]


@pytest.mark.parametrize("size", [512, 8192])
def test_a_vacuum_with_another_page_size_keeps_what_there_is(size):
    body = f"""
connection = sqlite3.connect('/instance.db', isolation_level=None)
connection.execute("INSERT INTO notes (title) VALUES ('kept')")
connection.execute('PRAGMA page_size = {size}')
connection.execute('VACUUM')
"""

    def act(living):
        answer = living.call("it")
        return answer.status, living.titles()

    assert lived(handler(body), act) == (200, ["kept"])


def test_what_is_not_committed_is_not_kept():
    body = """
session = SessionLocal()
session.add(Note(title="lost"))
session.flush()
globals()["leaked"] = session
"""

    def act(living):
        living.call("it")
        return living.ask("list_notes"), living.titles()

    assert lived(handler(body), act) == ([], [])


LEAKS = """
import gc

def leak(title):
    session = SessionLocal()
    session.add(Note(title=title))
    session.flush()
    session.kept_alive_by = [session]

@app.post("/leak", operation_id="leak_session")
def leak_session(title: str):
    leak(title)
    raise RuntimeError("and so it is never closed")

@app.post("/connection", operation_id="leak_connection")
def leak_connection(title: str):
    connection = engine.connect()
    connection.execute(text("INSERT INTO notes (title) VALUES (:t)"), {"t": title})
    connection.info["kept_alive_by"] = connection

@app.post("/careful", operation_id="add_carefully")
def add_carefully(title: str, collect: bool):
    with SessionLocal() as session:
        session.add(Note(title=title))
        session.flush()
        if collect:
            gc.collect()
        session.commit()
"""


@pytest.mark.parametrize("leak", ["leak_session", "leak_connection"])
def test_a_leak_changes_nothing_whenever_it_is_collected(leak):
    def act(living, setting):
        if setting == "disabled":
            gc.disable()
        elif setting == "after every allocation":
            gc.set_threshold(1)
        for number in (1, 2):
            living.ask("add_carefully", number, title="before", collect=False)
        for round_ in range(3):
            for number in (1, 2):
                living.call(leak, number, title="leaked")
                collect = setting == "forced"
                living.ask("add_carefully", number, title=f"{number} {round_}", collect=collect)
        return [digest(living.image(number)) for number in (1, 2)], living.titles(2)

    found = [
        lived(LEAKS, partial(act, setting=setting))
        for setting in ("usual", "disabled", "after every allocation", "forced")
    ]
    assert found[0][1] == ["before", "2 0", "2 1", "2 2"]
    assert found[1:] == found[:1] * 3


def test_a_dependency_that_yields_is_closed_before_the_turn_ends():
    code = """
def session():
    opened = SessionLocal()
    try:
        yield opened
    finally:
        opened.commit()
        opened.close()
""" + handler('db.add(Note(title="kept"))', parameters="db=Depends(session)")

    def act(living):
        living.ask("it")
        return living.ask("list_notes")

    assert lived(code, act) == ["kept"]


def test_foreign_keys_are_enforced_if_the_world_says_so():
    body = """
with engine.begin() as c:
    c.exec_driver_sql("CREATE TABLE child (note REFERENCES notes (id))")
    c.exec_driver_sql("INSERT INTO child VALUES (99)")
"""
    assert called(body, order={"foreign_keys": True}).status == 500
    assert called(body, order={"foreign_keys": False}).status == 200


def test_a_database_does_not_outgrow_its_limit():
    body = """
with engine.begin() as c:
    c.exec_driver_sql("INSERT INTO notes (title) VALUES (zeroblob(3000000))")
"""
    answer = called(body, order={"database_bytes": 1 << 20})
    assert (answer.status, answer.fault) == (500, None)
    assert "full" in answer.exception


def template_of(code, **order):
    return in_child(lambda: Living(code, **order).template)


def notes_database(*pragmas):
    with closing(sqlite3.Connection(":memory:")) as connection:
        for pragma in pragmas:
            connection.execute(pragma)
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title)")
        connection.execute("INSERT INTO notes (title) VALUES ('from the file')")
        connection.commit()
        return connection.serialize()


SEEDING_TASK = """
@app.on_event('startup')
async def seed():
    asyncio.create_task(soon())

async def soon():
    add('seeded')
"""
SEEDING_LIFESPAN = """
import contextlib

@contextlib.asynccontextmanager
async def lifespan(app):
    add('seeded')
    yield
    add('never')

app.router.lifespan_context = lifespan
"""


@pytest.mark.parametrize(
    "code",
    [
        "\nadd('seeded')",
        "\n@app.on_event('startup')\nasync def seed():\n    add('seeded')",
        SEEDING_TASK,
        SEEDING_LIFESPAN,
    ],
    ids=["at import", "start-up event", "task of a start-up event", "lifespan"],
)
def test_what_the_code_writes_while_it_loads_is_part_of_the_template(code):
    assert read(template_of(code)) == ["seeded"]


def test_a_database_in_wal_mode_is_read_like_any_other():
    image = notes_database()
    image = image[:18] + b"\x02\x02" + image[20:]
    assert lived("", lambda living: living.ask("list_notes"), image=image) == ["from the file"]


def test_a_world_loaded_again_starts_from_the_template_it_made_the_first_time():
    def act(living):
        return living.template, living.ask("list_notes")

    template = template_of("\nadd('seeded')")
    again = lived("\nadd('seeded')", act, template=template)
    assert again == (template, ["seeded"])


def test_the_same_code_makes_the_same_template_each_time():
    code = "\nimport uuid\nadd(str(uuid.uuid4()))\nadd(str(time.time()))"
    assert template_of(code) == template_of(code)


# What is loaded.


def test_a_loaded_world_shows_its_tools():
    def act(living):
        return living.world.loaded()

    loaded = lived("", act)
    tools = json.loads(loaded.tools)
    assert [name for name, _, _ in tools] == ["add_note", "list_notes"]
    assert tools[0][2]["required"] == ["title"]
    assert json.loads(loaded.warnings) == []


def test_a_global_that_instances_share_is_a_warning():
    loaded = lived("\nfiles = [(line for line in ())]", lambda living: living.world.loaded())
    assert json.loads(loaded.warnings) == [
        "the global 'files' holds what cannot be carried, so all instances share it"
    ]


def test_the_application_may_have_any_name():
    code = ORDINARY.replace("app.", "service.").replace("app =", "service =")
    assert in_child(tools_of, code) == ["add_note", "list_notes"]


def tools_of(code):
    process = Process()
    process.install()
    world = LiveWorld(process, replace(ORDER, code=code))
    return [name for name, _, _ in json.loads(world.loaded().tools)]


def test_code_without_an_application_is_no_world():
    with pytest.raises(AssertionError, match="no FastAPI application"):
        in_child(tools_of, HEADER.replace("app = FastAPI()", ""))


def test_a_start_up_that_fails_keeps_the_world_from_loading():
    code = "\n@app.on_event('startup')\ndef fail():\n    raise RuntimeError('no seed')"
    with pytest.raises(AssertionError, match="RuntimeError: no seed"):
        template_of(code)


@pytest.mark.parametrize(
    "body",
    [
        'session.execute(text("PRAGMA foreign_keys=OFF"))',
        'session.execute(text("PRAGMA case_sensitive_like(1)"))',
        'session.execute(text("CREATE TEMP TABLE seen AS SELECT * FROM notes"))',
        'session.connection().connection.executescript("PRAGMA recursive_triggers = ON")',
    ],
)
def test_what_a_call_does_to_its_connection_ends_with_it(body):
    look = """
    names = ("foreign_keys", "recursive_triggers")
    states = [session.execute(text(f"PRAGMA {name}")).scalar() for name in names]
    temporary = session.execute(text("SELECT count(*) FROM sqlite_temp_schema")).scalar()
    return [*states, temporary, session.execute(text("SELECT 'a' LIKE 'A'")).scalar()]
"""
    code = (
        handler(f"with SessionLocal() as session:\n    {body}\n    session.commit()")
        + '\n@app.get("/look", operation_id="look")\ndef look():\n    session = SessionLocal()'
        + look
    )

    def act(living):
        fresh = living.ask("look")
        living.ask("it")
        return fresh, living.ask("look")

    fresh, after = lived(code, act)
    assert after == fresh


def test_what_a_listener_does_to_a_new_connection_is_done_to_every_one():
    code = (
        "\nfrom sqlalchemy import event\n@event.listens_for(engine, 'connect')\n"
        "def settle(connection, record):\n    connection.execute('PRAGMA recursive_triggers=ON')\n"
        + handler('return SessionLocal().execute(text("PRAGMA recursive_triggers")).scalar()')
        + '\n@app.get("/mark", operation_id="mark")\ndef mark():\n'
        + '    SessionLocal().execute(text("PRAGMA recursive_triggers=OFF"))\n'
    )

    def act(living):
        return [living.ask(tool) for tool in ("it", "mark", "it")] + [living.ask("it", number=2)]

    assert lived(code, act) == [1, None, 1, 1]
