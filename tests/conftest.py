"""What several rooms' tests share: worlds made on the spot, the sample, a running runtime.

It also says how many processes run them and which files begin: see `LONG`.
"""

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from awm.runtime import Limits, Runtime, VerifierLimits, VerifierPool
from awm.worlds import World, WorldFile

# Whatever keys and addresses are set where tests run: no test ever reaches a real model.
os.environ["AWM_LLM_LOCAL_ONLY"] = "1"

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "../shared/awm-sample"

LONG = (
    "cli/test_gen_llm.py",
    "cli/test_start.py",
    "cli/test_eval.py",
    "synthesis/test_far_workshop.py",
    "serve/ecosystems/test_vf_eval.py",
    "synthesis/test_domains.py",
    "testing/test_check_env.py",
    "runtime/hostile/test_endings.py",
    "cli/test_agent.py",
    "runtime/hostile/test_handlers.py",
    "cli/test_audit.py",
    "runtime/test_runtime.py",
    "ray/test_runtime.py",
    "cli/test_eval_faults.py",
    "cli/test_serve.py",
    "serve/ecosystems/test_inspect_eval.py",
    "cli/test_gen_interrupted.py",
    "serve/openreward/test_clients.py",
    "runtime/test_reproducible.py",
    "runtime/inside/test_world.py",
    "serve/ecosystems/test_inspect_task.py",
    "synthesis/test_generating_killed.py",
    "rollout/test_env_sync.py",
    "serve/test_left_connections.py",
    "runtime/test_verifiers.py",
    "audit/test_bundled_proofs.py",
    "synthesis/test_workshop.py",
    "runtime/inside/test_world_limits.py",
    "cli/test_demonstration.py",
    "rollout/test_faults_killed.py",
    "serve/openenv/test_conformance.py",
    "verify/test_mutants.py",
)
"""Files that take longest, the longest first: whoever came to one last would keep all waiting.

xdist orders files by how many tests they have, which says little of how long they take.
"""

HEADER = """
import os
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine(os.environ["DATABASE_PATH"], connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()
app = FastAPI()


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    title = Column(String, nullable=False)


Base.metadata.create_all(engine)


@app.post("/notes", operation_id="add_note")
async def add_note(title: str):
    session = SessionLocal()
    note = Note(title=title)
    session.add(note)
    session.commit()
    session.refresh(note)
    session.close()
    return {"id": note.id, "title": note.title}


@app.get("/notes", operation_id="list_notes")
async def list_notes():
    session = SessionLocal()
    titles = [note.title for note in session.query(Note).order_by(Note.id)]
    session.close()
    return titles
"""
"""A world of one table with a tool to add a row and one to list them; tests add handlers to it."""


def make_world(
    code: str = "",
    *,
    name: str = "Notes",
    header: str = HEADER,
    ddl: Sequence[str] = ("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL);",),
    inserts: Sequence[str] = ("INSERT INTO notes (title) VALUES ('first');",),
    **schema_row: object,
) -> World:
    """A world from source code: the header's tools and whatever `code` adds."""
    tables = [{"name": f"t{number}", "ddl": text} for number, text in enumerate(ddl)]
    rows = [{"table_name": "notes", "insert_statements": list(inserts)}]
    return World.from_records(
        {
            WorldFile.SCENARIO: [{"name": name, "description": "made by a test"}],
            WorldFile.DATABASE: [{"scenario": name, "db_schema": {"tables": tables}, **schema_row}],
            WorldFile.SAMPLE: [{"scenario": name, "sample_data": {"tables": rows}}],
            WorldFile.ENVIRONMENT: [{"scenario": name, "full_code": header + code}],
        }
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three processes for each two processors: tests wait for processes that end by a limit."""
    return max(1, len(os.sched_getaffinity(0)) * 3 // 2)


def pytest_configure(config: pytest.Config) -> None:
    """Have xdist keep to the order in which tests are collected."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, and take the others as they come."""
    places = {HERE / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))


@pytest.fixture(scope="session")
async def runtime() -> AsyncIterator[Runtime]:
    """A runtime with short limits, shared by all tests: starting one takes a second."""
    limits = Limits(call_seconds=1.0, grace_seconds=0.5, load_seconds=5.0, response_mb=2)
    async with Runtime(limits=limits) as running:
        yield running


@pytest.fixture(scope="session")
async def pool() -> AsyncIterator[VerifierPool]:
    """A verifier pool with short limits, shared by all tests."""
    limits = VerifierLimits(seconds=1.0, grace_seconds=0.5, memory_mb=512, result_mb=1)
    async with VerifierPool(limits=limits, processes=2) as running:
        yield running


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    """Three real worlds, as a published pipeline wrote them."""
    if not SAMPLE.is_dir():
        pytest.skip("the sample worlds are not beside this checkout (../shared/awm-sample)")
    return SAMPLE
