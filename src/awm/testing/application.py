"""The model server as an ASGI application: OpenAI's protocol, faults and counts.

The protocol is https://platform.openai.com/docs/api-reference: `/v1/chat/completions` (not
streamed), `/v1/embeddings` and `/v1/models`. `/counts` is ours: what was asked and went wrong.
"""

import asyncio
import base64
import hmac
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from awm.errors import AwmError
from awm.synthesis.similarity import StaticEmbedder
from awm.testing.answering import Author
from awm.testing.asking import Asked, MisaskedError
from awm.testing.faults import Fault
from awm.testing.responses import CutResponse, HangingResponse, fault_response, json_response
from awm.testing.setup import Setup
from awm.testing.spoiling import spoilt

__all__ = ["Counts", "application"]

_CHARACTERS_PER_TOKEN: Final = 4
_BUSY: Final = "The server is busy: too many requests. Try again later."
_FAILED: Final = "The server had an error while processing the request."


@dataclass(frozen=True, slots=True)
class Counts:
    """What came in, and what went wrong on purpose.

    Attributes:
        asked: How often each question was asked, by its key, refused ones not counted.
        answered: How often each was answered in full, whether what was said was sound or not.
        prompts: How many answers were given to each prompt.
        injected: How many faults there were of each kind.
    """

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    prompts: Counter[str] = field(default_factory=Counter)
    injected: Counter[Fault] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """All of them."""
        return {name: dict(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, written: Mapping[str, Mapping[Any, int]]) -> "Counts":
        """Read what `to_json` wrote."""
        return cls(**{name: Counter(written[name]) for name in cls.__slots__})


class _RefusedError(Exception):
    """A request that is not answered, as OpenAI says so."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.response = fault_response(status, message, code)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, _RefusedError)
    return error.response


async def _misasked(_: Request, error: Exception) -> Response:
    return fault_response(400, f"{error}.")


async def _failed(_: Request, error: Exception) -> Response:
    return fault_response(500, str(error))


def application(setup: Setup, author: Author, counts: Counts) -> Starlette:
    """The application.

    Args:
        setup: How it behaves.
        author: Who answers.
        counts: Where it counts.
    """
    served = _Served(setup, author, counts)
    return Starlette(
        routes=[
            Route("/v1/chat/completions", served.complete, methods=["POST"]),
            Route("/v1/embeddings", served.embed, methods=["POST"]),
            Route("/v1/models", served.models),
            Route("/counts", served.counted),
        ],
        # A world that cannot be made is an AwmError: whoever asks is told why.
        exception_handlers={_RefusedError: _refused, MisaskedError: _misasked, AwmError: _failed},
    )


class _Served:
    """The endpoints."""

    def __init__(self, setup: Setup, author: Author, counts: Counts) -> None:
        self._setup = setup
        self._author = author
        self._counts = counts

    async def models(self, request: Request) -> Response:
        """List the models."""
        self._check_key(request)
        models = [
            {"id": name, "object": "model", "created": 0, "owned_by": "awm"}
            for name in self._setup.models
        ]
        return json_response({"object": "list", "data": models})

    async def counted(self, _: Request) -> Response:
        """Tell the counts."""
        return json_response(self._counts.to_json())

    async def complete(self, request: Request) -> Response:
        """Answer a question."""
        asked = Asked.read(await self._body(request))
        self._check_length(asked)
        fault = self._met(asked.prompt, asked.key)
        if fault is not None and fault != "cut_connection":
            return self._failed(fault)
        await asyncio.sleep(self._setup.latency.seconds(asked.key))
        response = await self._answered(asked)
        if fault is not None:
            return CutResponse(response.body)
        self._counts.answered[asked.key] += 1
        self._counts.prompts[asked.prompt] += 1
        return response

    async def embed(self, request: Request) -> Response:
        """Answer with vectors of texts."""
        body = await self._body(request)
        given = body.get("input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise MisaskedError("there is no input, or it is no text")
        key = f"embeddings of {texts!r}"
        fault = self._met("", key)
        if fault is not None:
            return self._failed(fault)
        await asyncio.sleep(self._setup.latency.seconds(key))
        self._counts.answered[key] += 1
        return json_response(self._vectors(texts, body))

    def _met(self, prompt: str, key: str) -> Fault | None:
        """What goes wrong with a question on the way; counts it."""
        before = self._counts.asked[key]
        self._counts.asked[key] += 1
        fault = self._setup.faults.on_the_way(prompt, key, before)
        if fault is not None:
            self._counts.injected[fault] += 1
        return fault

    async def _answered(self, asked: Asked) -> Response:
        if any(word in asked.about for word in self._setup.refused_words):
            refusal = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
            return _completion(asked, refusal, 8, "stop")
        text, finish_reason = await self._said(asked)
        limit = asked.max_tokens
        if limit is not None and _tokens(text) > limit:
            text, finish_reason = text[: limit * _CHARACTERS_PER_TOKEN], "length"
        message = {"role": "assistant", "content": text}
        return _completion(asked, message, _tokens(text), finish_reason)

    async def _said(self, asked: Asked) -> tuple[str, str]:
        """An answer, sound or spoilt, and why it ends where it does."""
        text = await self._author.answer(asked)
        fault = self._setup.faults.in_answer(asked.prompt, asked.key)
        if fault is None:
            return text, "stop"
        faulty = spoilt(fault, asked.prompt, text, asked.key)
        if faulty != text:
            self._counts.injected[fault] += 1
        return faulty, "length" if fault == "broken_off" else "stop"

    async def _body(self, request: Request) -> Any:
        self._check_key(request)
        try:
            body = json.loads(await request.body())
        except ValueError as error:
            raise _RefusedError(400, f"the body is no JSON: {error}.") from error
        model = body.get("model") if isinstance(body, dict) else None
        if model not in self._setup.models:
            what = f"The model `{model}` does not exist or you do not have access to it."
            raise _RefusedError(404, what, "model_not_found")
        return body

    def _check_key(self, request: Request) -> None:
        wanted = self._setup.key
        given = request.headers.get("authorization", "")
        if wanted is not None and not hmac.compare_digest(
            given.encode(), f"Bearer {wanted}".encode()
        ):
            raise _RefusedError(401, "Incorrect API key provided.", "invalid_api_key")

    def _check_length(self, asked: Asked) -> None:
        longest, tokens = self._setup.context_tokens, _prompt_tokens(asked)
        if longest is not None and tokens + (asked.max_tokens or 0) > longest:
            what = (
                f"This model's maximum context length is {longest} tokens. However, you requested"
                f" {tokens + (asked.max_tokens or 0)} tokens. Please reduce the length of the"
                " messages or completion."
            )
            raise _RefusedError(400, what, "context_length_exceeded")

    def _failed(self, fault: Fault) -> Response:
        if fault == "rate_limit_told":
            wait = {"retry-after": f"{self._setup.faults.retry_seconds:g}"}
            return fault_response(429, _BUSY, "rate_limit_exceeded", wait)
        if fault == "rate_limit":
            return fault_response(429, _BUSY, "rate_limit_exceeded")
        if fault == "server_error":
            return fault_response(500, _FAILED)
        if fault == "hang":
            return HangingResponse(self._setup.faults.hang_seconds)
        return CutResponse(b"{}")

    def _vectors(self, texts: Sequence[str], body: Mapping[str, Any]) -> Mapping[str, Any]:
        rows = [self._embedder.embed(text).astype(np.float32) for text in texts]
        encoded = [
            base64.b64encode(row.tobytes()).decode()
            if body.get("encoding_format") == "base64"
            else row.tolist()
            for row in rows
        ]
        tokens = sum(map(_tokens, texts))
        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": place, "embedding": each}
                for place, each in enumerate(encoded)
            ],
            "model": body["model"],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }

    @cached_property
    def _embedder(self) -> StaticEmbedder:
        return StaticEmbedder()


def _completion(
    asked: Asked, message: Mapping[str, Any], tokens: int, finish_reason: str
) -> Response:
    before = _prompt_tokens(asked)
    return json_response(
        {
            "id": f"chatcmpl-{asked.key}",
            "object": "chat.completion",
            "created": 0,
            "model": asked.model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
            "usage": {
                "prompt_tokens": before,
                "completion_tokens": tokens,
                "total_tokens": before + tokens,
            },
        }
    )


def _prompt_tokens(asked: Asked) -> int:
    return sum(_tokens(each.content) for each in asked.messages)


def _tokens(text: str) -> int:
    """About how many tokens a text has: English and code have some four characters in each."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
