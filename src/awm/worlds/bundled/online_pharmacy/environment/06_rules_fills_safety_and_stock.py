# ---------------------------------------------------------------------------------------------
# Rules: fills, safety and stock
# ---------------------------------------------------------------------------------------------


def fill_faults(prescription: Prescription, today: date) -> Iterator[str]:
    """Every reason why the prescription cannot be filled today, most telling first."""
    name = f"Prescription {prescription.rx_number} ({prescription.medication.label})"
    prescriber = prescription.prescriber
    opens_on = prescription.refill_opens_on
    if prescription.status != "active":
        yield f"{name} has the status {prescription.status}; only active ones can be filled."
    if prescription.expires_on < today:
        yield f"{name} expired on {prescription.expires_on}; use request_renewal."
    if prescription.fills_left == 0:
        yield f"{name} has used all {prescription.fills_authorized} fills; use request_renewal."
    if prescriber.status != "active":
        yield f"{name}: the licence of its prescriber, {prescriber.full_name}, is suspended."
    if prescription.medication.controlled and not prescriber.prescribes_controlled:
        yield f"{name}: {prescriber.full_name} is not authorised for controlled substances."
    if opens_on is not None and today < opens_on:
        yield (
            f"{name} was last filled on {prescription.last_filled_on} for "
            f"{prescription.days_supply} days; the next fill opens on {opens_on}."
        )


def fill_fault(prescription: Prescription, today: date) -> str | None:
    """Why the prescription cannot be filled today, if it cannot."""
    return next(fill_faults(prescription, today), None)


INTERACTION_LEVELS = {
    "contraindicated": "blocked",
    "major": "needs_consultation",
    "moderate": "needs_acknowledgement",
    "minor": "note",
}


def taken_by(db: Session, patient: Patient, today: date) -> list[Medication]:
    """What the patient has a supply of today, or is about to buy: prescriptions and cart."""
    prescriptions = db.scalars(
        select(Prescription)
        .where(
            Prescription.patient_id == patient.id,
            Prescription.last_filled_on.is_not(None),
            Prescription.status.not_in(("discontinued", "transferred")),
        )
        .order_by(Prescription.id)
    )
    taken = [
        prescription.medication
        for prescription in prescriptions
        if prescription.last_filled_on is not None
        and prescription.last_filled_on + timedelta(days=prescription.days_supply) >= today
    ]
    cart = open_cart(db)
    lines = cart.lines if cart else []
    taken += [line.medication for line in lines if line.patient_id == patient.id]
    return list(dict.fromkeys(taken))


def safety_findings(
    db: Session, patient: Patient, medication: Medication, today: date
) -> list[Finding]:
    """Every concern about age, allergies, duplicate therapy and interactions, in that order.

    A supply of the same or an equivalent product is the same treatment and raises nothing.
    """
    found: list[tuple[str, str]] = []
    age = patient.age(today)
    if age < medication.minimum_age:
        text = f"{medication.label} is for ages {medication.minimum_age} and over"
        found.append(("blocked", f"{text}; {patient.full_name} is {age}."))
    for row in patient.allergies:
        if medication.contains(row.substance):
            level = "blocked" if row.severity == "severe" else "needs_acknowledgement"
            text = f"{patient.full_name} has a {row.severity} allergy to {row.substance}"
            found.append((level, f"{text} ({row.reaction})."))
    interactions = db.scalars(select(Interaction).order_by(Interaction.id)).all()
    for other in taken_by(db, patient, today):
        if other.equivalent_to(medication):
            continue
        if other.ingredient == medication.ingredient:
            text = f"Duplicate therapy: already takes {other.label}."
            found.append(("needs_acknowledgement", text))
        for rule in interactions:
            a, b = rule.substance_a, rule.substance_b
            if (medication.contains(a) and other.contains(b)) or (
                medication.contains(b) and other.contains(a)
            ):
                text = f"{rule.severity.capitalize()} interaction with {other.label}: {rule.advice}"
                found.append((INTERACTION_LEVELS[rule.severity], text))
    return [Finding.model_validate({"level": level, "text": text}) for level, text in found]


def recently_consulted(db: Session, patient: Patient, moment: datetime) -> bool:
    """Whether a consultation about the patient was completed within the last 30 days."""
    since = moment - timedelta(days=CONSULT_VALID_DAYS)
    query = select(Consultation.id).where(
        Consultation.patient_id == patient.id,
        Consultation.status == "completed",
        Consultation.ends_at >= since,
    )
    return db.scalars(query.limit(1)).first() is not None


def enforce_safety(
    db: Session, patient: Patient, medication: Medication, acknowledged: bool, moment: datetime
) -> None:
    """Refuse to sell what is unsafe, or what nobody has been warned of."""
    findings = safety_findings(db, patient, medication, moment.date())
    texts = {
        level: " ".join(finding.text for finding in findings if finding.level == level)
        for level in ("blocked", "needs_consultation", "needs_acknowledgement")
    }
    if texts["blocked"]:
        conflict(f"Unsafe for this patient and never sold: {texts['blocked']}")
    if texts["needs_consultation"] and not recently_consulted(db, patient, moment):
        conflict(
            f"{texts['needs_consultation']} {patient.full_name} needs a completed pharmacist "
            f"consultation within the last {CONSULT_VALID_DAYS} days; use book_consultation."
        )
    if texts["needs_acknowledgement"] and not acknowledged:
        conflict(
            f"{texts['needs_acknowledgement']} Ask the customer, then call again with "
            "acknowledge_warnings true."
        )


def sellable_lots(db: Session, medication_id: int, until: date) -> Sequence[InventoryLot]:
    """Available lots that last beyond the day given, first-expiring first."""
    return db.scalars(
        select(InventoryLot)
        .where(
            InventoryLot.medication_id == medication_id,
            InventoryLot.status == "available",
            InventoryLot.expires_on > until,
        )
        .order_by(InventoryLot.expires_on, InventoryLot.id)
    ).all()


def pick_lot(db: Session, line: OrderLine, today: date, taken: dict[int, int]) -> InventoryLot:
    """The first-expiring lot that holds the whole line and outlasts its use.

    `taken` counts what earlier lines of the same order already claimed, by lot.
    """
    days = line.prescription.days_supply if line.prescription else OTC_SHELF_DAYS
    until = today + timedelta(days=days)
    lots = sellable_lots(db, line.medication_id, until)
    free = {lot.id: lot.quantity_on_hand - taken.get(lot.id, 0) for lot in lots}
    for lot in lots:
        if free[lot.id] >= line.quantity:
            return lot
    medication = line.medication
    conflict(
        f"Out of stock: {line.quantity} {medication.unit_name}(s) of {medication.label} must come "
        f"from one lot that lasts beyond {until}; the largest such lot has "
        f"{max(free.values(), default=0)}."
    )


def check_quota(db: Session, line: OrderLine, moment: datetime) -> None:
    """Refuse more packs in 30 days than the law lets one patient buy."""
    medication, limit = line.medication, line.medication.limit_30_days
    if limit is None:
        return
    bought = db.scalar(
        select(func.coalesce(func.sum(OrderLine.quantity), 0))
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.patient_id == line.patient_id,
            OrderLine.medication_id == medication.id,
            Order.status.not_in(("cart", "cancelled")),
            Order.placed_at > moment - timedelta(days=QUOTA_DAYS),
        )
    )
    if (bought or 0) + line.quantity > limit:
        conflict(
            f"{medication.label} is limited to {limit} {medication.unit_name}(s) per patient in "
            f"{QUOTA_DAYS} days; {line.patient.full_name} already bought {bought}, so at most "
            f"{max(0, limit - (bought or 0))} more, not {line.quantity}."
        )
