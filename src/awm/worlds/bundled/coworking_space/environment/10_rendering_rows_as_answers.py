# --------------------------------------------------------------------------------------------------
# Rendering rows as answers
# --------------------------------------------------------------------------------------------------

Rendered = TypeVar("Rendered")


def page_of(
    session: Session,
    query: Select[Any],
    limit: int,
    offset: int,
    render: Callable[[Any], Rendered],
) -> Page[Rendered]:
    """One page of a query's rows."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.scalars(query.limit(limit).offset(offset)).all()
    return Page(total=total, offset=offset, results=[render(row) for row in rows])


Shape = TypeVar("Shape", bound=Answer)


def shape(model: type[Shape], row: object, **extra: object) -> Shape:
    """A row as an answer: fields of the same name are copied, the rest is given."""
    copied = {name: getattr(row, name) for name in model.model_fields if name not in extra}
    return model.model_validate(copied | extra)


def location_out(row: Location) -> LocationOut:
    """A location with its week."""
    hours = [
        HoursOut(
            weekday=calendar.day_name[day.weekday], opens_at=day.opens_at, closes_at=day.closes_at
        )
        for day in row.hours
    ]
    return shape(LocationOut, row, opening_hours=hours)


def space_out(row: Space) -> SpaceOut:
    """A space with its place and equipment."""
    return shape(
        SpaceOut,
        row,
        location=row.location.name,
        screen=row.has_screen,
        video=row.has_video,
        whiteboard=row.has_whiteboard,
        assigned_to=row.assigned_member.full_name if row.assigned_member else None,
    )


def company_out(session: Session, row: Company) -> CompanyOut:
    """A company with its account."""
    members = select(func.count(Member.id)).where(
        Member.company_id == row.id, Member.status != "cancelled"
    )
    return shape(
        CompanyOut,
        row,
        home_location=row.home_location.name,
        city=row.home_location.city,
        member_count=session.scalar(members) or 0,
        account_status=row.account.status,
        credit_balance=row.account.credit_balance,
        overdue_cents=overdue_cents(session, row.account_id),
    )


def member_names(row: Member) -> dict[str, str | None]:
    """The names that a member's ids stand for."""
    return {
        "plan": row.plan.name,
        "company": row.company.name if row.company else None,
        "home_location": row.home_location.name,
        "city": row.home_location.city,
    }


def member_out(row: Member) -> MemberOut:
    """A member in a list."""
    return shape(MemberOut, row, **member_names(row))


def member_detail(session: Session, row: Member) -> MemberDetailOut:
    """A member with plan, account and conduct."""
    desk = session.scalars(select(Space).where(Space.assigned_member_id == row.id)).first()
    return shape(
        MemberDetailOut,
        row,
        **member_names(row),
        pending_plan=row.pending_plan.name if row.pending_plan else None,
        account_status=row.account.status,
        credit_balance=row.account.credit_balance,
        overdue_cents=overdue_cents(session, row.account_id),
        upcoming_bookings=upcoming_bookings(session, row.id),
        no_shows_last_30_days=recent_no_shows(session, row.id),
        dedicated_desk=f"{desk.name}, {desk.location.name}" if desk else None,
        looked_after_by_you=row.home_location.city == lead_city(session),
    )


def booking_out(row: Booking) -> BookingOut:
    """A booking with the names of its space and member."""
    return shape(
        BookingOut,
        row,
        space=row.space.name,
        space_kind=row.space.kind,
        location=row.space.location.name,
        member=row.member.full_name,
        company=row.member.company.name if row.member.company else None,
    )


def booking_change(row: Booking, charged: int, refunded: int) -> BookingChangeOut:
    """A booking after a change, with the credits that moved."""
    return BookingChangeOut(
        booking=booking_out(row),
        credits_charged_now=charged,
        credits_refunded_now=refunded,
        credit_balance=row.member.account.credit_balance,
    )


def pass_out(row: VisitorPass) -> PassOut:
    """A visitor pass with the names of host and location."""
    return shape(PassOut, row, host=row.host.full_name, location=row.location.name)


def invoice_facts(session: Session, row: Invoice) -> dict[str, object]:
    """What an invoice's columns imply."""
    return {
        "account": row.account.name,
        "account_kind": row.account.kind,
        "city": account_city(session, row.account),
        "overdue": is_overdue(row, utc_now().date()),
        "outstanding_cents": row.total_cents - row.paid_cents if row.status == "open" else 0,
    }


def invoice_out(session: Session, row: Invoice) -> InvoiceOut:
    """An invoice in a list."""
    return shape(InvoiceOut, row, **invoice_facts(session, row))


def payment_out(row: Payment) -> PaymentOut:
    """A payment or refund."""
    return shape(PaymentOut, row)


def receipt_out(session: Session, row: Payment, reinstated: bool) -> PaymentReceiptOut:
    """A payment with its invoice and account."""
    return PaymentReceiptOut(
        payment=payment_out(row),
        invoice=invoice_out(session, row.invoice),
        account_status=row.invoice.account.status,
        account_reinstated=reinstated,
    )


def event_facts(row: Event) -> dict[str, object]:
    """What an event's registrations add up to."""
    taken = len(seated(row))
    return {
        "location": row.location.name,
        "city": row.location.city,
        "seats_taken": taken,
        "seats_left": max(row.capacity - taken, 0),
        "waitlist_length": len(waiting(row)),
    }


def event_out(row: Event) -> EventOut:
    """An event in a list."""
    return shape(EventOut, row, **event_facts(row))


def registration_out(row: EventRegistration) -> RegistrationOut:
    """A registration with the member's name."""
    return shape(RegistrationOut, row, member=row.member.full_name)


def ticket_out(row: MaintenanceTicket) -> TicketOut:
    """A ticket with the names of space and location."""
    return shape(TicketOut, row, space=row.space.name, location=row.space.location.name)
