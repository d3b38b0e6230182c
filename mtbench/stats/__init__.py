"""Verdicts → numbers: pure functions of plain sequences; no files, no network, no printing."""
