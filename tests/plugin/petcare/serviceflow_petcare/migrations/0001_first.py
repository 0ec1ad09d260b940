"""first."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "petcare_pet",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_petcare_pet_order_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_petcare_pet_customer_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_petcare_pet")),
    )
    op.create_index(op.f("ix_petcare_pet_customer_id"), "petcare_pet", ["customer_id"])
