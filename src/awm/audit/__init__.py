"""Proofs about worlds: does one load, can its tasks be solved, do its verifiers tell right from wrong."""
