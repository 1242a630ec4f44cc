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
            f"{host.full_name} already hosts {hosted} on {day}; guests a day on the "
            f"{host.plan.name} plan: {allowed}."
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
