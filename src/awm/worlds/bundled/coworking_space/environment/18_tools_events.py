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
