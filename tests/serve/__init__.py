"""Tests of what serves worlds."""
