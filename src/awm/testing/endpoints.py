"""The API specification of a world that came without one, read out of its code.

The bundled worlds are written by hand and have no specification. Their code is read and never run:
handlers with a decorator of FastAPI, parameters by their annotations.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from awm.types import JsonObject

__all__ = ["spec_from"]

_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
_TYPES: Final = {
    "bool": "boolean",
    "float": "number",
    "list": "array",
    "dict": "object",
    "int": "integer",
}
"""By the word in an annotation; whatever has none of them is text."""
_OF_THE_FRAMEWORK: Final = frozenset({"Depends", "Request", "Response"})
_MODEL: Final = "BaseModel"

_ONE_AT_A_TIME: Final = Lock()
"""`ast.parse` of Python 3.11 counts its depth for all threads together, and fails over it."""

_Handler = ast.FunctionDef | ast.AsyncFunctionDef


def spec_from(code: str, tables: Sequence[str]) -> JsonObject:
    """The specification of code, as `gen_spec` has it under `api_spec`.

    Args:
        code: FastAPI handlers with decorators of the application.
        tables: The names of the world's tables; an endpoint needs the one that its path begins
            with.

    Raises:
        SyntaxError: The code is no Python.
    """
    with _ONE_AT_A_TIME:
        tree = ast.parse(code)
    reading = _Reading.of(tree)
    groups: dict[str, list[JsonObject]] = {}
    for handler in tree.body:
        if isinstance(handler, _Handler):
            for call in _routes(handler):
                endpoint = reading.endpoint(handler, call, tables)
                groups.setdefault(endpoint["tags"][0], []).append(endpoint)
    return {
        "api_groups": [
            {"group_name": name.replace("_", " ").capitalize(), "endpoints": endpoints}
            for name, endpoints in groups.items()
        ]
    }


@dataclass(frozen=True)
class _Reading:
    """What annotations in a module stand for.

    Attributes:
        aliases: Names that were given to annotations.
        classes: Classes by name.
    """

    aliases: dict[str, ast.expr]
    classes: dict[str, ast.ClassDef]

    @classmethod
    def of(cls, tree: ast.Module) -> "_Reading":
        aliases = {
            each.targets[0].id: each.value
            for each in tree.body
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
        }
        classes = {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}
        return cls(aliases, classes)

    def endpoint(self, handler: _Handler, call: ast.Call, tables: Sequence[str]) -> JsonObject:
        said = {word.arg: ast.literal_eval(word.value) for word in call.keywords if _plain(word)}
        path = ast.literal_eval(call.args[0])
        assert isinstance(call.func, ast.Attribute)
        group = path.strip("/").partition("/")[0].replace("-", "_") or "root"
        return {
            "path": path,
            "method": call.func.attr.upper(),
            "summary": said.get("summary") or handler.name.replace("_", " ").capitalize(),
            "description": said.get("description") or ast.get_docstring(handler) or "",
            "operation_id": said.get("operation_id") or handler.name,
            "tags": [group],
            "request_params": dict(self._parameters(handler, path)),
            "required_tables": [group] if group in tables else [],
        }

    def _parameters(self, handler: _Handler, path: str) -> Iterator[tuple[str, JsonObject]]:
        given = handler.args
        plain = [*given.posonlyargs, *given.args]
        missing: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
        defaults = [*missing, *given.defaults, *given.kw_defaults]
        for argument, default in zip([*plain, *given.kwonlyargs], defaults, strict=True):
            words = set(self._words(argument.annotation))
            models = [word for word in words if self._is_model(word)]
            if words & _OF_THE_FRAMEWORK:
                continue
            if models:
                yield from self._members(models[0])
                continue
            where = "path" if f"{{{argument.arg}}}" in path else "query"
            yield argument.arg, _parameter(words, where, required=default is None)

    def _members(self, model: str) -> Iterator[tuple[str, JsonObject]]:
        """The members of a request's body, those of the classes it is made from first."""
        definition = self.classes[model]
        for base in definition.bases:
            if isinstance(base, ast.Name) and base.id in self.classes:
                yield from self._members(base.id)
        for each in definition.body:
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                words = set(self._words(each.annotation))
                if "ClassVar" not in words:
                    required = each.value is None or _is_required(each.value)
                    yield each.target.id, _parameter(words, "body", required=required)

    def _is_model(self, name: str) -> bool:
        definition = self.classes.get(name)
        bases = definition.bases if definition else ()
        named = [base.id for base in bases if isinstance(base, ast.Name)]
        return _MODEL in named or any(map(self._is_model, named))

    def _words(self, annotation: ast.expr | None) -> Iterator[str]:
        """The names in an annotation, and in what they were given to."""
        for node in ast.walk(annotation) if annotation is not None else ():
            if isinstance(node, ast.Name):
                yield node.id
                yield from self._words(self.aliases.get(node.id))


def _routes(handler: _Handler) -> Iterator[ast.Call]:
    for each in handler.decorator_list:
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.args:
            yield from [each] if each.func.attr in _METHODS else []


def _plain(word: ast.keyword) -> bool:
    try:
        ast.literal_eval(word.value)
    except ValueError:
        return False
    return word.arg is not None


def _is_required(default: ast.expr) -> bool:
    """Whether what stands behind a field says nothing of a default: `Field(max_length=40)`."""
    if not isinstance(default, ast.Call):
        return False
    return not default.args and all(
        word.arg not in {"default", "default_factory"} for word in default.keywords
    )


def _parameter(words: set[str], where: str, *, required: bool) -> dict[str, Any]:
    kind = next((_TYPES[word] for word in _TYPES if word in words), "string")
    return {"type": kind, "param_type": where, "required": required, "description": ""}
