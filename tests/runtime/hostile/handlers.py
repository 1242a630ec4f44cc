"""What a hostile handler may try, one line of the table each, and what its caller sees of it."""

import textwrap
from dataclasses import dataclass

from awm.types import Fault

__all__ = ["ATTACKS", "Attack"]


@dataclass(frozen=True, slots=True)
class Attack:
    """A hostile handler.

    Attributes:
        name: What it tries.
        code: The body of the handler `attack`; `TOOLS` and `NOTEBOOK` stand before it.
        fault: What the caller learns: a fault, or None where the handler answers for itself.
        status: The answer's HTTP status where there is no fault.
        says: A part of the text.
    """

    name: str
    code: str
    fault: Fault | None
    status: int | None = None
    says: str = ""

    @property
    def handler(self) -> str:
        """The source of the handler."""
        body = textwrap.indent(textwrap.dedent(self.code).strip("\n"), "    ")
        return f"{TOOLS}\n\n{ROUTE}\nasync def attack():\n{body}\n"


ROUTE = '@app.post("/attack", operation_id="attack")'

TOOLS = '''
import ctypes, gc, json, signal, socket, sqlite3, sys, threading, time
from fastapi.responses import Response, StreamingResponse


def served(name):
    """A variable of the worker's main loop, which is at the end of the stack."""
    at = sys._getframe()
    while type(at.f_locals.get("connection")) is not socket.socket:
        at = at.f_back
    return at.f_locals[name]


def control():
    return served("connection")


def connections():
    """The raw database connections of all instances."""
    gc.unfreeze()
    return [found for found in gc.get_objects() if type(found) is sqlite3.Connection]


def frame(message):
    import msgpack
    body = msgpack.packb(message)
    return len(body).to_bytes(4, "little") + body
'''

ATTACKS = (
    # --- going on for ever
    Attack("loops for ever", "while True: pass", "timeout", says="did not answer within"),
    Attack("never answers", "await asyncio.Event().wait()", "timeout"),
    Attack("sleeps for ever", "time.sleep(1e6)", "timeout"),
    Attack("answers nothing", "await asyncio.sleep(1e6)", "timeout"),
    Attack(
        "swallows every exception in a loop",
        """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
        "timeout",
    ),
    Attack(
        "loops in C code that sees no signal",
        "import re; re.match('(a+)+$', 'a' * 64 + 'b')",
        "timeout",
    ),
    Attack(
        "lets SQL count for ever",
        """
        session = SessionLocal()
        session.connection().exec_driver_sql(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
        ).fetchall()
        """,
        "timeout",
    ),
    Attack(
        "ignores the alarm and loops",
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass",
        "timeout",
    ),
    Attack(
        "stops the alarm clock and loops",
        "signal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
        "timeout",
    ),
    Attack(
        "blocks every signal and loops",
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\nwhile True: pass",
        "timeout",
    ),
    Attack("stops its process", "os.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
    # --- ending the process
    Attack("raises SystemExit", "raise SystemExit(3)", "crash", says="SystemExit"),
    Attack("raises KeyboardInterrupt", "raise KeyboardInterrupt", "crash"),
    Attack("raises GeneratorExit", "raise GeneratorExit", "crash"),
    Attack("raises CancelledError", "raise asyncio.CancelledError", "crash"),
    Attack("exits", "os._exit(0)", "crash", says="status 0"),
    Attack("aborts", "os.abort()", "crash", says="signal 6"),
    Attack("kills its own process", "os.kill(os.getpid(), 9)", "crash", says="killed"),
    Attack("follows a null pointer", "ctypes.string_at(0)", "crash", says="signal 11"),
    Attack("calls a null function", "ctypes.CFUNCTYPE(None)(0)()", "crash", says="signal 11"),
    Attack(
        "recurses in C until the stack ends",
        "sys.setrecursionlimit(10**9)\ndef down(): [*map(lambda _: down(), [1])]\ndown()",
        "crash",
    ),
    Attack("recurses in Python", "def down(): down()\ndown()", None, 500),
    Attack("raises an exception", "raise ValueError('no such luck')", None, 500),
    # --- reaching out
    Attack("forks", "os.fork()", None, 500),
    Attack("starts a program", "import subprocess; subprocess.run(['/bin/true'])", None, 500),
    Attack("asks a shell", "return os.system('id')", None, 200),
    Attack("replaces itself", "os.execv('/bin/true', ['true'])", None, 500),
    Attack("reads the password file", "return open('/etc/passwd').read()", None, 500),
    Attack("reads its environment", "return open('/proc/self/environ').read()", None, 500),
    Attack("lists the root", "return os.listdir('/')", None, 500),
    Attack("writes a file", "open('/tmp/mark', 'w').write('x')", None, 500),
    Attack("opens a socket", "socket.socket()", None, 500),
    Attack("kills its parent", "os.kill(os.getppid(), 9)", None, 500),
    Attack("signals its group", "os.killpg(0, 9)", None, 500),
    Attack("signals everyone", "os.kill(-1, 9)", None, 500),
    # --- taking all there is
    Attack("allocates 8 GB", "bytearray(8 << 30)", "memory"),
    Attack(
        "allocates piece by piece",
        "kept = []\nwhile True: kept.append(bytes(256 << 20))",
        "memory",
    ),
    Attack("answers with 500 MB", "return Response(b'x' * (500 << 20))", "too_large"),
    Attack(
        "streams 500 MB",
        """
        async def parts():
            for _ in range(500): yield b'x' * (1 << 20)
        return StreamingResponse(parts())
        """,
        "too_large",
    ),
    Attack(
        "answers with what indentation blows up",
        "return Response(b'[' * 900 + b'1,' * 500_000 + b'1' + b']' * 900)",
        "too_large",
    ),
    Attack(
        "starts a thousand threads",
        """
        def sleep(): time.sleep(1000)
        for _ in range(1000): threading.Thread(target=sleep, daemon=True).start()
        """,
        None,
    ),
    Attack(
        "leaves a thread that ends the process",
        """
        def strike():
            time.sleep(0.05)
            os._exit(1)
        threading.Thread(target=strike).start()
        return 'fine'
        """,
        None,
        200,
    ),
    Attack("prints 100 MB", "print('x' * (100 << 20))", None, 200),
    Attack("keeps 100 MB in a global", "global hoard\nhoard = b'x' * (100 << 20)", "too_large"),
    Attack(
        "opens descriptors without end",
        "kept = []\nwhile True: kept.append(os.dup(0))",
        None,
        500,
    ),
    Attack("closes every descriptor", "os.closerange(0, 256)", "crash"),
    Attack(
        "hangs up and goes on",
        """
        os.closerange(0, 256)
        while True:
            try: time.sleep(100)
            except BaseException: pass
        """,
        "crash",
    ),
    # --- answering what nobody expects
    Attack("answers with invalid JSON", "return Response(b'{\"a\": ')", None, 200, says='{"a": '),
    Attack("answers with bytes", "return Response(bytes(range(256)))", None, 200),
    Attack("nests its answer", "return Response(b'[' * 100_000 + b']' * 100_000)", None, 200),
    Attack("answers with a lone surrogate", "return Response(b'\"\\\\ud800\"')", None, 200),
    Attack("answers with NUL", "return '\\x00'", None, 200),
    Attack("sends a huge header", "return Response(headers={'x': 'x' * (1 << 20)})", None, 200),
    Attack(
        "answers twice",
        """
        class Twice(Response):
            async def __call__(self, scope, receive, send):
                await super().__call__(scope, receive, send)
                await super().__call__(scope, receive, send)
        return Twice('again')
        """,
        None,
        200,
        says="again",
    ),
    Attack("answers with an odd status", "return Response('odd', status_code=999)", None, 999),
    Attack("answers with a huge status", "return Response('odd', status_code=10**30)", "crash"),
    Attack("answers with a textual status", "return Response('odd', status_code='200')", None, 500),
    # --- its database
    Attack(
        "fills its database",
        """
        session = SessionLocal()
        for _ in range(64):
            session.add(Note(title='x' * (1 << 20)))
            session.flush()
        """,
        None,
        500,
        says="",
    ),
    Attack(
        "drops every table",
        """
        connection = SessionLocal().connection()
        connection.exec_driver_sql('DROP TABLE notes')
        connection.commit()
        """,
        None,
        200,
    ),
    Attack(
        "breaks its schema",
        """
        connection = SessionLocal().connection()
        connection.exec_driver_sql('PRAGMA writable_schema=ON')
        connection.exec_driver_sql("UPDATE sqlite_schema SET sql = 'nonsense', rootpage = 99999")
        connection.exec_driver_sql('PRAGMA schema_version=77')
        connection.commit()
        """,
        None,
        200,
    ),
    Attack(
        "changes the page size",
        """
        raw = SessionLocal().connection().connection
        raw.isolation_level = None
        raw.execute('PRAGMA page_size=16384').fetchall()
        raw.execute('VACUUM')
        """,
        None,
        200,
    ),
    Attack(
        "attaches a file",
        "SessionLocal().connection().exec_driver_sql(\"ATTACH '/etc/passwd' AS loot\")",
        None,
        500,
    ),
    Attack(
        "loads an extension",
        "SessionLocal().connection().exec_driver_sql(\"SELECT load_extension('/lib/x.so')\")",
        None,
        500,
    ),
    Attack(
        "empties everybody's tables",
        """
        for found in connections():
            found.execute("DELETE FROM notes")
            found.commit()
        return 1
        """,
        None,
        200,
    ),
    Attack(
        "drops everybody's tables",
        """
        for found in connections():
            found.execute("DROP TABLE IF EXISTS notes")
        return 1
        """,
        None,
        200,
    ),
    Attack(
        "locks everybody's databases",
        """
        for found in connections():
            found.execute("BEGIN IMMEDIATE")
        return 1
        """,
        None,
    ),
    Attack(
        "closes every connection",
        """
        gc.unfreeze()
        for found in gc.get_objects():
            if isinstance(found, sqlite3.Connection): found.close()
        """,
        "crash",
    ),
    # --- speaking out of turn
    Attack("writes garbage on the socket", "control().sendall(b'\\xff' * 1000)", "crash"),
    Attack("announces 4 GB", "control().sendall(b'\\xff' * 4)\nwhile True: pass", "crash"),
    Attack("sends a frame of nonsense", "control().sendall(frame('nonsense'))", "crash"),
    Attack("answers a question nobody asked", "control().sendall(frame([99999, [11]]))", "crash"),
    Attack("sends half a frame", "control().sendall(b'\\xff\\xff\\x00\\x00half')", "timeout"),
    Attack(
        "sends what unpacks to gigabytes",
        """
        many = 40 << 20
        size = (many + 5).to_bytes(4, "little")
        control().sendall(size + b"\\xdd" + many.to_bytes(4, "big") + b"\\x90" * many)
        """,
        "crash",
    ),
    Attack(
        "answers in the worker's name",
        """
        number = served("number")
        forged = [4, "forged", False, 200, None, None, b"", None, False]
        control().sendall(frame([number, forged]))
        """,
        None,
        200,
        says="forged",
    ),
    Attack(
        "damages its own state from behind",
        """
        number = served("number")
        forged = [4, "", False, 200, None, None, b"no", b"no", False]
        control().sendall(frame([number, forged]))
        """,
        None,
        200,
    ),
    Attack("stops listening", "control().shutdown(socket.SHUT_RD)", None, 200),
    Attack("hangs up", "control().close()\nwhile True: pass", "crash"),
    # --- breaking the worker's own tools
    Attack("breaks json", "json.dumps = json.loads = None", None),
    Attack("breaks msgpack", "import msgpack; msgpack.packb = lambda *a, **k: b'junk'", "crash"),
    Attack("breaks asyncio", "asyncio.sleep = asyncio.wait = asyncio.all_tasks = None", "crash"),
    Attack(
        "breaks the worker's modules",
        """
        for name in list(sys.modules):
            if name.startswith('awm'):
                vars(sys.modules[name]).clear()
        """,
        "crash",
    ),
    Attack("empties the list of modules", "sys.modules.clear()", None),
    Attack(
        "replaces every builtin",
        "import builtins\nfor n in ('len', 'isinstance', 'type'): setattr(builtins, n, None)",
        "crash",
    ),
    Attack(
        "forges its status and state",
        """
        gc.unfreeze()
        for o in gc.get_objects():
            if type(o).__name__ == 'LiveWorld':
                type(o).call = lambda self, order: os._exit(5)
        return 'planted'
        """,
        None,
        200,
    ),
)
