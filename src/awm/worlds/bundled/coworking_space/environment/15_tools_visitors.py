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
