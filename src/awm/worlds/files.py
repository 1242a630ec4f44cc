"""The files of the AWM layout: JSON Lines, one object a line, UTF-8."""

from enum import StrEnum

__all__ = ["DATABASE_FOLDER", "WorldFile"]

DATABASE_FOLDER = "databases"
"""The folder beside the files that may hold prebuilt databases, `<normalised name>.db`."""


class WorldFile(StrEnum):
    """One part of a world; the value is the name of the file that holds it.

    The order is the one in which parts come to be, and in which a folder's worlds are listed.
    """

    SCENARIO = "gen_scenario.jsonl"
    TASKS = "gen_tasks.jsonl"
    DATABASE = "gen_db.jsonl"
    SAMPLE = "gen_sample.jsonl"
    SPEC = "gen_spec.jsonl"
    ENVIRONMENT = "gen_envs.jsonl"
    VERIFIER_SQL = "gen_verifier.jsonl"
    VERIFIER_CODE = "gen_verifier.pure_code.jsonl"
    ORACLE = "gen_oracle.jsonl"

    @property
    def name_key(self) -> str:
        """The key of a row under which the world's name stands."""
        return "name" if self is WorldFile.SCENARIO else "scenario"

    @property
    def per_task(self) -> bool:
        """Whether a world has a row for each task here, rather than one row."""
        return self in {WorldFile.VERIFIER_SQL, WorldFile.VERIFIER_CODE, WorldFile.ORACLE}
