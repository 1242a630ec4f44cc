"""A world alive, driven as a gateway drives it, in a forked child."""

import json
import sqlite3
import warnings
from contextlib import closing
from dataclasses import replace
from typing import Any

from awm.runtime import delta
from awm.runtime.inside.process import Process
from awm.runtime.inside.world import LiveWorld
from awm.runtime.wire import Call, Called, Load, Open

from .forked import in_child

CLOCK = 1_900_000_000.0

HEADER = """
import asyncio
import os
import sqlite3
import sys
import time
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Response
from sqlalchemy import Column, Integer, String, create_engine, text
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine(os.environ["DATABASE_PATH"])
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()
app = FastAPI()


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    title = Column(String)


def add(title):
    with SessionLocal() as session:
        session.add(Note(title=title))
        session.commit()
"""
"""Imports, one table, and a function that adds a row; nothing that touches the database yet."""

ORDINARY = (
    HEADER
    + """
Base.metadata.create_all(engine)


@app.post("/notes", operation_id="add_note")
def add_note(title: str):
    add(title)


@app.get("/notes", operation_id="list_notes")
async def list_notes():
    with SessionLocal() as session:
        return [note.title for note in session.query(Note).order_by(Note.id)]
"""
)

ORDER = Load(
    name="notes",
    code=ORDINARY,
    image=b"",
    template=b"",
    clock=CLOCK,
    foreign_keys=True,
    call_seconds=5.0,
    response_bytes=1 << 20,
    database_bytes=1 << 24,
)


class Living:
    """A loaded world and what a gateway would know of its instances."""

    def __init__(self, code: str = "", **order: Any) -> None:
        warnings.simplefilter("ignore")  # the tests' own rule is not a worker's
        self.process = Process()
        self.process.install()
        self.world = LiveWorld(self.process, replace(ORDER, code=ORDINARY + code, **order))
        self.template = self.world.loaded().template
        self.known: dict[int, Open] = {}
        self.steps: dict[int, int] = {}

    def open(self, number: int = 1, *, seed: int = 0, pages: bytes = b"", memory: bytes = b""):
        self.known[number] = Open(number, seed, pages, memory)
        self.steps[number] = 0
        self.world.open(self.known[number])

    def call(self, tool: str, number: int = 1, **arguments: Any) -> Called:
        """Call a tool, opening the instance first and after a fault, as the gateway does."""
        if number not in self.known:
            self.open(number)
        self.steps[number] += 1
        order = Call(number, self.steps[number], tool, json.dumps(arguments))
        called = self.world.call(order)
        known = self.known[number]
        if called.fault is not None:
            self.world.open(known)
            return called
        if called.delta is not None:
            known = replace(known, delta=called.delta)
        if called.memory is not None:
            known = replace(known, memory=called.memory)
        self.known[number] = known
        return called

    def ask(self, tool: str, number: int = 1, **arguments: Any) -> Any:
        """What a call answers, which has to be a success."""
        called = self.call(tool, number, **arguments)
        assert not called.is_error, called
        return json.loads(called.text) if called.text else None

    def image(self, number: int = 1) -> bytes:
        """An instance's database, as the gateway knows it."""
        return delta.apply(self.template, self.known[number].delta)

    def titles(self, number: int = 1) -> list[str]:
        return read(self.image(number))


def read(image: bytes, query: str = "SELECT title FROM notes ORDER BY id") -> list[Any]:
    """The first column of a query on a database image."""
    with closing(sqlite3.Connection(":memory:")) as connection:
        connection.deserialize(image)
        return [value for (value, *_) in connection.execute(query)]


def lived(code, act, **order):
    """What comes of acting in a world with this code, in a process of its own."""
    return in_child(lambda: act(Living(code, **order)))


def handler(body, *, kind="def", path="/it", method="get", parameters=""):
    """Source of a tool named `it`."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    return f'\n\n@app.{method}("{path}", operation_id="it")\n{kind} it({parameters}):\n{lines}\n'


def called(body, tool="it", order=None, **options):
    """How a call of one handler ends."""
    return lived(handler(body, **options), lambda living: living.call(tool), **(order or {}))
