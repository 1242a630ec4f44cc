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
