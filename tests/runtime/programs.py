"""Verifier programs for tests: databases to run them on, honest ones, and hostile ones."""

import sqlite3
import textwrap
from typing import Literal

from awm.runtime import ProgramRun

CLOCK = 1_767_225_600.0  # 2026-01-01T00:00:00Z

SCHEMA = """
CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, made TEXT,
    day TEXT GENERATED ALWAYS AS (date(made)) VIRTUAL);
CREATE TABLE tags (note INTEGER, tag TEXT, PRIMARY KEY (note, tag)) WITHOUT ROWID;
CREATE VIEW recent AS SELECT id, title FROM notes WHERE date(made) <= date('now');
CREATE TRIGGER tagged AFTER INSERT ON notes BEGIN INSERT INTO tags VALUES (new.id, 'new'); END;
CREATE VIRTUAL TABLE words USING fts5(word);
INSERT INTO words VALUES ('hello world');
INSERT INTO notes (title, made) VALUES ('first', '2025-06-01 10:00:00');
"""


def image(script: str = SCHEMA, *more: str) -> bytes:
    """A database as SQLite writes it to a file."""
    connection = sqlite3.connect(":memory:")
    for each in (script, *more):
        connection.executescript(each)
    made = connection.serialize()
    connection.close()
    return made


INITIAL = image()
FINAL = image(SCHEMA, "INSERT INTO notes (title, made) VALUES ('second', '2025-12-01 10:00:00')")


def verifier(body: str, *, head: str = "", name: str = "verify_task_completion") -> str:
    """A program whose function has this body; it is given `initial`, `final` and `answer`."""
    inner = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return f"{textwrap.dedent(head)}\ndef {name}(initial, final, answer=None):\n{inner}\n"


def program(
    code: str,
    *,
    mode: Literal["code", "sql"] = "code",
    initial: bytes = INITIAL,
    final: bytes = FINAL,
    answer: str | None = None,
    world: str = "notes",
) -> ProgramRun:
    """A run of a program."""
    return ProgramRun(world, mode, code, initial, final, answer, CLOCK)


COMPLETE = '\nreturn {"result": "complete"}'

HONEST = {
    "read": "assert sqlite3.connect(final).execute('SELECT title FROM notes').fetchall()[1:]",
    "uri": "assert sqlite3.connect(f'file:{final}?mode=ro', uri=True).execute('SELECT 1')",
    "uri with slashes": "sqlite3.connect(f'file://{final}?mode=ro', uri=True).execute('SELECT 1')",
    "path object": "import pathlib\nsqlite3.connect(pathlib.Path(final)).execute('SELECT 1')",
    "path as uri": "import pathlib\nsqlite3.connect(pathlib.Path(final).as_uri(), uri=True)",
    "bytes path": "sqlite3.connect(final.encode()).execute('SELECT 1')",
    "class": "sqlite3.Connection(final).execute('SELECT * FROM notes').fetchall()",
    "by position": "sqlite3.connect(final, 5.0, sqlite3.PARSE_DECLTYPES, None, False)",
    "closing": """
        from contextlib import closing
        with closing(sqlite3.connect(final)) as connection, connection:
            with closing(connection.cursor()) as cursor:
                assert cursor.execute("SELECT title FROM notes ORDER BY id").fetchall()
        """,
    "row": """
        connection = sqlite3.connect(final)
        connection.row_factory = sqlite3.Row
        row = connection.execute("SELECT * FROM notes").fetchone()
        assert row["title"] == "first" and dict(row)["day"] == "2025-06-01"
        """,
    "own row factory": """
        connection = sqlite3.connect(final)
        connection.row_factory = lambda cursor, row: {
            column[0]: value for column, value in zip(cursor.description, row)
        }
        assert connection.execute("SELECT id FROM notes").fetchone() == {"id": 1}
        """,
    "bytes for text": """
        connection = sqlite3.connect(final)
        connection.text_factory = bytes
        assert connection.execute("SELECT title FROM notes").fetchone() == (b"first",)
        """,
    "factory": """
        class Ours(sqlite3.Connection):
            def one(self, sql):
                return self.execute(sql).fetchone()[0]
        assert sqlite3.connect(final, factory=Ours).one("SELECT count(*) FROM notes") == 2
        """,
    "types": "sqlite3.connect(final, detect_types=sqlite3.PARSE_DECLTYPES).execute('SELECT 1')",
    "dump": "assert any('second' in line for line in sqlite3.connect(final).iterdump())",
    "backup": """
        copy = sqlite3.connect(":memory:")
        sqlite3.connect(final).backup(copy)
        copy.execute("DELETE FROM notes")
        """,
    "function": """
        connection = sqlite3.connect(final)
        connection.create_function("twice", 1, lambda value: value * 2)
        assert connection.execute("SELECT twice(2)").fetchone() == (4,)
        """,
    "json_each": "sqlite3.connect(final).execute(\"SELECT * FROM json_each('[1]')\").fetchall()",
    "full text": """
        found = sqlite3.connect(final).execute("SELECT * FROM words WHERE words MATCH 'hello'")
        assert found.fetchall() == [("hello world",)]
        """,
    "view": "assert len(sqlite3.connect(final).execute('SELECT * FROM recent').fetchall()) == 2",
    "recursive": """
        sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) "
        assert len(sqlite3.connect(final).execute(sql + "SELECT i FROM n").fetchall()) == 9
        """,
    "explain": "sqlite3.connect(final).execute('EXPLAIN SELECT * FROM notes').fetchall()",
    "pragmas": """
        connection = sqlite3.connect(final)
        assert len(connection.execute("PRAGMA table_info(notes)").fetchall()) == 3
        assert connection.execute("SELECT * FROM pragma_table_info('notes')").fetchall()
        for name in ("foreign_keys=ON", "query_only=ON", "database_list", "integrity_check"):
            connection.execute(f"PRAGMA {name}").fetchall()
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
        """,
    "temporary": """
        connection = sqlite3.connect(final)
        connection.execute("CREATE TEMP TABLE seen AS SELECT * FROM notes")
        connection.execute("INSERT INTO seen (title) VALUES ('x')")
        connection.execute("CREATE TEMP VIEW v AS SELECT * FROM seen")
        connection.execute("CREATE INDEX temp.i ON seen (title)")
        connection.commit()
        assert connection.execute("SELECT count(*) FROM v").fetchone() == (3,)
        """,
    "scratch": """
        connection = sqlite3.connect(":memory:")
        connection.executescript("CREATE TABLE a (b); INSERT INTO a VALUES (1)")
        connection.execute("PRAGMA user_version = 3")
        connection.execute("ATTACH ? AS theirs", (final,))
        connection.execute("INSERT INTO a SELECT id FROM theirs.notes")
        connection.commit()
        assert connection.execute("SELECT count(*) FROM a").fetchone() == (3,)
        """,
    "shared scratch": """
        with_name = "file:x?mode=memory&cache=shared"
        sqlite3.connect(with_name, uri=True).execute("CREATE TABLE a (b)")
        """,
    "attached": """
        connection = sqlite3.connect(final)
        connection.execute(f"ATTACH DATABASE '{initial}' AS before")
        added = "SELECT title FROM notes EXCEPT SELECT title FROM before.notes"
        assert connection.execute(added).fetchall() == [("second",)]
        connection.execute("DETACH before")
        connection.execute("ATTACH :path AS [the one]", {"path": "file:" + initial + "?mode=ro"})
        connection.executescript(f"-- both\\nATTACH '{initial}' AS b; ATTACH '{final}' AS c;")
        assert connection.execute("SELECT count(*) FROM c.notes").fetchone() == (2,)
        assert connection.execute("SELECT day FROM b.notes").fetchone() == ("2025-06-01",)
        """,
    "files": """
        import hashlib, pathlib
        assert os.path.exists(final) and os.path.isfile(final) and os.access(final, os.R_OK)
        assert os.stat(final).st_size == os.path.getsize(final) == len(open(final, "rb").read())
        assert open(initial, "rb").read(16) == b"SQLite format 3\\0"
        one, other = (hashlib.sha256(open(p, "rb").read()).digest() for p in (initial, final))
        assert one != other
        assert pathlib.Path(final).read_bytes() != pathlib.Path(initial).read_bytes()
        assert pathlib.Path(final).resolve().exists() and not os.path.exists("/awm/other.db")
        assert open(final, encoding="latin-1").read(6) == "SQLite"
        """,
    "logging": """
        import logging, warnings
        logging.basicConfig(level=logging.DEBUG)
        logging.getLogger(__name__).info("hello")
        warnings.warn("hello")
        print("hello")
        """,
    "traceback": """
        import logging, traceback
        try:
            1 / 0
        except ZeroDivisionError:
            assert "ZeroDivisionError" in traceback.format_exc()
            traceback.print_exc()
            logging.exception("no")
        """,
    "standard library": """
        import collections, decimal, difflib, fractions, statistics, string, textwrap, unicodedata
        from dataclasses import dataclass
        from datetime import datetime, timedelta
        from zoneinfo import ZoneInfo
        @dataclass
        class Found:
            at: datetime
        there = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
        assert Found(there).at.utcoffset() == timedelta(hours=1)
        decimal.getcontext().prec = 5
        assert decimal.Decimal(1) / 3 == decimal.Decimal("0.33333")
        assert difflib.SequenceMatcher(None, "abc", "abd").ratio() > 0.5
        assert collections.namedtuple("P", "x")(1).x == 1 and unicodedata.name("a")
        assert datetime.strptime("2026-01-01", "%Y-%m-%d") == datetime.now()
        assert re.search(r"(?i)FIRST", "first") and json.loads(json.dumps([1]))
        """,
    "threads that end": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2) as executor:
            assert list(executor.map(abs, [-1, -2])) == [1, 2]
        """,
    "missing library caught": """
        try:
            import numpy
        except ImportError:
            numpy = None
        """,
    "subclassed result": """
        class Result(str): pass
        class Verdict(dict): pass
        return Verdict(result=Result("complete"))
        """,
}
"""What a program may do: bodies of functions that then say `complete`."""

HOSTILE = {
    "loop": ("while True: pass", "timeout"),
    "stubborn loop": (
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "timeout",
    ),
    "endless SQL": (
        (
            "sqlite3.connect(final).execute('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
            "i + 1 FROM n) SELECT count(*) FROM n').fetchall()"
        ),
        "timeout",
    ),
    "endless SQL swallowed": (
        (
            "try:\n  sqlite3.connect(final).execute('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
            "SELECT i + 1 FROM n) SELECT count(*) FROM n').fetchall()\nexcept BaseException: pass"
        ),
        "timeout",
    ),
    "unguarded SQL": (
        (
            "connection = sqlite3.connect(':memory:')\n"
            "sqlite3.Connection.__mro__[2].set_progress_handler(connection, None, 0)\n"
            "connection.execute('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT count(*) FROM n').fetchall()"
        ),
        "timeout",
    ),
    "regular expression": ("re.match(r'(a+)+$', 'a' * 64 + 'b')", "timeout"),
    "large power": ("str(10 ** 10 ** 8)", "timeout raised"),
    "sleep": ("import time\ntime.sleep(60)", "timeout"),
    "no alarm": (
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
        "timeout",
    ),
    "blocked alarm": (
        (
            "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})\n"
            "while True: pass"
        ),
        "timeout",
    ),
    "stop": ("import signal\nos.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
    "kill": ("import signal\nos.kill(os.getpid(), signal.SIGKILL)", "crash"),
    "abort": ("os.abort()", "crash"),
    "exit": ("os._exit(0)", "crash"),
    "sys.exit": ("import sys\nsys.exit(0)", "raised"),
    "memory": ("x = []\nwhile True: x.append(bytes(1 << 24))", "memory"),
    "swallowed memory": (
        "x = []\ntry:\n  while True: x.append(' ' * (1 << 20))\nexcept MemoryError: pass\nreturn x",
        "wrong_type memory crash timeout",
    ),
    "recursion": (
        "import sys\nsys.setrecursionlimit(10 ** 9)\nf = lambda: f()\nf()",
        "memory crash timeout raised",
    ),
    "C recursion": (
        (
            "import sys\nsys.setrecursionlimit(10 ** 9)\nx = []\n"
            "for _ in range(10 ** 6): x = [x]\nrepr(x)"
        ),
        "crash memory raised timeout",
    ),
    "fork": ("try: os.fork()\nexcept OSError: pass", "forbidden"),
    "program": (
        "import subprocess\ntry: subprocess.run(['true'])\nexcept OSError: pass",
        "forbidden",
    ),
    "shell": ("os.system('true')", "forbidden"),
    "file": ("try: open('/etc/passwd').read()\nexcept OSError: pass", "forbidden"),
    "python file": ("try: open('/etc/secret.py').read()\nexcept OSError: pass", "forbidden"),
    "descriptor": ("try: os.open('/etc/passwd', os.O_RDONLY)\nexcept OSError: pass", "forbidden"),
    "folder": ("try: os.listdir('/')\nexcept OSError: pass", "forbidden"),
    "temporary file": (
        "import tempfile\ntry: tempfile.TemporaryFile()\nexcept OSError: pass",
        "forbidden",
    ),
    "write a file": ("try: open(final, 'ab').write(b'x')\nexcept OSError: pass", "forbidden"),
    "socket": ("import socket\ntry: socket.socket()\nexcept OSError: pass", "forbidden"),
    "url": (
        (
            "import urllib.request\ntry: urllib.request.urlopen('http://localhost')\n"
            "except OSError: pass"
        ),
        "forbidden",
    ),
    "library": ("import ctypes\ntry: ctypes.CDLL('libc.so.6')\nexcept OSError: pass", "forbidden"),
    "memory reached into": ("import ctypes\nctypes.string_at(id(None), 8)", "forbidden"),
    "look around": ("import gc\ngc.get_objects()", "forbidden"),
    "other database": (
        "try: sqlite3.connect('/tmp/other.db')\nexcept sqlite3.Error: pass",
        "forbidden",
    ),
    "other database by C": (
        (
            "import _sqlite3\ntry: _sqlite3.Connection.__mro__[2]('/tmp/other.db')\n"
            "except Exception: pass"
        ),
        "forbidden",
    ),
    "other attached": (
        (
            "try: sqlite3.connect(final).execute(\"ATTACH '/tmp/other.db' AS x\")\n"
            "except sqlite3.Error: pass"
        ),
        "forbidden",
    ),
    **{
        sql: (
            f"try: sqlite3.connect(final).executescript({sql!r})\nexcept sqlite3.Error: pass",
            "forbidden",
        )
        for sql in (
            "DELETE FROM notes",
            "UPDATE notes SET title = ''",
            "INSERT INTO notes (title) VALUES ('x')",
            "CREATE TABLE more (a)",
            "CREATE VIEW more AS SELECT 1",
            "CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END",
            "CREATE VIRTUAL TABLE more USING fts5(a)",
            "ALTER TABLE notes RENAME TO others",
            "DROP TABLE notes",
            "REINDEX",
            "ANALYZE",
            "VACUUM",
            "VACUUM INTO '/tmp/stolen.db'",
            "PRAGMA writable_schema = ON",
            "PRAGMA user_version = 7",
            "PRAGMA main.application_id = 7",
            "PRAGMA hard_heap_limit = 1",
            "ATTACH '/awm/initial.db' AS x; DELETE FROM x.notes",
            (
                "CREATE TEMP TRIGGER t AFTER INSERT ON main.notes BEGIN SELECT 1; END;"
                "INSERT INTO notes (title) VALUES ('x')"
            ),
        )
    },
    "heap limit by scratch": (
        (
            "try: sqlite3.connect(':memory:').execute('PRAGMA hard_heap_limit = 1')\n"
            "except sqlite3.Error: pass"
        ),
        "forbidden",
    ),
    "deserialise": (
        "try: sqlite3.connect(final).deserialize(b'')\nexcept sqlite3.Error: pass",
        "forbidden",
    ),
    "blob": (
        (
            "try: sqlite3.connect(final).blobopen('notes', 'title', 1).write(b'x')\n"
            "except sqlite3.Error: pass"
        ),
        "forbidden",
    ),
    "backup into": (
        "try: sqlite3.connect(initial).backup(sqlite3.connect(final))\nexcept sqlite3.Error: pass",
        "forbidden",
    ),
    "authorizer": (
        "try: sqlite3.connect(final).set_authorizer(None)\nexcept sqlite3.Error: pass",
        "forbidden",
    ),
    "patched connect": ("sqlite3.connect = lambda *a, **k: None", "forbidden"),
    "patched class": ("sqlite3.Connection.execute = lambda *a: None", "forbidden"),
    "patched built-in": ("import builtins\nbuiltins.isinstance = lambda *a: True", "forbidden"),
    "patched next": ("import builtins\nbuiltins.next = lambda *a: None", "forbidden"),
    "patched json": ("json.dumps = lambda *a, **k: '{}'", "forbidden"),
    "patched encoder": ("json.JSONEncoder.default = lambda *a: 1", "forbidden"),
    "patched time": ("import time\ntime.time = lambda: 0", "forbidden"),
    "replaced module": ("import sys\nsys.modules['json'] = None", "forbidden"),
    "removed module": ("import sys\ndel sys.modules['sqlite3']", "forbidden"),
    "thread": (
        (
            "import threading\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)],"
            " daemon=True).start()"
        ),
        "forbidden timeout",
    ),
    "raw thread": (
        "import _thread, time\n_thread.start_new_thread(time.sleep, (60,))",
        "forbidden",
    ),
    "tracer": ("import sys\nsys.settrace(lambda *a: None)", "forbidden"),
    "audit hook": ("import sys\nsys.addaudithook(lambda *a: None)", "forbidden"),
    "our own code": ("import awm.runtime.inside.verifying", "missing_import"),
    "missing library": ("import numpy", "missing_import"),
    "closed descriptors": ("os.closerange(0, 64)", "crash"),
    "garbage on the socket": (
        (
            "for number in range(3, 64):\n"
            "  try: os.write(number, b'garbage' * 100)\n"
            "  except OSError: pass"
        ),
        "crash",
    ),
    "exception that cannot be written": (
        "class E(Exception):\n  def __str__(self): raise KeyboardInterrupt\nraise E",
        "raised",
    ),
    "exception that loops": (
        "class E(Exception):\n  def __str__(self):\n    while True: pass\nraise E",
        "timeout",
    ),
    "huge exception": ("raise ValueError('x' * (1 << 26))", "raised memory"),
    "surrogate exception": ("raise ValueError('\\ud800')", "raised"),
    "base exception": ("raise BaseException('no')", "raised"),
    "group": ("raise BaseExceptionGroup('g', [KeyboardInterrupt()])", "raised"),
    "string": ("return 'complete'", "wrong_type"),
    "none": ("return None", "wrong_type"),
    "true": ("return True", "wrong_type"),
    "list": ("return [('result', 'complete')]", "wrong_type"),
    "json text": ("return json.dumps({'result': 'complete'})", "wrong_type"),
    "other word": ("return {'result': 'Complete'}", "wrong_type"),
    "true result": ("return {'result': True}", "wrong_type"),
    "no result": ("return {'complete': True}", "wrong_type"),
    "empty": ("return {}", "wrong_type"),
    "generator": ("yield {'result': 'complete'}", "wrong_type"),
    "equal to everything": (
        (
            "class E(str):\n  __hash__ = str.__hash__\n  def __eq__(self, other): return True\n"
            "  def __str__(self): return 'complete'\nreturn {'result': E('no')}"
        ),
        "wrong_type",
    ),
    "lying dictionary": (
        (
            "class E(dict):\n  def items(self): return [('result', 'complete')]\n"
            "  def get(self, *a): return 'complete'\nreturn E()"
        ),
        "wrong_type",
    ),
    "lying key": (
        (
            "class E:\n  def __str__(self): return 'result'\n  __repr__ = __str__\n"
            "return {E(): 'complete'}"
        ),
        "wrong_type",
    ),
    "lying date": (
        (
            "import datetime\nclass E(datetime.date):\n  def __str__(self): return 'complete'\n"
            "return {'result': E(2026, 1, 1)}"
        ),
        "wrong_type",
    ),
    "alike keys": ("return {'result': 'complete', 1: 1, '1': 2}", "wrong_type"),
    "deep": (
        "x = []\nfor _ in range(99): x = [x]\nreturn {'result': 'complete', 'x': x}",
        "wrong_type",
    ),
    "circular": ("x = {'result': 'complete'}\nx['x'] = x\nreturn x", "wrong_type"),
    "endless mapping": (
        (
            "import collections.abc, itertools\nclass E(collections.abc.Mapping):\n"
            "  def __getitem__(self, key): return key\n  def __len__(self): return 1\n"
            "  def __iter__(self): return itertools.count()\nreturn E()"
        ),
        "timeout memory",
    ),
    "huge": ("return {'result': 'complete', 'x': 'x' * (1 << 21)}", "too_large"),
    "huge and wide": ("return {'result': 'complete', 'x': '\\u20ac' * (1 << 19)}", "too_large"),
    "low recursion limit": (
        (
            "import sys\nsys.setrecursionlimit(len(__import__('inspect').stack()) + 1)\n"
            "return {'result': 'complete'}"
        ),
        "raised crash",
    ),
}
"""What a program may not do: bodies of functions that then say `complete`, and what comes of it."""
