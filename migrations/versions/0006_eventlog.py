"""The outbox of events, and the batches in which they are shipped."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")

# NOTIFY holds a lock of the whole server while its transaction commits, so that commits which notify wait
# for one another. Of those at the same time therefore only one does; the shipper looks by itself, too.
WAKE = """
CREATE FUNCTION event_outbox_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_try_advisory_xact_lock(hashtext('event_outbox_wake')) THEN
    NOTIFY event_outbox;
  END IF;
  RETURN NULL;
END $$
"""


def upgrade():
    op.create_table(
        "event_batches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("events", sa.Integer(), nullable=False),
        _time("oldest_at", nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("due_at", server_default=NOW, nullable=False),
        _time("sent_at"),
        _time("unsure_at"),
        sa.Column("last_error", sa.Text()),
        _time("shipped_at"),
    )
    _index("batches", "due", "due_at", where="shipped_at IS NULL")
    _index("batches", "shipped", "shipped_at", where="shipped_at IS NOT NULL")
    _create_outbox()
    op.execute(WAKE)
    op.execute(
        "CREATE TRIGGER event_outbox_wake AFTER INSERT ON event_outbox"
        " FOR EACH STATEMENT EXECUTE FUNCTION event_outbox_wake()"
    )


def downgrade():
    op.drop_table("event_outbox")
    op.execute("DROP FUNCTION event_outbox_wake")
    op.drop_table("event_batches")


def _create_outbox():
    op.create_table(
        "event_outbox",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("event_type", sa.String(100), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("context", JSONB(), nullable=False),
        sa.Column("environment", sa.String(20), nullable=False),
        sa.Column("request_id", sa.String(128)),
        sa.Column("actor_id", sa.Uuid()),
        _time("occurred_at", server_default=NOW, nullable=False),
        sa.Column("batch_id", sa.Uuid()),
        sa.Column("refusal", sa.Text()),
    )
    _index("outbox", "waiting", "occurred_at", "id", where="batch_id IS NULL AND refusal IS NULL")
    _index("outbox", "refused", "occurred_at", where="refusal IS NOT NULL")
    _index("outbox", "batch", "batch_id", where="batch_id IS NOT NULL")
    _index("outbox", "time", "occurred_at", "id")
    _index("outbox", "type", "event_type", "occurred_at", "id")
    _index("outbox", "actor", "actor_id", "occurred_at", "id", where="actor_id IS NOT NULL")


def _index(table, name, *columns, where=None):
    condition = sa.text(where) if where else None
    op.create_index(f"event_{table}_{name}", f"event_{table}", list(columns), postgresql_where=condition)


def _time(name, **options):
    return sa.Column(name, sa.DateTime(timezone=True), **options)
