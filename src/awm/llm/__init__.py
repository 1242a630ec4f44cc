"""Language models: one question in, one typed answer out, nothing asked or paid for twice."""

from awm.llm.chat import Azure, ChatCompletions, OpenAICompatible
from awm.llm.choose import (
    embedder_from_settings,
    from_settings,
    name_from_settings,
    price_from_settings,
)
from awm.llm.effort import LLMSilentError
from awm.llm.embeddings import Embedder, HttpEmbedder
from awm.llm.gate import Gate
from awm.llm.journal import Journal, JournalledEmbedder
from awm.llm.ledger import Budget, Ledger, Spent
from awm.llm.model import LLM
from awm.llm.patience import Patience
from awm.llm.preflight import preflight
from awm.llm.prices import FREE, Price, price_of
from awm.llm.question import FunctionCall, Message, Question, Reply, Usage
from awm.llm.repair import Repaired, find_json, parse_json, repair_json
from awm.llm.replay import ReplayLLM
from awm.llm.scripted import ScriptedLLM
from awm.llm.typed import Typed, ask_typed

__all__ = [
    "FREE",
    "LLM",
    "Azure",
    "Budget",
    "ChatCompletions",
    "Embedder",
    "FunctionCall",
    "Gate",
    "HttpEmbedder",
    "Journal",
    "JournalledEmbedder",
    "LLMSilentError",
    "Ledger",
    "Message",
    "OpenAICompatible",
    "Patience",
    "Price",
    "Question",
    "Repaired",
    "ReplayLLM",
    "Reply",
    "ScriptedLLM",
    "Spent",
    "Typed",
    "Usage",
    "ask_typed",
    "embedder_from_settings",
    "find_json",
    "from_settings",
    "name_from_settings",
    "parse_json",
    "preflight",
    "price_from_settings",
    "price_of",
    "repair_json",
]
