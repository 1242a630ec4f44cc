"""A zygote whose first fork the system refuses, as it does when memory or processes run out.

Run in place of `awm.runtime.inside.zygote`.
"""

import errno
import os

from awm.runtime.inside import zygote

_fork = os.fork
_run = zygote._Zygote.run


def _refuse() -> int:
    os.fork = _fork
    raise OSError(errno.EAGAIN, "no more")


def _run_barren(self: zygote._Zygote) -> None:
    os.fork = _refuse
    _run(self)


if __name__ == "__main__":
    zygote._Zygote.run = _run_barren
    zygote.main()
