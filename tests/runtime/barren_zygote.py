"""A zygote whose first fork the system refuses, as it does when memory or processes run out.

Run in place of `awm.runtime.inside.zygote`.
"""

import errno
import os

from awm.runtime.inside import zygote
from awm.runtime.inside.forking import Forker
from awm.runtime.sandbox import Isolation

_fork = os.fork
_run = Forker.run


def _refuse() -> int:
    os.fork = _fork
    raise OSError(errno.EAGAIN, "no more")


def _run_barren(self: Forker, isolation: Isolation) -> None:
    os.fork = _refuse
    _run(self, isolation)


if __name__ == "__main__":
    Forker.run = _run_barren
    zygote.main()
