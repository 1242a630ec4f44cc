# ---------------------------------------------------------------------------------------------
# Views: rows as answers
# ---------------------------------------------------------------------------------------------


def shared(row: object, model: type[BaseModel], *except_for: str) -> dict[str, Any]:
    """The answer's fields that the row has under the same name."""
    names = [name for name in model.model_fields if name not in except_for and hasattr(row, name)]
    return {name: getattr(row, name) for name in names}


def patient_summary(patient: Patient, today: date) -> dict[str, Any]:
    """What is shown of a patient even where the record itself is closed."""
    fault = access_fault(patient, today)
    own = shared(patient, PatientSummary, "age")
    return own | {"age": patient.age(today), "accessible": fault is None, "note": fault}


def patient_view(patient: Patient, today: date) -> PatientOut:
    """One patient with allergies and insurance, in force or not."""
    plan, coverage = patient.plan, None
    if plan is not None:
        coverage = CoverageOut(
            **shared(patient, CoverageOut, "plan"),
            plan=plan.name,
            in_force=patient.covered(today),
            deductible_cents=plan.deductible_cents,
            deductible_left_cents=patient.deductible_left(today),
            copay_cents_by_tier={tier: plan.copay(tier) for tier in (1, 2, 3, 4)},
        )
    return PatientOut(
        **patient_summary(patient, today),
        birth_date=patient.birth_date,
        proxy_expires_on=patient.proxy_expires_on,
        allergies=[AllergyOut.model_validate(row) for row in patient.allergies],
        coverage=coverage,
    )


def prescription_fields(prescription: Prescription, today: date) -> dict[str, Any]:
    """The fields that lists and details share."""
    fault = fill_fault(prescription, today)
    return shared(prescription, PrescriptionOut) | {
        "patient": prescription.patient.full_name,
        "medication": prescription.medication.label,
        "schedule": prescription.medication.schedule,
        "prescriber": prescription.prescriber.full_name,
        "can_fill_today": fault is None,
        "blocked_because": fault,
    }


def prescription_view(db: Session, prescription: Prescription, today: date) -> PrescriptionDetail:
    """One prescription with today's price of each product that could be dispensed for it."""
    prescribed, patient = prescription.medication, prescription.patient
    quantity, days = prescription.quantity, prescription.days_supply
    quotes = []
    for product in equivalents(db, prescribed):
        if product.status != "active" or product.over_the_counter:
            continue
        left = patient.deductible_left(today)
        price = price_fill(patient, product, quantity, days, left, today)
        quotes.append(
            ProductQuote(
                medication_id=product.id,
                name=product.label,
                is_brand=product.is_brand,
                gross_cents=price.gross,
                plan_pays_cents=price.plan,
                you_pay_cents=price.you_pay,
                may_dispense=product is prescribed or prescription.substitution_allowed,
            )
        )
    return PrescriptionDetail(**prescription_fields(prescription, today), products=quotes)


def line_view(line: OrderLine) -> LineOut:
    """One line of a cart or an order."""
    return LineOut(
        **shared(line, LineOut, "patient", "medication"),
        line_id=line.id,
        patient=line.patient.full_name,
        medication=line.medication.label,
        rx_number=line.prescription.rx_number if line.prescription else None,
    )


def cart_view(cart: Order | None) -> CartOut:
    """The cart at the prices last worked out."""
    if cart is None:
        return CartOut()
    return CartOut(
        **shared(cart, CartOut, "lines"),
        lines=[line_view(line) for line in cart.lines],
        coupon_code=cart.coupon.code if cart.coupon else None,
        you_pay_before_shipping_cents=cart.total_cents,
    )


def order_summary(order: Order) -> dict[str, Any]:
    """The fields that lists and details share."""
    products = [
        f"{line.quantity} x {line.medication.label} for {line.patient.full_name}"
        for line in order.lines
    ]
    refunded = sum(line.refunded_cents for line in order.lines)
    return shared(order, OrderSummary) | {"products": products, "refunded_cents": refunded}


def order_view(order: Order) -> OrderOut:
    """One order with its lines and payments."""
    fields = shared(order, OrderOut) | order_summary(order)
    fields |= {
        "address": AddressOut.model_validate(order.address),
        "shipping_method": order.shipping_method.name if order.shipping_method else "",
        "coupon_code": order.coupon.code if order.coupon else None,
        "lines": [line_view(line) for line in order.lines],
        "payments": [PaymentOut.model_validate(row) for row in order.payments],
    }
    return OrderOut(**fields)


def consultation_view(row: Consultation) -> ConsultationOut:
    """One consultation with the names of both sides."""
    names = {"pharmacist": row.pharmacist.full_name, "patient": row.patient.full_name}
    return ConsultationOut(**(shared(row, ConsultationOut) | names))


def accessible_patient_ids(db: Session, patient_id: int | None) -> list[int]:
    """The patients a list may show: the one asked for, or all whose record is open."""
    if patient_id is not None:
        return [own_patient(db, patient_id).id]
    today = now().date()
    family = db.scalars(select(Patient).where(Patient.user_id == CURRENT_USER_ID))
    return [patient.id for patient in family if access_fault(patient, today) is None]
