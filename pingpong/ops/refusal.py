"""Why `make run` does not start."""


class CannotStart(Exception):
    """Something is missing or taken. The text is one sentence that says what, and what to do about it."""
