"""Coworking Space: the member and community desk of an operator with several locations.

The caller is already logged in as the community lead (`CURRENT_USER_ID`), who books for herself
and looks after the members of her own city. Times are UTC, money is euro cents, credits are whole.

Handlers are `async` and never await: calls run one after the other, so that no call can slip in
between the checks of another and its commit. Each validates first and commits once, at its end.
"""

import calendar
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from sqlalchemy import (
    Dialect,
    ForeignKey,
    Index,
    Select,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    create_engine,
    event,
    func,
    or_,
    select,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)

# --------------------------------------------------------------------------------------------------
# Constants: who is logged in, and the numbers of the house rules
# --------------------------------------------------------------------------------------------------

DATABASE_PATH = os.environ.get("DATABASE_PATH", "sqlite:///coworking_space.db")
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")

CURRENT_USER_ID = 1
CREDITS_ISSUED_ACCOUNT_ID = 1
CREDITS_SPENT_ACCOUNT_ID = 2

SLOT_MINUTES = 15
MIN_BOOKING_MINUTES = 30
MAX_BOOKING_MINUTES = 600
DAY_CAP_MINUTES = 360
FULL_REFUND_HOURS = 24
HALF_REFUND_HOURS = 2
RESCHEDULE_HOURS = 2
MAX_RESCHEDULES = 2
CHECK_IN_LEAD_MINUTES = 15
NO_SHOW_GRACE_MINUTES = 15
NO_SHOW_LIMIT = 3
NO_SHOW_WINDOW_DAYS = 30
ARREARS_DAYS = 30
GUEST_DAYS_AHEAD = 30
GUEST_VISITS_PER_MONTH = 4
GOODWILL_PER_MONTH = 10
REFUND_LIMIT_CENTS = 15_000
REFUND_WINDOW_DAYS = 60
INVOICE_TERM_DAYS = 14
EVENT_REFUND_HOURS = 24
MAX_BLOCK_DAYS = 30

MAX_ID = 2_147_483_647
FIRST_YEAR, LAST_YEAR = 2020, 2100
MOMENT_FORMAT = "%Y-%m-%d %H:%M:%S"
MOMENT_LENGTHS = (16, 19)

SpaceKind = Literal["meeting_room", "phone_booth", "hot_desk", "dedicated_desk"]
BookingStatus = Literal["confirmed", "checked_in", "completed", "no_show", "cancelled"]
PassStatus = Literal["expected", "checked_in", "checked_out", "cancelled", "no_show"]
InvoiceStatus = Literal["draft", "open", "paid", "refunded", "void"]
TicketStatus = Literal["open", "in_progress", "resolved", "cancelled"]
Severity = Literal["low", "medium", "high"]
PaymentMethod = Literal["bank_transfer", "card", "direct_debit", "cash"]
TransferKind = Literal[
    "allowance", "plan_upgrade", "goodwill", "booking", "booking_refund", "event", "event_refund"
]

HOLDING_STATUSES = ("confirmed", "checked_in")
SEATED_STATUSES = ("registered", "attended")
ACTIVE_TICKET_STATUSES = ("open", "in_progress")
PASS_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "expected": ("checked_in", "cancelled", "no_show"),
    "checked_in": ("checked_out",),
    "checked_out": (),
    "cancelled": (),
    "no_show": (),
}
TICKET_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "open": ("in_progress", "resolved", "cancelled"),
    "in_progress": ("open", "resolved"),
    "resolved": (),
    "cancelled": (),
}

# --------------------------------------------------------------------------------------------------
# Database: engine, column types, tables
# --------------------------------------------------------------------------------------------------

engine = create_engine(DATABASE_PATH, connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, autoflush=False, expire_on_commit=False)


@event.listens_for(engine, "connect")
def enforce_foreign_keys(connection: Any, _record: Any) -> None:
    """SQLite checks foreign keys only on connections that ask for it."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


class MomentText(TypeDecorator[datetime]):
    """A UTC moment kept as text 'YYYY-MM-DD HH:MM:SS', which sorts as it reads."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write a moment."""
        return None if value is None else value.strftime(MOMENT_FORMAT)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read a moment."""
        return None if value is None else datetime.strptime(value, MOMENT_FORMAT)


class DayText(TypeDecorator[date]):
    """A calendar day kept as text 'YYYY-MM-DD'."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Write a day."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """Read a day."""
        return None if value is None else date.fromisoformat(value)


class Base(DeclarativeBase):
    """Common parent of the tables."""

    type_annotation_map = {str: Text, datetime: MomentText, date: DayText}  # noqa: RUF012


class Location(Base):
    """A building, with the guests it can take on one day."""

    __tablename__ = "locations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    city: Mapped[str] = mapped_column(index=True)
    address: Mapped[str]
    status: Mapped[str]
    daily_guest_limit: Mapped[int]

    hours: Mapped[list["OpeningHours"]] = relationship(order_by="OpeningHours.weekday")


class OpeningHours(Base):
    """When a location is open on one weekday (0 is Monday); no row means shut."""

    __tablename__ = "opening_hours"
    __table_args__ = (UniqueConstraint("location_id", "weekday"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    weekday: Mapped[int]
    opens_at: Mapped[str]
    closes_at: Mapped[str]


class Plan(Base):
    """What a member pays each month, and what the member may do for it."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    monthly_price_cents: Mapped[int]
    monthly_credits: Mapped[int]
    guest_passes_per_day: Mapped[int]
    booking_window_days: Mapped[int]
    max_upcoming_bookings: Mapped[int]
    all_locations: Mapped[int]
    hot_desks_included: Mapped[int]
    company_only: Mapped[int]
    status: Mapped[str]


class Account(Base):
    """Who holds credits and pays invoices; its balance is the sum of its transfers."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    status: Mapped[str]
    credit_balance: Mapped[int]


class Company(Base):
    """A team whose members share one account."""

    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    home_location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    billing_email: Mapped[str]
    seat_limit: Mapped[int]

    account: Mapped[Account] = relationship()
    home_location: Mapped[Location] = relationship()


class Member(Base):
    """A person with a plan; `account` is the company's where there is one."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str | None]
    role: Mapped[str]
    status: Mapped[str]
    home_location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    plan_changed_on: Mapped[date | None]
    pending_plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    pending_plan_from: Mapped[date | None]
    joined_on: Mapped[date]

    home_location: Mapped[Location] = relationship()
    company: Mapped[Company | None] = relationship()
    account: Mapped[Account] = relationship()
    plan: Mapped[Plan] = relationship(foreign_keys=[plan_id])
    pending_plan: Mapped[Plan | None] = relationship(foreign_keys=[pending_plan_id])


class Space(Base):
    """A room, booth or desk. Dedicated desks belong to one member and are never booked."""

    __tablename__ = "spaces"
    __table_args__ = (UniqueConstraint("location_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    name: Mapped[str]
    kind: Mapped[str]
    floor: Mapped[int]
    capacity: Mapped[int]
    credits_per_hour: Mapped[int]
    min_notice_minutes: Mapped[int]
    has_screen: Mapped[int]
    has_video: Mapped[int]
    has_whiteboard: Mapped[int]
    status: Mapped[str]
    assigned_member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))

    location: Mapped[Location] = relationship()
    assigned_member: Mapped[Member | None] = relationship()


class Booking(Base):
    """One space for one member from `starts_at` to `ends_at`, the end not included."""

    __tablename__ = "bookings"
    __table_args__ = (
        Index("idx_bookings_space_time", "space_id", "starts_at"),
        Index("idx_bookings_member", "member_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("spaces.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    booked_by_member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    attendees: Mapped[int]
    purpose: Mapped[str | None]
    status: Mapped[str]
    credits_charged: Mapped[int]
    credits_refunded: Mapped[int] = mapped_column(default=0)
    reschedule_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    checked_in_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]

    space: Mapped[Space] = relationship()
    member: Mapped[Member] = relationship(foreign_keys=[member_id])


class VisitorPass(Base):
    """A guest of a member, at one location on one day."""

    __tablename__ = "visitor_passes"
    __table_args__ = (Index("idx_visitor_passes_day", "location_id", "visit_date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    host_member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    guest_name: Mapped[str]
    guest_email: Mapped[str]
    visit_date: Mapped[date]
    status: Mapped[str]
    created_at: Mapped[datetime]
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]

    host: Mapped[Member] = relationship()
    location: Mapped[Location] = relationship()


class Event(Base):
    """A gathering with a limited number of seats, paid in credits."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    title: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    credits_price: Mapped[int]
    registration_closes_at: Mapped[datetime]
    status: Mapped[str]

    location: Mapped[Location] = relationship()
    registrations: Mapped[list["EventRegistration"]] = relationship(
        back_populates="event",
        order_by="EventRegistration.registered_at, EventRegistration.id",
    )


class EventRegistration(Base):
    """A member's seat, or place on the waitlist, at an event."""

    __tablename__ = "event_registrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    status: Mapped[str]
    credits_charged: Mapped[int]
    credits_refunded: Mapped[int] = mapped_column(default=0)
    registered_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship(back_populates="registrations")
    member: Mapped[Member] = relationship()


class CreditTransfer(Base):
    """Both halves of a double entry: credits leave one account and reach another."""

    __tablename__ = "credit_transfers"

    id: Mapped[int] = mapped_column(primary_key=True)
    from_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    to_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    credits: Mapped[int]
    kind: Mapped[str]
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("event_registrations.id"))
    note: Mapped[str]
    created_at: Mapped[datetime]


class Invoice(Base):
    """What an account owes. `overdue` is not a status: it is open and past its due day."""

    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    status: Mapped[str]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    total_cents: Mapped[int]
    paid_cents: Mapped[int] = mapped_column(default=0)
    refunded_cents: Mapped[int] = mapped_column(default=0)

    account: Mapped[Account] = relationship()
    lines: Mapped[list["InvoiceLine"]] = relationship(order_by="InvoiceLine.id")
    payments: Mapped[list["Payment"]] = relationship(
        back_populates="invoice", order_by="Payment.id"
    )


class InvoiceLine(Base):
    """One line of an invoice; a credit has a negative unit price."""

    __tablename__ = "invoice_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    description: Mapped[str]
    quantity: Mapped[int]
    unit_price_cents: Mapped[int]
    amount_cents: Mapped[int]


class Payment(Base):
    """Money received for an invoice, or given back out of an earlier payment."""

    __tablename__ = "payments"
    __table_args__ = (UniqueConstraint("invoice_id", "reference"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    kind: Mapped[str]
    amount_cents: Mapped[int]
    method: Mapped[str]
    reference: Mapped[str]
    refunds_payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    reason: Mapped[str | None]
    created_at: Mapped[datetime]

    invoice: Mapped[Invoice] = relationship(back_populates="payments")


class MaintenanceTicket(Base):
    """Something broken; with a window it keeps its space from being booked in that window."""

    __tablename__ = "maintenance_tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("spaces.id"))
    title: Mapped[str]
    severity: Mapped[str]
    status: Mapped[str]
    blocks_from: Mapped[datetime | None]
    blocks_until: Mapped[datetime | None]
    reported_by_member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    resolution_note: Mapped[str | None]
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]

    space: Mapped[Space] = relationship()


Base.metadata.create_all(engine)

# --------------------------------------------------------------------------------------------------
# Field types: every input is bounded, so that nothing a caller sends can break a handler
# --------------------------------------------------------------------------------------------------


def utc_now() -> datetime:
    """The current moment in UTC, without zone and microseconds, as the database keeps it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def parse_moment(value: object) -> datetime:
    """Read 'YYYY-MM-DD HH:MM', with optional seconds, 'T' and 'Z'."""
    if isinstance(value, datetime):
        return value
    written = value.strip().removesuffix("Z").replace("T", " ") if isinstance(value, str) else ""
    try:
        if len(written) not in MOMENT_LENGTHS:
            raise ValueError
        moment = datetime.strptime(written + ":00" * (len(written) == 16), MOMENT_FORMAT)
    except ValueError:
        raise ValueError(
            "write a UTC time as 'YYYY-MM-DD HH:MM', as in '2026-02-03 14:30'"
        ) from None
    return in_supported_years(moment)


def parse_day(value: object) -> date:
    """Read 'YYYY-MM-DD'."""
    if isinstance(value, date):
        return value
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        day = datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError:
        raise ValueError("write a day as 'YYYY-MM-DD', as in '2026-02-03'") from None
    return in_supported_years(day)


DayOrMoment = TypeVar("DayOrMoment", date, datetime)


def in_supported_years(value: DayOrMoment) -> DayOrMoment:
    """Refuse years so far off that sums of days would leave the calendar."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return value


def printable(value: str) -> str:
    """Refuse control characters, NUL and lone surrogates."""
    if not value.isprintable():
        raise ValueError("use printable characters on one line only")
    return value


Moment = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    PlainSerializer(lambda value: value.strftime(MOMENT_FORMAT), return_type=str),
    WithJsonSchema({"type": "string", "examples": ["2026-02-03 14:30"]}),
]
Day = Annotated[
    date,
    BeforeValidator(parse_day),
    PlainSerializer(lambda value: value.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-02-03"]}),
]
ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(printable),
]
NoteText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=300),
    AfterValidator(printable),
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", to_lower=True
    ),
    AfterValidator(printable),
]
Reference = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=3,
        max_length=40,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]*$",
    ),
]
RowId = Annotated[int, Field(ge=1, le=MAX_ID)]
Credits = Annotated[int, Field(ge=0, le=10_000)]
PathId = Annotated[int, Path(ge=1, le=MAX_ID)]
Limit = Annotated[int, Query(ge=1, le=50, description="Most rows to return.")]
Offset = Annotated[int, Query(ge=0, le=100_000, description="Rows to skip, for paging.")]

# --------------------------------------------------------------------------------------------------
# Answers
# --------------------------------------------------------------------------------------------------

Row = TypeVar("Row")


class Answer(BaseModel):
    """Common parent of what the tools answer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Page(Answer, Generic[Row]):
    """A slice of a list, and how long the whole list is."""

    total: int = Field(description="Rows that match, on all pages.")
    offset: int = Field(description="Rows skipped before the first one shown.")
    results: list[Row]


class Refusal(Answer):
    """Why a request was refused."""

    detail: str


class HoursOut(Answer):
    """Opening hours of one weekday."""

    weekday: str = Field(examples=["Monday"])
    opens_at: str = Field(examples=["08:00"])
    closes_at: str = Field(examples=["20:00"])


class LocationOut(Answer):
    """A location with its opening hours; weekdays not listed are shut."""

    id: int
    name: str
    city: str
    address: str
    status: Literal["open", "coming_soon", "closed"]
    daily_guest_limit: int
    opening_hours: list[HoursOut]


class SpaceOut(Answer):
    """A space, where it is and what it costs."""

    id: int
    name: str
    kind: SpaceKind
    location_id: int
    location: str
    floor: int
    capacity: int
    credits_per_hour: int
    min_notice_minutes: int
    screen: bool
    video: bool
    whiteboard: bool
    status: Literal["active", "retired"]
    assigned_to: str | None = Field(description="Holder of a dedicated desk.")


class BusyOut(Answer):
    """A stretch in which a space cannot be booked."""

    starts_at: Moment
    ends_at: Moment
    kind: Literal["booking", "maintenance"]
    id: int = Field(description="Id of the booking or of the maintenance ticket.")
    label: str


class FreeOut(Answer):
    """A stretch in which a space is free."""

    starts_at: Moment
    ends_at: Moment


class ScheduleOut(Answer):
    """One space on one day."""

    space: SpaceOut
    day: Day
    open: bool
    busy: list[BusyOut]
    free: list[FreeOut]


class CompanyOut(Answer):
    """A company and how its account stands."""

    id: int
    name: str
    home_location: str
    city: str
    billing_email: str
    seat_limit: int
    member_count: int = Field(description="Members that are not cancelled.")
    account_id: int
    account_status: str
    credit_balance: int
    overdue_cents: int


class MemberOut(Answer):
    """A member in a list."""

    id: int
    full_name: str
    email: str
    status: Literal["active", "paused", "cancelled"]
    plan: str
    company: str | None
    home_location: str
    city: str


class MemberDetailOut(MemberOut):
    """A member with plan, account and conduct."""

    phone: str | None
    role: Literal["member", "community_lead"]
    joined_on: Day
    plan_id: int
    company_id: int | None
    home_location_id: int
    pending_plan: str | None = Field(description="Plan a downgrade will lead to.")
    pending_plan_from: Day | None
    account_id: int
    account_status: str
    credit_balance: int = Field(description="Shared with the company's other members, if any.")
    overdue_cents: int
    upcoming_bookings: int
    no_shows_last_30_days: int
    dedicated_desk: str | None
    looked_after_by_you: bool = Field(description="Whether you may act for this member.")


class ProfileOut(Answer):
    """Who is logged in, and the time."""

    now: Moment = Field(description="Current time, UTC.")
    weekday: str
    city_looked_after: str
    member: MemberDetailOut


class PlanOut(Answer):
    """A plan and what it allows."""

    id: int
    name: str
    monthly_price_cents: int
    monthly_credits: int
    guest_passes_per_day: int
    booking_window_days: int
    max_upcoming_bookings: int
    all_locations: bool
    hot_desks_included: bool
    company_only: bool
    status: Literal["offered", "retired"]


class ChargeLine(Answer):
    """One line of a charge."""

    description: str
    amount_cents: int


class PlanChangeOut(Answer):
    """A change of plan, made or only previewed."""

    member_id: int
    member: str
    from_plan: str
    to_plan: str
    direction: Literal["upgrade", "downgrade", "keep"]
    effective_on: Day
    applied: bool = Field(description="False for a preview.")
    charge_lines: list[ChargeLine]
    charge_cents: int
    credits_added: int
    invoice_id: int | None
    invoice_number: str | None


class BookingOut(Answer):
    """A booking."""

    id: int
    space_id: int
    space: str
    space_kind: SpaceKind
    location: str
    member_id: int
    member: str
    company: str | None
    starts_at: Moment
    ends_at: Moment
    attendees: int
    purpose: str | None
    status: BookingStatus
    credits_charged: int
    credits_refunded: int
    reschedule_count: int
    checked_in_at: Moment | None


class BookingChangeOut(Answer):
    """A booking after a change, and what the change did to the credits."""

    booking: BookingOut
    credits_charged_now: int
    credits_refunded_now: int
    credit_balance: int = Field(description="Balance of the account that pays.")


class PassOut(Answer):
    """A visitor pass."""

    id: int
    guest_name: str
    guest_email: str
    visit_date: Day
    location: str
    host_member_id: int
    host: str
    status: PassStatus
    checked_in_at: Moment | None
    checked_out_at: Moment | None


class CreditEntryOut(Answer):
    """One movement on an account; positive is credits received."""

    id: int
    created_at: Moment
    kind: TransferKind
    credits: int
    note: str
    booking_id: int | None
    registration_id: int | None


class StatementOut(Answer):
    """An account's movements in a span of days, and the balances at both ends."""

    account_id: int
    account: str
    opening_balance: int
    closing_balance: int
    current_balance: int
    entries: Page[CreditEntryOut]


class GoodwillOut(Answer):
    """Credits given as goodwill."""

    transfer_id: int
    account: str
    credits: int
    credit_balance: int
    goodwill_left_this_month: int


class InvoiceOut(Answer):
    """An invoice in a list."""

    id: int
    number: str
    account_id: int
    account: str
    account_kind: Literal["company", "member"]
    city: str
    status: InvoiceStatus
    overdue: bool
    issued_on: Day
    due_on: Day
    total_cents: int
    paid_cents: int
    refunded_cents: int
    outstanding_cents: int


class InvoiceLineOut(Answer):
    """A line of an invoice."""

    description: str
    quantity: int
    unit_price_cents: int
    amount_cents: int


class PaymentOut(Answer):
    """A payment or a refund."""

    id: int
    kind: Literal["payment", "refund"]
    amount_cents: int
    method: PaymentMethod
    reference: str
    refunds_payment_id: int | None
    reason: str | None
    created_at: Moment


class InvoiceDetailOut(InvoiceOut):
    """An invoice with its lines and payments."""

    lines: list[InvoiceLineOut]
    payments: list[PaymentOut]


class PaymentReceiptOut(Answer):
    """A recorded payment or refund and what it did to its invoice and account."""

    payment: PaymentOut
    invoice: InvoiceOut
    account_status: str
    account_reinstated: bool = Field(description="Whether this payment lifted a suspension.")


class EventOut(Answer):
    """An event and how full it is."""

    id: int
    title: str
    location: str
    city: str
    starts_at: Moment
    ends_at: Moment
    capacity: int
    seats_taken: int
    seats_left: int
    waitlist_length: int
    credits_price: int
    registration_closes_at: Moment
    status: Literal["scheduled", "cancelled", "finished"]


class RegistrationOut(Answer):
    """A member's registration for an event."""

    id: int
    member_id: int
    member: str
    status: Literal["registered", "waitlisted", "cancelled", "attended", "absent"]
    credits_charged: int
    registered_at: Moment


class EventDetailOut(EventOut):
    """An event with everybody on its list; the waitlist is in the order of its turn."""

    attendees: list[RegistrationOut]
    waitlist: list[RegistrationOut]


class RegistrationChangeOut(Answer):
    """A registration after a change, and who moved up from the waitlist because of it."""

    event: EventOut
    registration: RegistrationOut
    credits_refunded: int
    credit_balance: int
    promoted_member: str | None
    skipped_members: list[str] = Field(description="Passed over for want of credits or standing.")


class TicketOut(Answer):
    """A maintenance ticket."""

    id: int
    space_id: int
    space: str
    location: str
    title: str
    severity: Severity
    status: TicketStatus
    blocks_from: Moment | None
    blocks_until: Moment | None
    resolution_note: str | None
    created_at: Moment
    resolved_at: Moment | None


# --------------------------------------------------------------------------------------------------
# Requests
# --------------------------------------------------------------------------------------------------


class RequestBody(BaseModel):
    """Common parent of request bodies: a field nobody knows is refused, not dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BookingRequest(RequestBody):
    """What to book, for whom and when."""

    space_id: RowId = Field(description="Space to book.", examples=[2])
    starts_at: Moment = Field(description="Start, UTC, on a quarter of an hour.")
    ends_at: Moment = Field(description="End, UTC, same day, on a quarter of an hour.")
    attendees: int = Field(default=1, ge=1, le=500, description="People in the space.")
    member_id: RowId = Field(
        default=CURRENT_USER_ID, description="Member who uses and pays for it; you if left out."
    )
    purpose: ShortText | None = Field(default=None, description="What it is for.")


class RescheduleRequest(RequestBody):
    """What to change about a booking; whatever is left out stays."""

    space_id: RowId | None = Field(default=None, description="Move to this space.")
    starts_at: Moment | None = Field(default=None, description="New start, UTC.")
    ends_at: Moment | None = Field(default=None, description="New end, UTC.")
    attendees: int | None = Field(default=None, ge=1, le=500, description="New head count.")


class AttendanceRequest(RequestBody):
    """Whether the member came."""

    outcome: Literal["checked_in", "no_show"] = Field(description="What happened.")


class PlanChangeRequest(RequestBody):
    """The plan to change to."""

    plan_id: RowId = Field(description="Plan wanted; the current plan cancels a pending downgrade.")
    preview_only: bool = Field(
        default=False, description="Work out charge and credits without changing anything."
    )


class PassRequest(RequestBody):
    """Who visits whom, where and when."""

    guest_name: ShortText = Field(description="Guest's full name.")
    guest_email: Email = Field(description="Guest's e-mail.", examples=["guest@example.com"])
    visit_date: Day = Field(description="Day of the visit.")
    location_id: RowId = Field(description="Location visited.")
    host_member_id: RowId = Field(
        default=CURRENT_USER_ID, description="Member who is visited; you if left out."
    )


class PassUpdate(RequestBody):
    """Either corrections to an expected visit, or a new status; not both."""

    guest_name: ShortText | None = Field(default=None, description="Corrected name.")
    guest_email: Email | None = Field(default=None, description="Corrected e-mail.")
    visit_date: Day | None = Field(default=None, description="Corrected day.")
    status: Literal["checked_in", "checked_out", "cancelled", "no_show"] | None = Field(
        default=None, description="New status."
    )


class GoodwillRequest(RequestBody):
    """Credits to give, and why."""

    credits: int = Field(ge=1, le=1_000, description="Credits to give.")
    note: NoteText = Field(description="Reason, shown on the member's statement.")


class PaymentRequest(RequestBody):
    """Money that arrived."""

    amount_cents: int = Field(ge=1, le=100_000_000, description="Amount in euro cents.")
    method: PaymentMethod = Field(description="How it was paid.")
    reference: Reference = Field(description="Bank or card reference.", examples=["TRF-10233"])


class RefundRequest(RequestBody):
    """Money to give back."""

    amount_cents: int = Field(ge=1, le=100_000_000, description="Amount in euro cents.")
    reason: NoteText = Field(description="Why it is given back.")


class RegistrationRequest(RequestBody):
    """Who wants to come."""

    member_id: RowId = Field(default=CURRENT_USER_ID, description="Member; you if left out.")
    join_waitlist: bool = Field(default=False, description="If it is full, wait for a seat.")


class TicketRequest(RequestBody):
    """What is broken, and when the space is needed for the repair."""

    space_id: RowId = Field(description="Space concerned.")
    title: ShortText = Field(description="What is wrong, in one line.")
    severity: Severity = Field(description="A high one must block the space.")
    blocks_from: Moment | None = Field(default=None, description="Space out of use from, UTC.")
    blocks_until: Moment | None = Field(default=None, description="Space out of use until, UTC.")


class TicketUpdate(RequestBody):
    """What to change about a ticket; whatever is left out stays."""

    status: TicketStatus | None = Field(default=None, description="New status.")
    severity: Severity | None = Field(default=None, description="New severity.")
    blocks_from: Moment | None = Field(default=None, description="New start of the block, UTC.")
    blocks_until: Moment | None = Field(default=None, description="New end of the block, UTC.")
    resolution_note: NoteText | None = Field(
        default=None, description="What was done; needed to resolve."
    )


# --------------------------------------------------------------------------------------------------
# Rules: access
# --------------------------------------------------------------------------------------------------


def unknown(what: str, row_id: int) -> HTTPException:
    """Nothing has that id."""
    return HTTPException(404, f"There is no {what} with id {row_id}.")


def conflict(why: str) -> HTTPException:
    """The request is understood, but not possible as things stand."""
    return HTTPException(409, why)


def forbidden(why: str) -> HTTPException:
    """The request is beyond what the community lead may do."""
    return HTTPException(403, why)


def malformed(why: str) -> HTTPException:
    """The values are well typed but contradict each other."""
    return HTTPException(422, why)


Table = TypeVar("Table", bound=Base)


def fetch(session: Session, table: type[Table], row_id: int, what: str) -> Table:
    """The row with that id, or a 404 that names what is missing."""
    row = session.get(table, row_id)
    if row is None:
        raise unknown(what, row_id)
    return row


def euros(cents: int) -> str:
    """An amount as people read it."""
    return f"EUR {cents // 100}.{cents % 100:02d}"


def lead_city(session: Session) -> str:
    """The city that the logged-in community lead looks after."""
    return fetch(session, Member, CURRENT_USER_ID, "member").home_location.city


def require_looked_after(session: Session, member: Member) -> None:
    """Ownership: a community lead acts only for the members of her own city."""
    city = lead_city(session)
    if member.home_location.city != city:
        raise forbidden(
            f"{member.full_name} belongs to {member.home_location.name} in "
            f"{member.home_location.city}; you look after {city} only."
        )


def require_in_good_standing(member: Member) -> None:
    """Membership and account must both be active."""
    if member.status != "active":
        raise conflict(f"{member.full_name}'s membership is {member.status}; it must be active.")
    if member.account.status != "active":
        raise conflict(
            f"Account '{member.account.name}' of {member.full_name} is {member.account.status}; "
            "it is reinstated once its overdue invoices are paid."
        )


def require_plan_access(member: Member, location: Location) -> None:
    """Some plans are good for the home location only."""
    if not member.plan.all_locations and location.id != member.home_location_id:
        raise forbidden(
            f"The {member.plan.name} plan of {member.full_name} covers the home location "
            f"{member.home_location.name} only, not {location.name}."
        )


def require_open_location(location: Location) -> None:
    """Nothing happens at a location that is not open yet or not any more."""
    if location.status != "open":
        raise conflict(f"{location.name} is not in operation (status {location.status}).")


# --------------------------------------------------------------------------------------------------
# Rules: money and credits
# --------------------------------------------------------------------------------------------------


def move_credits(
    session: Session,
    source: Account,
    target: Account,
    credits: int,
    kind: TransferKind,
    note: str,
    *,
    booking: Booking | None = None,
    registration: EventRegistration | None = None,
) -> CreditTransfer | None:
    """Book one double entry and keep both balances equal to the sum of their entries."""
    if credits == 0:
        return None
    source.credit_balance -= credits
    target.credit_balance += credits
    session.flush()  # gives a new booking or registration the id that the entry refers to
    transfer = CreditTransfer(
        from_account_id=source.id,
        to_account_id=target.id,
        credits=credits,
        kind=kind,
        booking_id=booking.id if booking else None,
        registration_id=registration.id if registration else None,
        note=note,
        created_at=utc_now(),
    )
    session.add(transfer)
    return transfer


def issued_account(session: Session) -> Account:
    """The house account that every new credit comes from; its balance is negative."""
    return fetch(session, Account, CREDITS_ISSUED_ACCOUNT_ID, "account")


def spent_account(session: Session) -> Account:
    """The house account that every spent credit goes to."""
    return fetch(session, Account, CREDITS_SPENT_ACCOUNT_ID, "account")


def require_credits(account: Account, needed: int, what: str) -> None:
    """Nobody spends credits that are not there."""
    if account.credit_balance < needed:
        raise conflict(
            f"{what} costs {needed} credits, but account '{account.name}' has only "
            f"{account.credit_balance}."
        )


def is_overdue(invoice: Invoice, today: date) -> bool:
    """Open, and its due day has passed."""
    return invoice.status == "open" and invoice.due_on < today


def overdue_invoices(session: Session, account_id: int) -> Sequence[Invoice]:
    """What the account should have paid by now, oldest first."""
    query = select(Invoice).where(
        Invoice.account_id == account_id,
        Invoice.status == "open",
        Invoice.due_on < utc_now().date(),
    )
    return session.scalars(query.order_by(Invoice.due_on, Invoice.id)).all()


def overdue_cents(session: Session, account_id: int) -> int:
    """How much of that is still unpaid."""
    return sum(bill.total_cents - bill.paid_cents for bill in overdue_invoices(session, account_id))


def require_no_long_arrears(session: Session, account: Account) -> None:
    """An invoice overdue for more than 30 days stops new bookings."""
    for invoice in overdue_invoices(session, account.id):
        days = (utc_now().date() - invoice.due_on).days
        if days > ARREARS_DAYS:
            raise conflict(
                f"Account '{account.name}' cannot book: invoice {invoice.number} is {days} days "
                f"overdue with {euros(invoice.total_cents - invoice.paid_cents)} outstanding "
                f"(limit {ARREARS_DAYS} days)."
            )


def account_city(session: Session, account: Account) -> str:
    """The city of the company or member that the account belongs to; empty for the house."""
    home = session.scalar(
        select(Location.city)
        .join(Company, Company.home_location_id == Location.id)
        .where(Company.account_id == account.id)
    ) or session.scalar(
        select(Location.city)
        .join(Member, Member.home_location_id == Location.id)
        .where(Member.account_id == account.id)
    )
    return home or ""


def require_account_looked_after(session: Session, account: Account) -> None:
    """Ownership, for money: only accounts of the lead's own city."""
    city, own = account_city(session, account), lead_city(session)
    if city != own:
        raise forbidden(
            f"Account '{account.name}' belongs to {city or 'the house'}; you look after {own} only."
        )


def require_not_own_account(session: Session, account: Account, what: str) -> None:
    """Nobody gives money or credits to herself."""
    if account.id == fetch(session, Member, CURRENT_USER_ID, "member").account_id:
        raise forbidden(f"You may not {what} your own account '{account.name}'.")


def prorate(amount: int, days_left: int, days_in_month: int) -> int:
    """The part of a monthly amount in cents that falls on the days left, rounded half up."""
    return (2 * amount * days_left + days_in_month) // (2 * days_in_month)


def next_invoice_number(session: Session, year: int) -> str:
    """Invoice numbers run without gaps within a year."""
    taken = session.scalars(select(Invoice.number).where(Invoice.number.like(f"INV-{year}-%")))
    last = max((int(number.rsplit("-", 1)[1]) for number in taken), default=0)
    return f"INV-{year}-{last + 1:04d}"


# --------------------------------------------------------------------------------------------------
# Rules: time and space
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch in which a space is taken."""

    starts_at: datetime
    ends_at: datetime
    kind: Literal["booking", "maintenance"]
    id: int
    label: str


def hm(moment: datetime) -> str:
    """Hours and minutes."""
    return moment.strftime("%H:%M")


def hours_on(location: Location, day: date) -> tuple[datetime, datetime] | None:
    """Opening and closing moment on that day, or None when it is shut."""
    for row in location.hours:
        if row.weekday == day.weekday():
            opens, closes = time.fromisoformat(row.opens_at), time.fromisoformat(row.closes_at)
            return datetime.combine(day, opens), datetime.combine(day, closes)
    return None


def busy_stretches(
    session: Session,
    space_id: int,
    starts: datetime,
    ends: datetime,
    ignore_booking_id: int | None = None,
) -> list[Busy]:
    """Everything that keeps the space from being booked between the two moments, in order."""
    bookings = session.scalars(
        select(Booking).where(
            Booking.space_id == space_id,
            Booking.status.in_(HOLDING_STATUSES),
            Booking.starts_at < ends,
            Booking.ends_at > starts,
            Booking.id != (ignore_booking_id or 0),
        )
    )
    tickets = session.scalars(
        select(MaintenanceTicket).where(
            MaintenanceTicket.space_id == space_id,
            MaintenanceTicket.status.in_(ACTIVE_TICKET_STATUSES),
            MaintenanceTicket.blocks_from < ends,
            MaintenanceTicket.blocks_until > starts,
        )
    )
    taken = [Busy(b.starts_at, b.ends_at, "booking", b.id, b.member.full_name) for b in bookings]
    for ticket in tickets:
        if ticket.blocks_from is not None and ticket.blocks_until is not None:
            window = (ticket.blocks_from, ticket.blocks_until)
            taken.append(Busy(*window, "maintenance", ticket.id, ticket.title))
    return sorted(taken, key=lambda busy: (busy.starts_at, busy.id))


def taken_message(session: Session, space: Space, busy: Busy, ignore_id: int | None) -> str:
    """Who has the space, and when it is next free."""
    free_at = busy.ends_at
    horizon = free_at + timedelta(days=MAX_BLOCK_DAYS)
    for later in busy_stretches(session, space.id, busy.starts_at, horizon, ignore_id):
        if later.starts_at <= free_at:
            free_at = max(free_at, later.ends_at)
    same_day = busy.starts_at.date() == busy.ends_at.date()
    until = hm(busy.ends_at) if same_day else busy.ends_at.strftime("%Y-%m-%d %H:%M")
    verb = "booked" if busy.kind == "booking" else "blocked"
    source = "booking" if busy.kind == "booking" else "maintenance ticket"
    return (
        f"{space.name} is {verb} {busy.starts_at:%Y-%m-%d} {hm(busy.starts_at)}-{until} by "
        f"{source} {busy.id} ({busy.label}); free from {free_at:%Y-%m-%d %H:%M}."
    )


def require_slot_shape(starts: datetime, ends: datetime) -> None:
    """A slot lies within one day, on quarters of an hour, and is neither too short nor too long."""
    if ends <= starts or ends.date() != starts.date():
        raise malformed("ends_at must be later than starts_at and on the same day.")
    if any(moment.minute % SLOT_MINUTES or moment.second for moment in (starts, ends)):
        raise malformed(f"Start and end must lie on a multiple of {SLOT_MINUTES} minutes.")
    minutes = (ends - starts) // timedelta(minutes=1)
    if not MIN_BOOKING_MINUTES <= minutes <= MAX_BOOKING_MINUTES:
        raise malformed(
            f"A booking lasts {MIN_BOOKING_MINUTES} to {MAX_BOOKING_MINUTES} minutes; this one "
            f"would last {minutes}."
        )


def slot_refusal(
    session: Session,
    space: Space,
    starts: datetime,
    ends: datetime,
    ignore_booking_id: int | None = None,
) -> HTTPException | None:
    """Why nobody can book the space in that slot, or None when it can be booked."""
    location = space.location
    if location.status != "open":
        return conflict(f"{location.name} is not in operation (status {location.status}).")
    hours = hours_on(location, starts.date())
    if hours is None:
        return conflict(f"{location.name} is shut on {starts:%A}s.")
    if starts < hours[0] or ends > hours[1]:
        return conflict(
            f"{location.name} is open {hm(hours[0])}-{hm(hours[1])} on {starts:%A}s; "
            f"{hm(starts)}-{hm(ends)} does not fit."
        )
    earliest = utc_now() + timedelta(minutes=space.min_notice_minutes)
    if starts < earliest:
        return conflict(
            f"{space.name} needs {space.min_notice_minutes} minutes' notice: the earliest start is "
            f"{earliest:%Y-%m-%d %H:%M}, not {starts:%Y-%m-%d %H:%M}."
        )
    for busy in busy_stretches(session, space.id, starts, ends, ignore_booking_id):
        return conflict(taken_message(session, space, busy, ignore_booking_id))
    return None


def require_bookable(space: Space, attendees: int) -> None:
    """Dedicated desks and retired spaces are never booked, and nobody stands."""
    if space.status != "active":
        raise conflict(f"{space.name} has been retired and cannot be booked.")
    if space.kind == "dedicated_desk":
        raise conflict(f"{space.name} is a dedicated desk; desks of this kind are not booked.")
    if attendees > space.capacity:
        raise conflict(f"{space.name} seats {space.capacity}; {attendees} people do not fit.")


def require_member_free(
    session: Session,
    member: Member,
    space: Space,
    starts: datetime,
    ends: datetime,
    ignore_booking_id: int | None = None,
) -> None:
    """One member does not hold two spaces of the same kind at the same time."""
    clash = session.scalars(
        select(Booking)
        .join(Space)
        .where(
            Booking.member_id == member.id,
            Booking.status.in_(HOLDING_STATUSES),
            Booking.starts_at < ends,
            Booking.ends_at > starts,
            Booking.id != (ignore_booking_id or 0),
            Space.kind == space.kind,
        )
    ).first()
    if clash is not None:
        raise conflict(
            f"{member.full_name} already has {clash.space.name} {clash.starts_at:%Y-%m-%d} "
            f"{hm(clash.starts_at)}-{hm(clash.ends_at)} (booking {clash.id}); one "
            f"{space.kind.replace('_', ' ')} at a time."
        )


def require_within_window(member: Member, starts: datetime) -> None:
    """Each plan books only so many days ahead."""
    last_day = utc_now().date() + timedelta(days=member.plan.booking_window_days)
    if starts.date() > last_day:
        raise conflict(
            f"The {member.plan.name} plan books up to {member.plan.booking_window_days} days ahead "
            f"(until {last_day}); {starts.date()} is too far."
        )


def upcoming_bookings(session: Session, member_id: int) -> int:
    """How many bookings the member has that are still to start."""
    query = select(func.count(Booking.id)).where(
        Booking.member_id == member_id,
        Booking.status == "confirmed",
        Booking.starts_at > utc_now(),
    )
    return session.scalar(query) or 0


def recent_no_shows(session: Session, member_id: int) -> int:
    """How often the member did not come in the last 30 days."""
    query = select(func.count(Booking.id)).where(
        Booking.member_id == member_id,
        Booking.status == "no_show",
        Booking.starts_at >= utc_now() - timedelta(days=NO_SHOW_WINDOW_DAYS),
    )
    return session.scalar(query) or 0


def require_booking_rights(session: Session, member: Member) -> None:
    """What a member must fulfil to make one more booking, whatever the space."""
    require_looked_after(session, member)
    require_in_good_standing(member)
    require_no_long_arrears(session, member.account)
    missed = recent_no_shows(session, member.id)
    if missed >= NO_SHOW_LIMIT:
        raise conflict(
            f"{member.full_name} has {missed} no-shows in the last {NO_SHOW_WINDOW_DAYS} days; "
            f"with {NO_SHOW_LIMIT} or more no new booking is taken."
        )
    held = upcoming_bookings(session, member.id)
    if held >= member.plan.max_upcoming_bookings:
        raise conflict(
            f"{member.full_name} has {held} upcoming bookings; the {member.plan.name} plan allows "
            f"{member.plan.max_upcoming_bookings}."
        )


def booking_cost(space: Space, plan: Plan, starts: datetime, ends: datetime) -> int:
    """Credits for a slot: by the hour, rounded up, never more than six hours' worth."""
    if space.kind == "hot_desk" and plan.hot_desks_included:
        return 0
    minutes = min((ends - starts) // timedelta(minutes=1), DAY_CAP_MINUTES)
    return -(-space.credits_per_hour * minutes // 60)


def cancellation_refund(booking: Booking, now: datetime) -> int:
    """Full refund a day ahead, half (rounded down) two hours ahead, then none."""
    ahead = booking.starts_at - now
    if ahead >= timedelta(hours=FULL_REFUND_HOURS):
        return booking.credits_charged
    if ahead >= timedelta(hours=HALF_REFUND_HOURS):
        return booking.credits_charged // 2
    return 0


# --------------------------------------------------------------------------------------------------
# Rules: guests, events, maintenance
# --------------------------------------------------------------------------------------------------


def month_bounds(day: date) -> tuple[date, date]:
    """The first day of a month and the first day of the next."""
    first = day.replace(day=1)
    return first, first + timedelta(days=calendar.monthrange(day.year, day.month)[1])


def count_passes(session: Session, ignore_pass_id: int | None, *conditions: Any) -> int:
    """Visitor passes that count against a limit: all but the cancelled ones."""
    query = select(func.count(VisitorPass.id)).where(
        VisitorPass.status != "cancelled", VisitorPass.id != (ignore_pass_id or 0), *conditions
    )
    return session.scalar(query) or 0


def require_visit_day(location: Location, day: date) -> None:
    """A visit is today or within a month, on a day when the location is open."""
    now = utc_now()
    last_day = now.date() + timedelta(days=GUEST_DAYS_AHEAD)
    if not now.date() <= day <= last_day:
        raise conflict(
            f"Visits can be announced from {now.date()} to {last_day}; {day} is outside."
        )
    require_open_location(location)
    hours = hours_on(location, day)
    if hours is None:
        raise conflict(f"{location.name} is shut on {day:%A}s.")
    if now >= hours[1]:
        raise conflict(f"{location.name} closed at {hm(hours[1])} today.")


def require_guest_limits(
    session: Session,
    host: Member,
    location: Location,
    guest_email: str,
    day: date,
    ignore_pass_id: int | None = None,
) -> None:
    """Guests per host and day, per location and day, and visits per guest and month."""
    on_day = VisitorPass.visit_date == day
    by_guest = VisitorPass.guest_email == guest_email
    allowed = host.plan.guest_passes_per_day
    hosted = count_passes(session, ignore_pass_id, on_day, VisitorPass.host_member_id == host.id)
    if hosted >= allowed:
        raise conflict(
            f"{host.full_name} has {hosted} guests on {day}; the {host.plan.name} plan allows "
            f"{allowed} a day."
        )
    here = VisitorPass.location_id == location.id
    if count_passes(session, ignore_pass_id, on_day, here, by_guest):
        raise conflict(f"{guest_email} already has a pass for {location.name} on {day}.")
    present = count_passes(session, ignore_pass_id, on_day, here)
    if present >= location.daily_guest_limit:
        raise conflict(
            f"{location.name} takes {location.daily_guest_limit} guests a day; {day} already has "
            f"{present}."
        )
    first, following = month_bounds(day)
    in_month = and_(VisitorPass.visit_date >= first, VisitorPass.visit_date < following)
    visits = count_passes(session, ignore_pass_id, in_month, by_guest)
    if visits >= GUEST_VISITS_PER_MONTH:
        raise conflict(
            f"{guest_email} has {visits} visits in {day:%B %Y}; a guest may come "
            f"{GUEST_VISITS_PER_MONTH} times a month and should then become a member."
        )


def seated(gathering: Event) -> list[EventRegistration]:
    """Registrations that take a seat."""
    return [entry for entry in gathering.registrations if entry.status in SEATED_STATUSES]


def waiting(gathering: Event) -> list[EventRegistration]:
    """The waitlist, in the order of its turn."""
    return [entry for entry in gathering.registrations if entry.status == "waitlisted"]


def promote_next(session: Session, gathering: Event) -> tuple[str | None, list[str]]:
    """Give a freed seat to the first on the waitlist who can pay; name who was passed over."""
    skipped: list[str] = []
    for entry in waiting(gathering):
        account = entry.member.account
        standing = entry.member.status == "active" and account.status == "active"
        if standing and account.credit_balance >= gathering.credits_price:
            entry.status = "registered"
            entry.credits_charged = gathering.credits_price
            move_credits(
                session,
                account,
                spent_account(session),
                gathering.credits_price,
                "event",
                f"Seat from the waitlist: {gathering.title}",
                registration=entry,
            )
            return entry.member.full_name, skipped
        skipped.append(entry.member.full_name)
    return None, skipped


def require_block_window(
    session: Session, space: Space, starts: datetime, ends: datetime, ignore_ticket_id: int | None
) -> None:
    """A block lies ahead, is not endless, and never lies on a booking or on another block."""
    if ends <= starts:
        raise malformed("blocks_until must be later than blocks_from.")
    if ends - starts > timedelta(days=MAX_BLOCK_DAYS):
        raise malformed(f"A block lasts at most {MAX_BLOCK_DAYS} days.")
    if ends <= utc_now():
        raise conflict(f"The block would end at {ends:%Y-%m-%d %H:%M}, which is already past.")
    taken = busy_stretches(session, space.id, starts, ends)
    blocks = [b for b in taken if b.kind == "maintenance" and b.id != ignore_ticket_id]
    if blocks:
        raise conflict(taken_message(session, space, blocks[0], None))
    in_the_way = [
        f"booking {b.id} of {b.label} ({b.starts_at:%Y-%m-%d} {hm(b.starts_at)}-{hm(b.ends_at)})"
        for b in taken
        if b.kind == "booking"
    ]
    if in_the_way:
        raise conflict(
            f"{space.name} cannot be blocked while it is booked; move or cancel first: "
            + ", ".join(in_the_way)
            + "."
        )


# --------------------------------------------------------------------------------------------------
# Rendering rows as answers
# --------------------------------------------------------------------------------------------------

Rendered = TypeVar("Rendered")


def page_of(
    session: Session,
    query: Select[Any],
    limit: int,
    offset: int,
    render: Callable[[Any], Rendered],
) -> Page[Rendered]:
    """One page of a query's rows."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.scalars(query.limit(limit).offset(offset)).all()
    return Page(total=total, offset=offset, results=[render(row) for row in rows])


Shape = TypeVar("Shape", bound=Answer)


def shape(model: type[Shape], row: object, **extra: object) -> Shape:
    """A row as an answer: fields of the same name are copied, the rest is given."""
    copied = {name: getattr(row, name) for name in model.model_fields if name not in extra}
    return model.model_validate(copied | extra)


def location_out(row: Location) -> LocationOut:
    """A location with its week."""
    hours = [
        HoursOut(
            weekday=calendar.day_name[day.weekday], opens_at=day.opens_at, closes_at=day.closes_at
        )
        for day in row.hours
    ]
    return shape(LocationOut, row, opening_hours=hours)


def space_out(row: Space) -> SpaceOut:
    """A space with its place and equipment."""
    return shape(
        SpaceOut,
        row,
        location=row.location.name,
        screen=row.has_screen,
        video=row.has_video,
        whiteboard=row.has_whiteboard,
        assigned_to=row.assigned_member.full_name if row.assigned_member else None,
    )


def company_out(session: Session, row: Company) -> CompanyOut:
    """A company with its account."""
    members = select(func.count(Member.id)).where(
        Member.company_id == row.id, Member.status != "cancelled"
    )
    return shape(
        CompanyOut,
        row,
        home_location=row.home_location.name,
        city=row.home_location.city,
        member_count=session.scalar(members) or 0,
        account_status=row.account.status,
        credit_balance=row.account.credit_balance,
        overdue_cents=overdue_cents(session, row.account_id),
    )


def member_names(row: Member) -> dict[str, str | None]:
    """The names that a member's ids stand for."""
    return {
        "plan": row.plan.name,
        "company": row.company.name if row.company else None,
        "home_location": row.home_location.name,
        "city": row.home_location.city,
    }


def member_out(row: Member) -> MemberOut:
    """A member in a list."""
    return shape(MemberOut, row, **member_names(row))


def member_detail(session: Session, row: Member) -> MemberDetailOut:
    """A member with plan, account and conduct."""
    desk = session.scalars(select(Space).where(Space.assigned_member_id == row.id)).first()
    return shape(
        MemberDetailOut,
        row,
        **member_names(row),
        pending_plan=row.pending_plan.name if row.pending_plan else None,
        account_status=row.account.status,
        credit_balance=row.account.credit_balance,
        overdue_cents=overdue_cents(session, row.account_id),
        upcoming_bookings=upcoming_bookings(session, row.id),
        no_shows_last_30_days=recent_no_shows(session, row.id),
        dedicated_desk=f"{desk.name}, {desk.location.name}" if desk else None,
        looked_after_by_you=row.home_location.city == lead_city(session),
    )


def booking_out(row: Booking) -> BookingOut:
    """A booking with the names of its space and member."""
    return shape(
        BookingOut,
        row,
        space=row.space.name,
        space_kind=row.space.kind,
        location=row.space.location.name,
        member=row.member.full_name,
        company=row.member.company.name if row.member.company else None,
    )


def booking_change(row: Booking, charged: int, refunded: int) -> BookingChangeOut:
    """A booking after a change, with the credits that moved."""
    return BookingChangeOut(
        booking=booking_out(row),
        credits_charged_now=charged,
        credits_refunded_now=refunded,
        credit_balance=row.member.account.credit_balance,
    )


def pass_out(row: VisitorPass) -> PassOut:
    """A visitor pass with the names of host and location."""
    return shape(PassOut, row, host=row.host.full_name, location=row.location.name)


def invoice_facts(session: Session, row: Invoice) -> dict[str, object]:
    """What an invoice's columns imply."""
    return {
        "account": row.account.name,
        "account_kind": row.account.kind,
        "city": account_city(session, row.account),
        "overdue": is_overdue(row, utc_now().date()),
        "outstanding_cents": row.total_cents - row.paid_cents if row.status == "open" else 0,
    }


def invoice_out(session: Session, row: Invoice) -> InvoiceOut:
    """An invoice in a list."""
    return shape(InvoiceOut, row, **invoice_facts(session, row))


def payment_out(row: Payment) -> PaymentOut:
    """A payment or refund."""
    return shape(PaymentOut, row)


def receipt_out(session: Session, row: Payment, reinstated: bool) -> PaymentReceiptOut:
    """A payment with its invoice and account."""
    return PaymentReceiptOut(
        payment=payment_out(row),
        invoice=invoice_out(session, row.invoice),
        account_status=row.invoice.account.status,
        account_reinstated=reinstated,
    )


def event_facts(row: Event) -> dict[str, object]:
    """What an event's registrations add up to."""
    taken = len(seated(row))
    return {
        "location": row.location.name,
        "city": row.location.city,
        "seats_taken": taken,
        "seats_left": max(row.capacity - taken, 0),
        "waitlist_length": len(waiting(row)),
    }


def event_out(row: Event) -> EventOut:
    """An event in a list."""
    return shape(EventOut, row, **event_facts(row))


def registration_out(row: EventRegistration) -> RegistrationOut:
    """A registration with the member's name."""
    return shape(RegistrationOut, row, member=row.member.full_name)


def ticket_out(row: MaintenanceTicket) -> TicketOut:
    """A ticket with the names of space and location."""
    return shape(TicketOut, row, space=row.space.name, location=row.space.location.name)


# --------------------------------------------------------------------------------------------------
# Application
# --------------------------------------------------------------------------------------------------

app = FastAPI(
    title="Coworking Space",
    version="1.0.0",
    description="Member and community desk of a coworking operator with several locations.",
    responses={
        403: {"model": Refusal, "description": "Beyond what you may do."},
        404: {"model": Refusal, "description": "No such record."},
        409: {"model": Refusal, "description": "Against a house rule as things stand."},
    },
)


@app.exception_handler(RequestValidationError)
async def explain_invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say which field is wrong without echoing the input, which JSON may be unable to carry."""
    problems = [
        {
            "loc": [part if isinstance(part, int) else readable(part) for part in problem["loc"]],
            "msg": readable(problem["msg"]),
            "type": problem["type"],
        }
        for problem in error.errors()
    ]
    return JSONResponse({"detail": problems}, status_code=422)


def readable(value: object) -> str:
    """Text without lone surrogates, which UTF-8 cannot encode."""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


async def open_session() -> AsyncIterator[Session]:
    """A database session that is always closed, and rolled back unless the handler committed."""
    with SessionLocal() as session:
        yield session


Db = Annotated[Session, Depends(open_session)]


def contains(column: Any, words: str) -> Any:
    """A case-insensitive search in which % and _ mean themselves."""
    return column.icontains(words, autoescape=True)


def matching(query: Select[Any], *filters: tuple[Any, object]) -> Select[Any]:
    """Keep rows whose columns equal the values; a value of None filters nothing."""
    for column, wanted in filters:
        if wanted is not None:
            query = query.where(column == wanted)
    return query


def on_days(query: Select[Any], column: Any, first: date | None, last: date | None) -> Select[Any]:
    """Keep rows whose moment falls on one of the days, both ends included."""
    if first is not None:
        query = query.where(column >= datetime.combine(first, time()))
    if last is not None:
        query = query.where(column < datetime.combine(last, time()) + timedelta(days=1))
    return query


# --------------------------------------------------------------------------------------------------
# Tools: you, locations and spaces
# --------------------------------------------------------------------------------------------------


@app.get(
    "/me",
    operation_id="get_my_profile",
    summary="Show who you are, the current time and the city you look after",
    description=(
        "Use first: gives your member id, credits and plan, the current UTC time that every notice "
        "and deadline is measured from, and the city whose members you may act for."
    ),
)
async def get_my_profile(session: Db) -> ProfileOut:
    """The logged-in community lead."""
    me = fetch(session, Member, CURRENT_USER_ID, "member")
    now = utc_now()
    return ProfileOut(
        now=now,
        weekday=calendar.day_name[now.weekday()],
        city_looked_after=me.home_location.city,
        member=member_detail(session, me),
    )


@app.get(
    "/locations",
    operation_id="list_locations",
    summary="List locations with their opening hours",
    description="Use to turn a location's name into its id, or to see when it is open.",
)
async def list_locations(
    session: Db,
    city: Annotated[ShortText | None, Query(description="Only this city.")] = None,
    status: Annotated[
        Literal["open", "coming_soon", "closed"] | None, Query(description="Only this status.")
    ] = None,
) -> list[LocationOut]:
    """All locations that match, by id."""
    query = select(Location).order_by(Location.id)
    if city is not None:
        query = query.where(contains(Location.city, city))
    if status is not None:
        query = query.where(Location.status == status)
    return [location_out(row) for row in session.scalars(query)]


@app.get(
    "/spaces",
    operation_id="search_spaces",
    summary="Search rooms, booths and desks, cheapest first",
    description=(
        "Filters by place, kind, size and equipment. Give free_from and free_until to keep only "
        "spaces that can be booked for exactly that slot: opening hours, minimum notice, other "
        "bookings and maintenance are all taken into account. Sorted by credits per hour, then "
        "capacity. Refuses a slot that is malformed or given by halves."
    ),
)
async def search_spaces(
    *,
    session: Db,
    name: Annotated[ShortText | None, Query(description="Part of the space's name.")] = None,
    location_id: Annotated[RowId | None, Query(description="Only this location.")] = None,
    kind: Annotated[SpaceKind | None, Query(description="Only this kind.")] = None,
    min_capacity: Annotated[int, Query(ge=1, le=500, description="Seats needed.")] = 1,
    screen: Annotated[bool, Query(description="Must have a screen.")] = False,
    video: Annotated[bool, Query(description="Must have video conferencing.")] = False,
    whiteboard: Annotated[bool, Query(description="Must have a whiteboard.")] = False,
    free_from: Annotated[Moment | None, Query(description="Start of the slot, UTC.")] = None,
    free_until: Annotated[Moment | None, Query(description="End of the slot, UTC.")] = None,
    status: Annotated[Literal["active", "retired"], Query(description="Status.")] = "active",
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[SpaceOut]:
    """Spaces that match, cheapest first."""
    query = select(Space).where(Space.status == status, Space.capacity >= min_capacity)
    query = query.order_by(Space.credits_per_hour, Space.capacity, Space.id)
    if name is not None:
        query = query.where(contains(Space.name, name))
    query = matching(query, (Space.location_id, location_id), (Space.kind, kind))
    wanted = ((screen, Space.has_screen), (video, Space.has_video))
    for needed, column in (*wanted, (whiteboard, Space.has_whiteboard)):
        if needed:
            query = query.where(column == 1)
    if free_from is None and free_until is None:
        return page_of(session, query, limit, offset, space_out)
    if free_from is None or free_until is None:
        raise malformed("Give both free_from and free_until, or neither.")
    require_slot_shape(free_from, free_until)
    free = [
        row
        for row in session.scalars(query.where(Space.kind != "dedicated_desk"))
        if slot_refusal(session, row, free_from, free_until) is None
    ]
    shown = [space_out(row) for row in free[offset : offset + limit]]
    return Page(total=len(free), offset=offset, results=shown)


@app.get(
    "/spaces/{space_id}/schedule",
    operation_id="get_space_schedule",
    summary="Show what is booked, blocked and free in one space on one day",
    description=(
        "Use to find a gap or to see which bookings stand in the way of a repair. Free stretches "
        "are cut to opening hours; minimum notice is not applied."
    ),
)
async def get_space_schedule(
    session: Db, space_id: PathId, day: Annotated[Day, Query(description="Day to show.")]
) -> ScheduleOut:
    """The day of one space."""
    space = fetch(session, Space, space_id, "space")
    start = datetime.combine(day, time())
    busy = busy_stretches(session, space.id, start, start + timedelta(days=1))
    hours = hours_on(space.location, day) if space.location.status == "open" else None
    free: list[FreeOut] = []
    if hours is not None:
        cursor = hours[0]
        for stretch in busy:
            if stretch.starts_at > cursor:
                free.append(FreeOut(starts_at=cursor, ends_at=min(stretch.starts_at, hours[1])))
            cursor = max(cursor, stretch.ends_at)
        if cursor < hours[1]:
            free.append(FreeOut(starts_at=cursor, ends_at=hours[1]))
    return ScheduleOut(
        space=space_out(space),
        day=day,
        open=hours is not None,
        busy=[shape(BusyOut, stretch) for stretch in busy],
        free=free,
    )


# --------------------------------------------------------------------------------------------------
# Tools: companies, members, plans
# --------------------------------------------------------------------------------------------------


@app.get(
    "/companies",
    operation_id="list_companies",
    summary="List companies with credits, seats and overdue amounts",
    description="Use to compare companies or to find a company's id by part of its name.",
)
async def list_companies(
    session: Db,
    name: Annotated[ShortText | None, Query(description="Part of the name.")] = None,
    city: Annotated[ShortText | None, Query(description="City of the home location.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[CompanyOut]:
    """Companies by name."""
    query = select(Company).join(Location).order_by(Company.name)
    if name is not None:
        query = query.where(contains(Company.name, name))
    if city is not None:
        query = query.where(contains(Location.city, city))
    return page_of(session, query, limit, offset, lambda row: company_out(session, row))


@app.get(
    "/members",
    operation_id="search_members",
    summary="Search members by name, e-mail, company, plan, location or status",
    description="Use to turn a person's name into a member id. Some names are similar.",
)
async def search_members(
    *,
    session: Db,
    name: Annotated[ShortText | None, Query(description="Part of the full name.")] = None,
    email: Annotated[ShortText | None, Query(description="Part of the e-mail.")] = None,
    company_id: Annotated[RowId | None, Query(description="Only this company.")] = None,
    location_id: Annotated[RowId | None, Query(description="Only this home location.")] = None,
    plan_id: Annotated[RowId | None, Query(description="Only this plan.")] = None,
    status: Annotated[
        Literal["active", "paused", "cancelled"] | None, Query(description="Only this status.")
    ] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[MemberOut]:
    """Members by name."""
    query = select(Member).order_by(Member.full_name, Member.id)
    if name is not None:
        query = query.where(contains(Member.full_name, name))
    if email is not None:
        query = query.where(contains(Member.email, email))
    query = matching(
        query,
        (Member.company_id, company_id),
        (Member.home_location_id, location_id),
        (Member.plan_id, plan_id),
        (Member.status, status),
    )
    return page_of(session, query, limit, offset, member_out)


@app.get(
    "/members/{member_id}",
    operation_id="get_member",
    summary="Show one member with plan, account, credits and conduct",
    description="Use to check balance, standing, no-shows and overdue amounts before you act.",
)
async def get_member(session: Db, member_id: PathId) -> MemberDetailOut:
    """One member in full."""
    return member_detail(session, fetch(session, Member, member_id, "member"))


@app.get(
    "/plans",
    operation_id="list_plans",
    summary="List membership plans with prices, credits and limits",
    description="Cheapest first. Retired plans are kept by those who have them but not given anew.",
)
async def list_plans(
    session: Db,
    include_retired: Annotated[bool, Query(description="Show retired plans too.")] = True,
) -> list[PlanOut]:
    """All plans by price."""
    query = select(Plan).order_by(Plan.monthly_price_cents)
    if not include_retired:
        query = query.where(Plan.status == "offered")
    return [shape(PlanOut, row) for row in session.scalars(query)]


def require_plan_offered(session: Session, member: Member, plan: Plan) -> None:
    """Retired plans, company plans and a repeated downgrade are refused."""
    if plan.status == "retired":
        raise conflict(f"The {plan.name} plan is retired and is not given to anybody anew.")
    if plan.company_only and member.company_id is None:
        raise conflict(f"The {plan.name} plan is for companies; {member.full_name} has none.")
    if member.pending_plan_id == plan.id:
        raise conflict(
            f"{member.full_name} already moves to {plan.name} on {member.pending_plan_from}."
        )
    desk = session.scalars(select(Space).where(Space.assigned_member_id == member.id)).first()
    if desk is not None and plan.monthly_price_cents < member.plan.monthly_price_cents:
        raise conflict(
            f"{member.full_name} holds dedicated desk {desk.name}; it must be given up before a "
            f"downgrade from {member.plan.name} to {plan.name}."
        )


def require_upgrade_allowed(session: Session, member: Member) -> None:
    """An upgrade takes effect at once: once a month, and not while money is owed."""
    today = utc_now().date()
    changed = member.plan_changed_on
    if changed is not None and (changed.year, changed.month) == (today.year, today.month):
        raise conflict(
            f"{member.full_name} already changed plan on {changed}; one upgrade a calendar month."
        )
    for invoice in overdue_invoices(session, member.account_id):
        raise conflict(
            f"Account '{member.account.name}' owes invoice {invoice.number}, due {invoice.due_on}; "
            "an upgrade needs all overdue invoices paid."
        )


def upgrade_terms(member: Member, plan: Plan) -> tuple[list[ChargeLine], int]:
    """Prorated charge lines and credits for the rest of the month, today included.

    Prices times days left / days in month are rounded half up; credits are rounded down.
    """
    today = utc_now().date()
    first, following = month_bounds(today)
    left, whole = (following - today).days, (following - first).days
    span = f"{today} to {following - timedelta(days=1)}"
    lines = [
        ChargeLine(
            description=f"{plan.name} plan, {span}, {member.full_name}",
            amount_cents=prorate(plan.monthly_price_cents, left, whole),
        ),
        ChargeLine(
            description=f"{member.plan.name} plan unused, {span}, {member.full_name}",
            amount_cents=-prorate(member.plan.monthly_price_cents, left, whole),
        ),
    ]
    more = max(plan.monthly_credits - member.plan.monthly_credits, 0)
    return lines, more * left // whole


def apply_upgrade(
    session: Session, member: Member, plan: Plan, lines: list[ChargeLine], credits: int
) -> Invoice:
    """Put the member on the dearer plan, invoice the difference and add the credits."""
    today = utc_now().date()
    invoice = Invoice(
        number=next_invoice_number(session, today.year),
        account_id=member.account_id,
        status="open",
        issued_on=today,
        due_on=today + timedelta(days=INVOICE_TERM_DAYS),
        total_cents=sum(line.amount_cents for line in lines),
        paid_cents=0,
        refunded_cents=0,
    )
    for line in lines:
        invoice.lines.append(
            InvoiceLine(
                description=line.description,
                quantity=1,
                unit_price_cents=line.amount_cents,
                amount_cents=line.amount_cents,
            )
        )
    session.add(invoice)
    note = f"Upgrade from {member.plan.name} to {plan.name}, {member.full_name}"
    move_credits(session, issued_account(session), member.account, credits, "plan_upgrade", note)
    member.plan = plan
    member.plan_changed_on = today
    member.pending_plan = None
    member.pending_plan_from = None
    return invoice


@app.post(
    "/members/{member_id}/plan",
    operation_id="change_member_plan",
    summary="Change a member's plan, or preview what the change would cost",
    description=(
        "A dearer plan starts today: the difference for the rest of the month (today included) is "
        "invoiced and the extra credits, prorated and rounded down, are added. A cheaper plan "
        "starts on the first of next month, free of charge. Naming the current plan cancels a "
        "pending downgrade. Refuses retired plans, company plans for individuals, a second upgrade "
        "in a month, an upgrade with overdue invoices, a downgrade of a dedicated desk's holder, "
        "and members outside your city. With preview_only nothing is changed."
    ),
)
async def change_member_plan(
    session: Db, member_id: PathId, body: PlanChangeRequest
) -> PlanChangeOut:
    """Upgrade now, downgrade next month, or keep."""
    member = fetch(session, Member, member_id, "member")
    plan = fetch(session, Plan, body.plan_id, "plan")
    require_looked_after(session, member)
    require_in_good_standing(member)
    old, today = member.plan, utc_now().date()
    answer = {
        "member_id": member.id,
        "member": member.full_name,
        "from_plan": old.name,
        "to_plan": plan.name,
        "applied": not body.preview_only,
    }
    lines: list[ChargeLine] = []
    credits, invoice = 0, None
    if plan.id == old.id:
        if member.pending_plan_id is None:
            raise conflict(f"{member.full_name} is already on the {plan.name} plan.")
        direction, effective_on = "keep", today
    else:
        require_plan_offered(session, member, plan)
        upgrade = plan.monthly_price_cents > old.monthly_price_cents
        direction = "upgrade" if upgrade else "downgrade"
        effective_on = today if upgrade else month_bounds(today)[1]
        if upgrade:
            require_upgrade_allowed(session, member)
            lines, credits = upgrade_terms(member, plan)
    if not body.preview_only:
        if direction == "upgrade":
            invoice = apply_upgrade(session, member, plan, lines, credits)
        else:
            downgrade = direction == "downgrade"
            member.pending_plan = plan if downgrade else None
            member.pending_plan_from = effective_on if downgrade else None
        session.commit()
    return PlanChangeOut.model_validate(
        answer
        | {
            "direction": direction,
            "effective_on": effective_on,
            "charge_lines": lines,
            "charge_cents": sum(line.amount_cents for line in lines),
            "credits_added": credits,
            "invoice_id": invoice.id if invoice else None,
            "invoice_number": invoice.number if invoice else None,
        }
    )


# --------------------------------------------------------------------------------------------------
# Tools: bookings
# --------------------------------------------------------------------------------------------------


@app.get(
    "/bookings",
    operation_id="search_bookings",
    summary="Search bookings by member, company, space, location, status or day",
    description="Sorted by start; both days are included.",
)
async def search_bookings(
    *,
    session: Db,
    member_id: Annotated[RowId | None, Query(description="Only this member's.")] = None,
    company_id: Annotated[RowId | None, Query(description="Only this company's.")] = None,
    space_id: Annotated[RowId | None, Query(description="Only this space.")] = None,
    location_id: Annotated[RowId | None, Query(description="Only this location.")] = None,
    status: Annotated[BookingStatus | None, Query(description="Only this status.")] = None,
    from_day: Annotated[Day | None, Query(description="First day.")] = None,
    until_day: Annotated[Day | None, Query(description="Last day.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[BookingOut]:
    """Bookings by start."""
    query = (
        select(Booking)
        .join(Member, Booking.member_id == Member.id)
        .join(Space, Booking.space_id == Space.id)
        .order_by(Booking.starts_at, Booking.id)
    )
    query = matching(
        query,
        (Booking.member_id, member_id),
        (Member.company_id, company_id),
        (Booking.space_id, space_id),
        (Space.location_id, location_id),
        (Booking.status, status),
    )
    query = on_days(query, Booking.starts_at, from_day, until_day)
    return page_of(session, query, limit, offset, booking_out)


@app.post(
    "/bookings",
    operation_id="create_booking",
    status_code=201,
    summary="Book a room, booth or hot desk for yourself or a member",
    description=(
        "Charges the member's account by the hour, rounded up, at most six hours' worth a day; hot "
        "desks are free on plans that include them. Refuses: slots outside opening hours, on the "
        "same space as another booking or a maintenance block, below the space's minimum notice, "
        "beyond the plan's booking window or home location, more people than seats, too few "
        "credits, too many upcoming bookings, a second space of the same kind at the same time, "
        "members with three no-shows in 30 days, suspended accounts, accounts over 30 days "
        "overdue, and members outside your city."
    ),
)
async def create_booking(session: Db, body: BookingRequest) -> BookingChangeOut:
    """One new confirmed booking, paid at once."""
    member = fetch(session, Member, body.member_id, "member")
    space = fetch(session, Space, body.space_id, "space")
    require_slot_shape(body.starts_at, body.ends_at)
    require_booking_rights(session, member)
    require_plan_access(member, space.location)
    require_bookable(space, body.attendees)
    require_within_window(member, body.starts_at)
    refusal = slot_refusal(session, space, body.starts_at, body.ends_at)
    if refusal is not None:
        raise refusal
    require_member_free(session, member, space, body.starts_at, body.ends_at)
    cost = booking_cost(space, member.plan, body.starts_at, body.ends_at)
    require_credits(member.account, cost, f"{space.name} for this slot")
    booking = Booking(
        space=space,
        member=member,
        booked_by_member_id=CURRENT_USER_ID,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        attendees=body.attendees,
        purpose=body.purpose,
        status="confirmed",
        credits_charged=cost,
        credits_refunded=0,
        reschedule_count=0,
        created_at=utc_now(),
    )
    session.add(booking)
    charge_booking(session, booking, cost, "Booking")
    session.commit()
    return booking_change(booking, charged=cost, refunded=0)


def charge_booking(session: Session, booking: Booking, credits: int, what: str) -> None:
    """Move credits from the payer to the house for a booking."""
    note = f"{what}: {booking.space.name}, {booking.starts_at:%Y-%m-%d %H:%M}"
    account = booking.member.account
    move_credits(
        session, account, spent_account(session), credits, "booking", note, booking=booking
    )


def refund_booking(session: Session, booking: Booking, credits: int, what: str) -> None:
    """Move credits back from the house to the payer of a booking."""
    note = f"{what}: {booking.space.name}, {booking.starts_at:%Y-%m-%d %H:%M}"
    house, account = spent_account(session), booking.member.account
    move_credits(session, house, account, credits, "booking_refund", note, booking=booking)


def require_confirmed(booking: Booking, action: str) -> None:
    """Only a confirmed booking can still be changed."""
    if booking.status != "confirmed":
        raise conflict(
            f"Booking {booking.id} is {booking.status}; only a confirmed one can be {action}."
        )


@app.patch(
    "/bookings/{booking_id}",
    operation_id="reschedule_booking",
    summary="Move a booking to another time or space, or change its head count",
    description=(
        "Keeps whatever is left out. The new slot obeys the same rules as a new booking; the price "
        "difference is charged or refunded. Refuses bookings that are not confirmed or start in "
        "less than two hours, a third move, and a call that changes nothing."
    ),
)
async def reschedule_booking(
    session: Db, booking_id: PathId, body: RescheduleRequest
) -> BookingChangeOut:
    """The same booking in its new place."""
    booking = fetch(session, Booking, booking_id, "booking")
    member = booking.member
    require_looked_after(session, member)
    require_confirmed(booking, "moved")
    space = fetch(session, Space, body.space_id or booking.space_id, "space")
    starts, ends = body.starts_at or booking.starts_at, body.ends_at or booking.ends_at
    attendees = body.attendees or booking.attendees
    require_slot_shape(starts, ends)
    moved = (space.id, starts, ends) != (booking.space_id, booking.starts_at, booking.ends_at)
    if not moved and attendees == booking.attendees:
        raise malformed(f"Nothing to change: booking {booking.id} already is as requested.")
    require_bookable(space, attendees)
    if moved:
        require_move_allowed(session, booking, space, starts, ends)
    cost = booking_cost(space, member.plan, starts, ends) if moved else booking.credits_charged
    difference = cost - booking.credits_charged
    if difference > 0:
        require_credits(member.account, difference, "The longer or dearer slot")
    booking.space, booking.starts_at, booking.ends_at = space, starts, ends
    booking.attendees = attendees
    booking.credits_charged = cost
    booking.reschedule_count += moved
    charge_booking(session, booking, max(difference, 0), "Booking moved")
    refund_booking(session, booking, max(-difference, 0), "Booking moved")
    session.commit()
    return booking_change(booking, max(difference, 0), max(-difference, 0))


def require_move_allowed(
    session: Session, booking: Booking, space: Space, starts: datetime, ends: datetime
) -> None:
    """A move is early enough, not one too many, and to a slot the member could book."""
    member = booking.member
    deadline = booking.starts_at - timedelta(hours=RESCHEDULE_HOURS)
    if utc_now() > deadline:
        raise conflict(
            f"Booking {booking.id} could be moved until {deadline:%Y-%m-%d %H:%M} "
            f"({RESCHEDULE_HOURS} hours before its start); it is now {utc_now():%Y-%m-%d %H:%M}."
        )
    if booking.reschedule_count >= MAX_RESCHEDULES:
        raise conflict(
            f"Booking {booking.id} has been moved {booking.reschedule_count} times; the limit is "
            f"{MAX_RESCHEDULES}."
        )
    require_in_good_standing(member)
    require_plan_access(member, space.location)
    require_within_window(member, starts)
    refusal = slot_refusal(session, space, starts, ends, booking.id)
    if refusal is not None:
        raise refusal
    require_member_free(session, member, space, starts, ends, booking.id)


@app.post(
    "/bookings/{booking_id}/cancel",
    operation_id="cancel_booking",
    summary="Cancel a booking and refund its credits as the time left allows",
    description=(
        "24 hours or more before the start all credits come back, from 24 to 2 hours half of them "
        "(rounded down), later none. Refuses bookings that have started or are not confirmed."
    ),
)
async def cancel_booking(session: Db, booking_id: PathId) -> BookingChangeOut:
    """The booking, cancelled."""
    booking = fetch(session, Booking, booking_id, "booking")
    require_looked_after(session, booking.member)
    require_confirmed(booking, "cancelled")
    now = utc_now()
    if now >= booking.starts_at:
        raise conflict(
            f"Booking {booking.id} started at {booking.starts_at:%Y-%m-%d %H:%M}; it can no longer "
            "be cancelled, only recorded as attended or missed."
        )
    refund = cancellation_refund(booking, now)
    booking.status = "cancelled"
    booking.cancelled_at = now
    booking.credits_refunded = refund
    refund_booking(session, booking, refund, "Cancelled")
    session.commit()
    return booking_change(booking, charged=0, refunded=refund)


@app.post(
    "/bookings/{booking_id}/attendance",
    operation_id="record_attendance",
    summary="Check a booking in, or record a no-show",
    description=(
        "Check-in is possible from 15 minutes before the start until the end; a no-show from 15 "
        "minutes after the start. No-shows get no refund; three in 30 days stop new bookings. "
        "Refuses bookings that are not confirmed, and members outside your city."
    ),
)
async def record_attendance(session: Db, booking_id: PathId, body: AttendanceRequest) -> BookingOut:
    """The booking, checked in or missed."""
    booking = fetch(session, Booking, booking_id, "booking")
    require_looked_after(session, booking.member)
    require_confirmed(booking, "checked in or recorded as a no-show")
    now = utc_now()
    if body.outcome == "checked_in":
        opens = booking.starts_at - timedelta(minutes=CHECK_IN_LEAD_MINUTES)
        if not opens <= now < booking.ends_at:
            raise conflict(
                f"Check-in for booking {booking.id} is open {opens:%Y-%m-%d %H:%M} to "
                f"{hm(booking.ends_at)}; it is now {now:%Y-%m-%d %H:%M}."
            )
        booking.checked_in_at = now
    else:
        earliest = booking.starts_at + timedelta(minutes=NO_SHOW_GRACE_MINUTES)
        if now < earliest:
            raise conflict(
                f"Booking {booking.id} counts as a no-show from {earliest:%Y-%m-%d %H:%M}; it is "
                f"now {now:%Y-%m-%d %H:%M}."
            )
    booking.status = body.outcome
    session.commit()
    return booking_out(booking)


# --------------------------------------------------------------------------------------------------
# Tools: visitors
# --------------------------------------------------------------------------------------------------


@app.get(
    "/visitor-passes",
    operation_id="search_visitor_passes",
    summary="Search visitor passes by guest, host, location, status or day",
    description="Sorted by day. Similar guest names exist: compare day, host and e-mail.",
)
async def search_visitor_passes(
    *,
    session: Db,
    guest: Annotated[ShortText | None, Query(description="Part of name or e-mail.")] = None,
    host_member_id: Annotated[RowId | None, Query(description="Only this host.")] = None,
    location_id: Annotated[RowId | None, Query(description="Only this location.")] = None,
    status: Annotated[PassStatus | None, Query(description="Only this status.")] = None,
    from_day: Annotated[Day | None, Query(description="First day.")] = None,
    until_day: Annotated[Day | None, Query(description="Last day.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[PassOut]:
    """Visitor passes by day."""
    query = select(VisitorPass).order_by(VisitorPass.visit_date, VisitorPass.id)
    if guest is not None:
        by_name = contains(VisitorPass.guest_name, guest)
        query = query.where(or_(by_name, contains(VisitorPass.guest_email, guest)))
    query = matching(
        query,
        (VisitorPass.host_member_id, host_member_id),
        (VisitorPass.location_id, location_id),
        (VisitorPass.status, status),
    )
    if from_day is not None:
        query = query.where(VisitorPass.visit_date >= from_day)
    if until_day is not None:
        query = query.where(VisitorPass.visit_date <= until_day)
    return page_of(session, query, limit, offset, pass_out)


@app.post(
    "/visitor-passes",
    operation_id="create_visitor_pass",
    status_code=201,
    summary="Announce a guest of yours or of a member",
    description=(
        "Refuses: days in the past, over 30 days ahead or on which the location is shut; more "
        "guests than the host's plan or the location allows that day; a guest announced twice for "
        "the day; a fifth visit in a month; people who are members; locations the host's plan does "
        "not cover; and hosts outside your city or not in good standing."
    ),
)
async def create_visitor_pass(session: Db, body: PassRequest) -> PassOut:
    """One expected visit."""
    host = fetch(session, Member, body.host_member_id, "member")
    location = fetch(session, Location, body.location_id, "location")
    require_looked_after(session, host)
    require_in_good_standing(host)
    require_plan_access(host, location)
    require_visit_day(location, body.visit_date)
    require_not_member(session, body.guest_email)
    require_guest_limits(session, host, location, body.guest_email, body.visit_date)
    visit = VisitorPass(
        host=host,
        location=location,
        guest_name=body.guest_name,
        guest_email=body.guest_email,
        visit_date=body.visit_date,
        status="expected",
        created_at=utc_now(),
    )
    session.add(visit)
    session.commit()
    return pass_out(visit)


def require_not_member(session: Session, email: str) -> None:
    """Members come in with their own card."""
    member = session.scalars(select(Member).where(func.lower(Member.email) == email)).first()
    if member is not None and member.status == "active":
        raise conflict(f"{email} is member {member.full_name}; members need no visitor pass.")


@app.patch(
    "/visitor-passes/{pass_id}",
    operation_id="update_visitor_pass",
    summary="Correct a visitor pass, or check its guest in or out",
    description=(
        "Send corrections (name, e-mail, day) for an expected visit, or a status, not both. An "
        "expected visit can be checked in on its day during opening hours, cancelled, or, after "
        "that day, become a no-show; a checked-in guest can be checked out."
    ),
)
async def update_visitor_pass(session: Db, pass_id: PathId, body: PassUpdate) -> PassOut:
    """The pass, corrected or moved on."""
    visit = fetch(session, VisitorPass, pass_id, "visitor pass")
    require_looked_after(session, visit.host)
    corrections = body.model_dump(exclude_none=True, exclude={"status"})
    if bool(corrections) == (body.status is not None):
        raise malformed("Send either corrections or a status.")
    if body.status is None:
        correct_pass(session, visit, body)
    else:
        advance_pass(visit, body.status)
    session.commit()
    return pass_out(visit)


def correct_pass(session: Session, visit: VisitorPass, body: PassUpdate) -> None:
    """Corrections obey the rules of a new pass."""
    if visit.status != "expected":
        raise conflict(f"Visitor pass {visit.id} is {visit.status}; only an expected one changes.")
    day = body.visit_date or visit.visit_date
    email = body.guest_email or visit.guest_email
    if (day, email) != (visit.visit_date, visit.guest_email):
        require_visit_day(visit.location, day)
        require_not_member(session, email)
        require_guest_limits(session, visit.host, visit.location, email, day, visit.id)
    visit.guest_name = body.guest_name or visit.guest_name
    visit.guest_email, visit.visit_date = email, day


def advance_pass(visit: VisitorPass, status: str) -> None:
    """Move a visit through its life: expected, checked in, checked out."""
    now = utc_now()
    if status not in PASS_TRANSITIONS[visit.status]:
        allowed = ", ".join(PASS_TRANSITIONS[visit.status]) or "nothing"
        raise conflict(
            f"Visitor pass {visit.id} is {visit.status}; it can become {allowed}, not {status}."
        )
    hours = hours_on(visit.location, now.date())
    on_time = visit.visit_date == now.date() and hours and hours[0] <= now < hours[1]
    if status == "checked_in" and not on_time:
        raise conflict(
            f"Visitor pass {visit.id} is for {visit.visit_date} during the opening hours of "
            f"{visit.location.name}; it is now {now:%Y-%m-%d %H:%M}."
        )
    if status == "no_show" and visit.visit_date >= now.date():
        raise conflict(f"The visit on {visit.visit_date} may still happen; it is {now.date()}.")
    visit.status = status
    if status == "checked_in":
        visit.checked_in_at = now
    if status == "checked_out":
        visit.checked_out_at = now


# --------------------------------------------------------------------------------------------------
# Tools: credits
# --------------------------------------------------------------------------------------------------


@app.get(
    "/members/{member_id}/credits",
    operation_id="get_credit_statement",
    summary="Show the credit movements of the account a member pays from",
    description=(
        "Newest first, positive for credits received. Members of a company share its account. The "
        "balance always equals the sum of all entries."
    ),
)
async def get_credit_statement(
    session: Db,
    member_id: PathId,
    from_day: Annotated[Day | None, Query(description="First day.")] = None,
    until_day: Annotated[Day | None, Query(description="Last day.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> StatementOut:
    """A statement for a span of days."""
    account = fetch(session, Member, member_id, "member").account
    involved = or_(
        CreditTransfer.from_account_id == account.id, CreditTransfer.to_account_id == account.id
    )
    start = datetime.combine(from_day or date(FIRST_YEAR, 1, 1), time())
    query = on_days(
        select(CreditTransfer).where(involved, CreditTransfer.created_at >= start),
        CreditTransfer.created_at,
        None,
        until_day,
    )
    newest_first = query.order_by(CreditTransfer.created_at.desc(), CreditTransfer.id.desc())

    def signed(row: CreditTransfer) -> int:
        return row.credits if row.to_account_id == account.id else -row.credits

    before = select(CreditTransfer).where(involved, CreditTransfer.created_at < start)
    opening = sum(signed(row) for row in session.scalars(before))
    return StatementOut(
        account_id=account.id,
        account=account.name,
        opening_balance=opening,
        closing_balance=opening + sum(signed(row) for row in session.scalars(query)),
        current_balance=account.credit_balance,
        entries=page_of(
            session,
            newest_first,
            limit,
            offset,
            lambda row: shape(CreditEntryOut, row, credits=signed(row)),
        ),
    )


@app.post(
    "/members/{member_id}/goodwill",
    operation_id="grant_goodwill_credits",
    status_code=201,
    summary="Give a member's account goodwill credits",
    description=(
        "At most 10 goodwill credits per account and calendar month. Refuses your own account, "
        "suspended or closed accounts and members outside your city."
    ),
)
async def grant_goodwill_credits(
    session: Db, member_id: PathId, body: GoodwillRequest
) -> GoodwillOut:
    """Credits out of the house's pocket."""
    member = fetch(session, Member, member_id, "member")
    require_looked_after(session, member)
    account = member.account
    require_not_own_account(session, account, "give goodwill credits to")
    require_in_good_standing(member)
    first, following = month_bounds(utc_now().date())
    given = session.scalar(
        select(func.coalesce(func.sum(CreditTransfer.credits), 0)).where(
            CreditTransfer.to_account_id == account.id,
            CreditTransfer.kind == "goodwill",
            CreditTransfer.created_at >= datetime.combine(first, time()),
            CreditTransfer.created_at < datetime.combine(following, time()),
        )
    )
    left = GOODWILL_PER_MONTH - (given or 0)
    if body.credits > left:
        raise conflict(
            f"Account '{account.name}' can still get {left} of {GOODWILL_PER_MONTH} goodwill "
            f"credits in {first:%B %Y}; {body.credits} are too many."
        )
    house = issued_account(session)
    transfer = move_credits(session, house, account, body.credits, "goodwill", body.note)
    session.commit()
    return GoodwillOut(
        transfer_id=transfer.id if transfer else 0,
        account=account.name,
        credits=body.credits,
        credit_balance=account.credit_balance,
        goodwill_left_this_month=left - body.credits,
    )


# --------------------------------------------------------------------------------------------------
# Tools: invoices and payments
# --------------------------------------------------------------------------------------------------


@app.get(
    "/invoices",
    operation_id="search_invoices",
    summary="Search invoices by payer, number, status, due day or city",
    description=(
        "Sorted by due day, oldest first. A company's members are invoiced through the company, so "
        "member_id finds the invoices of the account the member pays from."
    ),
)
async def search_invoices(
    *,
    session: Db,
    number: Annotated[ShortText | None, Query(description="Part of the number.")] = None,
    member_id: Annotated[RowId | None, Query(description="Account of this member.")] = None,
    company_id: Annotated[RowId | None, Query(description="Account of this company.")] = None,
    account_kind: Annotated[
        Literal["company", "member"] | None, Query(description="Only companies or individuals.")
    ] = None,
    status: Annotated[InvoiceStatus | None, Query(description="Only this status.")] = None,
    overdue_only: Annotated[bool, Query(description="Only open ones past due.")] = False,
    due_until: Annotated[Day | None, Query(description="Due on this day or before.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[InvoiceOut]:
    """Invoices by due day."""
    query = select(Invoice).join(Account).order_by(Invoice.due_on, Invoice.id)
    if number is not None:
        query = query.where(contains(Invoice.number, number))
    if member_id is not None:
        member = fetch(session, Member, member_id, "member")
        query = query.where(Invoice.account_id == member.account_id)
    if company_id is not None:
        company = fetch(session, Company, company_id, "company")
        query = query.where(Invoice.account_id == company.account_id)
    query = matching(query, (Account.kind, account_kind), (Invoice.status, status))
    if overdue_only:
        query = query.where(Invoice.status == "open", Invoice.due_on < utc_now().date())
    if due_until is not None:
        query = query.where(Invoice.due_on <= due_until)
    return page_of(session, query, limit, offset, lambda row: invoice_out(session, row))


@app.get(
    "/invoices/{invoice_id}",
    operation_id="get_invoice",
    summary="Show one invoice with its lines, payments and refunds",
    description="Use to see what is outstanding, or to find the id of a payment.",
)
async def get_invoice(session: Db, invoice_id: PathId) -> InvoiceDetailOut:
    """One invoice in full."""
    invoice = fetch(session, Invoice, invoice_id, "invoice")
    return shape(
        InvoiceDetailOut,
        invoice,
        **invoice_facts(session, invoice),
        lines=[shape(InvoiceLineOut, line) for line in invoice.lines],
        payments=[payment_out(row) for row in invoice.payments],
    )


@app.post(
    "/invoices/{invoice_id}/payments",
    operation_id="record_payment",
    status_code=201,
    summary="Record a full or partial payment of an open invoice",
    description=(
        "When it leaves a suspended account without overdue invoices, the account is reinstated at "
        "once. Refuses invoices that are not open, more than is outstanding, a reference already "
        "recorded on the invoice, and accounts outside your city."
    ),
)
async def record_payment(
    session: Db, invoice_id: PathId, body: PaymentRequest
) -> PaymentReceiptOut:
    """Money in."""
    invoice = fetch(session, Invoice, invoice_id, "invoice")
    account = invoice.account
    require_account_looked_after(session, account)
    if invoice.status != "open":
        raise conflict(
            f"Invoice {invoice.number} is {invoice.status}; only open invoices take payments."
        )
    outstanding = invoice.total_cents - invoice.paid_cents
    if body.amount_cents > outstanding:
        raise conflict(
            f"Invoice {invoice.number} has {euros(outstanding)} outstanding; "
            f"{euros(body.amount_cents)} is too much."
        )
    if any(row.reference == body.reference for row in invoice.payments):
        raise conflict(f"Reference {body.reference} is already recorded on {invoice.number}.")
    payment = Payment(
        invoice=invoice,
        kind="payment",
        amount_cents=body.amount_cents,
        method=body.method,
        reference=body.reference,
        created_at=utc_now(),
    )
    session.add(payment)
    invoice.paid_cents += body.amount_cents
    if invoice.paid_cents == invoice.total_cents:
        invoice.status = "paid"
    session.flush()
    reinstated = account.status == "suspended" and not overdue_invoices(session, account.id)
    if reinstated:
        account.status = "active"
    session.commit()
    return receipt_out(session, payment, reinstated)


@app.post(
    "/payments/{payment_id}/refund",
    operation_id="refund_payment",
    status_code=201,
    summary="Give back part or all of a payment",
    description=(
        "A community lead may refund at most EUR 150.00 of any one payment, all refunds together, "
        "within 60 days of the payment and only on fully paid invoices; anything above goes to "
        "regional finance. Refuses your own account and accounts outside your city."
    ),
)
async def refund_payment(session: Db, payment_id: PathId, body: RefundRequest) -> PaymentReceiptOut:
    """Money out."""
    payment = fetch(session, Payment, payment_id, "payment")
    invoice = payment.invoice
    require_account_looked_after(session, invoice.account)
    require_not_own_account(session, invoice.account, "refund")
    if payment.kind != "payment":
        raise conflict(f"Payment {payment.id} is itself a refund.")
    if invoice.status != "paid":
        raise conflict(
            f"Invoice {invoice.number} is {invoice.status}; refunds are made on paid invoices only."
        )
    now = utc_now()
    last = payment.created_at + timedelta(days=REFUND_WINDOW_DAYS)
    if now > last:
        raise conflict(
            f"Payment {payment.id} of {payment.created_at.date()} could be refunded until "
            f"{last.date()} ({REFUND_WINDOW_DAYS} days)."
        )
    earlier = [row for row in invoice.payments if row.refunds_payment_id == payment.id]
    refunded = sum(row.amount_cents for row in earlier)
    if refunded + body.amount_cents > payment.amount_cents:
        raise conflict(
            f"Payment {payment.id} was {euros(payment.amount_cents)}, of which {euros(refunded)} "
            f"is already refunded; {euros(body.amount_cents)} is too much."
        )
    if refunded + body.amount_cents > REFUND_LIMIT_CENTS:
        raise forbidden(
            f"You may refund {euros(REFUND_LIMIT_CENTS)} of one payment, of which "
            f"{euros(refunded)} is used; {euros(body.amount_cents)} needs regional finance."
        )
    refund = Payment(
        invoice=invoice,
        kind="refund",
        amount_cents=body.amount_cents,
        method=payment.method,
        reference=f"REFUND-{payment.id}-{len(earlier) + 1}",
        refunds_payment_id=payment.id,
        reason=body.reason,
        created_at=now,
    )
    session.add(refund)
    invoice.refunded_cents += body.amount_cents
    if invoice.refunded_cents == invoice.paid_cents:
        invoice.status = "refunded"
    session.commit()
    return receipt_out(session, refund, reinstated=False)


# --------------------------------------------------------------------------------------------------
# Tools: events
# --------------------------------------------------------------------------------------------------


@app.get(
    "/events",
    operation_id="search_events",
    summary="Search events by title, location, day or status",
    description="Sorted by start, with seats left and the length of the waitlist.",
)
async def search_events(
    *,
    session: Db,
    title: Annotated[ShortText | None, Query(description="Part of the title.")] = None,
    location_id: Annotated[RowId | None, Query(description="Only this location.")] = None,
    status: Annotated[
        Literal["scheduled", "cancelled", "finished"] | None, Query(description="Only this status.")
    ] = None,
    from_day: Annotated[Day | None, Query(description="First day.")] = None,
    until_day: Annotated[Day | None, Query(description="Last day.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[EventOut]:
    """Events by start."""
    query = select(Event).order_by(Event.starts_at, Event.id)
    if title is not None:
        query = query.where(contains(Event.title, title))
    query = matching(query, (Event.location_id, location_id), (Event.status, status))
    query = on_days(query, Event.starts_at, from_day, until_day)
    return page_of(session, query, limit, offset, event_out)


@app.get(
    "/events/{event_id}",
    operation_id="get_event",
    summary="Show one event with its attendees and waitlist",
    description="The waitlist is in the order in which seats are offered.",
)
async def get_event(session: Db, event_id: PathId) -> EventDetailOut:
    """One event in full."""
    gathering = fetch(session, Event, event_id, "event")
    return shape(
        EventDetailOut,
        gathering,
        **event_facts(gathering),
        attendees=[registration_out(entry) for entry in seated(gathering)],
        waitlist=[registration_out(entry) for entry in waiting(gathering)],
    )


def require_event_ahead(gathering: Event) -> None:
    """Registrations change only while an event is still to come."""
    if gathering.status != "scheduled":
        raise conflict(f"'{gathering.title}' is {gathering.status}.")
    if utc_now() >= gathering.starts_at:
        raise conflict(f"'{gathering.title}' started at {gathering.starts_at:%Y-%m-%d %H:%M}.")


def require_no_event_clash(session: Session, gathering: Event, member: Member) -> None:
    """Nobody registers twice, or for two events at the same time."""
    clashes = session.scalars(
        select(EventRegistration)
        .join(Event)
        .where(
            EventRegistration.member_id == member.id,
            EventRegistration.status.in_(("registered", "waitlisted")),
            Event.starts_at < gathering.ends_at,
            Event.ends_at > gathering.starts_at,
        )
        .order_by((Event.id != gathering.id), Event.id)
    )
    for entry in clashes:
        if entry.event_id == gathering.id:
            raise conflict(f"{member.full_name} is already {entry.status} for '{gathering.title}'.")
        raise conflict(
            f"{member.full_name} is {entry.status} for '{entry.event.title}' at the same time "
            f"({entry.event.starts_at:%Y-%m-%d} {hm(entry.event.starts_at)})."
        )


@app.post(
    "/events/{event_id}/registrations",
    operation_id="register_for_event",
    status_code=201,
    summary="Register yourself or a member for an event",
    description=(
        "Charges the event's price in credits. When it is full, refuses unless join_waitlist is "
        "true; waiting costs nothing until a seat is given. Refuses events that are over, "
        "cancelled or closed for registration, double registrations, two events at the same "
        "time, too few credits, and members outside your city or not in good standing."
    ),
)
async def register_for_event(
    session: Db, event_id: PathId, body: RegistrationRequest
) -> RegistrationChangeOut:
    """A seat, or a place on the waitlist."""
    gathering = fetch(session, Event, event_id, "event")
    member = fetch(session, Member, body.member_id, "member")
    require_looked_after(session, member)
    require_in_good_standing(member)
    require_event_ahead(gathering)
    now = utc_now()
    if now >= gathering.registration_closes_at:
        raise conflict(
            f"Registration for '{gathering.title}' closed at "
            f"{gathering.registration_closes_at:%Y-%m-%d %H:%M}."
        )
    require_no_event_clash(session, gathering, member)
    full = len(seated(gathering)) >= gathering.capacity
    if full and not body.join_waitlist:
        raise conflict(
            f"'{gathering.title}' is full ({gathering.capacity} of {gathering.capacity} seats, "
            f"{len(waiting(gathering))} waiting); set join_waitlist to wait for a seat."
        )
    price = 0 if full else gathering.credits_price
    require_credits(member.account, price, f"'{gathering.title}'")
    entry = EventRegistration(
        event=gathering,
        member=member,
        status="waitlisted" if full else "registered",
        credits_charged=price,
        credits_refunded=0,
        registered_at=now,
    )
    session.add(entry)
    note = f"Event: {gathering.title}"
    house = spent_account(session)
    move_credits(session, member.account, house, price, "event", note, registration=entry)
    session.commit()
    return registration_change(entry, refunded=0, promoted=None, skipped=[])


def registration_change(
    entry: EventRegistration, refunded: int, promoted: str | None, skipped: list[str]
) -> RegistrationChangeOut:
    """A registration after a change, with its event."""
    return RegistrationChangeOut(
        event=event_out(entry.event),
        registration=registration_out(entry),
        credits_refunded=refunded,
        credit_balance=entry.member.account.credit_balance,
        promoted_member=promoted,
        skipped_members=skipped,
    )


@app.delete(
    "/events/{event_id}/registrations/{member_id}",
    operation_id="cancel_event_registration",
    summary="Take a member off an event or its waitlist",
    description=(
        "The credits come back when the event is at least 24 hours away. A freed seat goes at once "
        "to the first on the waitlist who has the credits for it. Refuses events that have started "
        "and members who are not on the list or outside your city."
    ),
)
async def cancel_event_registration(
    session: Db, event_id: PathId, member_id: PathId
) -> RegistrationChangeOut:
    """The registration, cancelled."""
    gathering = fetch(session, Event, event_id, "event")
    member = fetch(session, Member, member_id, "member")
    require_looked_after(session, member)
    require_event_ahead(gathering)
    live = [*seated(gathering), *waiting(gathering)]
    entry = next((row for row in live if row.member_id == member.id), None)
    if entry is None:
        raise conflict(f"{member.full_name} is not on the list of '{gathering.title}'.")
    now = utc_now()
    had_seat = entry.status == "registered"
    in_time = gathering.starts_at - now >= timedelta(hours=EVENT_REFUND_HOURS)
    refund = entry.credits_charged if in_time else 0
    entry.status = "cancelled"
    entry.cancelled_at = now
    entry.credits_refunded = refund
    note = f"Cancelled: {gathering.title}"
    house = spent_account(session)
    move_credits(session, house, member.account, refund, "event_refund", note, registration=entry)
    promoted, skipped = promote_next(session, gathering) if had_seat else (None, [])
    session.commit()
    return registration_change(entry, refund, promoted, skipped)


# --------------------------------------------------------------------------------------------------
# Tools: maintenance
# --------------------------------------------------------------------------------------------------


@app.get(
    "/maintenance-tickets",
    operation_id="search_maintenance_tickets",
    summary="Search maintenance tickets by space, location, severity or status",
    description="Newest first. An open ticket with a window blocks its space in that window.",
)
async def search_maintenance_tickets(
    *,
    session: Db,
    space_id: Annotated[RowId | None, Query(description="Only this space.")] = None,
    location_id: Annotated[RowId | None, Query(description="Only this location.")] = None,
    severity: Annotated[Severity | None, Query(description="Only this severity.")] = None,
    status: Annotated[TicketStatus | None, Query(description="Only this status.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[TicketOut]:
    """Tickets, newest first."""
    query = select(MaintenanceTicket).join(Space)
    query = query.order_by(MaintenanceTicket.created_at.desc(), MaintenanceTicket.id.desc())
    query = matching(
        query,
        (MaintenanceTicket.space_id, space_id),
        (Space.location_id, location_id),
        (MaintenanceTicket.severity, severity),
        (MaintenanceTicket.status, status),
    )
    return page_of(session, query, limit, offset, ticket_out)


def require_space_looked_after(session: Session, space: Space) -> None:
    """Ownership, for spaces: only locations of the lead's own city."""
    city = lead_city(session)
    if space.location.city != city:
        raise forbidden(
            f"{space.name} is at {space.location.name} in {space.location.city}; you look after "
            f"{city} only."
        )


def require_high_blocks(severity: str, blocked: bool) -> None:
    """Nobody works beside something dangerous."""
    if severity == "high" and not blocked:
        raise malformed(
            "A ticket of high severity must block the space: give both ends of the block."
        )


@app.post(
    "/maintenance-tickets",
    operation_id="create_maintenance_ticket",
    status_code=201,
    summary="Report something broken and, if needed, block the space",
    description=(
        "With blocks_from and blocks_until the space cannot be booked in between; high severity "
        "needs both. Refuses to block over confirmed bookings (move or cancel them first), over "
        "another block, in the past or for more than 30 days; retired spaces; other cities' spaces."
    ),
)
async def create_maintenance_ticket(session: Db, body: TicketRequest) -> TicketOut:
    """One open ticket."""
    space = fetch(session, Space, body.space_id, "space")
    require_space_looked_after(session, space)
    if space.status != "active":
        raise conflict(f"{space.name} has been retired; it needs no maintenance.")
    if (body.blocks_from is None) != (body.blocks_until is None):
        raise malformed("Give both blocks_from and blocks_until, or neither.")
    require_high_blocks(body.severity, body.blocks_from is not None)
    if body.blocks_from is not None and body.blocks_until is not None:
        require_block_window(session, space, body.blocks_from, body.blocks_until, None)
    ticket = MaintenanceTicket(
        space=space,
        title=body.title,
        severity=body.severity,
        status="open",
        blocks_from=body.blocks_from,
        blocks_until=body.blocks_until,
        reported_by_member_id=CURRENT_USER_ID,
        created_at=utc_now(),
    )
    session.add(ticket)
    session.commit()
    return ticket_out(ticket)


@app.patch(
    "/maintenance-tickets/{ticket_id}",
    operation_id="update_maintenance_ticket",
    summary="Move a maintenance ticket on, or change its severity or block",
    description=(
        "Tickets go from open to in_progress, resolved or cancelled, and from in_progress to "
        "resolved or back to open; resolving needs a resolution_note. A block ends the moment its "
        "ticket is resolved or cancelled. A changed block obeys the rules of a new one. Refuses "
        "tickets that are resolved or cancelled, and other cities' spaces."
    ),
)
async def update_maintenance_ticket(
    session: Db, ticket_id: PathId, body: TicketUpdate
) -> TicketOut:
    """The ticket after the change."""
    ticket = fetch(session, MaintenanceTicket, ticket_id, "maintenance ticket")
    require_space_looked_after(session, ticket.space)
    if not body.model_dump(exclude_none=True):
        raise malformed("Name at least one thing to change.")
    status = body.status or ticket.status
    if not TICKET_TRANSITIONS[ticket.status]:
        raise conflict(f"Ticket {ticket.id} is {ticket.status} and can no longer be changed.")
    if status not in (ticket.status, *TICKET_TRANSITIONS[ticket.status]):
        allowed = ", ".join(TICKET_TRANSITIONS[ticket.status])
        raise conflict(
            f"Ticket {ticket.id} is {ticket.status}; it can become {allowed}, not {status}."
        )
    if (status == "resolved") != (body.resolution_note is not None):
        raise malformed("A resolution_note is needed to resolve a ticket, and only then.")
    severity = body.severity or ticket.severity
    starts, ends = body.blocks_from or ticket.blocks_from, body.blocks_until or ticket.blocks_until
    if (starts is None) != (ends is None):
        raise malformed("Give both blocks_from and blocks_until.")
    require_high_blocks(severity, starts is not None)
    if (starts, ends) != (ticket.blocks_from, ticket.blocks_until) and starts and ends:
        require_block_window(session, ticket.space, starts, ends, ticket.id)
    ticket.severity, ticket.status = severity, status
    ticket.blocks_from, ticket.blocks_until = starts, ends
    if not TICKET_TRANSITIONS[status]:
        close_ticket(ticket, body.resolution_note)
    session.commit()
    return ticket_out(ticket)


def close_ticket(ticket: MaintenanceTicket, note: str | None) -> None:
    """End a ticket, and with it what is left of its block."""
    now = utc_now()
    if ticket.status == "resolved":
        ticket.resolved_at = now
        ticket.resolution_note = note
    if ticket.blocks_from is not None and ticket.blocks_from >= now:
        ticket.blocks_from = ticket.blocks_until = None
    elif ticket.blocks_until is not None:
        ticket.blocks_until = min(ticket.blocks_until, now)


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, host=HOST, port=int(PORT))
