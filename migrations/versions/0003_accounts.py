"""People, their login sessions, and whose a task is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEARCH_TEXT = r"lower(username || E'\n' || email || E'\n' || name)"


def upgrade():
    _create_users()
    _create_login_sessions()
    op.add_column("tasks", sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE")))
    op.create_index(
        "tasks_owner_submitted",
        "tasks",
        ["owner_id", "submitted_at", "id"],
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )


def downgrade():
    op.drop_column("tasks", "owner_id")
    op.drop_table("login_sessions")
    op.drop_table("users")


def _create_users():
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("username", sa.String(254), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _time("created_at", server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("search_text", sa.Text(), sa.Computed(SEARCH_TEXT, persisted=True), nullable=False),
    )
    op.create_index("users_email", "users", ["email"], unique=True)
    op.create_index("users_username", "users", [sa.text("lower(username)")], unique=True)
    op.create_index(
        "users_search",
        "users",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )


def _create_login_sessions():
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        _time("created_at", server_default=sa.text("clock_timestamp()"), nullable=False),
        _time("expires_at", nullable=False),
        _time("ended_at"),
    )
    op.create_index("login_sessions_user", "login_sessions", ["user_id"])
    op.create_index("login_sessions_expiry", "login_sessions", ["expires_at"])


def _time(name, **options):
    return sa.Column(name, sa.DateTime(timezone=True), **options)
