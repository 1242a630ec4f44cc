"""Tests of the gateway that offers worlds behind MCP."""
