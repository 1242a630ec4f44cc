"""AWM: one-line scenarios become executable, provable worlds for tool-using agents."""

__version__ = "0.1.0"
