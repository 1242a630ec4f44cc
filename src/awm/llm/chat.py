"""Models behind an HTTP endpoint that speaks chat completions.

A question is one POST, so this is `httpx` and not a vendor's package. A word that a server does not
know is left out and the question asked again; what else can be mended on the way, `Poster` mends.
"""

import asyncio
import json

from pydantic import SecretStr

from awm.llm.dialect import Dialect
from awm.llm.endpoint import Endpoint, azure_endpoint, openai_endpoint
from awm.llm.gate import Gate
from awm.llm.patience import DEFAULT_PATIENCE, Patience
from awm.llm.posting import Poster, Sleep
from awm.llm.question import Question, Reply
from awm.llm.refusals import is_about_the_question
from awm.llm.response import Complaint, read_reply

__all__ = ["Azure", "ChatCompletions", "OpenAICompatible", "Sleep"]


class _Asking:
    """A question on its way, in the words that the server is thought to understand."""

    __slots__ = ("_model", "_question", "dialect")

    def __init__(self, question: Question, model: str | None, dialect: Dialect) -> None:
        self._question = question
        self._model = model
        self.dialect = dialect

    def body(self) -> bytes:
        body = self.dialect.body(self._question, self._model)
        # A lone surrogate, which JSON can carry and UTF-8 cannot, becomes "?".
        return json.dumps(body, ensure_ascii=False).encode(errors="replace")

    def read(self, content: bytes) -> Reply:
        return read_reply(content)

    def mended(self, status: int, complaint: Complaint) -> bool:
        if is_about_the_question(complaint):
            return False
        narrower = self.dialect.without_refused(self._question, status, complaint.whole)
        if narrower is None:
            return False
        self.dialect = narrower
        return True


class ChatCompletions:
    """A model behind an endpoint; it belongs to the event loop in which it is first asked.

    Args:
        endpoint: Where it is.
        patience: How long a question may take.
        sleep: How to wait between attempts.
        gate: Shared with all who ask the same server; None for one of its own.

    Raises:
        UsageError: It is not on this machine, and nothing else may be asked.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Sleep = asyncio.sleep,
        gate: Gate | None = None,
    ) -> None:
        self._poster = Poster(endpoint, patience, sleep, gate)
        self._dialect = Dialect()

    @property
    def endpoint(self) -> Endpoint:
        """Where it is."""
        return self._poster.endpoint

    async def ask(self, question: Question) -> Reply:
        """Return the model's answer (see `LLM.ask`; `Poster.send` for who is cancelled).

        Raises:
            LLMRefusedError: The model will not speak of it.
            LLMTooLongError: The question does not fit into its context.
            LLMSetupError: It would refuse every question until something is set.
        """
        asking = _Asking(question, self.endpoint.model, self._dialect)
        reply = await self._poster.send(asking)
        # Others may have learnt something else meanwhile.
        self._dialect &= asking.dialect
        return reply

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


class OpenAICompatible(ChatCompletions):
    """A model on OpenAI or on any server that speaks its protocol, such as vLLM or llama.cpp.

    Args:
        base_url: With the version, such as `http://localhost:8000/v1`.
        api_key: None where none is needed.
        model: Which model.
        patience: How long a question may take.
        sleep: How to wait between attempts.
        gate: Shared with all who ask the same server; None for one of its own.

    Raises:
        UsageError: The URL or the key is none.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        model: str,
        *,
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Sleep = asyncio.sleep,
        gate: Gate | None = None,
    ) -> None:
        super().__init__(openai_endpoint(base_url, api_key, model), patience, sleep, gate)


class Azure(ChatCompletions):
    """A deployment on Azure.

    Args:
        endpoint: The resource's address, or a deployment's; see `azure_endpoint`.
        api_key: The resource's key.
        deployment: Its name; it stands for the model.
        api_version: Of the API; None for the one in the address, or else a recent one.
        patience: How long a question may take.
        sleep: How to wait between attempts.
        gate: Shared with all who ask the same server; None for one of its own.

    Raises:
        UsageError: The address or the key is none.
    """

    def __init__(
        self,
        endpoint: str,
        api_key: SecretStr,
        deployment: str,
        *,
        api_version: str | None = None,
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Sleep = asyncio.sleep,
        gate: Gate | None = None,
    ) -> None:
        found = azure_endpoint(endpoint, api_key, deployment, api_version)
        super().__init__(found, patience, sleep, gate)
