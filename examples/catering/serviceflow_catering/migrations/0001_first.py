"""first."""

import sqlalchemy as sa
from alembic import op
from serviceflow.store.columns import Instant, Json, Money

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "cat_dish",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("price", Money(), nullable=False),
        sa.Column("tastes", Json(), nullable=False),
        sa.Column("heat", sa.Integer(), nullable=False),
        sa.Column("allergens", Json(), nullable=False),
        sa.Column("signature", sa.Boolean(), nullable=False),
        sa.Column("sold_out", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_cat_dish")),
    )
    op.create_table(
        "cat_table",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_cat_table")),
    )
    op.create_table(
        "cat_profile",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("likes", Json(), nullable=False),
        sa.Column("dislikes", Json(), nullable=False),
        sa.Column("tastes", Json(), nullable=False),
        sa.Column("heat", sa.Integer(), nullable=True),
        sa.Column("allergens", Json(), nullable=False),
        sa.Column("seat_wish", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_cat_profile_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_cat_profile")),
    )
    op.create_table(
        "cat_problem",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dish", sa.String(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("cost", Money(), nullable=False),
        sa.Column("solved_at", Instant(), nullable=True),
        sa.Column("happy", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_cat_problem_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cat_problem")),
    )
    with op.batch_alter_table("cat_problem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cat_problem_order_id"), ["order_id"], unique=False)

    op.create_table(
        "cat_visit",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("table_code", sa.String(), nullable=True),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("seated_at", Instant(), nullable=True),
        sa.Column("dishes", Json(), nullable=False),
        sa.Column("bill", Money(), nullable=False),
        sa.Column("paid", Money(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_cat_visit_customer_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_cat_visit_order_id")),
        sa.ForeignKeyConstraint(["table_code"], ["cat_table.code"], name=op.f("fk_cat_visit_table_code")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_cat_visit")),
    )
    with op.batch_alter_table("cat_visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cat_visit_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cat_visit_starts_at"), ["starts_at"], unique=False)
