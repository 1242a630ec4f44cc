# --------------------------------------------------------------------------------------------------
# Tools: credits
# --------------------------------------------------------------------------------------------------


@app.get(
    "/members/{member_id}/credits",
    operation_id="get_credit_statement",
    summary="Show the credit movements of the account a member pays from",
    description=(
        "Newest first, positive for credits received. Members of a company share its account. The "
        "balance always equals the sum of all entries."
    ),
)
async def get_credit_statement(
    session: Db,
    member_id: PathId,
    from_day: Annotated[Day | None, Query(description="First day.")] = None,
    until_day: Annotated[Day | None, Query(description="Last day.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> StatementOut:
    """A statement for a span of days."""
    account = fetch(session, Member, member_id, "member").account
    involved = or_(
        CreditTransfer.from_account_id == account.id, CreditTransfer.to_account_id == account.id
    )
    start = datetime.combine(from_day or date(FIRST_YEAR, 1, 1), time())
    query = on_days(
        select(CreditTransfer).where(involved, CreditTransfer.created_at >= start),
        CreditTransfer.created_at,
        None,
        until_day,
    )
    newest_first = query.order_by(CreditTransfer.created_at.desc(), CreditTransfer.id.desc())

    def signed(row: CreditTransfer) -> int:
        return row.credits if row.to_account_id == account.id else -row.credits

    before = select(CreditTransfer).where(involved, CreditTransfer.created_at < start)
    opening = sum(signed(row) for row in session.scalars(before))
    return StatementOut(
        account_id=account.id,
        account=account.name,
        opening_balance=opening,
        closing_balance=opening + sum(signed(row) for row in session.scalars(query)),
        current_balance=account.credit_balance,
        entries=page_of(
            session,
            newest_first,
            limit,
            offset,
            lambda row: shape(CreditEntryOut, row, credits=signed(row)),
        ),
    )


@app.post(
    "/members/{member_id}/goodwill",
    operation_id="grant_goodwill_credits",
    status_code=201,
    summary="Give a member's account goodwill credits",
    description=(
        "At most 10 goodwill credits per account and calendar month. Refuses your own account, "
        "suspended or closed accounts and members outside your city."
    ),
)
async def grant_goodwill_credits(
    session: Db, member_id: PathId, body: GoodwillRequest
) -> GoodwillOut:
    """Credits out of the house's pocket."""
    member = fetch(session, Member, member_id, "member")
    require_looked_after(session, member)
    account = member.account
    require_not_own_account(session, account, "give goodwill credits to")
    require_in_good_standing(member)
    first, following = month_bounds(utc_now().date())
    given = session.scalar(
        select(func.coalesce(func.sum(CreditTransfer.credits), 0)).where(
            CreditTransfer.to_account_id == account.id,
            CreditTransfer.kind == "goodwill",
            CreditTransfer.created_at >= datetime.combine(first, time()),
            CreditTransfer.created_at < datetime.combine(following, time()),
        )
    )
    left = GOODWILL_PER_MONTH - (given or 0)
    if body.credits > left:
        raise conflict(
            f"Account '{account.name}' can still get {left} of {GOODWILL_PER_MONTH} goodwill "
            f"credits in {first:%B %Y}; {body.credits} are too many."
        )
    house = issued_account(session)
    transfer = move_credits(session, house, account, body.credits, "goodwill", body.note)
    session.commit()
    return GoodwillOut(
        transfer_id=transfer.id if transfer else 0,
        account=account.name,
        credits=body.credits,
        credit_balance=account.credit_balance,
        goodwill_left_this_month=left - body.credits,
    )
