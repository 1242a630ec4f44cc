"""Lists of models, as servers give them (`GET /models`).

The fields are those of https://platform.openai.com/docs/api-reference/models/list; what a server
leaves out is no fault, and many have no such list.
"""

import json
from typing import Any

__all__ = ["is_among", "listed_models"]


def is_among(model: str, listed: list[str]) -> bool:
    """Whether a list has a model, under any of the names by which it can be asked.

    OpenRouter takes variants such as `name:free`, Ollama leaves `:latest` out, and Google lists
    `models/name`.
    """
    names = {model, f"{model}:latest", model.partition(":")[0]}
    return any(name in names or name.endswith(f"/{model}") for name in listed)


def listed_models(content: bytes) -> list[str]:
    """The models of a list; empty when it may lack some, or is none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return []
    rows = body.get("data") if isinstance(body, dict) else body  # Together sends the bare list
    if not isinstance(rows, list) or (isinstance(body, dict) and body.get("has_more")):
        return []
    if any(_owner(row) == "llamacpp" for row in rows) and len(rows) == 1:
        return []  # it answers to every name
    names = [row.get("id") for row in rows if isinstance(row, dict)]
    return [name for name in names if isinstance(name, str)]


def _owner(row: Any) -> Any:
    return row.get("owned_by") if isinstance(row, dict) else None
