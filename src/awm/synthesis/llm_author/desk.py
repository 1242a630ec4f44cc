"""The desk at which models sit: each stage has one, and all write into one journal."""

from collections.abc import Mapping
from dataclasses import dataclass

from awm.llm import LLM
from awm.llm.journal import Journal
from awm.llm.ledger import Spent
from awm.llm.prices import Price
from awm.synthesis.llm_author.stage import StageName

__all__ = ["JournalDesk", "Seat"]


@dataclass(frozen=True, slots=True)
class Seat:
    """A model and what it is called.

    Attributes:
        llm: The model; closed by whoever made it.
        name: Its name, by which answers are found again.
        price: What it costs; None where nobody knows.
    """

    llm: LLM
    name: str
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class JournalDesk:
    """Hands out models that answer from a journal what they can (see `Desk`).

    Attributes:
        journal: Where answers are kept, and what they cost.
        seats: The model of each stage.
    """

    journal: Journal
    seats: Mapping[StageName, Seat]

    def model(self, stage: StageName, world: str) -> LLM:
        """The model for a stage of a world.

        Raises:
            UsageError: There is a budget in USD, and nobody knows what the model costs.
        """
        seat = self.seats[stage]
        return self.journal.model(
            seat.llm, name=seat.name, stage=stage, world=world, price=seat.price
        )

    def expenses(self) -> Mapping[str, Spent]:
        """What was spent so far, by stage, over all runs that wrote to the journal."""
        return self.journal.spent().by_stage()
