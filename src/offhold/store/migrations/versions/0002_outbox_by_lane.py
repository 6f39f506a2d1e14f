"""The outbox by lane, and when the message that a reply answers was accepted"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answers_at", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.drop_column("accepted_at")
        batch_op.create_index("outbox_lane", ["lane", "place"], unique=False)
