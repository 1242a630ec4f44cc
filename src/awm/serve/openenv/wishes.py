"""What a client asks for when it resets: keywords, which may be anything that JSON can say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from awm.errors import UsageError
from awm.serve.openenv.rewards import scheme_for
from awm.verify import RewardScheme

__all__ = ["Wishes", "wishes_of"]

_KNOWN: Final = frozenset(
    {"seed", "episode_id", "scenario", "task_idx", "task", "reward_config", "split", "index"}
)
_JUDGE: Final = frozenset({"llm_base_url", "llm_api_key", "llm_model"})
_LONGEST_ID: Final = 255
_LONGEST_NAME: Final = 1_000
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a client asks for.

    Attributes:
        scenario: A world, in any spelling; None where a place is given instead.
        place: A split, and the place of a task in it; None where a world is given.
        task_idx: The number of one of its tasks; None where there is none to be verified.
        task: What to do instead of what the world says; None for that.
        seed: Of everything that is drawn.
        episode_id: What the client calls the episode; None where it does not care.
        scheme: The rewards.
        brings_judge: Whether it names a model that should judge.
        unknown: Keywords that mean nothing here.
    """

    scenario: str | None
    place: tuple[str, int] | None
    task_idx: int | None
    task: str | None
    seed: int
    episode_id: str | None
    scheme: RewardScheme
    brings_judge: bool
    unknown: tuple[str, ...]

    @property
    def warning(self) -> str | None:
        """What will not be done; None where all will be."""
        told = []
        if self.brings_judge:
            # Whoever may name an address may have this server call any, and a key is a secret.
            told.append(
                f"{', '.join(sorted(_JUDGE))} are not taken from clients: whoever runs this server"
                " says which model judges."
            )
        if self.unknown:
            told.append(f"Nothing here is called {', '.join(self.unknown[:_SHOWN])}.")
        return " ".join(told) or None


def wishes_of(keywords: Mapping[str, Any]) -> Wishes:
    """Read the keywords of a reset. Those that are null count as not given.

    Raises:
        UsageError: One of them makes no sense, or neither a world nor a place is given.
    """
    given = {name: value for name, value in keywords.items() if value is not None}
    scenario, place = _text(given, "scenario", _LONGEST_NAME) or None, _place(given)
    if (scenario is None) == (place is None):
        raise UsageError(
            "scenario is missing, the name of a world.",
            "Give that, or a place in a split instead: split and index.",
        )
    return Wishes(
        scenario=scenario,
        place=place,
        task_idx=_number(given, "task_idx"),
        task=_text(given, "task"),
        seed=_number(given, "seed") or 0,
        episode_id=_text(given, "episode_id", _LONGEST_ID) or None,
        scheme=scheme_for(given.get("reward_config")),
        brings_judge=not _JUDGE.isdisjoint(given),
        unknown=tuple(name[:_LONGEST_ID] for name in given if name not in _KNOWN | _JUDGE),
    )


def _place(given: Mapping[str, Any]) -> tuple[str, int] | None:
    split, index = _text(given, "split", _LONGEST_NAME), _number(given, "index")
    return None if split is None or index is None else (split, index)


def _text(given: Mapping[str, Any], name: str, longest: int | None = None) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{name} is a text, not {type(value).__name__}.")
    if value is not None and longest is not None and len(value) > longest:
        raise UsageError(f"{name} has {len(value)} characters.", f"It may have {longest}.")
    return value


def _number(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise UsageError(f"{name} is a whole number, not {type(value).__name__}.")
    return value
