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

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """Write a moment."""
        return None if value is None else value.strftime(MOMENT_FORMAT)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """Read a moment."""
        return None if value is None else datetime.strptime(value, MOMENT_FORMAT)


class DayText(TypeDecorator[date]):
    """A calendar day kept as text 'YYYY-MM-DD'."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, _dialect: Dialect) -> str | None:
        """Write a day."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> date | None:
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
