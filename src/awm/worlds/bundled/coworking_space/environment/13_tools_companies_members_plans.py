# --------------------------------------------------------------------------------------------------
# Tools: companies, members, plans
# --------------------------------------------------------------------------------------------------


@app.get(
    "/companies",
    operation_id="list_companies",
    summary="List companies with credits, seats and overdue amounts",
    description="Use to compare companies or to find a company's id by part of its name.",
)
async def list_companies(
    session: Db,
    name: Annotated[ShortText | None, Query(description="Part of the name.")] = None,
    city: Annotated[ShortText | None, Query(description="City of the home location.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[CompanyOut]:
    """Companies by name."""
    query = select(Company).join(Location).order_by(Company.name)
    if name is not None:
        query = query.where(contains(Company.name, name))
    if city is not None:
        query = query.where(contains(Location.city, city))
    return page_of(session, query, limit, offset, lambda row: company_out(session, row))


@app.get(
    "/members",
    operation_id="search_members",
    summary="Search members by name, e-mail, company, plan, location or status",
    description="Use to turn a person's name into a member id. Some names are similar.",
)
async def search_members(
    *,
    session: Db,
    name: Annotated[ShortText | None, Query(description="Part of the full name.")] = None,
    email: Annotated[ShortText | None, Query(description="Part of the e-mail.")] = None,
    company_id: Annotated[RowId | None, Query(description="Only this company.")] = None,
    location_id: Annotated[RowId | None, Query(description="Only this home location.")] = None,
    plan_id: Annotated[RowId | None, Query(description="Only this plan.")] = None,
    status: Annotated[
        Literal["active", "paused", "cancelled"] | None, Query(description="Only this status.")
    ] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[MemberOut]:
    """Members by name."""
    query = select(Member).order_by(Member.full_name, Member.id)
    if name is not None:
        query = query.where(contains(Member.full_name, name))
    if email is not None:
        query = query.where(contains(Member.email, email))
    query = matching(
        query,
        (Member.company_id, company_id),
        (Member.home_location_id, location_id),
        (Member.plan_id, plan_id),
        (Member.status, status),
    )
    return page_of(session, query, limit, offset, member_out)


@app.get(
    "/members/{member_id}",
    operation_id="get_member",
    summary="Show one member with plan, account, credits and conduct",
    description="Use to check balance, standing, no-shows and overdue amounts before you act.",
)
async def get_member(session: Db, member_id: PathId) -> MemberDetailOut:
    """One member in full."""
    return member_detail(session, fetch(session, Member, member_id, "member"))


@app.get(
    "/plans",
    operation_id="list_plans",
    summary="List membership plans with prices, credits and limits",
    description="Cheapest first. Retired plans are kept by those who have them but not given anew.",
)
async def list_plans(
    session: Db,
    include_retired: Annotated[bool, Query(description="Show retired plans too.")] = True,
) -> list[PlanOut]:
    """All plans by price."""
    query = select(Plan).order_by(Plan.monthly_price_cents)
    if not include_retired:
        query = query.where(Plan.status == "offered")
    return [shape(PlanOut, row) for row in session.scalars(query)]


def require_plan_offered(session: Session, member: Member, plan: Plan) -> None:
    """Retired plans, company plans and a repeated downgrade are refused."""
    if plan.status == "retired":
        raise conflict(f"The {plan.name} plan is retired and is not given to anybody anew.")
    if plan.company_only and member.company_id is None:
        raise conflict(f"The {plan.name} plan is for companies; {member.full_name} has none.")
    if member.pending_plan_id == plan.id:
        raise conflict(
            f"{member.full_name} already moves to {plan.name} on {member.pending_plan_from}."
        )
    desk = session.scalars(select(Space).where(Space.assigned_member_id == member.id)).first()
    if desk is not None and plan.monthly_price_cents < member.plan.monthly_price_cents:
        raise conflict(
            f"{member.full_name} holds dedicated {desk.name}; it must be given up before a "
            f"downgrade from {member.plan.name} to {plan.name}."
        )


def require_upgrade_allowed(session: Session, member: Member) -> None:
    """An upgrade takes effect at once: once a month, and not while money is owed."""
    today = utc_now().date()
    changed = member.plan_changed_on
    if changed is not None and (changed.year, changed.month) == (today.year, today.month):
        raise conflict(
            f"{member.full_name} already changed plan on {changed}; one upgrade a calendar month."
        )
    for invoice in overdue_invoices(session, member.account_id):
        raise conflict(
            f"Account '{member.account.name}' owes invoice {invoice.number}, due {invoice.due_on}; "
            "an upgrade needs all overdue invoices paid."
        )


def upgrade_terms(member: Member, plan: Plan) -> tuple[list[ChargeLine], int]:
    """Prorated charge lines and credits for the rest of the month, today included.

    Prices times days left / days in month are rounded half up; credits are rounded down.
    """
    today = utc_now().date()
    first, following = month_bounds(today)
    left, whole = (following - today).days, (following - first).days
    span = f"{today} to {following - timedelta(days=1)}"
    lines = [
        ChargeLine(
            description=f"{plan.name} plan, {span}, {member.full_name}",
            amount_cents=prorate(plan.monthly_price_cents, left, whole),
        ),
        ChargeLine(
            description=f"{member.plan.name} plan unused, {span}, {member.full_name}",
            amount_cents=-prorate(member.plan.monthly_price_cents, left, whole),
        ),
    ]
    more = max(plan.monthly_credits - member.plan.monthly_credits, 0)
    return lines, more * left // whole


def apply_upgrade(
    session: Session, member: Member, plan: Plan, lines: list[ChargeLine], extra: int
) -> Invoice:
    """Put the member on the dearer plan, invoice the difference and add the credits."""
    today = utc_now().date()
    invoice = Invoice(
        number=next_invoice_number(session, today.year),
        account_id=member.account_id,
        status="open",
        issued_on=today,
        due_on=today + timedelta(days=INVOICE_TERM_DAYS),
        total_cents=sum(line.amount_cents for line in lines),
        paid_cents=0,
        refunded_cents=0,
    )
    for line in lines:
        invoice.lines.append(
            InvoiceLine(
                description=line.description,
                quantity=1,
                unit_price_cents=line.amount_cents,
                amount_cents=line.amount_cents,
            )
        )
    session.add(invoice)
    note = f"Upgrade from {member.plan.name} to {plan.name}, {member.full_name}"
    move_credits(session, issued_account(session), member.account, extra, "plan_upgrade", note)
    member.plan = plan
    member.plan_changed_on = today
    member.pending_plan = None
    member.pending_plan_from = None
    return invoice


@app.post(
    "/members/{member_id}/plan",
    operation_id="change_member_plan",
    summary="Change a member's plan, or preview what the change would cost",
    description=(
        "A dearer plan starts today: the difference for the rest of the month (today included) is "
        "invoiced and the extra credits, prorated and rounded down, are added. A cheaper plan "
        "starts on the first of next month, free of charge. Naming the current plan cancels a "
        "pending downgrade. Refuses retired plans, company plans for individuals, a second upgrade "
        "in a month, an upgrade with overdue invoices, a downgrade of a dedicated desk's holder, "
        "and members outside your city. With preview_only nothing is changed."
    ),
)
async def change_member_plan(
    session: Db, member_id: PathId, body: PlanChangeRequest
) -> PlanChangeOut:
    """Upgrade now, downgrade next month, or keep."""
    member = fetch(session, Member, member_id, "member")
    plan = fetch(session, Plan, body.plan_id, "plan")
    require_looked_after(session, member)
    require_in_good_standing(member)
    old, today = member.plan, utc_now().date()
    answer = {
        "member_id": member.id,
        "member": member.full_name,
        "from_plan": old.name,
        "to_plan": plan.name,
        "applied": not body.preview_only,
    }
    lines: list[ChargeLine] = []
    extra, invoice = 0, None
    if plan.id == old.id:
        if member.pending_plan_id is None:
            raise conflict(f"{member.full_name} is already on the {plan.name} plan.")
        direction, effective_on = "keep", today
    else:
        require_plan_offered(session, member, plan)
        upgrade = plan.monthly_price_cents > old.monthly_price_cents
        direction = "upgrade" if upgrade else "downgrade"
        effective_on = today if upgrade else month_bounds(today)[1]
        if upgrade:
            require_upgrade_allowed(session, member)
            lines, extra = upgrade_terms(member, plan)
    if not body.preview_only:
        if direction == "upgrade":
            invoice = apply_upgrade(session, member, plan, lines, extra)
        else:
            downgrade = direction == "downgrade"
            member.pending_plan = plan if downgrade else None
            member.pending_plan_from = effective_on if downgrade else None
        session.commit()
    return PlanChangeOut.model_validate(
        answer
        | {
            "direction": direction,
            "effective_on": effective_on,
            "charge_lines": lines,
            "charge_cents": sum(line.amount_cents for line in lines),
            "credits_added": extra,
            "invoice_id": invoice.id if invoice else None,
            "invoice_number": invoice.number if invoice else None,
        }
    )
