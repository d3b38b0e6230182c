"""Answers made to find out about a judge."""
