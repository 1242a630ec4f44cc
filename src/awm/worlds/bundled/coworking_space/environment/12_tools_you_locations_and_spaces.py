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
