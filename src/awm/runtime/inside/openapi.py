"""From a FastAPI application's OpenAPI document to tools, and from a tool call to a request.

The surface is the one that `fastapi-mcp` gives a published world, because agents were trained on
it: a tool per operation, named by its `operationId`, with path, query and body properties merged
into one flat object. Where that library gives up (self-referring models, bodies that are not
objects, one name both in the path and in the body) the tool is made usable instead.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from awm.runtime.inside.asgi import Request
from awm.types import JsonObject, ToolSpec

__all__ = ["MissingArgumentError", "Tool", "read_tools", "request_for"]

_METHODS: Final = ("get", "post", "put", "delete", "patch")
_JSON: Final = "application/json"
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_PLACEHOLDER: Final = re.compile(r"\{([^{}:]+)(?::[^{}]*)?\}")
"""A parameter in a path, such as `{id}` or `{file:path}`."""

_WHOLE_BODY: Final = "body"
"""The argument that carries a body which is not an object."""

_HIDDEN_IN_EXAMPLES: Final = ("allOf", "anyOf", "oneOf")
_EXAMPLE_STRINGS: Final = {
    "date-time": "2023-01-01T00:00:00Z",
    "date": "2023-01-01",
    "email": "user@example.com",
    "uri": "https://example.com",
}
_EXAMPLE_SCALARS: Final[dict[str, Any]] = {"integer": 1, "number": 1.0, "boolean": True}


class MissingArgumentError(ValueError):
    """A call lacks an argument without which there is no address to send it to."""

    def __init__(self, argument: str) -> None:
        super().__init__(f"the argument {argument!r} is required and must not be empty")
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool, and how a call of it becomes a request.

    Attributes:
        spec: What the agent sees.
        method: Upper case.
        path: With its parameters in braces.
        in_path, in_query, in_header: The parameters that go there.
        in_body: The properties of the body, or None where there is no body.
        body_required: Whether a body has to be sent even when nothing is to be said in it.
        whole_body: The body is the one argument `body` rather than an object of the rest.
        is_form: The body is URL-encoded rather than JSON.
    """

    spec: ToolSpec
    method: str
    path: str
    in_path: tuple[str, ...] = ()
    in_query: tuple[str, ...] = ()
    in_header: tuple[str, ...] = ()
    in_body: tuple[str, ...] | None = None
    body_required: bool = False
    whole_body: bool = False
    is_form: bool = False


def read_tools(document: JsonObject) -> tuple[dict[str, Tool], list[str]]:
    """The tools of an OpenAPI document by name, in its order, and what is odd about them."""
    tools: dict[str, Tool] = {}
    warnings: list[str] = []
    for path, method, operation in _operations(document):
        name = operation.get("operationId")
        if not isinstance(name, str) or not name:
            warnings.append(f"{method.upper()} {path} has no operationId and is not a tool")
        elif name in tools:
            warnings.append(f"{method.upper()} {path} repeats the operationId {name!r}; left out")
        else:
            tools[name] = _tool(name, method, path, operation)
    return tools, warnings


def _operations(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    schemas = document.get("components", {}).get("schemas", {})
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS:
                yield path, method, _resolved(operation, schemas, ())


def _resolved(part: Any, schemas: JsonObject, within: tuple[str, ...]) -> Any:
    """The part with every reference replaced by what it refers to.

    A model may refer to itself; `within` names the models that are being resolved, and a reference
    back to one of them becomes any object.
    """
    if isinstance(part, list):
        return [_resolved(entry, schemas, within) for entry in part]
    if not isinstance(part, dict):
        return part
    target = part.get("$ref")
    if not isinstance(target, str):
        return {key: _resolved(value, schemas, within) for key, value in part.items()}
    name = target.rpartition("/")[2]
    if name in within:
        return {"type": "object"}
    beside = {key: value for key, value in part.items() if key != "$ref"}
    referred = _resolved(schemas.get(name, {}), schemas, (*within, name))
    return {**_resolved(beside, schemas, within), **referred}


@dataclass(slots=True)
class _Arguments:
    """The flat input schema of a tool while it is put together."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)

    def add(self, name: str, schema: JsonObject, description: str, *, required: bool) -> None:
        described = {"description": description} if description else {}
        kind = {} if "type" in schema else {"type": _first_type(schema)}
        self.properties[name] = {**schema, "title": name, **described, **kind}
        if required and name not in self.required:
            self.required.append(name)

    def schema(self, tool: str) -> JsonObject:
        schema = {"type": "object", "properties": self.properties, "title": f"{tool}Arguments"}
        return {**schema, "required": self.required} if self.required else schema


def _tool(name: str, method: str, path: str, operation: JsonObject) -> Tool:
    arguments = _Arguments()
    places: dict[str, list[str]] = {"path": [], "query": [], "header": [], "cookie": []}
    for parameter in operation.get("parameters", ()):
        places.setdefault(parameter["in"], []).append(parameter["name"])
    for place in ("path", "query"):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == place:
                arguments.add(
                    parameter["name"],
                    parameter.get("schema", {}),
                    parameter.get("description", ""),
                    required=parameter.get("required", place == "path"),
                )
    content_type, body = _body_schema(operation)
    in_body = None if body is None else tuple(body.get("properties", ()))
    whole_body = body is not None and "properties" not in body
    mandatory = operation.get("requestBody", {}).get("required", False)
    if body is not None and whole_body:
        arguments.add(_WHOLE_BODY, body, body.get("description", ""), required=mandatory)
    elif body is not None:
        for key, schema in body["properties"].items():
            needed = mandatory and key in body.get("required", ())
            arguments.add(key, schema, schema.get("description", ""), required=needed)
    return Tool(
        spec=ToolSpec(name, _description(method, path, operation), arguments.schema(name)),
        method=method.upper(),
        path=path,
        in_path=tuple(places["path"]),
        in_query=tuple(places["query"]),
        in_header=tuple(places["header"]),
        in_body=in_body,
        body_required=mandatory,
        whole_body=whole_body,
        is_form=content_type in _FORMS,
    )


def _body_schema(operation: JsonObject) -> tuple[str, JsonObject | None]:
    content = operation.get("requestBody", {}).get("content", {})
    for content_type in (_JSON, *_FORMS, *content):
        if content_type in content:
            schema = content[content_type].get("schema", {})
            # An optional body is a union of the model and null; the model has the properties.
            options = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
            models = [part for part in options if "properties" in part]
            return content_type, _merged(models) if models else schema
    return "", None


def _merged(models: list[JsonObject]) -> JsonObject:
    """One flat object for whichever of the models is meant: required is what all require."""
    if len(models) == 1:
        return models[0]
    properties: dict[str, Any] = {}
    for name in dict.fromkeys(name for model in models for name in model["properties"]):
        schemas = [model["properties"][name] for model in models if name in model["properties"]]
        alike = all(schema == schemas[0] for schema in schemas)
        properties[name] = schemas[0] if alike else {"anyOf": schemas}
    required = [name for name in properties if all(name in m.get("required", ()) for m in models)]
    return {"properties": properties, "required": required}


def _first_type(schema: JsonObject) -> str:
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        kind = option.get("type")
        if isinstance(kind, str) and kind != "null":
            return kind
    return "string"


def _description(method: str, path: str, operation: JsonObject) -> str:
    """Summary, description, and the success response with an example.

    The layout is that of `fastapi-mcp` 0.4 (https://github.com/tadata-org/fastapi_mcp).
    """
    text: str = operation.get("summary") or f"{method.upper()} {path}"
    if operation.get("description"):
        text += f"\n\n{operation['description']}"
    responses = operation.get("responses") or {}
    success = next((code for code in map(str, range(200, 300)) if code in responses), None)
    shown = responses if success is None else {success: responses[success]}
    if shown:
        text += "\n\n### Responses:\n"
    for code, response in shown.items():
        text += f"\n**{code}**: {response.get('description', '')}"
        text += " (Success Response)" if code == success else ""
        for content_type, content in response.get("content", {}).items():
            if "schema" in content:
                text += f"\nContent-Type: {content_type}{_example_text(content)}"
    return text


def _example_text(content: JsonObject) -> str:
    values = [example.get("value") for example in content.get("examples", {}).values()]
    example = next(iter(values), content.get("example")) or _example(content["schema"])
    if not example:
        return ""
    return f"\n\n**Example Response:**\n```json\n{json.dumps(example, indent=2)}\n```"


def _example(schema: Any) -> Any:
    """A made-up value of a schema; None where the schema does not say enough."""
    if not isinstance(schema, dict):
        return None
    schema = {key: value for key, value in schema.items() if key not in _HIDDEN_IN_EXAMPLES}
    kind = schema.get("type")
    if kind == "object":
        members = {key: _example(value) for key, value in schema.get("properties", {}).items()}
        return {key: value for key, value in members.items() if value is not None}
    if kind == "array":
        member = _example(schema.get("items"))
        return [] if member is None else [member]
    if kind == "string":
        return _EXAMPLE_STRINGS.get(schema.get("format", ""), schema.get("title", "string"))
    return _EXAMPLE_SCALARS.get(kind) if isinstance(kind, str) else None


def request_for(tool: Tool, arguments: Mapping[str, Any]) -> Request:
    """The request that a call of the tool stands for.

    Raises:
        MissingArgumentError: A path parameter is missing or empty.
    """
    texts = {name: _as_text(arguments.get(name)) for name in tool.in_path}
    missing = next((name for name, text in texts.items() if not text), None)
    if missing is not None:
        raise MissingArgumentError(missing)
    path = _PLACEHOLDER.sub(lambda found: texts.get(found[1], found[0]), tool.path)
    query = [
        (name, _as_text(value))
        for name in tool.in_query
        for value in _repeated(arguments.get(name))
        if value is not None
    ]
    headers = [
        (name.lower().encode(), _as_text(arguments[name]).encode("latin-1", "replace"))
        for name in tool.in_header
        if arguments.get(name) is not None
    ]
    body, content_type = _body(tool, arguments)
    if content_type:
        headers.append((b"content-type", content_type.encode()))
    encoded = urlencode(query, quote_via=quote, errors="surrogatepass").encode()
    return Request(tool.method, path, encoded, tuple(headers), body)


def _body(tool: Tool, arguments: Mapping[str, Any]) -> tuple[bytes, str]:
    if tool.in_body is None:
        return b"", ""
    if tool.whole_body:
        if _WHOLE_BODY not in arguments:
            return b"", ""
        content = arguments[_WHOLE_BODY]
    else:
        elsewhere = {*tool.in_path, *tool.in_query, *tool.in_header} - set(tool.in_body)
        content = {key: value for key, value in arguments.items() if key not in elsewhere}
        if not content and not tool.body_required:
            return b"", ""
    if tool.is_form and isinstance(content, Mapping):
        pairs = [
            (key, _as_text(value))
            for key, values in content.items()
            for value in _repeated(values)
            if value is not None
        ]
        return urlencode(pairs, errors="surrogatepass").encode(), _FORMS[0]
    return json.dumps(content).encode(), _JSON


def _repeated(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
