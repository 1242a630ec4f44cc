"""SQLAlchemy classes: what they stand for, and where they and the schema disagree."""

from awm.runtime import Column, Schema, TableSchema
from awm.synthesis.llm_author.writing.mapped import disagreements, mapped_classes

SOURCE = """
class Stamped:
    created_at = Column(String)

class User(Stamped, Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    full = mapped_column("full_name", String)
    email: Mapped[str]
    phone: Mapped[str] = mapped_column(name="phone_number")
    loans = relationship("Loan")
    friends: Mapped[list["User"]] = relationship()
    kind = "person"

class Shape(BaseModel):
    id: int
"""


def _schema(**tables: str) -> Schema:
    return Schema(
        {
            name: TableSchema(
                name, tuple(Column(each, "TEXT", None) for each in text.split()), (), None, (), ()
            )
            for name, text in tables.items()
        }
    )


def test_columns_go_by_their_written_names_and_come_from_base_classes_too():
    (user,) = mapped_classes(SOURCE)
    assert (user.name, user.table, user.line) == ("User", "users", 5)
    assert user.columns == {
        "created_at": "created_at",
        "id": "id",
        "full": "full_name",
        "email": "email",
        "phone": "phone_number",
    }


def test_nothing_is_said_where_class_and_table_agree_whatever_the_case():
    schema = _schema(Users="id full_name EMAIL phone_number created_at")
    assert list(disagreements(mapped_classes(SOURCE), schema)) == []


def test_a_column_that_is_not_there_is_told_with_those_that_are():
    schema = _schema(users="id full_name email phone created_at")
    found = list(disagreements(mapped_classes(SOURCE), schema))
    assert [each.breaks for each in found] == [True, False]
    assert "User.phone stands for column users.phone_number" in found[0].what
    assert found[0].hint.startswith("there are: phone")
    assert "leaves out columns of users: phone" in found[1].what


def test_a_table_that_is_not_there_is_told_with_those_that_are():
    (found,) = disagreements(mapped_classes(SOURCE), _schema(members="id"))
    assert found.where == "class User (line 5)"
    assert "table users" in found.what
    assert found.hint == "there are: members"
    assert found.breaks


def test_classes_that_name_each_other_as_bases_end():
    source = "class A(B):\n    x = Column()\nclass B(A):\n    y = Column()\n"
    source += "class C(A):\n    __tablename__ = 'c'\n"
    (found,) = mapped_classes(source)
    assert set(found.columns) == {"x", "y"}
