"""The event log: what happened, written with the change that it tells of, and shipped to ClickHouse once."""
