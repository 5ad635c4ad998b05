"""Reports that somebody has ordered."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.domain.report_times import Every
from coord_service.storage.database import Row
from coord_service.storage.tables.accounts import User


class ReportOrder(Row):
    """The chase report by mail, for one member of staff."""

    __tablename__ = "report_order"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True)
    every: Mapped[Every]
    due_on: Mapped[date]  # the day for which it was last sent, or from which it was ordered
    user: Mapped[User] = relationship(lazy="raise")
