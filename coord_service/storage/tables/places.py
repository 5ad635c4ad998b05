"""Places where people meet, the rooms in them, and how long it takes from one area to another."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.storage.database import Row


class Place(Row):
    """A building: its address goes into invitations, its area says how far it is from others."""

    __tablename__ = "place"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    area: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    rooms: Mapped[list["Room"]] = relationship(lazy="raise", back_populates="place", order_by="Room.name")
    __mapper_args__ = {"version_id_col": version}


class Room(Row):
    """A room that one meeting at a time can have."""

    __tablename__ = "room"
    __table_args__ = (sa.UniqueConstraint("place_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    name: Mapped[str]
    seats: Mapped[int]
    features: Mapped[list[str]]  # of domain.rooms.RoomFeature
    is_open: Mapped[bool] = mapped_column(default=True)  # closed: keeps its meetings, takes no new ones
    version: Mapped[int] = mapped_column(default=1)
    place: Mapped[Place] = relationship(lazy="raise", back_populates="rooms")
    __mapper_args__ = {"version_id_col": version}


class TravelTime(Row):
    """Minutes between two areas, in alphabetical order; both ``*``: within one; both empty: between all others."""

    __tablename__ = "travel_time"
    __table_args__ = (sa.UniqueConstraint("from_area", "to_area"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    from_area: Mapped[str]
    to_area: Mapped[str]
    minutes: Mapped[int]
