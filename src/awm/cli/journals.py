"""Where commands keep what models answered: under one name, in whichever folder they write to."""

from pathlib import Path
from typing import Final

from awm.llm import Budget, Journal
from awm.settings import Settings

__all__ = ["AGENT", "JOURNAL", "journal_in"]

JOURNAL: Final = "llm_journal.sqlite"
"""The answers of a run, beside what is made of them; see `awm.llm.Journal`. `awm gen transcript`
shows them, whichever command asked."""

AGENT: Final = "agent"
"""The stage under which the answers of a model stand that acts."""


def journal_in(folder: Path, chosen: Settings) -> Journal:
    """The journal of a folder, with the budget that the settings leave it; begun if there is none.

    Raises:
        UsageError: It is damaged, something else, in use, or cannot be opened.
    """
    return Journal(folder / JOURNAL, Budget(chosen.llm_budget_usd))
