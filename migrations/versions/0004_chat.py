"""Conversations, their members and messages."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHANGED_AT = "coalesce(deleted_at, edited_at)"


def upgrade():
    _create_conversations()
    _create_members()
    _create_messages()


def downgrade():
    op.drop_table("messages")
    op.drop_table("conversation_members")
    op.drop_table("conversations")


def _create_conversations():
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("is_group", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(100)),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("pair", sa.String(80)),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        _time("created_at", server_default=sa.text("clock_timestamp()"), nullable=False),
        _time("active_at", server_default=sa.text("clock_timestamp()"), nullable=False),
    )
    op.create_index("conversations_pair", "conversations", ["pair"], unique=True)


def _create_members():
    op.create_table(
        "conversation_members",
        _reference("conversation_id", "conversations.id", primary_key=True),
        _reference("user_id", "users.id", primary_key=True),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        _time("joined_at", server_default=sa.text("clock_timestamp()"), nullable=False),
    )
    op.create_index("conversation_members_user", "conversation_members", ["user_id"])


def _create_messages():
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _reference("conversation_id", "conversations.id"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _reference("sender_id", "users.id"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(100)),
        _time("sent_at", server_default=sa.text("clock_timestamp()"), nullable=False),
        _time("edited_at"),
        _time("deleted_at"),
    )
    op.create_index("messages_order", "messages", ["conversation_id", "seq"], unique=True)
    op.create_index(
        "messages_client_id",
        "messages",
        ["conversation_id", "sender_id", "client_id"],
        unique=True,
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )
    op.create_index(
        "messages_changed",
        "messages",
        ["conversation_id", sa.text(CHANGED_AT)],
        postgresql_where=sa.text(f"{CHANGED_AT} IS NOT NULL"),
    )


def _reference(name, target, **options):
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(target, ondelete="CASCADE"), nullable=False, **options)


def _time(name, **options):
    return sa.Column(name, sa.DateTime(timezone=True), **options)
