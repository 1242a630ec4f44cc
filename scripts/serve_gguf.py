#!/usr/bin/env python3
"""Serve a model from a GGUF file as an OpenAI-compatible server on this machine.

usage: serve_gguf.py MODEL.gguf [--port 8099] [--threads 2] [--context 8192]

It needs `xllamacpp` (`pip install xllamacpp`), best in an environment of its own: nothing of it is
imported by AWM. Ask it like any other model:

    OPENAI_BASE_URL=http://127.0.0.1:8099/v1 OPENAI_API_KEY=none AWM_SYN_OVERRIDE_MODEL=local ...

It holds answers to JSON schemas (`response_format`), and serves until it is ended with Ctrl-C.
"""

import argparse
import sys
import threading
from pathlib import Path


def main() -> None:
    """Serve until somebody ends it."""
    parser = argparse.ArgumentParser(description="Serve a GGUF file over the chat completions API.")
    parser.add_argument("model", type=Path, help="The GGUF file.")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--threads", type=int, default=2, help="Cores to use.")
    parser.add_argument("--context", type=int, default=8192, help="Tokens, question and answer.")
    chosen = parser.parse_args()
    if not chosen.model.is_file():
        sys.exit(f"{chosen.model} is no file.")
    try:
        import xllamacpp  # noqa: PLC0415 - the message below is for whoever has it not
    except ImportError:
        sys.exit("xllamacpp is not installed here: pip install xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(chosen.model)
    parameters.n_ctx = chosen.context
    parameters.n_parallel = 1
    parameters.use_jinja = True
    parameters.cpuparams.n_threads = chosen.threads
    parameters.port = chosen.port
    server = xllamacpp.Server(parameters)
    print(f"{server.listening_address}/v1", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print("ended", flush=True)


if __name__ == "__main__":
    main()
