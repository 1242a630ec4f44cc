"""Tests of worlds behind OpenEnv's protocol."""
