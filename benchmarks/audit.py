"""How long it takes to audit worlds, and what is done in that time.

    python benchmarks/audit.py [--quick] [--markdown FILE] [--json FILE] [FOLDER...]

There is no ordinary way to compare with: nobody else audits worlds. `--quick` calls each tool less
often.
"""

import argparse
import sys

import awm.audit
from report import Figure, conclude, folders_of, options_of

MOST_SECONDS = 60.0
QUICK_CALLS = 8


def measure(folders: list[str], effort: awm.audit.Effort) -> list[Figure]:
    """Audit the worlds of each folder once."""
    audits = [awm.audit.audit_folder(folder, effort=effort) for folder in folders]
    worlds = [world for audit in audits for world in audit]
    tasks = [task for world in worlds for task in world.tasks]
    cases = sum(sum(task.tried.values()) for task in tasks)
    passed = sum(sum(task.passed.values()) for task in tasks)
    seconds = sum(audit.seconds for audit in audits)
    solved = [task for task in tasks if task.calls is not None]
    proven = sum(task.verdict == "proven" for task in solved)
    calls = sum(world.calls for world in worlds)
    return [
        Figure(
            f"audit of {len(worlds)} worlds, {len(tasks)} tasks",
            "-",
            f"{seconds:.0f} s: {calls:,} tool calls, {cases:,} cases, {passed:,} of them right",
            "-",
            f"under {MOST_SECONDS:.0f} s",
            seconds < MOST_SECONDS,
        ),
        Figure(
            "tasks with an oracle that are proven",
            "-",
            f"{proven} of {len(solved)}",
            "-",
            "all",
            proven == len(solved),
        ),
    ]


def main() -> int:
    options = options_of(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    effort = awm.audit.Effort(calls_per_tool=QUICK_CALLS) if options.quick else awm.audit.Effort()
    folders = list(folders_of(options))
    figures = measure(folders, effort)
    return conclude("Auditing worlds", "worlds of the sample and of the package", figures, options)


if __name__ == "__main__":
    sys.exit(main())
