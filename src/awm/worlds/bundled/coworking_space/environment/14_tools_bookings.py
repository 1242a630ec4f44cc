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


def charge_booking(session: Session, booking: Booking, amount: int, what: str) -> None:
    """Move credits from the payer to the house for a booking."""
    note = f"{what}: {booking.space.name}, {booking.starts_at:%Y-%m-%d %H:%M}"
    account = booking.member.account
    move_credits(session, account, spent_account(session), amount, "booking", note, booking=booking)


def refund_booking(session: Session, booking: Booking, amount: int, what: str) -> None:
    """Move credits back from the house to the payer of a booking."""
    note = f"{what}: {booking.space.name}, {booking.starts_at:%Y-%m-%d %H:%M}"
    house, account = spent_account(session), booking.member.account
    move_credits(session, house, account, amount, "booking_refund", note, booking=booking)


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
