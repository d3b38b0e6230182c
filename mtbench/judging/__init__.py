"""Judging answers: prompts, matches, verdicts, judges."""
