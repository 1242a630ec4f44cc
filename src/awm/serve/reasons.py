"""Why an attempt came to what it did, as far as it is a client's business."""

import logging

from awm.rollout.attempting import Graded

__all__ = ["told_reason"]

_UNGRADED = "Nobody could grade the attempt; the server's log says why."


def told_reason(graded: Graded, log: logging.Logger | logging.LoggerAdapter[logging.Logger]) -> str:
    """The reason of what an attempt came to.

    What keeps a judge's model from answering names addresses, and may name more: that is logged
    and not told.

    Args:
        graded: What it came to.
        log: Where to.
    """
    verdict = graded.verdict
    asked_in_vain = verdict is not None and verdict.error is not None and bool(verdict.votes)
    if verdict is not None and not asked_in_vain:
        return graded.reason
    log.warning("An attempt is not graded: %s", graded.reason)
    return _UNGRADED
