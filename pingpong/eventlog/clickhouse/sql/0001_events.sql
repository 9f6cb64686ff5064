-- Events, each once. Ordered as they are asked for: by type, then by time.
-- An insert is taken once per token among the last 10,000 inserts, which is more than ever waits for an answer.
CREATE TABLE IF NOT EXISTS events (
    id UUID,
    event_type LowCardinality(String),
    version UInt16,
    context String CODEC(ZSTD(3)),
    environment LowCardinality(String),
    request_id String,
    actor_id Nullable(UUID),
    occurred_at DateTime64(6, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (event_type, occurred_at, id)
TTL toDateTime(occurred_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 10000
