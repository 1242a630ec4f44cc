"""Three small worlds of which much is known, something, and next to nothing."""

from awm.worlds import World, WorldFile

SCHEMA = {"db_schema": {"tables": [{"name": "notes", "ddl": "CREATE TABLE notes (id, text)"}]}}
CODE = "from fastapi import FastAPI\napp = FastAPI()\n"


def _oracle(name, number, calls):
    return {"scenario": name, "task_idx": number, "calls": [{"tool": "look"}] * calls}


def _spec(*tools):
    endpoints = [{"operation_id": tool} for tool in tools]
    return {"api_spec": {"api_groups": [{"group_name": "All", "endpoints": endpoints}]}}


def known(name="Tidy Desk"):
    """A world that says all there is to say."""
    details = [
        {"kind": "question", "difficulty": 1},
        {"kind": "decline", "difficulty": 3},
        {"kind": "question", "difficulty": 3},
    ]
    rows = "INSERT INTO notes VALUES (1, 'a'), (2, 'b;(')"
    sample = {"tables": [{"table_name": "notes", "insert_statements": [rows, rows + ";"]}]}
    return World.from_records(
        {
            WorldFile.SCENARIO: [
                {"name": name, "description": "keeps notes in order", "categories": ["office"]}
            ],
            WorldFile.TASKS: [{"scenario": name, "tasks": ["x", "y", "z"], "details": details}],
            WorldFile.DATABASE: [{"scenario": name, **SCHEMA}],
            WorldFile.SAMPLE: [{"scenario": name, "sample_data": sample}],
            WorldFile.SPEC: [{"scenario": name, **_spec("add_note", "look", "list_notes")}],
            WorldFile.ORACLE: [_oracle(name, number, number + 2) for number in range(3)],
        }
    )


def partly_known(name="Old Shelf"):
    """A world without a specification, with rows from a query, and with one oracle of two."""
    query = "INSERT INTO notes SELECT 1, 'a'"
    code = CODE + "@app.get('/', operation_id='look')\ndef look(): return 1\n"
    sample = {"tables": [{"table_name": "notes", "insert_statements": [query]}]}
    return World.from_records(
        {
            WorldFile.SCENARIO: [
                {
                    "name": name,
                    "description": "keeps books in rows",
                    "categories": ["office", "art"],
                }
            ],
            WorldFile.TASKS: [
                {"scenario": name, "tasks": ["x", "y"], "details": ["no", {"kind": ""}]}
            ],
            WorldFile.DATABASE: [{"scenario": name, **SCHEMA}],
            WorldFile.SAMPLE: [{"scenario": name, "sample_data": sample}],
            WorldFile.ENVIRONMENT: [{"scenario": name, "full_code": code}],
            WorldFile.ORACLE: [_oracle(name, 1, 9)],
        }
    )


def unknown(name="Mere Name"):
    """A world of which only the name is known."""
    return World.from_records({WorldFile.SCENARIO: [{"name": name}]})


def worlds():
    """All three."""
    return [known(), partly_known(), unknown()]
