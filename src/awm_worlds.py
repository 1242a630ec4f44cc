"""Worlds of AWM for `verifiers`, which finds environments by the names of top-level modules.

    vf-eval awm_worlds -a '{"worlds": "outputs"}'

What is here is imported when it is asked for: `pip install 'awm[verifiers]'` brings what it needs.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awm.serve.verifiers_env import AwmEnv, load_environment

__all__ = ["AwmEnv", "load_environment"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("awm.serve.verifiers_env"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
