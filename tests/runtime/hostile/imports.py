"""What hostile or broken code may do while it is imported, one line each, and what comes of it."""

from dataclasses import dataclass

__all__ = ["ATTEMPTS", "BARE", "Attempt"]

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
BARE = f'{APP}@app.get("/ping", operation_id="ping")\nasync def ping(): return "pong"\n'
"""The least that is a world."""

TRY = """
import json
outcome = "done"
try:
    {}
except BaseException as error:
    outcome = type(error).__name__
@app.get("/outcome", operation_id="outcome")
async def tell(): return outcome
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A world's code.

    Attributes:
        name: What it does.
        code: The whole of its source.
        says: What the `WorldLoadError` says of it; None where the world comes to life.
        answers: What its tool `outcome` then answers, if it has one.
    """

    name: str
    code: str
    says: str | None
    answers: str | None = None


def _fails(name: str, code: str, says: str) -> Attempt:
    return Attempt(name, f"{BARE}{code}", says)


def _is_refused(name: str, statement: str, answers: str) -> Attempt:
    return Attempt(name, BARE + TRY.format(statement), None, answers)


ATTEMPTS = (
    # --- code that is no world
    Attempt("is empty", "", "no FastAPI application named `app`"),
    Attempt("has a syntax error", "def broken(:\n", "does not compile"),
    Attempt("needs newer syntax", "x = t'{1}'\ntype X[T = int] = T\n", "this is Python 3."),
    Attempt("holds NUL", f"{BARE}\0", "null bytes"),
    Attempt("holds a lone surrogate", f"{BARE}x = '\ud800'", "surrogate"),
    Attempt("nests too deep to compile", f"x = {'(' * 10_000}{')' * 10_000}", "does not compile"),
    Attempt("has no application", "x = 1", "no FastAPI application named `app`"),
    Attempt("has something else as application", "app = 5", "no FastAPI application"),
    Attempt("is another framework's", "async def app(scope, receive, send): ...", "no FastAPI"),
    _fails("imports a missing module", "import nowhere_to_be_found", "no module 'nowhere_to_be"),
    _fails("raises", "raise ValueError('not today')", "ValueError: not today"),
    _fails("fails to start up", "app.router.on_startup.append(lambda: 1 / 0)", "ZeroDivision"),
    _fails("has no working openapi", "app.openapi = lambda: 1 / 0", "ZeroDivisionError"),
    _fails("has an openapi of nonsense", "app.openapi = lambda: {'paths': 7}", "OpenAPI"),
    # --- code that does not end, or ends too soon
    _fails("loops for ever", "while True: pass", "does not finish loading within"),
    _fails("sleeps for ever", "import time; time.sleep(1e6)", "does not finish loading within"),
    _fails("starts up for ever", "import asyncio\n@app.on_event('startup')\n"
           "async def up(): await asyncio.sleep(1e6)", "does not finish loading within"),
    _fails("exits", "import sys; sys.exit(0)", "exits while it is imported"),
    _fails("leaves", "import os; os._exit(0)", "status 0"),
    _fails("crashes", "import ctypes; ctypes.string_at(0)", "signal 11"),
    _fails("kills itself", "import os; os.kill(os.getpid(), 9)", "killed"),
    _fails("stops itself", "import os; os.kill(os.getpid(), 19)", "does not finish loading within"),
    _fails("hangs up", "import os; os.closerange(0, 256)", "ended its process"),
    # --- code that takes all there is
    _fails("allocates without end", "hoard = []\nwhile True: hoard.append(bytes(1 << 26))",
           "raise memory_mb"),
    _fails("recurses", "def down(): down()\ndown()", "RecursionError"),
    _fails("has an openapi of 100 MB", "app.description = 'x'\nping.__doc__ = 'x'\n"
           "app.openapi = lambda: {'paths': {'/a': {'get': {'operationId': 'a', 'summary':"
           " 'x' * (100 << 20)}}}}", "MB"),
    _fails("refers to itself without end", "app.openapi = lambda: {'components': {'schemas': {"
           "f'S{n}': {'properties': {c: {'$ref': f'#/S{n + 1}'} for c in 'abcdefgh'}}"
           " for n in range(40)}}, 'paths': {'/a': {'get': {'operationId': 'a', 'parameters': ["
           "{'name': 'p', 'in': 'query', 'schema': {'$ref': '#/S0'}}]}}}}", ""),
    # --- code that works
    Attempt("is the least", BARE, None),
    Attempt("prints 100 MB", f"{BARE}print('x' * (100 << 20))", None),
    Attempt("starts a server", f"{BARE}import uvicorn\nuvicorn.run(app, port=8000)", None),
    Attempt("has two thousand tools", f"{APP}for n in range(2_000):\n"
            "    app.get(f'/t{n}', operation_id=f't{n}')(lambda: 1)\n", None),
    Attempt("uses names in other scripts", BARE.replace("ping", "пинг_名"), None),
    Attempt("uses NUL in a name", BARE.replace('"ping"', '"pi\\0ng"'), None),
    # --- code that reaches out and is refused
    _is_refused("forks", "import os; os.fork()", "PermissionError"),
    _is_refused("starts a program", "import subprocess; subprocess.run(['/bin/true'])",
                "PermissionError"),
    _is_refused("asks a shell", "import os; assert os.system('true') == 0", "AssertionError"),
    _is_refused("reads the password file", "open('/etc/passwd')", "PermissionError"),
    _is_refused("reads its environment", "open('/proc/self/environ')", "PermissionError"),
    _is_refused("reads its parent's environment",
                "import os; open(f'/proc/{os.getppid()}/environ')", "PermissionError"),
    _is_refused("opens a socket", "import socket; socket.socket()", "PermissionError"),
    _is_refused("writes a file", "open('/tmp/mark', 'w')", "PermissionError"),
    _is_refused("kills its parent", "import os; os.kill(os.getppid(), 9)", "PermissionError"),
    _is_refused("signals its group", "import os; os.killpg(0, 9)", "PermissionError"),
    _is_refused("makes itself dumpable", "import ctypes; assert ctypes.CDLL(None).prctl("
                "4, 1, 0, 0, 0) == 0", "AssertionError"),
)  # fmt: skip
