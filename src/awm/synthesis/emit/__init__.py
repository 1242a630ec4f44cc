"""From a blueprint to the files of a world: schema, rows, API specification and code."""

from awm.synthesis.emit.code import code_of
from awm.synthesis.emit.rows import Rows, inserts_of
from awm.synthesis.emit.schema import tables_of
from awm.synthesis.emit.spec import spec_of

__all__ = ["Rows", "code_of", "inserts_of", "spec_of", "tables_of"]
