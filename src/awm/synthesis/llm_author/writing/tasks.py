"""Stage `task`: what there is to do in a world, one sentence or a few for each task.

Tasks come first, and the schema, the rows and the interface follow from them. So they are held to
what can be told without any of these: that each says everything it needs, and that it is about the
application's records rather than about its pages and its log-in.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from awm.errors import Problem
from awm.synthesis.llm_author.answers import TasksAnswer, json_as
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.repairing import Checked, Written
from awm.synthesis.llm_author.stage import Bench, Draft, Records, StageName
from awm.synthesis.llm_author.writing.material import moment_told, question_of
from awm.synthesis.llm_author.writing.mentions import names_in
from awm.synthesis.llm_author.writing.unbroken import have_written
from awm.worlds import WorldFile
from awm.worlds.excerpts import excerpt

__all__ = ["TaskStage", "faults_of_task"]

_LONGEST: Final = 2_000
"""Characters, more than thrice what the prompt asks for; what is longer is several tasks."""

_OF_DOING: Final[Mapping[str, re.Pattern[str]]] = {
    "is about logging in or having an account, which is done before a task begins": re.compile(
        r"\blog(?:ged|ging)?[ -]?in(?:to\b| to | as | with |\s*[.,;]|\s*$| and )"
        r"|\blog(?:ged|ging)?[ -]?out\b|\bsign(?:ed|ing)? out of\b"
        r"|\bsign(?:ed|ing)?[ -](?:in|up) (?:to|as|with|for an account)\b"
        r"|\bpass(?:word|code|phrase)s?\b|\btwo-factor\b|\bMFA\b"
        r"|\bregister (?:a|an|my|a new|myself) (?:user |new )?(?:account|login)\b"
        r"|\b(?:create|set up) my (?:own )?(?:user )?account\b",
        re.IGNORECASE,
    ),
    "is about pages and buttons, and there are only calls": re.compile(
        r"\bclick(?:ing)? (?:on|the|at)\b|\bscroll(?:ing)? (?:up|down|to|through)\b"
        r"|\bhover(?:ing)? over\b|\bdrag(?:ging)? and drop\b|\bdrop-?down\b|\bcheckbox\b"
        r"|\bnavigat(?:e|ing) to\b|\b(?:press|tap|hit)(?:ing)? the \w+ (?:button|icon|tab)\b"
        r"|\b(?:open|visit|go to|refresh)(?:ing)? (?:the|my) (?:[\w-]+ ){0,2}"
        r"(?:page|screen|tab|menu|website|web site|dashboard)\b",
        re.IGNORECASE,
    ),
    "leans on something that is said elsewhere, and each task is read alone": re.compile(
        r"\bprevious (?:task|step|question|search)\b|\bsame as in (?:the|task)\b"
        r"|\b(?:the|as|mentioned|described|listed) above\b"
        r"|\bthe (?:specified|aforementioned) \w+|\ba (?:certain|particular) \w+",
        re.IGNORECASE,
    ),
}
"""What may not be done; a title that is quoted, such as 'Password reset', does not count."""

_OF_SAYING: Final[Mapping[str, re.Pattern[str]]] = {
    "has a placeholder where a value has to stand": re.compile(
        r"\[[A-Za-z][A-Za-z _-]{0,40}\]|<[A-Za-z][\w -]{0,30}>|\{[A-Za-z]\w*\}|_{3,}"
        r"|\b(?:XYZ|X{2,}|TBD|TODO)\b|\blorem ipsum\b"
    ),
}
_QUOTED: Final = re.compile(
    r"\"[^\"\n]*\"|(?<!\w)['\u2018][^'\u2019\n]*['\u2019](?!\w)|\u201c[^\u201d\n]*\u201d"
)
_READING: Final = re.compile(
    r"\s*(?:what|which|who|whose|how|when|where|is|are|do|does|did|has|have|list|show|tell me|find"
    r"|get|give me|fetch|view|look up|check|count|search|retrieve|calculate)\b",
    re.IGNORECASE,
)
"""How a sentence begins that only asks for something."""
_CHANGING: Final = 4
"""One of so many tasks has to change something, at least."""
_CONCRETE: Final = re.compile(
    r"\d|[\"'\u201c\u2018\u00ab]|(?<=[a-z,;:] )[A-Z]|(?i:\bnumber of\b|\bhow (?:many|much)\b)"
    r"|(?i:\b(?:all|every|each|any|none|most|least|total)\b)"
    r"|\b(?:cheap|earli|fast|high|larg|lat|long|low|near|new|old|short|small|soon)e?st\b",
)
"""What a sentence has that says which ones are meant: a value, a name, or a way to pick them."""


class TaskStage:
    """Has the tasks of a world written."""

    name: StageName = "task"

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Write them; see `Stage`."""
        wanted = bench.choices.tasks
        question = question_of(
            "task",
            bench.choices,
            TasksAnswer,
            least={"tasks": wanted},
            scenario=draft.title,
            description=draft.description,
            count=str(wanted),
            moment=moment_told(bench.choices.clock),
        )

        async def check(answer: TasksAnswer) -> Checked[Records]:
            return _checked(draft, answer, wanted)

        return await have_written(bench, draft, self.name, question, json_as(TasksAnswer), check)


def faults_of_task(sentence: str) -> tuple[str, ...]:
    """What keeps a sentence from being a task, in words that follow "it"; nothing for a task."""
    told = _QUOTED.sub("''", sentence)
    found = [what for what, pattern in _OF_DOING.items() if pattern.search(told)]
    found += [what for what, pattern in _OF_SAYING.items() if pattern.search(sentence)]
    if len(sentence) > _LONGEST:
        found.append(f"has {len(sentence)} characters; {_LONGEST} are the most")
    return tuple(found)


def _checked(draft: Draft, answer: TasksAnswer, wanted: int) -> Checked[Records]:
    """Keep the sound ones. What is wrong with the others matters where there are too few."""
    faults = dict(_faults(answer.tasks))
    sound = [task for number, task in enumerate(answer.tasks) if number not in faults][:wanted]
    enough = len(sound) == wanted
    problems = [
        Problem(
            draft.name,
            f"task {number + 1}",
            f"{excerpt(answer.tasks[number])!r} {what}",
            "say it another way, or write another task",
            "warning" if enough else "error",
        )
        for number, what in faults.items()
    ]
    if not enough:
        what = f"{len(sound)} of the {len(answer.tasks)} tasks can be used, and {wanted} are wanted"
        problems.insert(0, Problem(draft.name, "tasks", what))
    problems += [*_idle(draft, sound), *_vague(draft, sound)]
    row = {"scenario": draft.title, "tasks": sound}
    return Checked({WorldFile.TASKS: (row,)} if sound else None, tuple(problems))


def _faults(tasks: list[str]) -> Iterator[tuple[int, str]]:
    first: dict[str, int] = {}
    shown = prompt("task").system
    for number, task in enumerate(tasks):
        same = first.setdefault(" ".join(re.findall(r"\w+", task.casefold())), number)
        found = list(faults_of_task(task))
        if same != number:
            found.append(f"is the same as task {same + 1}")
        found += [f"takes {name!r} from the example" for name in names_in(task) if name in shown]
        if found:
            yield number, " and ".join(found)


def _idle(draft: Draft, tasks: list[str]) -> Iterator[Problem]:
    """Tasks that nearly all only ask for something; models find questions easier to write."""
    changing = sum(_READING.match(task) is None for task in tasks)
    if changing < len(tasks) // _CHANGING:
        what = f"{len(tasks) - changing} of the {len(tasks)} tasks only ask for something"
        hint = "let at least half of them change records: book, move, cancel, correct, approve"
        yield Problem(draft.name, "tasks", what, hint)


def _vague(draft: Draft, tasks: list[str]) -> Iterator[Problem]:
    for task in tasks:
        if not _CONCRETE.search(task):
            yield Problem(
                draft.name,
                "tasks",
                f"{excerpt(task)!r} names nothing: no name, no date, no amount, no way to choose",
                "name the record and the values",
                "warning",
            )
