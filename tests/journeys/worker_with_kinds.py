"""worker.py, which also knows the tests' kinds: `python -m tests.journeys.worker_with_kinds io|cpu`."""

import worker  # isort: skip - it decides whether gevent patches, before anything else is imported

from pingpong.tasks.registry import registry
from tests.journeys import kinds

if __name__ == "__main__":
    kinds.add_to(registry)
    worker.main()
