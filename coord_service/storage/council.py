"""What a council sets for itself."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.meetings import Purpose
from coord_service.storage.database import Session
from coord_service.storage.tables import QuorumSetting, User

_BY_WHOM = joinedload(QuorumSetting.changed_by).joinedload(User.person)


async def list_quorum_settings(db: Session) -> Sequence[QuorumSetting]:
    """The rules of quorum for every purpose, with who changed them last."""
    return (await db.scalars(sa.select(QuorumSetting).order_by(QuorumSetting.id).options(_BY_WHOM))).all()


async def load_quorum_setting(db: Session, setting_id: int) -> QuorumSetting | None:
    """The rules of quorum for one purpose, with who changed them last."""
    return await db.get(QuorumSetting, setting_id, options=[_BY_WHOM])


async def find_quorum_rules(db: Session, purpose: Purpose) -> Sequence[dict[str, object]] | None:
    """The rules a council has set for a purpose; None where it has set none."""
    found: Sequence[dict[str, object]] | None = await db.scalar(
        sa.select(QuorumSetting.rules).where(QuorumSetting.purpose == purpose)
    )
    return found
