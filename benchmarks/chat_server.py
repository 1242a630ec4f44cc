"""Runs in a process of its own: answer every chat completion with the same text after a while.

    python benchmarks/chat_server.py SECONDS BYTES

Writes the port that it listens on, and serves until it is killed.
"""

import asyncio
import contextlib
import json
import re
import sys

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def response(size: int) -> bytes:
    """An answer whose text has so many bytes."""
    message = {"role": "assistant", "content": "x" * size}
    body = {
        "object": "chat.completion",
        "model": "benchmark",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 2000, "completion_tokens": 1000, "total_tokens": 3000},
    }
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}"
    return head.encode() + b"\r\n\r\n" + content


async def main(seconds: float, size: int) -> None:
    answer = response(size)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = LENGTH.search(head)
                await reader.readexactly(int(found[1]) if found else 0)
                await asyncio.sleep(seconds)
                writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), int(sys.argv[2])))
