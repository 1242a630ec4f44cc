"""Where the real model is that these tests ask, if there is one."""

import os

import pytest

URL = os.environ.get("AWM_TEST_MODEL_URL", "")
MODEL = os.environ.get("AWM_TEST_MODEL_NAME", "local")

needs_a_model = pytest.mark.skipif(
    not URL,
    reason="there is no real model: serve one (scripts/serve_gguf.py), name it in"
    " AWM_TEST_MODEL_URL",
)
