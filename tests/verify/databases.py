"""Databases made on the spot, and what was done to them."""

import sqlite3
from contextlib import closing

from awm.runtime import Schema, StateDiff
from awm.runtime.inside.describing import describe
from awm.runtime.inside.examiner import compare
from awm.verify.canonical import effects_of
from awm.verify.effects import Effects
from awm.verify.volatile import volatile_by_schema


def database(*statements: str) -> bytes:
    with closing(sqlite3.Connection(":memory:")) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA user_version = 0")  # so that there is a first page
        for statement in statements:
            connection.executescript(statement)
        return connection.serialize()


def changed(image: bytes, *statements: str) -> bytes:
    with closing(sqlite3.Connection(":memory:")) as connection:
        connection.isolation_level = None
        connection.deserialize(image)
        for statement in statements:
            connection.executescript(statement)
        return connection.serialize()


def schema_of(image: bytes) -> Schema:
    return Schema.from_plain(*describe(image))


def diff_of(before: bytes, after: bytes) -> StateDiff:
    return StateDiff.from_plain(compare(before, after))


def effects(before: bytes, *statements: str) -> Effects:
    """What some statements do, told canonically."""
    schema = schema_of(before)
    after = changed(before, *statements)
    return effects_of(diff_of(before, after), schema, volatile_by_schema(schema))
