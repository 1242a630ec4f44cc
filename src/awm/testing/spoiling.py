"""Answers made faulty, each in the way of one kind of fault."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from awm.testing.chance import chance, chosen
from awm.testing.faults import Fault
from awm.testing.known import as_text

__all__ = ["FENCE", "spoilt"]

FENCE: Final = "```"

_Spoiler: TypeAlias = Callable[[str, str, str], str]
"""Makes an answer to a prompt faulty; takes the prompt, the answer and a key to draw from."""

_INSERT: Final = re.compile(r"(INSERT\s+INTO\s+[^\s(]+\s*\()([^)]*)(\))", re.IGNORECASE)
_COLUMN: Final = re.compile(
    r"^    (?!id\b)(\w+): Mapped\[.*\](?: = mapped_column\(|$)", re.MULTILINE
)
_WHOLE_ROWS: Final = "SELECT * FROM"
_DEFINITION: Final = re.compile(r"^((?:async )?def \w+\(.*\).*):$", re.MULTILINE)
_FUNCTIONS: Final = {
    "verifier_code": "verify_task_completion(initial_db_path, final_db_path, final_answer=None)",
    "verifier_sql": "verify_task(initial_db_path, final_db_path)",
}
_ALWAYS: Final[Mapping[tuple[str, str], str]] = {
    ("verifier_code", "accepts_all"): '{"result": "complete"}',
    ("verifier_code", "accepts_none"): '{"result": "others"}',
    ("verifier_sql", "accepts_all"): '{"done": True, "summary": "The task was carried out."}',
}


def spoilt(fault: Fault, prompt: str, answer: str, key: str) -> str:
    """An answer with a fault in it; the answer itself where it has no place for that fault.

    Args:
        fault: Which.
        prompt: The name of the prompt that was answered.
        answer: A sound answer.
        key: The question's; what is drawn follows from it.
    """
    spoiler = _SPOILERS.get(fault)
    return spoiler(prompt, answer, key) if spoiler else answer


def _break_off(_prompt: str, answer: str, key: str) -> str:
    return answer[: int(len(answer) * (0.3 + 0.5 * chance(key, "where")))]


def _talk(_prompt: str, answer: str, _key: str) -> str:
    return (
        f"Certainly! This is what I came up with:\n\n{answer}\n\n"
        "I hope that this is of use. Tell me if anything is to be different."
    )


def _misfence(_prompt: str, answer: str, _key: str) -> str:
    if answer.startswith(FENCE):
        return answer.partition("\n")[2].removesuffix(FENCE).rstrip() + "\n"
    return f"{FENCE}json\n{answer}\n{FENCE}"


def _misname_column(prompt: str, answer: str, key: str) -> str:
    if prompt == "sample":
        return _in_statement(answer, key)
    if prompt == "env":
        return _in_model(answer, key)
    # The compiled verifiers read whole rows; here one wants a column besides that is not there.
    return answer.replace(_WHOLE_ROWS, "SELECT *, record_state FROM", 1)


def _in_statement(answer: str, key: str) -> str:
    """One statement names a column that its table does not have."""
    written: Any = json.loads(answer)
    statements = chosen(
        [table["insert_statements"] for table in written["tables"] if table["insert_statements"]],
        *(key, "table"),
    )
    place = int(chance(key, "statement") * len(statements))
    statements[place] = _INSERT.sub(lambda found: _renamed(found, key), statements[place], count=1)
    return as_text(written)


def _renamed(found: re.Match[str], key: str) -> str:
    columns = [column.strip() for column in found[2].split(",")]
    place = int(chance(key, "column") * len(columns))
    columns[place] = _misnamed(columns[place].strip('"`[]'))
    return f"{found[1]}{', '.join(columns)}{found[3]}"


def _misnamed(column: str) -> str:
    return f"{column}_value"


def _in_model(answer: str, key: str) -> str:
    """One attribute of a SQLAlchemy model stands for a column that its table does not have."""
    found = list(_COLUMN.finditer(answer))
    if not found:
        return answer
    column = chosen(found, key, "column")
    name = f'"{_misnamed(column[1])}"'
    if column[0].endswith("("):
        behind = "" if answer[column.end()] == ")" else ", "
        return f"{answer[: column.end()]}{name}{behind}{answer[column.end() :]}"
    return f"{answer[: column.end()]} = mapped_column({name}){answer[column.end() :]}"


def _misdeclare(_prompt: str, answer: str, key: str) -> str:
    written: Any = json.loads(answer)
    table = chosen(written["tables"], key, "table")
    # Without its last parenthesis, or with a comma before it.
    table["ddl"] = chosen(("", ",)"), key, "how").join(str(table["ddl"]).rsplit(")", 1))
    return as_text(written)


def _misstart(_prompt: str, answer: str, key: str) -> str:
    head, line, code = answer.partition("\n")
    definitions = list(_DEFINITION.finditer(code))
    ways = ["missing_import", "missing_name", *(["syntax"] if definitions else [])]
    way = chosen(ways, key, "how")
    if way == "missing_import":
        return f"{head}{line}import fastapi_crud_toolkit\n{code}"
    if way == "missing_name":
        return f"{head}{line}{code.rstrip().removesuffix(FENCE)}\nregister_all(app)\n{FENCE}"
    found = chosen(definitions, key, "line")
    return f"{head}{line}{code[: found.start()]}{found[1]}{code[found.end() :]}"


def _always(fault: Fault) -> _Spoiler:
    def spoil(prompt: str, answer: str, _key: str) -> str:
        verdict = _ALWAYS.get((prompt, fault))
        if verdict is None:
            return answer
        return f"{FENCE}python\ndef {_FUNCTIONS[prompt]}:\n    return {verdict}\n{FENCE}"

    return spoil


def _miscall(_prompt: str, answer: str, _key: str) -> str:
    written: Any = json.loads(answer)
    call = written.get("call", {"name": "task", "arguments": {}})
    return as_text(
        {
            "thought": "There should be a tool that does it at once.",
            "call": {"name": f"quick_{call['name']}", "arguments": call["arguments"]},
        }
    )


def _give_up(_prompt: str, _answer: str, _key: str) -> str:
    return as_text({"thought": "This is too hard.", "answer": "I could not do what was asked."})


_SPOILERS: Final[Mapping[Fault, _Spoiler]] = {
    "broken_off": _break_off,
    "prose_around": _talk,
    "wrong_fence": _misfence,
    "wrong_column": _misname_column,
    "bad_ddl": _misdeclare,
    "no_start": _misstart,
    "accepts_all": _always("accepts_all"),
    "accepts_none": _always("accepts_none"),
    "unknown_tool": _miscall,
    "gives_up": _give_up,
}
