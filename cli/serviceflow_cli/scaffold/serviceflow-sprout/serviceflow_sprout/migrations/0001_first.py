"""first."""

import sqlalchemy as sa
from alembic import op
from serviceflow.store.columns import Instant, Money

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sprout_visit",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("deposit", Money(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_sprout_visit_customer_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_sprout_visit_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_sprout_visit")),
    )
    with op.batch_alter_table("sprout_visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sprout_visit_customer_id"), ["customer_id"], unique=False)
