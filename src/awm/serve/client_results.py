"""What a tool of any MCP server answered, as text: all that an agent reads."""

import json
from typing import Final

import mcp.types as wire

from awm.types import ToolResult

__all__ = ["told"]

_KILO: Final = 1 << 10
_MEGA: Final = 1 << 20


def told(result: wire.CallToolResult, tool: str) -> ToolResult:
    """A result as an agent is told it.

    Text comes as it is; of what is none it is told what it is. Structured content is shown where
    there is no text: a server that gives both says the same in both. Nobody checks it against the
    schema that its tool promises: the call is made, and its agent has to know what came of it.

    Args:
        result: What the server said.
        tool: Which tool it said that of.
    """
    lines = [_line(block) for block in result.content]
    if result.structuredContent is not None and not any(map(_is_text, result.content)):
        lines.insert(0, json.dumps(result.structuredContent, ensure_ascii=False, indent=2))
    text = "\n".join(lines)
    if result.isError and not text:
        text = f"Error: {tool} failed, and the server does not say why."
    return ToolResult(text, is_error=result.isError)


def _is_text(block: wire.ContentBlock) -> bool:
    if isinstance(block, wire.EmbeddedResource):
        return isinstance(block.resource, wire.TextResourceContents)
    return isinstance(block, wire.TextContent)


def _line(block: wire.ContentBlock) -> str:
    if isinstance(block, wire.TextContent):
        return block.text
    if isinstance(block, wire.ResourceLink):
        return f"[{block.name}: {block.uri}]"
    if isinstance(block, wire.EmbeddedResource):
        held = block.resource
        if isinstance(held, wire.TextResourceContents):
            return held.text
        return f"[{held.uri}, {held.mimeType or 'binary'}, {_size(held.blob)}]"
    return f"[{block.mimeType}, {_size(block.data)}]"


def _size(base64: str) -> str:
    """How much stands in Base64, in words."""
    count = len(base64) * 3 // 4 - base64[-2:].count("=")
    if count >= _MEGA:
        return f"{count / _MEGA:.1f} MB"
    return f"{count / _KILO:.0f} KB" if count >= _KILO else f"{count} bytes"
