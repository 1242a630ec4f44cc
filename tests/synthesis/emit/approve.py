"""Writes the approved text of the kiosk's code anew: `python -m tests.synthesis.emit.approve`."""

from tests.synthesis.emit.test_code import GOLDEN, code

if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(code(), encoding="utf-8")
