"""ClickHouse, to which events are shipped."""
