"""Why `make run` does not start."""


class CannotStart(Exception):  # noqa: N818 - reads as the sentence that it carries
    """Something is missing or taken. The text is one sentence that says what, and what to do about it."""
