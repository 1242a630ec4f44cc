# ---------------------------------------------------------------------------------------------
# Rules: prices
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinePrice:
    """What one line costs and who pays it, in cents."""

    gross: int
    deductible: int = 0
    plan: int = 0
    discount: int = 0

    @property
    def you_pay(self) -> int:
        """The customer's share."""
        return self.gross - self.plan - self.discount


def price_fill(
    patient: Patient, medication: Medication, quantity: int, days: int, left: int, today: date
) -> LinePrice:
    """One fill: the customer pays the deductible still left, then at most the copay.

    Args:
        patient: Whose insurance it is.
        medication: The product dispensed; tier 1 is not subject to the deductible.
        quantity: Units.
        days: Days' supply; more than one month costs two copays.
        left: Deductible still to be met, in cents.
        today: Day on which insurance must be in force.
    """
    gross = quantity * medication.unit_price_cents
    copay = patient.plan.copay(medication.tier) if patient.plan else None
    if copay is None or not patient.covered(today):
        return LinePrice(gross)
    copay *= 1 if days <= ONE_COPAY_DAYS else LONG_FILL_COPAYS
    deductible = 0 if medication.tier == DEDUCTIBLE_FREE_TIER else min(gross, left)
    plan_pays = max(0, gross - deductible - copay)
    return LinePrice(gross, deductible, plan_pays)


def coupon_fault(db: Session, coupon: Coupon, otc_cents: int, today: date) -> str | None:
    """Why the coupon does not apply to a cart with that much over the counter, if it does not."""
    if today < coupon.starts_on:
        return f"Coupon {coupon.code} is valid from {coupon.starts_on}; today is {today}."
    if today > coupon.ends_on:
        return f"Coupon {coupon.code} ended on {coupon.ends_on}."
    if coupon.max_uses is not None and coupon.times_used >= coupon.max_uses:
        return f"Coupon {coupon.code} has been used {coupon.times_used} times, its limit."
    used = db.scalars(
        select(Order.order_number).where(
            Order.user_id == CURRENT_USER_ID,
            Order.coupon_id == coupon.id,
            Order.status.not_in(("cart", "cancelled")),
        )
    ).first()
    if used:
        return f"Coupon {coupon.code} works once per account and was used on order {used}."
    if otc_cents < coupon.minimum_cents:
        return (
            f"Coupon {coupon.code} needs {dollars(coupon.minimum_cents)} of over-the-counter "
            f"products; the cart has {dollars(otc_cents)}. Prescriptions never count."
        )
    return None


def discount_of(coupon: Coupon, otc_cents: int) -> int:
    """What a coupon takes off the over-the-counter part, in cents."""
    if coupon.kind == "percent":
        return otc_cents * coupon.value // 100
    return min(coupon.value, otc_cents) if coupon.kind == "amount" else 0


def over_the_counter_cents(lines: Sequence[OrderLine]) -> int:
    """Full price of the lines that need no prescription."""
    return sum(
        line.quantity * line.medication.unit_price_cents
        for line in lines
        if line.prescription_id is None
    )


def price_lines(lines: Sequence[OrderLine], coupon: Coupon | None, today: date) -> list[LinePrice]:
    """Prices of a cart, in its order: the deductible and the coupon are spent line by line."""
    deductible_left: dict[int, int] = {}
    otc_left = over_the_counter_cents(lines)
    discount_left = discount_of(coupon, otc_left) if coupon else 0
    prices: list[LinePrice] = []
    for line in lines:
        gross = line.quantity * line.medication.unit_price_cents
        if line.prescription is None:
            # Each line takes its share of what is left, so rounding never loses a cent.
            share = discount_left * gross // otc_left
            otc_left -= gross
            discount_left -= share
            prices.append(LinePrice(gross, discount=share))
            continue
        patient = line.patient
        left = deductible_left.setdefault(patient.id, patient.deductible_left(today))
        price = price_fill(
            patient, line.medication, line.quantity, line.prescription.days_supply, left, today
        )
        deductible_left[patient.id] = left - price.deductible
        prices.append(price)
    return prices


def shipping_faults(
    method: ShippingMethod, address: Address, lines: Sequence[OrderLine]
) -> Iterator[str]:
    """Every reason why these lines cannot travel that way to that address."""
    cold = [line.medication.label for line in lines if line.medication.storage == "refrigerated"]
    controlled = [line for line in lines if line.medication.controlled]
    if method.status != "active":
        yield f"{method.name} is suspended."
    if address.state in UNSERVED_STATES:
        yield f"The pharmacy is not licensed to ship to {address.state}."
    if cold and not method.cold_chain:
        yield f"{cold[0]} must stay refrigerated; {method.name} is not a cold-chain method."
    if controlled and not method.signature:
        yield (
            f"{controlled[0].medication.label} is a schedule {controlled[0].medication.schedule} "
            f"substance and needs a signature; {method.name} takes none."
        )
    if address.is_po_box and not method.po_box:
        yield f"{method.name} does not deliver to PO boxes such as '{address.label}'."
    for line in controlled:
        if line.prescription and line.prescription.prescriber.state != address.state:
            yield (
                f"{line.medication.label} is a controlled substance prescribed in "
                f"{line.prescription.prescriber.state}; it cannot be shipped to {address.state}."
            )


def shipping_fault(
    method: ShippingMethod, address: Address, lines: Sequence[OrderLine]
) -> str | None:
    """Why these lines cannot travel that way to that address, if they cannot."""
    return next(shipping_faults(method, address, lines), None)


def shipping_price(method: ShippingMethod, payable_cents: int, coupon: Coupon | None) -> int:
    """What shipping costs for goods of which the customer pays that much."""
    if coupon is not None and coupon.kind == "free_shipping":
        return 0
    if method.free_from_cents is not None and payable_cents >= method.free_from_cents:
        return 0
    return method.price_cents
