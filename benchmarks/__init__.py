"""Measurements, each beside a peer in the same run. They say what this machine did, not what yours will."""
