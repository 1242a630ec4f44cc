# --------------------------------------------------------------------------------------------------
# Rules: money and credits
# --------------------------------------------------------------------------------------------------


def move_credits(
    session: Session,
    source: Account,
    target: Account,
    amount: int,
    kind: TransferKind,
    note: str,
    *,
    booking: Booking | None = None,
    registration: EventRegistration | None = None,
) -> CreditTransfer | None:
    """Book one double entry and keep both balances equal to the sum of their entries."""
    if amount == 0:
        return None
    source.credit_balance -= amount
    target.credit_balance += amount
    session.flush()  # gives a new booking or registration the id that the entry refers to
    transfer = CreditTransfer(
        from_account_id=source.id,
        to_account_id=target.id,
        credits=amount,
        kind=kind,
        booking_id=booking.id if booking else None,
        registration_id=registration.id if registration else None,
        note=note,
        created_at=utc_now(),
    )
    session.add(transfer)
    return transfer


def issued_account(session: Session) -> Account:
    """The house account that every new credit comes from; its balance is negative."""
    return fetch(session, Account, CREDITS_ISSUED_ACCOUNT_ID, "account")


def spent_account(session: Session) -> Account:
    """The house account that every spent credit goes to."""
    return fetch(session, Account, CREDITS_SPENT_ACCOUNT_ID, "account")


def require_credits(account: Account, needed: int, what: str) -> None:
    """Nobody spends credits that are not there."""
    if account.credit_balance < needed:
        raise conflict(
            f"{what} costs {needed} credits, but account '{account.name}' has only "
            f"{account.credit_balance}."
        )


def is_overdue(invoice: Invoice, today: date) -> bool:
    """Open, and its due day has passed."""
    return invoice.status == "open" and invoice.due_on < today


def overdue_invoices(session: Session, account_id: int) -> Sequence[Invoice]:
    """What the account should have paid by now, oldest first."""
    query = select(Invoice).where(
        Invoice.account_id == account_id,
        Invoice.status == "open",
        Invoice.due_on < utc_now().date(),
    )
    return session.scalars(query.order_by(Invoice.due_on, Invoice.id)).all()


def overdue_cents(session: Session, account_id: int) -> int:
    """How much of that is still unpaid."""
    return sum(bill.total_cents - bill.paid_cents for bill in overdue_invoices(session, account_id))


def require_no_long_arrears(session: Session, account: Account) -> None:
    """An invoice overdue for more than 30 days stops new bookings."""
    for invoice in overdue_invoices(session, account.id):
        days = (utc_now().date() - invoice.due_on).days
        if days > ARREARS_DAYS:
            raise conflict(
                f"Account '{account.name}' cannot book: invoice {invoice.number} is {days} days "
                f"overdue with {euros(invoice.total_cents - invoice.paid_cents)} outstanding "
                f"(limit {ARREARS_DAYS} days)."
            )


def account_city(session: Session, account: Account) -> str:
    """The city of the company or member that the account belongs to; empty for the house."""
    home = session.scalar(
        select(Location.city)
        .join(Company, Company.home_location_id == Location.id)
        .where(Company.account_id == account.id)
    ) or session.scalar(
        select(Location.city)
        .join(Member, Member.home_location_id == Location.id)
        .where(Member.account_id == account.id)
    )
    return home or ""


def require_account_looked_after(session: Session, account: Account) -> None:
    """Ownership, for money: only accounts of the lead's own city."""
    city, own = account_city(session, account), lead_city(session)
    if city != own:
        raise forbidden(
            f"Account '{account.name}' belongs to {city or 'the house'}; you look after {own} only."
        )


def require_not_own_account(session: Session, account: Account, what: str) -> None:
    """Nobody gives money or credits to herself."""
    if account.id == fetch(session, Member, CURRENT_USER_ID, "member").account_id:
        raise forbidden(f"You may not {what} your own account '{account.name}'.")


def prorate(amount: int, days_left: int, days_in_month: int) -> int:
    """The part of a monthly amount in cents that falls on the days left, rounded half up."""
    return (2 * amount * days_left + days_in_month) // (2 * days_in_month)


def next_invoice_number(session: Session, year: int) -> str:
    """Invoice numbers run without gaps within a year."""
    taken = session.scalars(select(Invoice.number).where(Invoice.number.like(f"INV-{year}-%")))
    last = max((int(number.rsplit("-", 1)[1]) for number in taken), default=0)
    return f"INV-{year}-{last + 1:04d}"
