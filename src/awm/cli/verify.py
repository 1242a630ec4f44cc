"""`awm verify`: what a run was worth."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from awm.cli.options import AllowWeak, AsJson

__all__ = ["verify"]


def verify(  # noqa: PLR0913 - each option is an argument
    run: Annotated[
        Path,
        typer.Option(
            "--input",
            help="The folder of a run: trajectory.json, initial.db, final.db.",
            show_default=False,
        ),
    ],
    *,
    mode: Annotated[
        Literal["sql", "code"],
        typer.Option(help="sql: a program gathers evidence, a model judges. code: it decides."),
    ] = "sql",
    init_db_path: Annotated[
        Path | None, typer.Option(help="The database before, if elsewhere.", show_default=False)
    ] = None,
    final_db_path: Annotated[
        Path | None, typer.Option(help="The database after, if elsewhere.", show_default=False)
    ] = None,
    verifier_path: Annotated[
        Path | None,
        typer.Option(
            help="The verifiers of mode sql; outputs/gen_verifier.jsonl if not given.",
            show_default=False,
        ),
    ] = None,
    verifier_code_path: Annotated[
        Path | None,
        typer.Option(
            help="Those of mode code; outputs/gen_verifier.pure_code.jsonl if not given.",
            show_default=False,
        ),
    ] = None,
    repeat: Annotated[
        int, typer.Option(min=1, help="Grade so often, and say how well the verdicts agree.")
    ] = 1,
    votes: Annotated[
        int | None, typer.Option(min=1, help="How many votes a judge has.", show_default=False)
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0, max=2, help="The judge's.", show_default=False)
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The model that judges.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Grade a run, and write what it was worth to verify.<mode>.json in its folder.

    With --mode sql a language model judges: set OPENAI_API_KEY or OPENAI_BASE_URL, and
    AWM_SYN_OVERRIDE_MODEL or --model; or AWM_SYN_LLM_PROVIDER=azure, AZURE_ENDPOINT_URL and
    AZURE_OPENAI_API_KEY. Exit code 1: the run could not be graded.
    """
    from awm.cli import verifying  # noqa: PLC0415
    from awm.settings import load_settings  # noqa: PLC0415

    chosen = load_settings(
        allow_weak_isolation=allow_weak_isolation,
        judge_votes=votes,
        judge_temperature=temperature,
        llm_model=model,
    )
    code = verifying.verify_run(
        verifying.Request(
            run=run,
            mode=mode,
            initial=init_db_path,
            final=final_db_path,
            verifiers=verifier_code_path if mode == "code" else verifier_path,
            repeat=repeat,
        ),
        chosen,
        as_json=as_json,
    )
    raise typer.Exit(code)
