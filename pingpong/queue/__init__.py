"""How work runs: enqueueing, the greenlet worker, the beat, the rescuer. Nothing here knows Flask."""
