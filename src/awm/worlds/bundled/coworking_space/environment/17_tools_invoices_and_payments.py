# --------------------------------------------------------------------------------------------------
# Tools: invoices and payments
# --------------------------------------------------------------------------------------------------


@app.get(
    "/invoices",
    operation_id="search_invoices",
    summary="Search invoices by payer, number, status, due day or city",
    description=(
        "Sorted by due day, oldest first. A company's members are invoiced through the company, so "
        "member_id finds the invoices of the account the member pays from."
    ),
)
async def search_invoices(
    *,
    session: Db,
    number: Annotated[ShortText | None, Query(description="Part of the number.")] = None,
    member_id: Annotated[RowId | None, Query(description="Account of this member.")] = None,
    company_id: Annotated[RowId | None, Query(description="Account of this company.")] = None,
    account_kind: Annotated[
        Literal["company", "member"] | None, Query(description="Only companies or individuals.")
    ] = None,
    status: Annotated[InvoiceStatus | None, Query(description="Only this status.")] = None,
    overdue_only: Annotated[bool, Query(description="Only open ones past due.")] = False,
    due_until: Annotated[Day | None, Query(description="Due on this day or before.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[InvoiceOut]:
    """Invoices by due day."""
    query = select(Invoice).join(Account).order_by(Invoice.due_on, Invoice.id)
    if number is not None:
        query = query.where(contains(Invoice.number, number))
    if member_id is not None:
        member = fetch(session, Member, member_id, "member")
        query = query.where(Invoice.account_id == member.account_id)
    if company_id is not None:
        company = fetch(session, Company, company_id, "company")
        query = query.where(Invoice.account_id == company.account_id)
    query = matching(query, (Account.kind, account_kind), (Invoice.status, status))
    if overdue_only:
        query = query.where(Invoice.status == "open", Invoice.due_on < utc_now().date())
    if due_until is not None:
        query = query.where(Invoice.due_on <= due_until)
    return page_of(session, query, limit, offset, lambda row: invoice_out(session, row))


@app.get(
    "/invoices/{invoice_id}",
    operation_id="get_invoice",
    summary="Show one invoice with its lines, payments and refunds",
    description="Use to see what is outstanding, or to find the id of a payment.",
)
async def get_invoice(session: Db, invoice_id: PathId) -> InvoiceDetailOut:
    """One invoice in full."""
    invoice = fetch(session, Invoice, invoice_id, "invoice")
    return shape(
        InvoiceDetailOut,
        invoice,
        **invoice_facts(session, invoice),
        lines=[shape(InvoiceLineOut, line) for line in invoice.lines],
        payments=[payment_out(row) for row in invoice.payments],
    )


@app.post(
    "/invoices/{invoice_id}/payments",
    operation_id="record_payment",
    status_code=201,
    summary="Record a full or partial payment of an open invoice",
    description=(
        "When it leaves a suspended account without overdue invoices, the account is reinstated at "
        "once. Refuses invoices that are not open, more than is outstanding, a reference already "
        "recorded on the invoice, and accounts outside your city."
    ),
)
async def record_payment(
    session: Db, invoice_id: PathId, body: PaymentRequest
) -> PaymentReceiptOut:
    """Money in."""
    invoice = fetch(session, Invoice, invoice_id, "invoice")
    account = invoice.account
    require_account_looked_after(session, account)
    if invoice.status != "open":
        raise conflict(
            f"Invoice {invoice.number} is {invoice.status}; only open invoices take payments."
        )
    outstanding = invoice.total_cents - invoice.paid_cents
    if body.amount_cents > outstanding:
        raise conflict(
            f"Invoice {invoice.number} has {euros(outstanding)} outstanding; "
            f"{euros(body.amount_cents)} is too much."
        )
    if any(row.reference == body.reference for row in invoice.payments):
        raise conflict(f"Reference {body.reference} is already recorded on {invoice.number}.")
    payment = Payment(
        invoice=invoice,
        kind="payment",
        amount_cents=body.amount_cents,
        method=body.method,
        reference=body.reference,
        created_at=utc_now(),
    )
    session.add(payment)
    invoice.paid_cents += body.amount_cents
    if invoice.paid_cents == invoice.total_cents:
        invoice.status = "paid"
    session.flush()
    reinstated = account.status == "suspended" and not overdue_invoices(session, account.id)
    if reinstated:
        account.status = "active"
    session.commit()
    return receipt_out(session, payment, reinstated)


@app.post(
    "/payments/{payment_id}/refund",
    operation_id="refund_payment",
    status_code=201,
    summary="Give back part or all of a payment",
    description=(
        "A community lead may refund at most EUR 150.00 of any one payment, all refunds together, "
        "within 60 days of the payment and only on fully paid invoices; anything above goes to "
        "regional finance. Refuses your own account and accounts outside your city."
    ),
)
async def refund_payment(session: Db, payment_id: PathId, body: RefundRequest) -> PaymentReceiptOut:
    """Money out."""
    payment = fetch(session, Payment, payment_id, "payment")
    invoice = payment.invoice
    require_account_looked_after(session, invoice.account)
    require_not_own_account(session, invoice.account, "refund")
    if payment.kind != "payment":
        raise conflict(f"Payment {payment.id} is itself a refund.")
    if invoice.status != "paid":
        raise conflict(
            f"Invoice {invoice.number} is {invoice.status}; refunds are made on paid invoices only."
        )
    now = utc_now()
    last = payment.created_at + timedelta(days=REFUND_WINDOW_DAYS)
    if now > last:
        raise conflict(
            f"Payment {payment.id} of {payment.created_at.date()} could be refunded until "
            f"{last.date()} ({REFUND_WINDOW_DAYS} days)."
        )
    earlier = [row for row in invoice.payments if row.refunds_payment_id == payment.id]
    refunded = sum(row.amount_cents for row in earlier)
    if refunded + body.amount_cents > payment.amount_cents:
        raise conflict(
            f"Payment {payment.id} was {euros(payment.amount_cents)}, of which {euros(refunded)} "
            f"is already refunded; {euros(body.amount_cents)} is too much."
        )
    if refunded + body.amount_cents > REFUND_LIMIT_CENTS:
        raise forbidden(
            f"You may refund {euros(REFUND_LIMIT_CENTS)} of one payment, of which "
            f"{euros(refunded)} is used; {euros(body.amount_cents)} needs regional finance."
        )
    refund = Payment(
        invoice=invoice,
        kind="refund",
        amount_cents=body.amount_cents,
        method=payment.method,
        reference=f"REFUND-{payment.id}-{len(earlier) + 1}",
        refunds_payment_id=payment.id,
        reason=body.reason,
        created_at=now,
    )
    session.add(refund)
    invoice.refunded_cents += body.amount_cents
    if invoice.refunded_cents == invoice.paid_cents:
        invoice.status = "refunded"
    session.commit()
    return receipt_out(session, refund, reinstated=False)
