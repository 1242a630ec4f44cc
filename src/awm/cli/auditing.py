"""What `awm audit` does: audits a folder, or carries out again what an audit found."""

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from awm.audit import (
    Audit,
    Effort,
    FixReport,
    Requirement,
    WorldAudit,
    WorldFixes,
    audit_worlds,
    fix_worlds,
)
from awm.audit.copying import check_target, target_for
from awm.audit.html import audit_html
from awm.audit.plain import audit_json, read_findings
from awm.audit.probing import CALLS_PER_TOOL
from awm.audit.repeating import Repeated, repeat, repeated_json
from awm.cli.audit_view import show_audit, show_repeated, show_shortfall
from awm.cli.console import print_json, progress
from awm.cli.context import new_runtime
from awm.cli.fix_view import show_fixes
from awm.cli.outcome import EXIT_CHECK_FAILED
from awm.cli.report_file import check_report_file, write_report
from awm.cli.signals import run
from awm.cli.sweep import choose
from awm.errors import UsageError
from awm.runtime.chosen import pool_from_settings
from awm.settings import Settings, load_settings
from awm.worlds import WorldFolder, open_worlds

__all__ = ["Request", "audit", "repeat_findings"]

_PRINT: Final = "-"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line.

    Attributes:
        folder: The worlds, or `bundled`.
        json_file: Where JSON is written, `-` for standard output; None for nowhere.
        html_file: Where the page is written.
        jobs: How many worlds at a time; None for one for each core.
        seed: What arguments and near misses are chosen by.
        calls_per_tool: How often each tool is called; None for the usual.
        scenarios: Only these worlds, unless empty.
        require: What every world has to be, if anything.
        fix: Whether to write a corrected copy.
        output_dir: Where that goes; None for beside the worlds.
        overwrite: Whether it may replace worlds that are there.
        allow_weak_isolation: Whether to run where worlds cannot be jailed.
    """

    folder: str
    json_file: str | None = None
    html_file: Path | None = None
    jobs: int | None = None
    seed: int = 0
    calls_per_tool: int | None = None
    scenarios: tuple[str, ...] = ()
    require: Requirement | None = None
    fix: bool = False
    output_dir: Path | None = None
    overwrite: bool = False
    allow_weak_isolation: bool | None = None


def audit(request: Request) -> int:
    """Audit the worlds, show what was found and write the reports.

    Returns:
        0, or 1 if the worlds are not what is required.

    Raises:
        AwmError: The request makes no sense, or the machinery fails.
    """
    _check(request)
    chosen = load_settings(allow_weak_isolation=request.allow_weak_isolation)
    folder = open_worlds(request.folder)
    names = choose(folder, request.scenarios)
    target = _target(request, folder)
    found = _audited(folder, names, chosen, request)
    _write_reports(found, request)
    if request.json_file != _PRINT:
        show_audit(found, request.json_file, request.html_file)
    if target is not None:
        report = _fixed(folder, target, found, chosen, request)
        if request.json_file != _PRINT:
            show_fixes(report)
        if request.require:
            found = _audited(open_worlds(target), names, chosen, request)
    if request.require and not show_shortfall(found, request.require):
        return EXIT_CHECK_FAILED
    return 0


def repeat_findings(request: Request, report: Path) -> int:
    """Carry out again each counterexample and tool's fault of a report, and say what came of it.

    Returns:
        0 if none is left, or 1 if one still holds or cannot be carried out.

    Raises:
        AwmError: The request makes no sense, or the machinery fails.
    """
    if request.html_file or request.require or request.scenarios or request.fix:
        raise UsageError(
            "--repeat goes through a whole report and knows no --html, --require, --scenario and"
            " --fix.",
            "Leave them out.",
        )
    _check(request)
    chosen = load_settings(allow_weak_isolation=request.allow_weak_isolation)
    folder = open_worlds(request.folder)
    document = _read(report)
    with progress("Repeating findings", len(read_findings(document))) as advance:
        work = _repeat(folder, chosen, document, lambda one: advance(one.finding.world))
        found = run(work)
    if request.json_file == _PRINT:
        print_json(_plain(found))
    else:
        if request.json_file:
            write_report(Path(request.json_file), _json_text(_plain(found)))
        show_repeated(found)
    return 0 if _all_gone(found) else EXIT_CHECK_FAILED


def _target(request: Request, folder: WorldFolder) -> Path | None:
    """Where the corrected copy goes; None where none is asked for.

    Raises:
        UsageError: There it may not go.
    """
    if not request.fix:
        if request.output_dir or request.overwrite:
            raise UsageError("--output_dir and --overwrite are for --fix.", "Add it.")
        return None
    target = request.output_dir or target_for(request.folder)
    check_target(folder, target, overwrite=request.overwrite)
    return target


def _audited(folder: WorldFolder, names: list[str], chosen: Settings, request: Request) -> Audit:
    with progress("Auditing worlds", len(names)) as advance:
        return run(_audit(folder, names, chosen, request, lambda done: advance(done.world)))


def _fixed(
    folder: WorldFolder, target: Path, found: Audit, chosen: Settings, request: Request
) -> FixReport:
    with progress("Mending worlds", len(folder)) as advance:
        work = _fix(folder, target, found, chosen, request, lambda done: advance(done.world))
        return run(work)


async def _fix(
    folder: WorldFolder,
    target: Path,
    found: Audit,
    chosen: Settings,
    request: Request,
    done: Callable[[WorldFixes], None],
) -> FixReport:
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(new_runtime(chosen))
        pool = await stack.enter_async_context(pool_from_settings(chosen))
        return await fix_worlds(
            folder,
            target,
            runtime,
            pool,
            names=[world.world for world in found],
            audit=found,
            effort=_effort(request),
            overwrite=request.overwrite,
            done=done,
        )


def _effort(request: Request) -> Effort:
    calls = CALLS_PER_TOOL if request.calls_per_tool is None else request.calls_per_tool
    return Effort(calls_per_tool=calls, seed=request.seed, jobs=request.jobs)


async def _audit(
    folder: WorldFolder,
    names: list[str],
    chosen: Settings,
    request: Request,
    done: Callable[[WorldAudit], None],
) -> Audit:
    effort = _effort(request)
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(new_runtime(chosen))
        pool = await stack.enter_async_context(pool_from_settings(chosen))
        return await audit_worlds(folder, runtime, pool, names=names, effort=effort, done=done)


async def _repeat(
    folder: WorldFolder, chosen: Settings, document: object, done: Callable[[Repeated], None]
) -> tuple[Repeated, ...]:
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(new_runtime(chosen))
        pool = await stack.enter_async_context(pool_from_settings(chosen))
        return await repeat(folder, runtime, pool, document, done=done)


def _check(request: Request) -> None:
    """Refuse before the work what would fail after it."""
    json_file = None if request.json_file in (None, _PRINT) else Path(str(request.json_file))
    check_report_file("--json", json_file)
    check_report_file("--html", request.html_file)
    files = [path.resolve() for path in (json_file, request.html_file) if path is not None]
    if len(set(files)) < len(files):
        raise UsageError(f"--json and --html both name {json_file}.", "Name two files.")


def _write_reports(found: Audit, request: Request) -> None:
    if request.html_file is not None:
        write_report(request.html_file, audit_html(found))
    if request.json_file == _PRINT:
        print_json(audit_json(found))
    elif request.json_file is not None:
        write_report(Path(request.json_file), _json_text(audit_json(found)))


def _json_text(document: dict[str, Any]) -> str:
    # Half of a surrogate pair, which a world may well say, has no form in UTF-8: escape it all.
    return json.dumps(document, indent=1) + "\n"


def _read(path: Path) -> object:
    try:
        document: object = json.loads(path.read_text("utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}.", "Name a --json report."
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}.", "Name a --json report.") from error
    return document


def _no_number(name: str) -> Literal[0]:
    raise ValueError(f"{name} is no JSON")


def _plain(found: tuple[Repeated, ...]) -> dict[str, Any]:
    return {"ok": _all_gone(found), "findings": [repeated_json(one) for one in found]}


def _all_gone(found: tuple[Repeated, ...]) -> bool:
    return all(one.outcome == "gone" for one in found)
