"""One session with a client that has started this very process, as desktop clients do.

The conversation: https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#stdio
"""

import asyncio
from typing import Any, BinaryIO

from awm.serve.mcp.answering import answer_to
from awm.serve.mcp.house import House
from awm.serve.mcp.messages import RefusedError, encoded, parsed, refusal
from awm.serve.mcp.methods import Methods
from awm.serve.mcp.session import Session
from awm.serve.mcp.terms import Terms
from awm.serve.stdio import Conversation

__all__ = ["serve_stdio"]


async def serve_stdio(house: House, terms: Terms, incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Serve one session until the client closes its end, or the task is cancelled.

    Args:
        house: Where the world lives; it has been entered.
        terms: What the session is about, from `agree`.
        incoming: Where the client's messages come from, see `awm.serve.stdio.claim_streams`.
        outgoing: Where the answers go to.
    """
    methods, session = Methods(house), Session(house, terms)
    conversation = Conversation(incoming, outgoing)

    async def answer(line: bytes) -> None:
        said = await _answer(methods, session, line)
        if said is not None:
            conversation.write(encoded(said))

    try:
        # Each in a task of its own: one that takes long holds up no ping, and no cancellation.
        async with asyncio.TaskGroup() as group:
            async for line in conversation:
                group.create_task(answer(line))
        await conversation.written()
    finally:
        conversation.close()
        await session.end()


async def _answer(methods: Methods, session: Session, line: bytes) -> Any:
    try:
        return await answer_to(methods, session, parsed(line))
    except RefusedError as error:
        return refusal(error)
