"""Submissions to a third party: entities, their graph, and the audit of every request."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATUSES = "'waiting', 'pending', 'submitted', 'completed', 'failed', 'cancelled'"
APPEND_ONLY = """
CREATE FUNCTION dsp_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE TRIGGER dsp_audit_append_only BEFORE UPDATE OR DELETE ON dsp_audit
  FOR EACH STATEMENT EXECUTE FUNCTION dsp_audit_append_only();
"""


def upgrade():
    _create_entities()
    _create_dependencies()
    _create_audit()


def downgrade():
    op.drop_table("dsp_audit")
    op.execute("DROP FUNCTION dsp_audit_append_only")
    op.drop_table("dsp_dependencies")
    op.drop_table("dsp_entities")


def _create_entities():
    op.create_table(
        "dsp_entities",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _reference("owner_id", "users.id"),
        sa.Column("ref", sa.String(100)),
        sa.Column("entity_type", sa.String(50), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("failure", sa.String(12)),
        sa.Column("blocked_reason", sa.Text()),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("attempts", "polls", "failures")],
        sa.Column("submission", sa.Integer(), nullable=False),
        _time("next_attempt_at"),
        sa.Column("last_error", sa.Text()),
        sa.Column("remote_id", sa.String(200)),
        sa.Column("may_be_there", sa.Boolean(), nullable=False),
        sa.Column("claim", sa.Uuid()),
        _time("claimed_until"),
        _time("requested_at"),
        _time("created_at", server_default=sa.text("clock_timestamp()"), nullable=False),
        _time("updated_at", server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="dsp_status"),
    )
    _index("owner", "owner_id", "id")
    _index("owner_status", "owner_id", "status", "id")
    _index("owner_ref", "owner_id", "ref", where="ref IS NOT NULL")
    _index("status", "status", "id")
    _index("due", "status", "next_attempt_at", "id", where="status IN ('pending', 'submitted')")
    op.execute("CREATE INDEX dsp_entities_ref_search ON dsp_entities USING gin (lower(ref) gin_trgm_ops)")
    _index("claimed", "claim", where="claim IS NOT NULL")


def _create_dependencies():
    op.create_table(
        "dsp_dependencies",
        _reference("entity_id", "dsp_entities.id", ondelete="CASCADE", primary_key=True),
        _reference("dependency_id", "dsp_entities.id", ondelete="CASCADE", primary_key=True),
        sa.CheckConstraint("entity_id <> dependency_id", name="dsp_not_itself"),
    )
    op.create_index("dsp_dependencies_children", "dsp_dependencies", ["dependency_id"])


def _create_audit():
    op.create_table(
        "dsp_audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        _reference("entity_id", "dsp_entities.id"),
        _time("at", nullable=False),
        sa.Column("action", sa.String(12), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("request", sa.Text()),
        sa.Column("http_status", sa.Integer()),
        sa.Column("response", sa.Text()),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("backoff_secs", sa.Float()),
        sa.Column("retry_after_s", sa.Float()),
        sa.Column("error", sa.Text()),
        sa.Column("is_outage", sa.Boolean(), nullable=False),
    )
    op.create_index("dsp_audit_entity", "dsp_audit", ["entity_id", "id"])
    op.create_index("dsp_audit_at", "dsp_audit", ["at"])
    silence = sa.text("retry_after_s IS NOT NULL")
    op.create_index("dsp_audit_silence", "dsp_audit", ["at"], postgresql_where=silence)
    op.execute(APPEND_ONLY)


def _index(name, *columns, where=None):
    condition = sa.text(where) if where else None
    op.create_index(f"dsp_entities_{name}", "dsp_entities", list(columns), postgresql_where=condition)


def _reference(name, target, *, ondelete=None, **options):
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(target, ondelete=ondelete), nullable=False, **options)


def _time(name, **options):
    return sa.Column(name, sa.DateTime(timezone=True), **options)
