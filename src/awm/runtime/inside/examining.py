"""What a worker without a world answers: it builds databases, measures and compares them."""

from awm.runtime.inside import describing, examiner
from awm.runtime.wire import (
    Build,
    Built,
    Compare,
    Compared,
    Describe,
    Described,
    Digest,
    Digested,
    Message,
)
from awm.worlds import DatabaseRecipe, build_database

__all__ = ["examine"]


def examine(request: Message) -> Message:
    """Answer a question about databases.

    Raises:
        TypeError: It is another kind of question.
        sqlite3.DatabaseError: A database is damaged.
    """
    match request:
        case Build():
            built = build_database(DatabaseRecipe.from_plain(request.recipe))
            problems = [
                [problem.world, problem.where, problem.what, problem.hint, problem.severity]
                for problem in built.problems
            ]
            return Built(built.image, problems, built.tables, built.rows)
        case Digest():
            return Digested(examiner.digest(request.image))
        case Compare():
            return Compared(examiner.compare(request.before, request.after))
        case Describe():
            return Described(*describing.describe(request.image))
        case _:
            raise TypeError(f"a worker without a world does not serve {type(request).__name__}")
