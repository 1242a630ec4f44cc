"""What `awm domains` shows."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.text import Text

from awm.cli.console import counted, new_table, print_json, progress, stdout
from awm.cli.outcome import EXIT_CHECK_FAILED
from awm.errors import UsageError
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.trying import Trial, try_capability, try_domain

__all__ = ["check", "list_domains"]


def list_domains(*, as_json: bool) -> None:
    """Show what the author knows."""
    catalogue = Catalogue()
    forms = [catalogue.domain(name) for name in catalogue.domains]
    if as_json:
        print_json(
            {
                "domains": [
                    {"name": f.domain, "category": f.category, "is": f.is_, "modules": [*f.modules]}
                    for f in forms
                ],
                "capabilities": [*catalogue.capabilities],
            }
        )
        return
    table = new_table(
        "Domain", "Category", "What it is", "Modules", "Flavours", right=("Modules", "Flavours")
    )
    for form in forms:
        table.add_row(
            form.domain, form.category, form.is_, str(len(form.modules)), str(len(form.flavours))
        )
    stdout().print(table)
    categories = len({form.category for form in forms})
    stdout().print(
        Text(
            f"\n{counted(len(forms), 'domain')} in {categories} categories, and "
            f"{len(catalogue.capabilities)} capabilities: {', '.join(catalogue.capabilities)}."
        )
    )


def check(files: Sequence[Path], samples: int, *, as_json: bool) -> int:
    """Try domains and capabilities out.

    Returns:
        0, or 1 if anything is wrong with one of them.

    Raises:
        UsageError: A file is not there.
    """
    paths = list(files) or _all_of_ours()
    for path in paths:
        _check_file(path)
    trials: dict[str, Trial] = {}
    with progress("Trying", len(paths)) as advance:
        for path in paths:
            trials[str(path)] = _try(path, samples)
            advance(path.stem)
    if as_json:
        print_json({path: asdict(trial) for path, trial in trials.items()})
    else:
        for name, trial in trials.items():
            _show(Path(name).stem, trial)
    return EXIT_CHECK_FAILED if any(trial.problems for trial in trials.values()) else 0


def _check_file(path: Path) -> None:
    hint = "Name the YAML file of a domain."
    if not path.is_file():
        raise UsageError(f"{path} is no file.", hint)
    try:
        path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} cannot be read: it is no UTF-8.", hint) from error


def _all_of_ours() -> list[Path]:
    catalogue = Catalogue()
    return [catalogue.domain_path(name) for name in catalogue.domains]


def _try(path: Path, samples: int) -> Trial:
    if path.parent.name == "capabilities":
        return try_capability(Catalogue(path.parent.parent), path.stem)
    return try_domain(Catalogue().with_domain(path), path.stem, samples)


def _show(name: str, trial: Trial) -> None:
    console = stdout()
    console.print(Text(f"\n{name}", style="bold"))
    for problem in trial.problems:
        console.print(Text(f"  {problem}", style="red"))
    for note in trial.notes:
        console.print(Text(f"  note: {note}", style="dim"))
    if trial.tables:
        done = sum(1 for count in trial.done.values() if count)
        console.print(
            Text(
                f"  {min(trial.tables)} to {max(trial.tables)} tables; {done} of"
                f" {len(trial.done)} actions were carried out, {len(trial.refused)} rules broken"
            )
        )
    for sample in trial.samples:
        console.print(Text(f"  {sample}"))
