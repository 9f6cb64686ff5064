"""worker.py, whose jobs wait for as long as a test does for the receiver of what they tell."""

import worker  # isort: skip - it decides whether gevent patches, before anything else is imported

from pingpong.queue.cruncher import worker as cruncher_worker
from pingpong.telemetry import sentry

if __name__ == "__main__":
    cruncher_worker.HORSE_ENDS_WITHIN_S = sentry.AT_EXIT_S = 30
    worker.main()
