"""Rollouts: one task becomes one scored episode, many at once.

    async with awm.Runtime() as runtime, awm.VerifierPool() as pool:
        player = Player(runtime, Grader(pool), Conditions())
        played = await player.play(world, Job("shop", 3), policy)
        print(played.episode.outcome, played.episode.reward.total)

Whole sets of tasks are an evaluation, kept in a folder as they are played:

        jobs = jobs_of(worlds, TaskSelection(split="test"), rollouts=4)
        order = order_of(worlds, jobs, policy={"name": policy.name}, ...)
        with EpisodeStore.open(folder, order) as store:
            await evaluate(player, worlds, jobs, policy, store, concurrency=64)
        evaluation = read_evaluation(folder)
        summary = summary_of(evaluation.episodes, evaluation.facts_of)

`awm.rollout.env` is the environment of reinforcement learning (`awm.make_env`), `analysis` looks at
episodes beyond pass and fail, `exporting` makes training data of them, and `report_html` a page.
"""

from awm.rollout.comparing import Comparison, compare_runs
from awm.rollout.conditions import Conditions
from awm.rollout.episode import Counts, Episode
from awm.rollout.evaluation import Evaluation
from awm.rollout.facts import TaskFacts
from awm.rollout.grading import Grader, GradingMode
from awm.rollout.job import Job, seed_of
from awm.rollout.metrics import Summary, summary_of
from awm.rollout.near_duplicates import Crossing, Thresholds, crossings, portrait_of
from awm.rollout.order import order_of
from awm.rollout.playing import Played, Player
from awm.rollout.policies import oracle_policy, script_policy
from awm.rollout.records import episode_from, episode_json
from awm.rollout.running import evaluate
from awm.rollout.selection import TaskSelection, jobs_of, task_facts
from awm.rollout.splits import Split, Splits, group_of, split_of
from awm.rollout.store import EpisodeStore, read_evaluation
from awm.rollout.toolboxes import InstanceToolbox

__all__ = [
    "Comparison",
    "Conditions",
    "Counts",
    "Crossing",
    "Episode",
    "EpisodeStore",
    "Evaluation",
    "Grader",
    "GradingMode",
    "InstanceToolbox",
    "Job",
    "Played",
    "Player",
    "Split",
    "Splits",
    "Summary",
    "TaskFacts",
    "TaskSelection",
    "Thresholds",
    "compare_runs",
    "crossings",
    "episode_from",
    "episode_json",
    "evaluate",
    "group_of",
    "jobs_of",
    "oracle_policy",
    "order_of",
    "portrait_of",
    "read_evaluation",
    "script_policy",
    "seed_of",
    "split_of",
    "summary_of",
    "task_facts",
]
