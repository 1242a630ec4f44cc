"""Under which conditions agents act, and what decides what that was worth."""

from dataclasses import dataclass, field

from awm.agents import EpisodeLimits
from awm.verify import PAPER, FormatRules, RewardScheme

__all__ = ["Conditions"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions agents act.

    Attributes:
        limits: When an episode ends at the latest.
        meta_tools: Whether agents act through `list_tools` and `call_tool`; otherwise they are
            given the world's own tools.
        strict: Whether a broken format rule ends the episode, as in the AWM paper's training.
            Otherwise the agent is told what was wrong and goes on.
        thinking: Whether every reply needs a thought, where `strict`.
        scheme: What outcomes are paid.
        seed: Of everything that is drawn.
    """

    limits: EpisodeLimits = field(default_factory=EpisodeLimits)
    meta_tools: bool = True
    strict: bool = False
    thinking: bool = False
    scheme: RewardScheme = PAPER
    seed: int = 0

    @property
    def rules(self) -> FormatRules:
        """The format rules that are watched where they are."""
        return FormatRules(meta_tools=self.meta_tools, thinking=self.thinking)
