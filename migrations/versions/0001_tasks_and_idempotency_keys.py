"""Tasks and idempotency keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DURATION_MS = "(extract(epoch from finished_at - submitted_at) * 1000)::bigint"
SEARCH_TEXT = r"lower(coalesce(params ->> 'text', params::text) || E'\n' || coalesce(result #>> '{}', ''))"


def upgrade():
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _create_tasks()
    _index_tasks()
    _create_idempotency_keys()


def downgrade():
    # The extension stays: something else in this database may have come to use it.
    op.drop_table("idempotency_keys")
    op.drop_table("tasks")


def _create_tasks():
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=False),
        sa.Column("result", JSONB()),
        sa.Column("error", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("submitted_at", server_default=sa.text("clock_timestamp()"), nullable=False),
        _time("started_at"),
        _time("finished_at"),
        _time("announced_at"),
        sa.Column("duration_ms", sa.BigInteger(), sa.Computed(DURATION_MS, persisted=True)),
        sa.Column(
            "sort_duration",
            sa.BigInteger(),
            sa.Computed(f"coalesce({DURATION_MS}, {2**53})", persisted=True),
            nullable=False,
        ),
        sa.Column("search_text", sa.Text(), sa.Computed(SEARCH_TEXT, persisted=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="tasks_status"
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name="tasks_progress"),
    )


def _index_tasks():
    op.create_index("tasks_submitted", "tasks", ["submitted_at", "id"])
    op.create_index("tasks_duration", "tasks", ["sort_duration", "id"])
    op.create_index("tasks_status_submitted", "tasks", ["status", "submitted_at", "id"])
    op.create_index("tasks_kind_submitted", "tasks", ["kind", "submitted_at", "id"])
    op.create_index(
        "tasks_search",
        "tasks",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_index(
        "tasks_open", "tasks", ["id"], postgresql_where=sa.text("status IN ('queued', 'running')")
    )
    op.create_index(
        "tasks_unannounced",
        "tasks",
        ["finished_at"],
        postgresql_where=sa.text("finished_at IS NOT NULL AND announced_at IS NULL"),
    )


def _create_idempotency_keys():
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(100), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
        _time("used_at", server_default=sa.text("clock_timestamp()"), nullable=False),
    )
    op.create_index("idempotency_keys_task", "idempotency_keys", ["task_id"])
    op.create_index("idempotency_keys_used", "idempotency_keys", ["used_at"])


def _time(name, **options):
    return sa.Column(name, sa.DateTime(timezone=True), **options)
