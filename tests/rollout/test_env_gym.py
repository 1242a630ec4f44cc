"""Environments as Gymnasium has them. Skipped where the extra is not installed."""

import pytest

gymnasium = pytest.importorskip("gymnasium", reason="the extra `gymnasium` is not installed")

from gymnasium.utils.env_checker import check_env  # noqa: E402 - not before it is known to be there

from awm.errors import InfrastructureError, UsageError  # noqa: E402
from awm.rollout.gym_env import GymEnv, Words  # noqa: E402
from awm.rollout.sync_env import SyncRollouts  # noqa: E402
from tests.rollout.diaries import TASKS, diary  # noqa: E402

WORLD = diary()


@pytest.fixture(scope="module")
def rollouts():
    with SyncRollouts() as running:
        yield running


@pytest.fixture
def env(rollouts):
    with GymEnv(rollouts.make_env(WORLD)) as made:
        yield made


def test_gymnasiums_own_check_passes(env):
    check_env(env, skip_render_check=True)  # warnings are errors here


def test_an_episode_goes_from_text_to_text(env):
    observation, info = env.reset(seed=0)
    assert (observation["instruction"], observation["turn"], info) == (TASKS[0], 0, {})
    assert '"call_tool"' in observation["tools"]
    call = '<tool_call>{"name": "list_tools", "arguments": {}}</tool_call>'
    observation, reward, terminated, truncated, info = env.step(call)
    assert "mcp_tool_add_note" in observation["text"]
    assert (reward, terminated, truncated, info["stop"]) == (0.0, False, False, None)
    _, reward, terminated, truncated, info = env.step("Done: 完成")
    assert (reward, terminated, truncated, info["outcome"]) == (0.0, True, False, "agent_error")


def test_all_that_is_seen_is_in_its_space_whatever_its_script(env):
    env.reset(options={"task": 0})
    observation, *_ = env.step("<tool_call>é 完成</tool_call>")
    assert observation in env.observation_space
    assert "完成" in env.action_space
    assert 3 not in env.action_space


def test_an_episode_that_nobody_can_score_has_no_number(env):
    env.reset(options={"task": 1})
    with pytest.raises(InfrastructureError, match=r"the episode is unscored: .*no idea"):
        env.step("Yes.")
    with pytest.raises(UsageError, match="the episode is over"):
        env.step("Yes.")
    assert env.reset()[0]["turn"] == 0


def test_wrappers_go_around_it(rollouts):
    with gymnasium.wrappers.RecordEpisodeStatistics(GymEnv(rollouts.make_env(WORLD))) as wrapped:
        wrapped.reset(seed=0)
        *_, info = wrapped.step("Done.")
        assert (info["episode"]["r"], info["episode"]["l"]) == (0.0, 1)


def test_spaces_of_words_are_equal_where_they_are_as_long():
    assert Words(3) == Words(3) != Words(4)
    assert hash(Words(3)) == hash(Words(3))
    assert "four" not in Words(3)
