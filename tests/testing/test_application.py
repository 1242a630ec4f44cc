"""The protocol, over real sockets, and what every fault looks like to a client."""

import base64
import json
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import numpy as np
import pytest

from awm.errors import LLMError, LLMUnavailableError
from awm.llm import OpenAICompatible, Patience
from awm.synthesis.similarity import StaticEmbedder
from awm.testing import ALL, Faults, Latency, ModelServer
from awm.testing.faults import ON_THE_WAY
from awm.testing.known import KnownWorld
from awm.worlds.bundled import bundled_worlds
from tests.testing.conftest import BRIEF
from tests.testing.questions import MODEL, client, question

PATIENT = Patience(attempts=12, first_wait_seconds=0.001)
WORLD = "Coworking Space"
DB = question("db", scenario=WORLD)


def body(put=DB, **others):
    messages = [{"role": each.role, "content": each.content} for each in put.messages]
    return {"model": MODEL, "messages": messages, **others}


@pytest.fixture
async def http(bundled):
    async with httpx.AsyncClient(base_url=bundled.url, trust_env=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def sound():
    return KnownWorld.of(bundled_worlds()[WORLD]).database


def faulty(kinds, rate=1.0, **others):
    """A server of bundled worlds with faults of these kinds."""
    faults = Faults(rate=rate, kinds=kinds, hang_seconds=0.2, retry_seconds=0.01)
    return ModelServer(worlds="bundled", known=2, faults=faults, **others)


async def test_a_completion_has_the_form_that_openai_gives_it(http, sound):
    answer = (await http.post("chat/completions", json=body())).json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == MODEL
    (choice,) = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": sound}
    assert choice["finish_reason"] == "stop"
    usage = answer["usage"]
    assert usage["completion_tokens"] == -(-len(sound) // 4)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_an_answer_that_is_too_long_is_cut_and_says_so(llm, sound):
    reply = await llm.ask(replace(DB, max_tokens=100))
    assert (reply.text, reply.finish_reason) == (sound[:400], "length")
    assert reply.usage.completion_tokens == 100


async def test_the_newer_name_of_the_limit_is_known_too(http):
    answer = (await http.post("chat/completions", json=body(max_completion_tokens=100))).json()
    assert answer["choices"][0]["finish_reason"] == "length"


async def test_the_models_are_listed(http):
    listed = (await http.get("models")).json()
    assert [each["id"] for each in listed["data"]] == [MODEL, "text-embedding-3-large"]


async def test_vectors_come_in_order_and_are_those_of_the_embedded_model(http):
    texts = ["A boat rental.", "A bakery.", "A boat hire."]
    asked = {"model": "text-embedding-3-large", "input": texts}
    listed = (await http.post("embeddings", json=asked)).json()
    rows = np.array([each["embedding"] for each in listed["data"]], dtype=np.float32)
    assert [each["index"] for each in listed["data"]] == [0, 1, 2]
    np.testing.assert_allclose(rows[1], StaticEmbedder().embed("A bakery."), rtol=1e-6)
    assert rows[0] @ rows[2] > rows[0] @ rows[1]
    assert listed["usage"]["prompt_tokens"] > 0


async def test_vectors_come_in_base64_where_that_is_asked_for(http):
    asked = {"model": MODEL, "input": "A bakery.", "encoding_format": "base64"}
    (only,) = (await http.post("embeddings", json=asked)).json()["data"]
    row = np.frombuffer(base64.b64decode(only["embedding"]), dtype=np.float32)
    np.testing.assert_array_equal(row, StaticEmbedder().embed("A bakery."))


@pytest.mark.parametrize(
    "sent",
    [
        b"no json",
        b'{"model": "test-model"}',
        b'{"model": "test-model", "messages": []}',
        json.dumps(body(question("db"))).encode(),
        json.dumps(body(question("agent", scenario=WORLD, task=(99, "What?")))).encode(),
    ],
)
async def test_what_is_no_question_is_refused_with_a_reason(http, sent):
    answer = await http.post("chat/completions", content=sent)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert len(answer.json()["error"]["message"]) > 10


@pytest.mark.parametrize("given", [{}, {"model": MODEL, "input": [1, 2]}, {"model": MODEL}])
async def test_what_is_no_text_gets_no_vector(http, given):
    assert (await http.post("embeddings", json=given)).status_code in {400, 404}


async def test_another_model_does_not_exist(bundled):
    llm = OpenAICompatible(bundled.url, None, "gpt-17", patience=BRIEF)
    with pytest.raises(LLMError, match="gpt-17"):
        await llm.ask(DB)
    await llm.aclose()


@asynccontextmanager
async def connected(server):
    """A server, and a client of its bare protocol."""
    async with server, httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        yield http


REQUESTS = [
    ("POST", "chat/completions", body()),
    ("POST", "embeddings", {"model": MODEL, "input": "x"}),
    ("GET", "models", None),
]


async def test_only_the_right_key_is_taken():
    async with connected(ModelServer(worlds="bundled", known=2, key="sesame")) as http:
        for method, path, sent in REQUESTS:
            for wrong in ({}, {"authorization": "Bearer guess"}):
                answer = await http.request(method, path, json=sent, headers=wrong)
                assert answer.status_code == 401
                assert answer.json()["error"]["code"] == "invalid_api_key"
            right = {"authorization": "Bearer sesame"}
            assert (await http.request(method, path, json=sent, headers=right)).is_success


async def test_a_question_that_is_too_long_is_refused():
    server = ModelServer(worlds="bundled", known=2, context_tokens=1000)
    async with connected(server) as http:
        long = await http.post("chat/completions", json=body(max_tokens=2000))
        assert long.status_code == 400
        assert long.json()["error"]["code"] == "context_length_exceeded"
        assert (await http.post("chat/completions", json=body(max_tokens=200))).is_success
        assert server.asked.total() == 1


async def test_a_question_with_a_refused_word_is_refused_for_its_content():
    async with ModelServer(worlds="bundled", known=2, refused_words=("weapons",)) as server:
        llm = client(server, BRIEF)
        with pytest.raises(LLMError, match="refuses"):
            await llm.ask(question("db", scenario="Weapons dealer", description="It sells weapons"))
        assert (await llm.ask(DB)).text
        await llm.aclose()


SHOWN = {"rate_limit_told": 429, "rate_limit": 429, "server_error": 500}


@pytest.mark.parametrize("kind", SHOWN)
async def test_a_refusal_on_the_way_has_its_status(kind):
    server = faulty((kind,))
    async with connected(server) as http:
        answer = await http.post("chat/completions", json=body())
        assert answer.status_code == SHOWN[kind]
        assert answer.json()["error"]["message"]
        told = answer.headers.get("retry-after")
        assert told == ("0.01" if kind == "rate_limit_told" else None)
        assert server.injected == {kind: 1}
        assert server.answered == {}


@pytest.mark.parametrize("kind", ["hang", "cut_connection"])
async def test_a_connection_breaks_before_the_answer_is_whole(kind):
    server = faulty((kind,))
    async with connected(server) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post("chat/completions", json=body())
        assert server.injected == {kind: 1}
        assert server.answered == {}


async def test_a_client_that_does_not_wait_for_a_hanging_server_leaves_it_alone():
    async with connected(faulty(("hang",))) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post("chat/completions", json=body(), timeout=0.05)


async def test_vectors_meet_what_goes_wrong_on_the_way():
    server = faulty(("server_error",))
    async with connected(server) as http:
        answer = await http.post("embeddings", json={"model": MODEL, "input": "x"})
        assert answer.status_code == 500


async def test_a_patient_client_gets_every_answer_however_much_goes_wrong_on_the_way(sound):
    async with faulty(ON_THE_WAY, rate=0.5) as server:
        llm = client(server, PATIENT)
        puts = [replace(DB, seed=seed) for seed in range(30)]
        for put in puts:
            assert (await llm.ask(put)).text == sound
        await llm.aclose()
        assert server.injected.keys() == set(ON_THE_WAY)
        assert server.asked.total() == 30 + server.injected.total()
        assert set(server.answered.values()) == {1}
        assert len(server.answered) == 30


async def test_without_patience_a_fault_is_the_end():
    async with faulty(("server_error",)) as server:
        llm = client(server, BRIEF)
        with pytest.raises(LLMUnavailableError):
            await llm.ask(DB)
        await llm.aclose()


IN_ANSWERS = {
    "db": ["broken_off", "prose_around", "wrong_fence", "bad_ddl"],
    "sample": ["wrong_column"],
    "env": ["broken_off", "wrong_column", "no_start", "wrong_fence"],
    "verifier_code": ["wrong_column", "accepts_all", "accepts_none"],
    "verifier_sql": ["accepts_all"],
    "agent": ["unknown_tool", "gives_up"],
}


@pytest.mark.parametrize(
    ("prompt", "kind"), [(prompt, kind) for prompt, kinds in IN_ANSWERS.items() for kind in kinds]
)
async def test_a_fault_of_an_answer_is_met_again_when_the_question_is_asked_again(
    llm, prompt, kind
):
    put = question(prompt, scenario=WORLD, task=(1, ""))
    right = (await llm.ask(put)).text
    async with faulty((kind,)) as server:
        model = client(server, BRIEF)
        first, again = await model.ask(put), await model.ask(put)
        await model.aclose()
        assert first == again
        assert first.text != right
        assert (first.finish_reason == "length") == (kind == "broken_off")
        assert server.injected == {kind: 2}
        assert list(server.answered.values()) == [2]


async def test_a_repair_turn_is_another_question_with_a_chance_of_its_own(sound):
    async with faulty(("bad_ddl",), rate=0.5) as server:
        llm = client(server, BRIEF)
        mended = 0
        for seed in range(20):
            put = replace(DB, seed=seed)
            reply = await llm.ask(put)
            if reply.text != sound:
                told = put.followed_by(
                    replace(DB.messages[1], role="assistant", content=reply.text),
                    replace(DB.messages[1], content="This was tried, and does not do yet: ..."),
                )
                mended += (await llm.ask(told)).text == sound
        await llm.aclose()
        assert 0 < mended < server.injected["bad_ddl"]


async def test_the_share_of_faulty_answers_is_what_was_asked_for():
    async with faulty(tuple(kind for kind in ALL if kind != "hang"), rate=0.15) as server:
        llm = client(server, PATIENT)
        puts = [
            replace(question("verifier_code", scenario=WORLD, task=(1, "")), seed=seed)
            for seed in range(300)
        ]
        for put in puts:
            await llm.ask(put)
        await llm.aclose()
        assert 0.10 < server.injected.total() / server.asked.total() < 0.20
        assert server.counts.prompts == Counter({"verifier_code": 300})


async def test_an_answer_takes_as_long_as_its_question_says():
    latency = Latency(median_s=0.15)
    async with ModelServer(worlds="bundled", known=2, latency=latency) as server:
        hasty = client(server, replace(BRIEF, timeout_seconds=0.1))
        with pytest.raises(LLMUnavailableError, match="did not answer"):
            await hasty.ask(DB)
        await hasty.aclose()
        calm = client(server, BRIEF)
        assert (await calm.ask(DB)).text
        await calm.aclose()
