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
