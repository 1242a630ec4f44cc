"""The command line, `awm`: one module for each noun; what is heavy is imported when it is needed.

Exit codes: 0 when all is well, 1 when something that was checked is not, 2 when the request makes
no sense, 3 when the machine or the network fails, 128 + n after signal n (130 after Ctrl-C).
"""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit."""
    try:
        from awm.cli.app import run  # noqa: PLC0415 - so that importing the room costs nothing

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before there was anything to put away
        code = 130
    sys.exit(code)
