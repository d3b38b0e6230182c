"""Score chat models with LLM judges, and say how far to trust the scores."""

__version__ = "0.1.0"
