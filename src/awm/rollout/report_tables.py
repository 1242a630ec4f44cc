"""The tables of an evaluation's page: what came of groups of episodes, and how tools were used."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from awm.pages import cut, escaped, plural
from awm.rollout.intervals import Estimate
from awm.rollout.metrics import Group, ToolUse
from awm.rollout.metrics_numbers import Numbers, Spread
from awm.rollout.metrics_passing import Passing
from awm.rollout.report_plots import share_bar
from awm.rollout.report_text import NONE, commonest, number, percent, spaced

__all__ = ["group_table", "rate_rows", "tool_table"]

_GROUP_COLUMNS: Final = (
    "Success", "", "Tasks", "Episodes", "Turns", "Calls", "Invalid", "Failed", "Tokens",
    "Unscored", "Stops",
)  # fmt: skip
_TOOL_COLUMNS: Final = (
    "Success with it", "", "Episodes", "Turns", "Calls", "Failed", "Turned back",
)  # fmt: skip
_NAME: Final = 120
_AT_ONCE: Final = 12
"""Rows of a table that is open from the start."""
_UNKNOWN: Final = "not said"

_Cell: TypeAlias = str | tuple[str, float]
"""What a cell shows; with the number that it is sorted by where the text is more than that."""


def group_table(title: str, groups: Sequence[Group], k: int = 1) -> str:
    """A row for each group; nothing where there are no groups, or nobody said anything.

    Args:
        title: What they differ in.
        groups: What came of each.
        k: Of how many attempts pass@k and pass^k are told; of one they say no more than success.
    """
    if all(group.name is None for group in groups):
        return ""
    tries = (f"pass@{k}", f"pass^{k}") if k > 1 else ()
    names = _numbered(_GROUP_COLUMNS, groups)
    columns = _columns(title, (*names[:2], *tries, *names[2:]))
    rows = "\n".join(_group(group, groups, k) for group in groups)
    return _table(f"By {title.lower()}", columns, rows, len(groups))


def tool_table(tools: Sequence[ToolUse]) -> str:
    """A row for each tool that anybody meant to call."""
    if not tools:
        return ""
    rows = "\n".join(map(_tool, tools))
    return _table("By tool", _columns("Tool", _TOOL_COLUMNS), rows, len(tools))


def rate_rows(groups: Sequence[Group], *, invalid: bool = False) -> str:
    """A bar for each group: its success, or the share of its calls that were none."""
    return "".join(_rate(group, invalid=invalid) for group in groups)


def _rate(group: Group, *, invalid: bool) -> str:
    estimate = group.numbers.invalid if invalid else group.numbers.success
    name = _UNKNOWN if group.name is None else group.name
    bar = share_bar(estimate, name)
    return (
        f'<tr><th scope="row">{cut(name, _NAME)}</th><td>{bar}</td><td>{_percent(estimate)}</td>'
        f"<td>{group.numbers.scored:,}</td></tr>"
    )


def _numbered(columns: Iterable[str], groups: Sequence[Group]) -> list[str]:
    """The columns that say something: tokens and unscored ones only where there are any."""
    says = {"Tokens": _has_tokens(groups), "Unscored": _has_unscored(groups)}
    return [name for name in columns if says.get(name, True)]


def _table(caption: str, columns: str, rows: str, count: int) -> str:
    """A table under its caption, to be opened where it is long."""
    is_open = " open" if count <= _AT_ONCE else ""
    return (
        f'<details class="breakdown"{is_open}><summary><h3>{escaped(caption)}</h3>'
        f' <span class="size">{plural(count, "row")}</span></summary>'
        f'<div class="wide card" role="region"'
        f' aria-label="{escaped(caption)}" tabindex="0"><table class="sortable">'
        f"<caption>{escaped(caption)}</caption><thead><tr>{columns}</tr></thead>"
        f"<tbody>\n{rows}\n</tbody></table></div></details>"
    )


def _columns(title: str, names: Iterable[str]) -> str:
    return "".join(f'<th scope="col">{escaped(name)}</th>' for name in (title, *names))


def _group(group: Group, groups: Sequence[Group], k: int) -> str:
    numbers = group.numbers
    name = _UNKNOWN if group.name is None else group.name
    cells: list[_Cell] = [
        *_success(numbers.success, name),
        *_tries(numbers, k),
        f"{numbers.tasks:,}",
        f"{numbers.scored:,}",
        number(_mean(numbers.turns)),
        number(_mean(numbers.calls)),
        _percent(numbers.invalid),
        _percent(numbers.failed),
        *_tokens(numbers, groups),
        *([f"{numbers.unscored:,}"] if _has_unscored(groups) else []),
        cut(spaced(commonest(group.stops)), _NAME),
    ]
    return _row(name, cells)


def _tries(numbers: Numbers, k: int) -> Sequence[_Cell]:
    if k <= 1:
        return []
    if len(numbers.passing) < k:
        return [NONE, NONE]
    passing = numbers.passing[k - 1]
    return [_over(passing, passing.any_of), _over(passing, passing.all_of)]


def _over(passing: Passing, estimate: Estimate) -> _Cell:
    """A share of tasks, with how many these are where some are left out."""
    told = percent(estimate.value)
    if not passing.part:
        return told
    return f'{told} <span class="size">({passing.part})</span>', 100 * estimate.value


def _tokens(numbers: Numbers, groups: Sequence[Group]) -> list[str]:
    return [number(_mean(numbers.tokens), 0)] if _has_tokens(groups) else []


def _has_tokens(groups: Sequence[Group]) -> bool:
    return any(_mean(group.numbers.tokens) for group in groups)


def _has_unscored(groups: Sequence[Group]) -> bool:
    return any(group.numbers.unscored for group in groups)


def _tool(use: ToolUse) -> str:
    cells = [
        *_success(use.success, use.tool),
        f"{use.episodes:,}",
        number(use.turns),
        f"{use.calls:,}",
        _percent(use.failed),
        f"{use.turned_back:,}",
    ]
    return _row(use.tool, cells)


def _success(estimate: Estimate | None, name: str) -> tuple[str, str]:
    return _percent(estimate), share_bar(estimate, name)


def _row(name: str, cells: Iterable[_Cell]) -> str:
    shown = cut(name, _NAME).replace("_", "_<wbr>")  # where a phone breaks it
    listed = "".join(
        f"<td>{cell}</td>"
        if isinstance(cell, str)
        else f'<td data-value="{cell[1]:.2f}">{cell[0]}</td>'
        for cell in cells
    )
    return f'<tr><th scope="row">{shown}</th>{listed}</tr>'


def _percent(estimate: Estimate | None) -> str:
    return NONE if estimate is None else percent(estimate.value)


def _mean(spread: Spread | None) -> float | None:
    return None if spread is None else spread.mean
