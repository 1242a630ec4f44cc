import asyncio
import contextlib

import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi import Response as FastAPIResponse
from fastapi.responses import StreamingResponse

from awm.runtime.inside import asgi
from awm.runtime.inside.asgi import Response, ResponseTooLargeError, respond, run_lifespan

LIMIT = 10_000


async def ask(app, path="/", method="GET", *, limit=LIMIT, body=b"", headers=(), state=None):
    request = asgi.Request(method, path, headers=headers, body=body)
    return await respond(app, request, limit=limit, state={} if state is None else state)


@pytest.fixture
def app():
    return FastAPI()


async def test_a_json_answer_comes_back_as_it_was_sent(app):
    @app.get("/")
    def root():
        return {"naïve": [1, None]}

    assert await ask(app) == Response(200, '{"naïve":[1,null]}'.encode())


async def test_the_body_and_the_headers_of_a_request_arrive(app):
    @app.post("/echo")
    async def echo(request: Request):
        return {
            "body": (await request.body()).decode(),
            "type": request.headers["content-type"],
            "host": request.url.hostname,
        }

    response = await ask(
        app, "/echo", "POST", body=b"hello", headers=((b"content-type", b"text/plain"),)
    )
    assert response.body == b'{"body":"hello","type":"text/plain","host":"localhost"}'


async def test_a_streamed_answer_is_put_together(app):
    @app.get("/")
    def root():
        return StreamingResponse(str(number) for number in range(5))

    assert await ask(app) == Response(200, b"01234")


async def test_an_empty_answer_is_an_answer(app):
    @app.get("/", status_code=204)
    def root():
        return None

    assert await ask(app) == Response(204, b"")


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_beyond_the_limit_is_broken_off(app, streamed):
    sent = []

    def parts():
        for _ in range(1000):
            sent.append(1)
            yield b"x" * 100

    @app.get("/")
    def root():
        return StreamingResponse(parts()) if streamed else FastAPIResponse(b"x" * 100_000)

    with pytest.raises(ResponseTooLargeError):
        await ask(app)
    assert len(sent) <= LIMIT // 100 + 1


async def test_an_answer_at_the_limit_is_accepted(app):
    @app.get("/")
    def root():
        return FastAPIResponse(b"x" * LIMIT)

    assert len((await ask(app)).body) == LIMIT


async def test_the_limit_reaches_through_middleware_and_error_handling(app):
    @app.middleware("http")
    async def swallow(request, call_next):
        with contextlib.suppress(Exception):
            return await call_next(request)

    @app.exception_handler(Exception)
    async def sorry(request, error):
        return FastAPIResponse("sorry", 500)

    @app.get("/")
    def root():
        return FastAPIResponse(b"x" * 100_000)

    with pytest.raises(ResponseTooLargeError):
        await ask(app)


async def test_an_exception_after_the_answer_comes_along_with_it(app):
    @app.get("/")
    def root():
        raise KeyError("broken")

    response = await ask(app)
    assert (response.status, response.body) == (500, b"Internal Server Error")
    assert isinstance(response.exception, KeyError)


async def test_an_exception_before_any_answer_is_raised():
    async def app(scope, receive, send):
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        await ask(app)


async def test_an_application_that_answers_nothing_is_at_fault():
    async def app(scope, receive, send):
        pass

    with pytest.raises(RuntimeError, match="without an answer"):
        await ask(app)


async def test_background_tasks_have_run_when_the_answer_is_there(app):
    done = []

    @app.get("/")
    def root(tasks: BackgroundTasks):
        tasks.add_task(done.append, 1)
        return "ok"

    assert (await ask(app)).status == 200
    assert done == [1]


async def test_a_background_task_that_fails_does_not_change_the_answer(app):
    def fail():
        raise KeyError("too late")

    @app.get("/")
    def root(tasks: BackgroundTasks):
        tasks.add_task(fail)
        return "ok"

    response = await ask(app)
    assert (response.status, response.body) == (200, b'"ok"')
    assert isinstance(response.exception, KeyError)


async def test_the_client_is_there_until_it_has_its_answer(app):
    @app.get("/")
    async def root(request: Request):
        await request.body()
        return await request.is_disconnected()

    assert (await ask(app)).body == b"false"


async def test_the_client_hangs_up_once_it_has_its_answer():
    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"ok"})
        seen.append(await receive())

    seen = []
    assert await ask(app) == Response(200, b"ok")
    assert seen == [{"type": "http.disconnect"}]


async def test_the_scope_says_what_a_real_client_would_have_said():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope)
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    request = asgi.Request("GET", "/a b/ü", b"q=1&q=%C3%BC")
    await respond(app, request, limit=LIMIT, state={})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        await client.get("http://localhost/a b/ü?q=1&q=%C3%BC")
    ours, theirs = seen
    for key in ("type", "method", "path", "query_string", "scheme", "http_version", "root_path"):
        assert ours[key] == theirs[key], key


async def test_requests_share_what_the_lifespan_left_but_not_the_container():
    async def app(scope, receive, send):
        scope["state"]["shared"].append(1)
        scope["state"]["own"] = 1
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    state = {"shared": []}
    await ask(app, state=state)
    await ask(app, state=state)
    assert state == {"shared": [1, 1]}


async def live(app):
    """Run an application's lifespan from start to end; return what happened."""
    events, state = [], {}
    stop = asyncio.get_running_loop().create_future()

    def started():
        events.append("started")
        stop.set_result(None)

    await run_lifespan(app, state, started, stop)
    stop.cancel()
    return events, state


async def test_an_application_is_started_and_stopped():
    log = []

    @contextlib.asynccontextmanager
    async def lifespan(app):
        log.append("up")
        yield {"answer": 42}
        log.append("down")

    assert await live(FastAPI(lifespan=lifespan)) == (["started"], {"answer": 42})
    assert log == ["up", "down"]


async def test_a_start_up_that_fails_is_raised_with_its_cause():
    @contextlib.asynccontextmanager
    async def lifespan(app):
        raise KeyError("no database")
        yield

    with pytest.raises(KeyError, match="no database"):
        await live(FastAPI(lifespan=lifespan))


@pytest.mark.parametrize("message", [{}, {"message": ""}, {"message": "first\nlast line\n"}])
async def test_a_start_up_that_is_said_to_have_failed_is_an_error(message):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", **message})

    with pytest.raises(RuntimeError, match="last line" if message.get("message") else "failed"):
        await live(app)


async def test_an_application_that_knows_no_lifespan_has_nothing_to_start():
    async def app(scope, receive, send):
        assert scope["type"] == "http"

    assert await live(app) == ([], {})
