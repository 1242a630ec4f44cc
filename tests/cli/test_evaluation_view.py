"""What people see of an evaluation while it runs and after it."""

import io
import re

import pytest

from awm.cli import evaluation_view
from awm.cli.evaluation_view import percent, show_summary, watching
from awm.cli.safe_console import SafeConsole
from awm.llm.ledger import Spent
from awm.rollout.facts import TaskFacts
from awm.rollout.intervals import Estimate
from awm.rollout.metrics import summary_of
from tests.rollout.evaluations import attempts, episode

SPENT = Spent(asked=3, prompt_tokens=1000, completion_tokens=234, usd=0.5)
BEFORE = attempts("a", 0, "c")
PLAYED = [*attempts("a", 1, "cai"), *attempts("b", 0, "a")]


def console(width):
    file = io.StringIO()
    return SafeConsole(file=file, width=width, force_terminal=True, color_system=None), file


@pytest.fixture
def screen(monkeypatch):
    """What is on a terminal before it is cleared at the end."""

    def shown(width, total, before, played, spent=SPENT):
        terminal, file = console(width)
        monkeypatch.setattr(evaluation_view, "stderr", lambda: terminal)
        with watching(total, before, lambda: spent) as watcher:
            for each in played:
                watcher.played(each)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.getvalue())

    return shown


def test_the_board_tells_how_far_it_is_and_what_it_costs(screen):
    shown = screen(80, 8, BEFORE, PLAYED)
    assert "5 of 8 episodes · success 50.0% · 1 infrastructure error" in shown
    assert re.search(
        r"[\d.,]+ episodes/s · 1,234 tokens · 0.5000 USD · 0:00 · about 0:00 left", shown
    )


def test_an_episode_that_is_played_again_counts_once(screen):
    again = [*attempts("a", 1, "ii"), *attempts("a", 1, "ic")]
    assert "2 of 3 episodes · success 100.0% · 1 infrastructure error" in screen(80, 3, [], again)


def test_what_nobody_can_score_is_told_when_it_comes(screen):
    assert "a task 1 rollout 2:" in screen(80, 8, [], PLAYED)


def test_without_a_model_nothing_is_said_of_tokens(screen):
    shown = screen(80, 2, [], PLAYED[:1], Spent())
    assert "1 of 2 episodes · success 100.0%" in shown
    assert "tokens" not in shown
    assert "USD" not in shown


def test_before_the_first_episode_nobody_tells_how_long_it_takes(screen):
    shown = screen(80, 2, BEFORE, [])
    assert "1 of 2 episodes" in shown
    assert "left" not in shown


@pytest.mark.parametrize("width", [30, 80, 200])
def test_it_fits_into_any_terminal(screen, width):
    lines = re.split(r"[\r\n]+", screen(width, 8, BEFORE, PLAYED))
    assert len(lines) > 3
    assert all(len(line) <= width for line in lines)


def test_where_nobody_watches_only_what_went_wrong_is_told(monkeypatch):
    file = io.StringIO()
    piped = SafeConsole(file=file, width=80)
    monkeypatch.setattr(evaluation_view, "stderr", lambda: piped)
    with watching(8, BEFORE, Spent) as watcher:
        for each in PLAYED:
            watcher.played(each)
    assert len(file.getvalue().splitlines()) == 1


def test_where_worlds_wait_for_others_it_is_told_what_allows_for_more(monkeypatch):
    file = io.StringIO()
    piped = SafeConsole(file=file, width=80)
    monkeypatch.setattr(evaluation_view, "stderr", lambda: piped)
    with watching(8, BEFORE, Spent) as watcher:
        watcher.crowded(20)
    (told,) = file.getvalue().splitlines()
    assert told.startswith("As many worlds are alive as may be (20)")
    assert "--live_worlds allows for more" in told


def test_the_summary_has_passes_by_k_and_groups(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    episodes = [*attempts("a", 0, "cc"), *attempts("a", 1, "ca"), *attempts("b", 0, "ai")]
    levels = {("a", 0): 1, ("a", 1): 2, ("b", 0): 2}
    summary = summary_of(
        episodes, lambda job: TaskFacts(difficulty=levels[job.world, job.task_idx])
    )
    show_summary(summary, SPENT, 65.0)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0].startswith("success ")
    assert lines[0].endswith("3 of 5 episodes of 3 tasks in 2 worlds")
    assert "1 infrastructure error, in no mean:" in lines
    # One of two attempts did it at each of the tasks that have two.
    assert any(line.startswith("2 100.0%") for line in lines)
    assert any(re.match(r"1 1 2 100% \(", line) for line in lines)
    assert any(re.match(r"all 3 5 60% \(", line) for line in lines)
    assert "Outcomes: complete 3, agent error 2" in lines
    assert "1,234 tokens, 0.5000 USD" in lines
    assert "1:05 in this run" in lines


def shown_passes(capsys, *episodes):
    show_summary(summary_of(episodes, lambda job: TaskFacts()), Spent(), 0.0)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if re.match(r"k |\d ", line)]


def test_it_is_said_where_few_tasks_have_so_many_attempts(capsys):
    few = [one for task in range(1, 20) for one in attempts("a", task, "a")]
    head, first, *_, last = shown_passes(capsys, *attempts("a", 0, "cccc"), *few)
    assert head == "k pass@k pass^k Over"
    assert first.endswith(" all")
    assert last.startswith("4 100.0% (")
    assert last.endswith(" 1 of 20 tasks")


def test_where_all_tasks_have_all_attempts_nothing_is_said_of_them(capsys):
    head, _, last = shown_passes(capsys, *attempts("a", 0, "cc"), *attempts("a", 1, "ca"))
    assert head == "k pass@k pass^k"
    assert last.endswith(")")


def test_what_tokens_cost_may_be_unknown(capsys):
    summary = summary_of([episode()], lambda job: TaskFacts())
    show_summary(summary, Spent(asked=1, prompt_tokens=5, unpriced=1), 0.0)
    assert "5 tokens, unknown USD" in capsys.readouterr().out


def test_a_share_is_told_with_its_interval():
    assert percent(Estimate(0.515, 0.48, 0.55, 9, 9, "tasks")) == "51.5% (48.0 to 55.0)"
    assert percent(None) == "-"
