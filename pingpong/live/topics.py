"""The topics that news is published under."""

TASK = "task"
"""Public tasks: what everybody may see."""

HEARTBEAT = "heartbeat"
"""The beat of the scheduler."""

PUBLIC_TOPICS = frozenset({TASK, HEARTBEAT})
