"""The access log's trees. Leaves of the first form, which no release had, have no commitment that a tree could hold"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM leaf")
    with op.batch_alter_table("leaf", schema=None) as batch_op:
        batch_op.add_column(sa.Column("position", sa.BigInteger(), nullable=True))
        batch_op.create_index("leaf_position", ["institution", "position"], unique=True)

    op.create_table(
        "log_key",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "month"),
    )
    op.create_table(
        "log_tree",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("published", sa.Text(), nullable=False),
        sa.Column("distrusted", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("lease_until_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution"),
    )
    op.create_table(
        "log_tile",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "level", "number"),
    )
