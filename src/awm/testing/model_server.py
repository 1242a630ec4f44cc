"""`python -m awm.testing.model_server`: a model's server without a model.

It speaks chat completions and embeddings, and answers the prompts of `awm gen --author llm` with
worlds that exist, so that runs, their faults and their speed can be tried without a model and
without money.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from awm.errors import AwmError
from awm.testing.application import Counts
from awm.testing.faults import ALL, Faults, Latency
from awm.testing.server import READY, listen, serve
from awm.testing.setup import MODELS, Setup

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until Ctrl-C.

    Args:
        arguments: Of the command line; None for those of this process.
    """
    given = _parser().parse_args(arguments)
    try:
        listener = listen(given.port)
        setup = _setup(given)
        with contextlib.suppress(KeyboardInterrupt):
            port = listener.getsockname()[1]
            url = f"{READY}http://127.0.0.1:{port}/v1"
            asyncio.run(serve(setup, listener, Counts(), lambda: print(url, flush=True)))  # noqa: T201
    except (AwmError, OSError) as error:
        sys.exit(f"error: {error}")


def _setup(given: argparse.Namespace) -> Setup:
    return Setup(
        worlds=given.worlds,
        seed=given.seed,
        known=given.known,
        tasks=given.tasks,
        cache=given.cache,
        prepared=given.prepared,
        jobs=given.jobs or Setup().jobs,
        faults=Faults(
            rate=given.fault_rate,
            seed=given.fault_seed,
            kinds=tuple(given.faults.split(",")) if given.faults else ALL,
            hang_seconds=given.hang_seconds,
        ),
        latency=Latency(given.latency, given.latency_sigma),
        key=given.key,
        models=tuple(given.models.split(",")),
        context_tokens=given.context_tokens,
        refused_words=tuple(given.refuse.split(",")) if given.refuse else (),
        allow_weak=given.allow_weak,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m awm.testing.model_server",
        description="Serve chat completions and embeddings without a model. Prompts of awm gen"
        " --author llm are answered with worlds that exist. Point OPENAI_BASE_URL at the address"
        " that is printed, and AWM_SYN_OVERRIDE_MODEL at a model's name.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=8080, help="where to listen on this machine; 0: any free one")
    worlds = parser.add_argument_group("what it knows")
    add = worlds.add_argument
    add("--worlds", choices=("builtin", "bundled"), default="builtin", help="where worlds are from")
    add("--seed", type=int, default=0, help="of the builtin author's plans")
    add("--known", type=int, default=100, help="how many plans it proposes scenarios from")
    add("--tasks", type=int, default=10, help="tasks of each builtin world")
    add("--cache", type=Path, help="a folder to keep worlds in for the next time")
    add("--prepared", type=int, default=0, help="worlds to make before the first answer")
    add("--jobs", type=int, help="worlds to make at a time; all cores if not given")
    add("--allow-weak", action="store_true", help="make worlds where code cannot be jailed")
    wrong = parser.add_argument_group("what goes wrong, and how long it takes")
    add = wrong.add_argument
    add("--fault-rate", type=float, default=0.0, help="share of faulty answers, from 0 to 1")
    add("--fault-seed", type=int, default=0, help="which answers these are")
    add("--faults", help=f"only these, with commas between: {', '.join(ALL)}")
    add("--hang-seconds", type=float, default=30.0, help="how long a hanging answer takes to fail")
    add("--latency", type=float, default=0.0, help="median seconds of an answer")
    add("--latency-sigma", type=float, default=0.0, help="spread of the logarithm of that")
    refused = parser.add_argument_group("what it refuses")
    add = refused.add_argument
    add("--key", help="the only key that is taken; any if not given")
    add("--models", default=",".join(MODELS), help="names of models, with commas between")
    add("--context-tokens", type=int, help="how long question and answer may be together")
    add("--refuse", help="words that a question is refused for, with commas between")
    return parser


if __name__ == "__main__":
    main()
