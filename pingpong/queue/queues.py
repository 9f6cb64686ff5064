"""The queues, in the order in which they matter."""

HEARTBEAT = "heartbeat"
"""Beats alone: a worker with its hands full still beats."""

MAINTENANCE = "maintenance"
"""Rescues and cleaning up."""

IO = "io"
"""Jobs that mostly wait: greenlets, hundreds at once."""

CPU = "cpu"
"""Jobs that compute: one to a process. A cruncher takes from it."""

IO_QUEUES = (HEARTBEAT, MAINTENANCE, IO)
"""What an io worker takes from."""

TASK_QUEUES = (IO, CPU)
"""Those among which a kind of task chooses."""

QUEUES = (*IO_QUEUES, CPU)
