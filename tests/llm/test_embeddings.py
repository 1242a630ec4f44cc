"""Texts become vectors over HTTP, in whatever form a server sends them."""

import base64
import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from awm.errors import LLMError, LLMTooLongError, LLMUnavailableError
from awm.llm import HttpEmbedder, Patience
from awm.llm.embeddings import BATCH, read_embeddings
from awm.llm.response import BadResponseError
from tests.llm.chat_server import Answer, chat_server


def vector_of(text: str) -> list[float]:
    return [float(len(text) + 1), 2.0, -float(text.count("e"))]


def answered(request, *, in_base64=True, reverse=False, index=True):
    rows = []
    for at, text in enumerate(request.body["input"]):
        vector = vector_of(text)
        if in_base64 and request.body.get("encoding_format") == "base64":
            vector = base64.b64encode(np.array(vector, dtype="<f4").tobytes()).decode()
        rows.append({"embedding": vector, **({"index": at} if index else {})})
    usage = {"prompt_tokens": len(rows), "total_tokens": len(rows)}
    return Answer({"data": rows[::-1] if reverse else rows, "usage": usage})


async def no_sleep(_: float) -> None:
    """Take no time."""


async def embedded(script, texts, **patience):
    async with chat_server(script) as server:
        embedder = HttpEmbedder(
            server.url,
            SecretStr("sk-1"),
            "some-model",
            patience=Patience(attempts=3, **patience),
            sleep=no_sleep,
        )
        try:
            return await embedder.embed_all(texts), server.requests
        finally:
            await embedder.aclose()


@pytest.mark.parametrize("form", [{}, {"in_base64": False}, {"reverse": True}, {"index": False}])
async def test_vectors_have_length_1_and_the_order_of_their_texts(form):
    texts = ["eee", "", "a longer text", "é\ud800"]
    vectors, (request,) = await embedded(lambda asked: answered(asked, **form), texts)
    expected = np.array([vector_of(text or " ") for text in texts])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert (vectors.shape, vectors.dtype) == ((4, 3), np.float32)
    assert (request.method, request.target) == ("POST", "/v1/embeddings")
    assert request.headers["authorization"] == "Bearer sk-1"
    assert request.body["model"] == "some-model"


async def test_many_texts_go_in_batches_and_keep_their_order():
    texts = ["x" * number for number in range(1, 2 * BATCH + 2)]
    vectors, requests = await embedded(answered, texts)
    assert sorted(len(request.body["input"]) for request in requests) == [1, BATCH, BATCH]
    assert (np.diff(vectors[:, 0] / vectors[:, 1]) > 0).all()


async def test_of_no_texts_nothing_is_asked():
    vectors, requests = await embedded(answered, [])
    assert vectors.shape == (0, 0)
    assert requests == []


async def test_a_server_that_knows_no_base64_is_asked_without():
    refusal = Answer({"error": {"message": "unknown parameter encoding_format"}}, status=400)

    def script(request):
        return refusal if "encoding_format" in request.body else answered(request)

    vectors, requests = await embedded(script, ["a"])
    assert vectors.shape == (1, 3)
    assert len(requests) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Answer("oops", status=500),
        Answer("busy", status=429),
        Answer({"data": []}),
        Answer({"data": [{"embedding": [0.0, 0.0], "index": 0}]}),
        Answer({"data": [{"embedding": [1.0], "index": 1}]}),
        Answer({"data": [{"embedding": [[1.0]], "index": 0}]}),
        Answer({"data": [{"embedding": "AAA", "index": 0}]}),
        Answer("[]"),
    ],
    ids=str,
)
async def test_what_may_mend_itself_is_asked_again(fault):
    answers = iter([fault, fault])
    vectors, requests = await embedded(lambda asked: next(answers, None) or answered(asked), ["a"])
    assert vectors.shape == (1, 3)
    assert len(requests) == 3


async def test_a_server_that_keeps_failing_is_given_up():
    with pytest.raises(LLMUnavailableError, match="EMBEDDING_OPENAI_BASE_URL"):
        await embedded([Answer("oops", status=500)], ["a"] * (BATCH + 1))


async def test_a_text_that_is_too_long_is_said_to_be():
    fault = {"message": "This model's maximum context length is 8192 tokens"}
    with pytest.raises(LLMTooLongError):
        await embedded([Answer({"error": fault}, status=400)], ["a"])


@given(
    st.binary(max_size=40)
    | st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["data", "embedding", "index", "usage"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_nothing_that_is_sent_goes_unexplained(content):
    with contextlib.suppress(BadResponseError, LLMError):
        assert read_embeddings(content, 1).vectors.shape[0] == 1
