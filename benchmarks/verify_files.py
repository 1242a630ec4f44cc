"""The ordinary way to run a verifier: a process, the program, two database files.

    python -I benchmarks/verify_files.py PROGRAM INITIAL FINAL < ANSWER_AS_JSON

Writes what the program returned, as JSON.
"""

import json
import sys
from pathlib import Path

namespace = {"__name__": "verifier"}
exec(compile(Path(sys.argv[1]).read_bytes(), sys.argv[1], "exec"), namespace)
answer = json.load(sys.stdin)
json.dump(namespace["verify_task_completion"](*sys.argv[2:], answer), sys.stdout)
