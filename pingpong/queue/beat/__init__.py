"""An rq-scheduler whose periodic jobs lie on a grid and never drift. See docs/worker.md."""

from pingpong.queue.beat.beat import Beat

__all__ = ["Beat"]
