"""What a kind's function may raise, or meet."""


class TaskFailed(Exception):
    """This cannot be done, and trying again would not help. The message is for the task's owner."""

    is_expected = True
    """It is not reported: nobody here has to mend anything."""


class TaskCancelled(Exception):
    """The task was called off, or another worker has taken it over: stop here. Raised by `ctx.progress`."""

    is_expected = True
