"""What is counted while the work is done, whoever does it. `/metrics` shows it: see docs/metrics.md."""
