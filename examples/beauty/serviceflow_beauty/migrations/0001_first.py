"""first."""

import sqlalchemy as sa
from alembic import op
from serviceflow.store.columns import Instant, Json, Money

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "beauty_treatment",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price", Money(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("gap_days", sa.Integer(), nullable=False),
        sa.Column("patch_test", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_beauty_treatment")),
    )
    op.create_table(
        "beauty_patch",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("treatment", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_beauty_patch_customer_id")),
        sa.ForeignKeyConstraint(["treatment"], ["beauty_treatment.code"], name=op.f("fk_beauty_patch_treatment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beauty_patch")),
    )
    with op.batch_alter_table("beauty_patch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_beauty_patch_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "beauty_profile",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("skin", sa.String(), nullable=False),
        sa.Column("allergies", sa.String(), nullable=False),
        sa.Column("pregnant", sa.Boolean(), nullable=False),
        sa.Column("products_used", sa.String(), nullable=False),
        sa.Column("past_treatments", Json(), nullable=False),
        sa.Column("reaction", sa.String(), nullable=False),
        sa.Column("drink", sa.String(), nullable=False),
        sa.Column("guardian", sa.String(), nullable=False),
        sa.Column("form_on", sa.Date(), nullable=True),
        sa.Column("health_consent_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_beauty_profile_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_beauty_profile")),
    )
    op.create_table(
        "beauty_package",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("treatment", sa.String(), nullable=False),
        sa.Column("paid_sessions", sa.Integer(), nullable=False),
        sa.Column("gift_sessions", sa.Integer(), nullable=False),
        sa.Column("price", Money(), nullable=False),
        sa.Column("paid", Money(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("frozen_on", sa.Date(), nullable=True),
        sa.Column("frozen_until", sa.Date(), nullable=True),
        sa.Column("frozen_days", sa.Integer(), nullable=False),
        sa.Column("freezes", sa.Integer(), nullable=False),
        sa.Column("refund", Money(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_beauty_package_customer_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_beauty_package_order_id")),
        sa.ForeignKeyConstraint(["treatment"], ["beauty_treatment.code"], name=op.f("fk_beauty_package_treatment")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_beauty_package")),
    )
    with op.batch_alter_table("beauty_package", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_beauty_package_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "beauty_session",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("treatment", sa.String(), nullable=True),
        sa.Column("therapist_id", sa.Integer(), nullable=True),
        sa.Column("locker", sa.Integer(), nullable=True),
        sa.Column("package_id", sa.Integer(), nullable=True),
        sa.Column("price", Money(), nullable=False),
        sa.Column("home_care", sa.String(), nullable=False),
        sa.Column("sold", Json(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_beauty_session_customer_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_beauty_session_order_id")),
        sa.ForeignKeyConstraint(["package_id"], ["beauty_package.order_id"], name=op.f("fk_beauty_session_package_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["staff.id"], name=op.f("fk_beauty_session_therapist_id")),
        sa.ForeignKeyConstraint(["treatment"], ["beauty_treatment.code"], name=op.f("fk_beauty_session_treatment")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_beauty_session")),
    )
    with op.batch_alter_table("beauty_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_beauty_session_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_beauty_session_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_beauty_session_therapist_id"), ["therapist_id"], unique=False)

    op.create_table(
        "beauty_use",
        sa.Column("rv", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["package_id"], ["beauty_package.order_id"], name=op.f("fk_beauty_use_package_id")),
        sa.ForeignKeyConstraint(["session_id"], ["orders.id"], name=op.f("fk_beauty_use_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beauty_use")),
        sa.UniqueConstraint("session_id", name=op.f("uq_beauty_use_session_id")),
    )
    with op.batch_alter_table("beauty_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_beauty_use_package_id"), ["package_id"], unique=False)
