"""For people who build on this: doubles, and kits that tell whether what they built conforms.

The doubles are models that say what they are told to, and a server that writes worlds. `check_env`
tries environments.
"""

from awm.llm import ReplayLLM, ScriptedLLM
from awm.testing.application import Counts
from awm.testing.check_env import check_env
from awm.testing.env_contract import EnvContract, EnvFactory
from awm.testing.faults import ALL, Fault, Faults, Latency
from awm.testing.server import ModelServer, ModelServerProcess
from awm.testing.setup import Setup

__all__ = [
    "ALL",
    "Counts",
    "EnvContract",
    "EnvFactory",
    "Fault",
    "Faults",
    "Latency",
    "ModelServer",
    "ModelServerProcess",
    "ReplayLLM",
    "ScriptedLLM",
    "Setup",
    "check_env",
]
