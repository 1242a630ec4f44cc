"""Finds what `awm gen transcript` shows, and prints it."""

import sys
from collections.abc import Sequence
from pathlib import Path

from awm.cli.console import print_json
from awm.cli.journals import JOURNAL
from awm.errors import UsageError
from awm.llm import transcript
from awm.worlds.names import normalise

__all__ = ["transcribe"]


def transcribe(
    folder: Path, scenarios: Sequence[str], stages: Sequence[str], *, as_json: bool
) -> None:
    """Print what the journal of a folder holds.

    Args:
        folder: Where a model was asked.
        scenarios: Only these, in any spelling of their names; all if empty.
        stages: Only these; all if empty.
        as_json: Whether to print one JSON document.

    Raises:
        UsageError: There is no journal, nothing of what is wanted is in it, or it is in use.
    """
    wanted = {normalise(each) for each in scenarios}
    found = [
        exchange
        for exchange in transcript.read(folder / JOURNAL)
        if (not stages or exchange.entry.account[0] in stages)
        and (not wanted or normalise(exchange.entry.account[1]) in wanted)
    ]
    if not found:
        raise UsageError(
            f"{folder / JOURNAL} has nothing of that.", "Leave --scenario and --stage out."
        )
    if as_json:
        print_json([transcript.exchange_as_json(exchange) for exchange in found])
        return
    for line in transcript.as_markdown(transcript.conversations(found)):
        sys.stdout.write(line + "\n")
