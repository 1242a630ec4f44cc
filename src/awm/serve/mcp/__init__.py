"""Every world of a folder behind MCP: one process, one session and one instance for each client.

`application` is the way in over HTTP, `stdio` the one for desktop clients, `config` what these have
to be told. `messages` reads and writes JSON-RPC, `methods` is what a session can be asked,
`answering` puts both together for either way in, `transport` is MCP's streamable HTTP and
`endpoints` what else an owner can do with a session.

The transport is our own, over the SDK's types: a session is an entry of a table rather than a task
with streams and buffers, so that tens of thousands cost next to nothing.
"""
