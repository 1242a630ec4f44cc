"""OpenEnv without its web page, which would take most of the time that it takes to be imported."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from awm.errors import UsageError

__all__ = ["light_openenv"]

_HEAVY: Final = "gradio"


@contextmanager
def light_openenv() -> Iterator[None]:
    """Import OpenEnv, and what is built on it, in here: in 1.8 s instead of 5.

    Its package imports gradio, and with it pandas, for a page that is not served here; it does
    without where gradio is not there. For programs that are a server and nothing else: nobody in
    the process can have that page afterwards.

    Raises:
        UsageError: OpenEnv is not installed.
    """
    hides = _HEAVY not in sys.modules
    if hides:
        sys.modules[_HEAVY] = None  # type: ignore[assignment]  # which Python takes for "not there"
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "openenv":
            raise
        raise UsageError(
            "OpenEnv is not installed.", "Install it with: pip install 'awm[openenv]'"
        ) from error
    finally:
        if hides:
            del sys.modules[_HEAVY]
