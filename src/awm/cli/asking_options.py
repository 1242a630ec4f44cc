"""The options of all commands that ask models, each said once; None means that nobody said it."""

from typing import Annotated, TypeAlias

import typer

from awm.cli.options import whole

__all__ = ["ApiUrl", "Budget", "MaxTokens", "Model", "Questions", "Temperature"]

Model: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="The model that is asked; AWM_SYN_OVERRIDE_MODEL unless told.",
        show_default=False,
    ),
]
ApiUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api_url",
        "--vllm_url",
        metavar="URL",
        help="Where models are, with the version, such as http://localhost:8000/v1;"
        " OPENAI_BASE_URL unless told.",
        show_default=False,
    ),
]
Temperature: TypeAlias = Annotated[
    float | None,
    typer.Option("--temperature", min=0, max=2, help="How much answers vary.", show_default=False),
]
MaxTokens: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max_tokens",
        parser=whole(16),
        metavar="INTEGER",
        help="How long one answer may be, in tokens.",
        show_default=False,
    ),
]
Budget: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--budget",
        min=0,
        help="How much may be spent on models, in USD, over all runs in the folder.",
        show_default=False,
    ),
]
Questions: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        parser=whole(1, 4096),
        metavar="INTEGER",
        help="How many questions are asked at a time; 32 unless told.",
        show_default=False,
    ),
]
