"""Settings: what the environment may decide, and the only place that reads it."""

import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from awm.errors import SettingsError

__all__ = ["LogLevel", "Settings", "load_settings"]

LogLevel: TypeAlias = Annotated[
    Literal["debug", "info", "warning", "error"],
    BeforeValidator(lambda level: level.lower() if isinstance(level, str) else level),
]
"""How much is logged, in any case of letters."""

_PREFIX: Final = "AWM_"
_ENV_FILE: Final = "AWM_ENV_FILE"


class Settings(BaseSettings):
    """Everything that can be set from outside; each field is the variable `AWM_<FIELD>`.

    Arguments win over the environment, the environment over the file named by `AWM_ENV_FILE`
    (lines of `NAME=value`), the file over the defaults. Make it with `load_settings`, which says
    what is wrong in words.

    Attributes:
        call_seconds: How long a tool call may run.
        grace_seconds: How much longer one that cannot be interrupted may run.
        load_seconds: How long a world's code may take to load, or its database to be built.
        memory_mb: Address space of a worker, all its instances included.
        response_mb: The largest answer of a tool call.
        database_mb: How large the database of one instance may grow.
        allow_weak_isolation: Run where generated code cannot be jailed. Hostile code can then do
            whatever the user can.
        output_dir: Where runs and databases are written.
        log_level: How much is logged to standard error.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    call_seconds: float = Field(5.0, gt=0, allow_inf_nan=False)
    grace_seconds: float = Field(1.0, gt=0, allow_inf_nan=False)
    load_seconds: float = Field(30.0, gt=0, allow_inf_nan=False)
    memory_mb: int = Field(3072, ge=256)
    response_mb: int = Field(8, ge=1)
    database_mb: int = Field(64, ge=1)
    allow_weak_isolation: bool = False
    output_dir: Path = Path("outputs")
    log_level: LogLevel = "warning"


def load_settings(**given: Any) -> Settings:
    """Read the settings.

    Args:
        given: Values from the command line; None where the caller has none.

    Raises:
        SettingsError: A value does not make sense, or the file of settings cannot be read.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(_env_file=_env_file(), **chosen)  # type: ignore[call-arg]  # pydantic-settings' own
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = str(fault["loc"][0]) if fault["loc"] else ""
        raise SettingsError(
            f"{_source(field, chosen)} is {fault['input']!r}: {fault['msg'].lower()}.",
            "Correct it or leave it out.",
        ) from error


def _env_file() -> Path | None:
    name = os.environ.get(_ENV_FILE)
    if not name:
        return None
    path = Path(name)
    try:
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{_ENV_FILE} names {path}, which cannot be read: {error}.",
            "Name a file with lines such as AWM_CALL_SECONDS=10, or unset the variable.",
        ) from error
    return path


def _source(field: str, given: dict[str, Any]) -> str:
    # Field names come back in the spelling of their source, which is not always ours.
    return f"--{field}" if field in given else _PREFIX + field.upper().removeprefix(_PREFIX)
