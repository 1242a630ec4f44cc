"""A world as its author hands it in: everything but the proofs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from awm.synthesis.blueprints import Blueprint
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.dry import Books, History, play_history
from awm.synthesis.emit import code_of, inserts_of, spec_of, tables_of
from awm.synthesis.lots import lot_for
from awm.synthesis.planning import WorldPlan
from awm.synthesis.surface import Surface
from awm.types import JsonObject
from awm.worlds import WorldFile
from awm.worlds.names import normalise

__all__ = ["Manuscript", "scenario_row"]

_ROWS: Final = (100, 156)


@dataclass(frozen=True)
class Manuscript:
    """A world of the builtin author; its parts are made when they are asked for.

    Attributes:
        plan: What was decided about it.
        catalogue: What the author knows.
        state: Which of its initial states; 0 for the one that it is published with.
    """

    plan: WorldPlan
    catalogue: Catalogue
    state: int = 0

    @cached_property
    def blueprint(self) -> Blueprint:
        """Its entities, actions and rules."""
        return self.catalogue.blueprint(self.plan.recipe)

    @cached_property
    def surface(self) -> Surface:
        """Its tools."""
        return Surface(self.blueprint, self.plan.style)

    @cached_property
    def books(self) -> Books:
        """Its initial rows."""
        lot = lot_for(self.plan.seed, self.plan.index, self.state, "rows")
        history = History(rows=lot.randint(*_ROWS))
        return play_history(self.blueprint, self.plan.today, lot, history)

    @property
    def name(self) -> str:
        """Its normalised name."""
        return normalise(self.plan.title)

    @cached_property
    def records(self) -> Mapping[WorldFile, list[JsonObject]]:
        """The rows of its files, without tasks, oracles and verifiers."""
        return {
            WorldFile.SCENARIO: [self.scenario_row()],
            WorldFile.DATABASE: [self.database_row()],
            WorldFile.SAMPLE: [self.sample_row()],
            WorldFile.SPEC: [self.spec_row()],
            WorldFile.ENVIRONMENT: [self.environment_row()],
        }

    def scenario_row(self) -> JsonObject:
        """Of `gen_scenario.jsonl`."""
        return scenario_row(self.plan)

    def database_row(self) -> JsonObject:
        """Of `gen_db.jsonl`."""
        return {
            "scenario": self.plan.title,
            "db_schema": {"tables": tables_of(self.blueprint)},
            "db_path": self._path,
            "foreign_keys": True,
            "clock": f"{self.plan.today.isoformat()}T09:00:00Z",
        }

    def sample_row(self) -> JsonObject:
        """Of `gen_sample.jsonl`."""
        books = self.books
        rows = {name: [books.values(row) for row in books.rows(name)] for name in books.names}
        tables = inserts_of(self.blueprint, rows)
        return {
            "scenario": self.plan.title,
            "tables_count": len(tables),
            "inserts_count": sum(len(table["insert_statements"]) for table in tables),
            "sample_data": {"tables": tables},
        }

    def spec_row(self) -> JsonObject:
        """Of `gen_spec.jsonl`."""
        return {
            "scenario": self.plan.title,
            "api_spec": spec_of(self.surface, today=self.plan.today),
        }

    def environment_row(self) -> JsonObject:
        """Of `gen_envs.jsonl`."""
        code = code_of(
            self.surface,
            title=self.plan.title,
            description=self.plan.description,
            today=self.plan.today,
        )
        return {"scenario": self.plan.title, "db_path": self._path, "full_code": code}

    @property
    def _path(self) -> str:
        return f"./databases/{self.name}.db"


def scenario_row(plan: WorldPlan) -> JsonObject:
    """A plan as a row of `gen_scenario.jsonl`."""
    return {
        "name": plan.title,
        "description": plan.description,
        "suitability_level": "high",
        "categories": [plan.category],
        "builtin": plan.as_json(),
        **plan.own_blueprint(),
    }
