"""Postgres and Redis without installing either: `make run` and the tests start them from wheels."""
