"""Runs verifier programs the ordinary way, on files, in plain Python; for comparison.

Reads from standard input, as JSON, `[code, initial path, final path, answer]` for each run, and
writes the list of what they returned.
"""

import json
import sys


def run(code, initial, final, answer):
    namespace = {"__name__": "verifier"}
    exec(compile(code, "<verifier>", "exec"), namespace)
    return namespace["verify_task_completion"](initial, final, answer)


json.dump([run(*order) for order in json.load(sys.stdin)], sys.stdout)
