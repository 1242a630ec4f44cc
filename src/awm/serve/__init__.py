"""The same worlds behind protocols that others speak.

Folders of worlds have doors: `mcp`, `openenv`, `openreward`. Each is an ASGI application over a
`lodging`, where worlds live by name. `gate` stands in front of it: who may come in (`tokens`), how
much they may bring (`frames`, `rates`), what is counted (`counters`). `web` serves it on a socket
from `listening`.

One world, with a run folder that keeps its states: `service` is what is served, `http` the way in
over HTTP. `stdio` has the streams of a client that started this process; `client` is the other end.

Import modules by name: each brings libraries that a caller of the others does not need.
"""

from awm.serve.run_folder import RunFolder

__all__ = ["RunFolder"]
