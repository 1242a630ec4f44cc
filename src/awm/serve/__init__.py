"""The same worlds behind protocols that agents speak: MCP over HTTP and over standard streams.

`service` is what is served, free of any protocol. `protocol` and `client` are the only modules that
know the MCP SDK. `http` and `stdio` are the two ways in. Import them by name: each brings libraries
that a caller of the others does not need.
"""

from awm.serve.run_folder import RunFolder

__all__ = ["RunFolder"]
