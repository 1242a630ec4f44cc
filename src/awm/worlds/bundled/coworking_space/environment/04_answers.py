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
