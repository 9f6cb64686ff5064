"""Attempts that failed, and those still to come."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "tasks", sa.Column("attempts_forgiven", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("tasks", sa.Column("due_at", sa.DateTime(timezone=True)))
    op.create_table(
        "task_failures",
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("attempt", sa.Integer(), primary_key=True),
        sa.Column(
            "failed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text()),
    )


def downgrade():
    op.drop_table("task_failures")
    op.drop_column("tasks", "due_at")
    op.drop_column("tasks", "attempts_forgiven")
