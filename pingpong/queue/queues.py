"""The queues, in the order in which they matter."""

HEARTBEAT = "heartbeat"
"""Beats alone: a worker with its hands full still beats."""

MAINTENANCE = "maintenance"
"""Rescues and cleaning up."""

IO = "io"
"""Jobs that mostly wait."""

QUEUES = (HEARTBEAT, MAINTENANCE, IO)
