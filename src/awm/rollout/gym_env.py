"""An environment as Gymnasium has them: texts in, texts out.

from awm.rollout.gym_env import GymEnv  # needs: pip install 'awm[gymnasium]'

env = GymEnv(make_sync_env(world, task=3))
observation, info = env.reset(seed=0)
observation, reward, terminated, truncated, info = env.step("<tool_call>...</tool_call>")

Other libraries' wrappers go around it.
"""

import json
import string
from typing import Any, Final, TypeAlias

from awm.errors import InfrastructureError, UsageError
from awm.rollout.env_types import Observation
from awm.rollout.sync_env import SyncEnv

try:
    import gymnasium
    from gymnasium import spaces
except ImportError as error:
    raise UsageError(
        "Gymnasium environments need the gymnasium package.",
        "Install it with: pip install 'awm[gymnasium]'",
    ) from error

__all__ = ["GymEnv", "GymObservation", "Words"]

GymObservation: TypeAlias = dict[str, Any]
"""`instruction`, `tools` (JSON), `text` and `turn`; see `Observation`."""

_LONGEST: Final = 1 << 26
"""Characters of a text; a world answers with less."""
_SAMPLED: Final = 256


class Words(spaces.Text):
    """Texts in any script. Gymnasium's own are of an alphabet that has to be listed.

    Attributes:
        longest: How many characters a text may have.
    """

    def __init__(self, longest: int = _LONGEST) -> None:
        super().__init__(_SAMPLED, min_length=0, charset=string.printable)
        self.longest = longest

    def contains(self, x: object) -> bool:
        """Whether it is a text, and not too long."""
        return isinstance(x, str) and len(x) <= self.longest

    def __repr__(self) -> str:
        return f"Words({self.longest})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and other.longest == self.longest

    def __hash__(self) -> int:
        return hash((Words, self.longest))


class GymEnv(gymnasium.Env[GymObservation, str]):
    """A Gymnasium environment over a synchronous one.

    An action is a whole reply of a model, read as the environment's `reply_format` has it. What
    nobody can score has no number for a reward: its last step raises, and the episode is over.

    Args:
        env: The environment; closed with this one.
    """

    def __init__(self, env: SyncEnv) -> None:
        self.env = env
        self.action_space = Words()
        self.observation_space = spaces.Dict(
            {
                "instruction": Words(),
                "tools": Words(),
                "text": Words(),
                "turn": spaces.Discrete(env.turns + 1),
            }
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[GymObservation, dict[str, Any]]:
        """Begin an episode; see `Env.reset`."""
        super().reset(seed=seed)
        observation = self.env.reset(seed=seed, options=options)
        return _told(observation), {}

    def step(self, action: str) -> tuple[GymObservation, float, bool, bool, dict[str, Any]]:
        """Have the agent say something; see `Env.step`.

        Raises:
            InfrastructureError: The episode is over, and nobody can say what it was worth.
            UsageError: It was over before.
        """
        step = self.env.step(action)
        if step.reward is None:
            raise InfrastructureError(
                f"the episode is unscored: {step.info['reason']}", "Leave it out, and reset."
            )
        told = _told(step.observation)
        return told, step.reward, step.terminated, step.truncated, dict(step.info)

    def close(self) -> None:
        """Let go of everything; see `Env.close`."""
        self.env.close()


def _told(observation: Observation) -> GymObservation:
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in observation.tools
    ]
    return {
        "instruction": observation.instruction,
        "tools": json.dumps(tools, ensure_ascii=False),
        "text": observation.text,
        "turn": observation.turn,
    }
