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
