"""The page of the event log, the same as JSON, and `flask eventlog`."""
