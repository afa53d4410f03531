"""Rows of `people` changed by SQLAlchemy, row by row: peers.py orm|core URL."""
import re
import sys

from sqlalchemy import BigInteger, Integer, String, bindparam, create_engine, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

AT_ONCE = 5000


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    full_name: Mapped[str | None] = mapped_column(String(201))


def slug(first, last):
    return re.sub(r"[^a-z0-9]+", "-", f"{last} {first}".lower()).strip("-")


def orm(engine):
    with Session(engine) as session:
        last = 0
        while people := session.scalars(select(Person).where(Person.id > last).order_by(Person.id).limit(AT_ONCE)).all():
            for person in people:
                person.full_name = slug(person.first_name, person.last_name)
            last = people[-1].id
            session.flush()
            session.expunge_all()
        session.commit()


def core(engine):
    table = Person.__table__
    change = update(table).where(table.c.id == bindparam("key")).values(full_name=bindparam("made"))
    wanted = select(table.c.id, table.c.first_name, table.c.last_name).order_by(table.c.id).limit(AT_ONCE)
    with engine.begin() as connection:
        last = 0
        while rows := connection.execute(wanted.where(table.c.id > last)).all():
            connection.execute(change, [{"key": row.id, "made": slug(row.first_name, row.last_name)} for row in rows])
            last = rows[-1].id


if __name__ == "__main__":
    {"orm": orm, "core": core}[sys.argv[1]](create_engine(sys.argv[2]))
