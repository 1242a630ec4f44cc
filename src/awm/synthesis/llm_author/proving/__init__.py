"""Verifiers, agents that try the tasks, and the attacks that both have to stand."""
