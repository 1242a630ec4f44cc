"""Language models: one question in, one typed answer out."""

from awm.llm.chat import Azure, ChatCompletions, OpenAICompatible
from awm.llm.choose import from_settings
from awm.llm.model import LLM
from awm.llm.patience import Patience
from awm.llm.question import Message, Question, Reply, Usage
from awm.llm.repair import Repaired, find_json, parse_json, repair_json
from awm.llm.replay import ReplayLLM
from awm.llm.scripted import ScriptedLLM
from awm.llm.typed import Typed, ask_typed

__all__ = [
    "LLM",
    "Azure",
    "ChatCompletions",
    "Message",
    "OpenAICompatible",
    "Patience",
    "Question",
    "Repaired",
    "ReplayLLM",
    "Reply",
    "ScriptedLLM",
    "Typed",
    "Usage",
    "ask_typed",
    "find_json",
    "from_settings",
    "parse_json",
    "repair_json",
]
