# ---------------------------------------------------------------------------------------------
# Rules: cart, orders and money moving
# ---------------------------------------------------------------------------------------------


def open_cart(db: Session) -> Order | None:
    """The account's cart, if it has one."""
    query = select(Order).where(Order.user_id == CURRENT_USER_ID, Order.status == "cart")
    return db.scalars(query).first()


def cart_to_fill(db: Session) -> Order:
    """The account's cart, made if there is none."""
    cart = open_cart(db)
    if cart is None:
        cart = Order(user_id=CURRENT_USER_ID, status="cart", created_at=now())
        db.add(cart)
        db.flush()
    return cart


def new_line(
    patient: Patient, medication: Medication, quantity: int, prescription: Prescription | None
) -> OrderLine:
    """A line at full price, which `reprice` then corrects."""
    gross = quantity * medication.unit_price_cents
    return OrderLine(
        patient_id=patient.id,
        patient=patient,
        medication_id=medication.id,
        medication=medication,
        prescription_id=prescription.id if prescription else None,
        prescription=prescription,
        quantity=quantity,
        unit_price_cents=medication.unit_price_cents,
        gross_cents=gross,
        you_pay_cents=gross,
    )


def reprice(db: Session, cart: Order, today: date) -> None:
    """Write today's prices into the cart; a coupon that no longer applies is taken off."""
    otc_cents = over_the_counter_cents(cart.lines)
    if cart.coupon and coupon_fault(db, cart.coupon, otc_cents, today):
        cart.coupon = None
    prices = price_lines(cart.lines, cart.coupon, today)
    for line, price in zip(cart.lines, prices, strict=True):
        line.unit_price_cents = line.medication.unit_price_cents
        line.gross_cents = price.gross
        line.deductible_cents = price.deductible
        line.plan_pays_cents = price.plan
        line.discount_cents = price.discount
        line.you_pay_cents = price.you_pay
    cart.items_cents = sum(price.gross for price in prices)
    cart.plan_pays_cents = sum(price.plan for price in prices)
    cart.discount_cents = sum(price.discount for price in prices)
    cart.total_cents = sum(price.you_pay for price in prices)


def priced_cart(db: Session) -> Order | None:
    """The cart at today's prices, for reading: the caller does not commit them."""
    cart = open_cart(db)
    if cart:
        reprice(db, cart, now().date())
    return cart


def check_card(user: User, cents: int, today: date) -> None:
    """Refuse a charge to an expired card."""
    if cents > 0 and user.card_expires_on < today:
        conflict(
            f"{dollars(cents)} cannot be charged: the {user.card_brand} ending {user.card_last4} "
            f"expired on {user.card_expires_on}."
        )


def move_money(order: Order, kind: str, method: str, cents: int, note: str) -> None:
    """Record a payment; amounts of nothing leave no trace."""
    if cents > 0:
        order.payments.append(
            Payment(kind=kind, method=method, amount_cents=cents, note=note, created_at=now())
        )


def paid_by_card(order: Order) -> int:
    """What the card was charged for the order and has not got back, in cents."""
    return sum(
        row.amount_cents if row.kind == "charge" else -row.amount_cents
        for row in order.payments
        if row.method == "card"
    )


def spend_fill(line: OrderLine, today: date) -> None:
    """Count one fill of the line's prescription and move its automatic refill along."""
    prescription = line.prescription
    if prescription is None:
        return
    line.previous_fill_on = prescription.last_filled_on
    line.patient.deductible_met_cents += line.deductible_cents
    prescription.fills_used += 1
    prescription.last_filled_on = today
    if prescription.auto_refill == "on":
        left = prescription.fills_left > 0
        prescription.auto_refill = "on" if left else "off"
        prescription.next_auto_refill_on = prescription.refill_opens_on if left else None


def give_fill_back(line: OrderLine, order: Order, today: date) -> None:
    """Undo `spend_fill`; an automatic refill that is on moves to the day the refill rule allows."""
    prescription = line.prescription
    if prescription is None or order.placed_at is None:
        return
    met = line.patient.deductible_met_cents - line.deductible_cents
    line.patient.deductible_met_cents = max(0, met)
    prescription.fills_used = max(0, prescription.fills_used - 1)
    if prescription.last_filled_on == order.placed_at.date():
        prescription.last_filled_on = line.previous_fill_on
    if prescription.auto_refill == "on":
        tomorrow = today + timedelta(days=1)
        prescription.next_auto_refill_on = max(prescription.refill_opens_on or tomorrow, tomorrow)
