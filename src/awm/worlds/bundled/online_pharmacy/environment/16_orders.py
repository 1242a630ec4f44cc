# ---------------------------------------------------------------------------------------------
# Orders
# ---------------------------------------------------------------------------------------------


@app.post(
    "/orders",
    operation_id="place_order",
    summary="Order everything in the cart and pay for it.",
    status_code=201,
)
async def place_order(body: Checkout, db: Db) -> OrderOut:
    """Charges store credit (if asked) and then the card on file.

    Checks every line once more, reserves stock, and counts the fills and the deductible. Refused
    when the cart is empty, a line can no longer be sold, or the shipping method does not suit.
    """
    moment = now()
    today = moment.date()
    user = current_user(db)
    address = own_address(db, body.address_id)
    method = known_shipping_method(db, body.shipping_method_id)
    cart = open_cart(db)
    if cart is None or not cart.lines:
        conflict("The cart is empty; add products before ordering.")
    lots = check_lines(db, cart.lines, moment)
    if fault := shipping_fault(method, address, cart.lines):
        conflict(fault)
    if cart.coupon:
        otc_cents = over_the_counter_cents(cart.lines)
        if fault := coupon_fault(db, cart.coupon, otc_cents, today):
            conflict(f"{fault} Take it off with apply_coupon.")
    reprice(db, cart, today)
    shipping = shipping_price(method, cart.total_cents, cart.coupon)
    total = cart.total_cents + shipping
    credit = min(user.store_credit_cents, total) if body.use_store_credit else 0
    check_card(user, total - credit, today)

    for line, lot in zip(cart.lines, lots, strict=True):
        line.lot = lot
        lot.quantity_on_hand -= line.quantity
        spend_fill(line, today)
    if cart.coupon:
        cart.coupon.times_used += 1
    cart.address, cart.shipping_method = address, method
    cart.shipping_cents, cart.total_cents = shipping, total
    cart.status, cart.placed_at = "placed", moment
    cart.order_number = f"OP-{10_000 + cart.id}"
    user.store_credit_cents -= credit
    move_money(cart, "charge", "store_credit", credit, "Order payment")
    move_money(cart, "charge", "card", total - credit, "Order payment")
    db.commit()
    return order_view(cart)


def check_lines(db: Session, lines: Sequence[OrderLine], moment: datetime) -> list[InventoryLot]:
    """Apply every selling rule again, for days may have passed; returns a lot for each line."""
    taken: dict[int, int] = {}
    lots = []
    for line in lines:
        patient = acting_patient(db, line.patient_id)
        if line.medication.status != "active":
            conflict(f"{line.medication.label} is discontinued; remove it from the cart.")
        fault = fill_fault(line.prescription, moment.date()) if line.prescription else None
        if fault:
            conflict(fault)
        # Warnings were acknowledged when the line was added; what blocks a sale may be newer.
        enforce_safety(db, patient, line.medication, True, moment)
        check_quota(db, line, moment)
        lot = pick_lot(db, line, moment.date(), taken)
        taken[lot.id] = taken.get(lot.id, 0) + line.quantity
        lots.append(lot)
    return lots


@app.get("/orders", operation_id="list_orders", summary="List the account's orders, newest first.")
async def list_orders(
    db: Db,
    status: OrderStatus | None = None,
    patient_id: PatientFilter = None,
    placed_from: Annotated[Day | None, Query(description="First day, inclusive.")] = None,
    placed_to: Annotated[Day | None, Query(description="Last day, inclusive.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[OrderSummary]:
    """The cart is not an order yet; see get_cart."""
    found = select(Order).where(Order.user_id == CURRENT_USER_ID, Order.status != "cart")
    if status is not None:
        found = found.where(Order.status == status)
    if patient_id is not None:
        patient = own_patient(db, patient_id)
        found = found.where(Order.lines.any(OrderLine.patient_id == patient.id))
    if placed_from is not None:
        found = found.where(Order.placed_at >= datetime.combine(placed_from, time.min))
    if placed_to is not None:
        day_after = datetime.combine(placed_to, time.min) + timedelta(days=1)
        found = found.where(Order.placed_at < day_after)
    total = db.scalar(select(func.count()).select_from(found.subquery()))
    newest_first = found.order_by(Order.placed_at.desc(), Order.id.desc())
    page = db.scalars(newest_first.limit(limit).offset(offset))
    return Page(total=total or 0, results=[OrderSummary(**order_summary(row)) for row in page])


@app.get(
    "/orders/{order_id}",
    operation_id="get_order",
    summary="Show one order with lines, prices, shipping and payments.",
)
async def get_order(order_id: PathId, db: Db) -> OrderOut:
    """Line ids for refund_order_line are found here."""
    return order_view(own_order(db, order_id))


@app.patch(
    "/orders/{order_id}/shipping",
    operation_id="change_order_shipping",
    summary="Change the address or shipping method of an order that is not packed yet.",
)
async def change_order_shipping(order_id: PathId, body: ShippingChange, db: Db) -> OrderOut:
    """A higher shipping price is charged to the card; a lower one is returned as store credit.

    Refused once packed, and for methods that do not suit the products or the address.
    """
    today = now().date()
    user = current_user(db)
    order = own_order(db, order_id)
    if order.status != "placed":
        conflict(f"Order {order.order_number} is {order.status}; only placed ones can change.")
    if body.address_id is None and body.shipping_method_id is None:
        refuse(400, "Give address_id, shipping_method_id or both.")
    address = own_address(db, body.address_id or order.address_id or 0)
    method = known_shipping_method(db, body.shipping_method_id or order.shipping_method_id or 0)
    if (address.id, method.id) == (order.address_id, order.shipping_method_id):
        conflict(f"Order {order.order_number} already goes to '{address.label}' by {method.name}.")
    if fault := shipping_fault(method, address, order.lines):
        conflict(fault)
    payable = order.total_cents - order.shipping_cents
    shipping = shipping_price(method, payable, order.coupon)
    difference = shipping - order.shipping_cents
    check_card(user, difference, today)
    order.address, order.shipping_method = address, method
    order.shipping_cents, order.total_cents = shipping, payable + shipping
    user.store_credit_cents += max(0, -difference)
    move_money(order, "charge", "card", difference, "Shipping change")
    move_money(order, "refund", "store_credit", -difference, "Shipping change")
    db.commit()
    return order_view(order)


@app.post(
    "/orders/{order_id}/cancel",
    operation_id="cancel_order",
    summary="Cancel an order that is not packed yet.",
)
async def cancel_order(order_id: PathId, db: Db) -> OrderOut:
    """Money goes back where it came from; stock, fills, deductible and coupon are restored.

    Refused once the order is packed: then only refund_order_line is left.
    """
    moment = now()
    user = current_user(db)
    order = own_order(db, order_id)
    if order.status != "placed":
        conflict(
            f"Order {order.order_number} is {order.status}; only placed orders can be cancelled."
        )
    to_card = min(paid_by_card(order), order.total_cents)
    to_credit = order.total_cents - to_card
    for line in order.lines:
        if line.lot:
            line.lot.quantity_on_hand += line.quantity
        give_fill_back(line, order, moment.date())
    if order.coupon:
        order.coupon.times_used = max(0, order.coupon.times_used - 1)
    order.status, order.cancelled_at = "cancelled", moment
    user.store_credit_cents += to_credit
    move_money(order, "refund", "card", to_card, "Order cancelled")
    move_money(order, "refund", "store_credit", to_credit, "Order cancelled")
    db.commit()
    return order_view(order)


@app.post(
    "/orders/{order_id}/lines/{line_id}/refund",
    operation_id="refund_order_line",
    summary="Refund one line of a delivered order.",
)
async def refund_order_line(
    order_id: PathId, line_id: PathId, body: RefundRequest, db: Db
) -> OrderOut:
    """Damaged or wrong products are refunded in full within 14 days of delivery.

    A prescription then gets its fill back. What is not needed can be returned within 30 days if it
    is over the counter and not refrigerated, less 15% unless paid as store credit. Shipping is not
    refunded, and the card gets back no more than it paid.
    """
    user = current_user(db)
    order = own_order(db, order_id)
    line = next((row for row in order.lines if row.id == line_id), None)
    if line is None:
        refuse(404, f"Order {order.order_number} has no line {line_id}; get_order shows its lines.")
    today = now().date()
    check_refundable(order, line, body.reason, today)
    amount = line.you_pay_cents
    if body.reason == "not_needed" and body.pay_to == "card":
        amount -= amount * RESTOCKING_PERCENT // 100
    if body.pay_to == "card" and amount > paid_by_card(order):
        conflict(
            f"{dollars(amount)} cannot go to the card, which paid only "
            f"{dollars(paid_by_card(order))} of order {order.order_number}; choose store_credit."
        )
    line.refunded_cents, line.refund_reason = amount, body.reason
    if body.reason != "not_needed":
        give_fill_back(line, order, today)
    if all(row.refunded_cents > 0 or row.you_pay_cents == 0 for row in order.lines):
        order.status = "refunded"
    if body.pay_to == "store_credit":
        user.store_credit_cents += amount
    note = f"Refund of line {line.id}: {body.reason.replace('_', ' ')}"
    move_money(order, "refund", body.pay_to, amount, note)
    db.commit()
    return order_view(order)


def check_refundable(order: Order, line: OrderLine, reason: str, today: date) -> None:
    """Refuse refunds of the wrong state, too late, or of what may not be returned."""
    label = line.medication.label
    if line.refunded_cents > 0:
        conflict(f"{label} was already refunded with {dollars(line.refunded_cents)}.")
    if order.status != "delivered" or order.delivered_at is None:
        conflict(f"Order {order.order_number} is {order.status}; only delivered ones refund.")
    if line.you_pay_cents == 0:
        conflict(f"You paid nothing for {label}, so there is nothing to refund.")
    if reason == "not_needed" and line.prescription_id is not None:
        conflict(f"{label} is a prescription medicine; the law forbids taking it back.")
    if reason == "not_needed" and line.medication.storage == "refrigerated":
        conflict(f"{label} is refrigerated; it cannot be returned as not needed.")
    days = RETURN_DAYS if reason == "not_needed" else DAMAGE_CLAIM_DAYS
    last_day = order.delivered_at.date() + timedelta(days=days)
    if today > last_day:
        conflict(
            f"Order {order.order_number} was delivered on {order.delivered_at.date()}; refunds "
            f"for '{reason.replace('_', ' ')}' were possible for {days} days, until {last_day}."
        )
