"""What a world takes of a model's tokens: written as code, or as a blueprint.

    python benchmarks/llm_forms.py [--quick] [--keep DIR] [--markdown FILE] [--json FILE]

The same scenarios are written in each form by `awm gen all`. The model is `awm.testing.ModelServer`
without faults: it answers with worlds of the builtin author, so that both forms come to the same
kind of world. Its tokens are counted from the first task to the last verifier: scenarios, their
judging and the proof are left out, of which a blueprint's world asks the model nothing.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from awm.synthesis.llm_author.office import CODE_STAGES
from llm_author import command, environment, seeds, server
from report import Figure, conclude, options_of

WRITTEN, QUICK_WRITTEN = 20, 2
LEAST_FEWER = 5
WRITING = {"blueprint", *(stage.name for stage in CODE_STAGES)} - {"proof"}


def forms(folder: Path, cache: Path, count: int) -> list[Figure]:
    """How many tokens a model writes for a world, in either form."""
    given = seeds(folder, count)
    tokens: dict[str, float] = {}
    proven: dict[str, int] = {}
    with server(cache, count) as running:
        for name, more in {
            "code": ("--form", "code", "--proof", "off"),
            "small blueprint": ("--form", "blueprint"),
            "large blueprint": ("--form", "blueprint", "--size", "large"),
        }.items():
            out = folder / name.replace(" ", "_")
            subprocess.run(
                command(out, given, count, *more), env=environment(running.url), check=True
            )
            report = json.loads((out / "llm_report.json").read_text())
            written = [each for each in report["stages"] if each["stage"] in WRITING]
            tokens[name] = sum(each["completion_tokens"] for each in written) / report["worlds"]
            proven[name] = report["proven_worlds"]
    return [
        Figure(
            f"tokens that the model writes for a world: {name}, {count} scenarios",
            f"{tokens['code']:,.0f}, code (SQL, Python, verifiers; no proof)",
            f"{tokens[name]:,.0f}, {proven[name]} worlds proven",
            f"{tokens['code'] / tokens[name]:,.0f}x",
            f"at least {LEAST_FEWER}x fewer",
            tokens["code"] >= LEAST_FEWER * tokens[name],
        )
        for name in ("small blueprint", "large blueprint")
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="a folder for the worlds and the server's cache")
    options = options_of(parser)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        figures = forms(folder, folder / "cache", QUICK_WRITTEN if options.quick else WRITTEN)
    subject = "a server that answers with the builtin author's worlds"
    return conclude("Code and blueprints", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
