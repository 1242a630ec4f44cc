"""Public doubles: models that say what they are told to, and a server that writes worlds."""

from awm.llm import ReplayLLM, ScriptedLLM
from awm.testing.application import Counts
from awm.testing.faults import ALL, Fault, Faults, Latency
from awm.testing.server import ModelServer, ModelServerProcess
from awm.testing.setup import Setup

__all__ = [
    "ALL",
    "Counts",
    "Fault",
    "Faults",
    "Latency",
    "ModelServer",
    "ModelServerProcess",
    "ReplayLLM",
    "ScriptedLLM",
    "Setup",
]
