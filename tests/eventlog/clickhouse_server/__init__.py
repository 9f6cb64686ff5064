"""A ClickHouse server for tests: the real engine (chdb) in a process of its own, behind ClickHouse's HTTP
interface as far as clickhouse-connect uses it, with what goes wrong between the two switched on over HTTP.
"""
