# ---------------------------------------------------------------------------------------------
# Prescriptions
# ---------------------------------------------------------------------------------------------


@app.get(
    "/prescriptions", operation_id="list_prescriptions", summary="List the family's prescriptions."
)
async def list_prescriptions(
    *,
    db: Db,
    patient_id: PatientFilter = None,
    status: PrescriptionStatus | None = None,
    medication: Annotated[
        Text | None, Query(max_length=60, description="Part of the product name or ingredient.")
    ] = None,
    expires_before: Annotated[
        Day | None, Query(description="Only those that expire before then.")
    ] = None,
    fillable_today: Annotated[
        bool | None, Query(description="Only those that can be filled, or cannot.")
    ] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[PrescriptionOut]:
    """Shows for each whether it can be filled today, and if not, why.

    Patients whose record is closed to you are left out.
    """
    today = now().date()
    found = (
        select(Prescription)
        .join(Prescription.medication)
        .where(Prescription.patient_id.in_(accessible_patient_ids(db, patient_id)))
        .order_by(Prescription.id)
    )
    if status is not None:
        found = found.where(Prescription.status == status)
    if medication:
        columns = (Medication.name, Medication.ingredient)
        found = found.where(
            or_(*(column.icontains(medication, autoescape=True) for column in columns))
        )
    if expires_before is not None:
        found = found.where(Prescription.expires_on < expires_before)
    rows = list(db.scalars(found))
    if fillable_today is not None:
        rows = [row for row in rows if (fill_fault(row, today) is None) == fillable_today]
    page = rows[offset : offset + limit]
    return Page(
        total=len(rows),
        results=[PrescriptionOut(**prescription_fields(row, today)) for row in page],
    )


@app.get(
    "/prescriptions/{prescription_id}",
    operation_id="get_prescription",
    summary="Show one prescription with the price of a fill per product.",
)
async def get_prescription(prescription_id: PathId, db: Db) -> PrescriptionDetail:
    """Shows the fills left and what a fill costs, brand and generic.

    `products` are priced under the patient's insurance today, before anything in the cart uses up
    the deductible.
    """
    return prescription_view(db, own_prescription(db, prescription_id), now().date())


@app.post(
    "/prescriptions/{prescription_id}/renewal",
    operation_id="request_renewal",
    summary="Ask the prescriber to renew a prescription that ran out or expired.",
)
async def request_renewal(prescription_id: PathId, db: Db) -> PrescriptionDetail:
    """Use it when no fills are left or the prescription has expired.

    Refused while it can still be filled, for schedule II, more than 180 days after expiry, when
    the prescriber is suspended, and when another prescription for the same treatment can still be
    filled.
    """
    today = now().date()
    prescription = acting_prescription(db, prescription_id)
    number, medication = prescription.rx_number, prescription.medication
    if prescription.status != "active":
        state = prescription.status
        conflict(f"Prescription {number} has the status {state}; only active ones can be renewed.")
    if prescription.fills_left > 0 and prescription.expires_on >= today:
        conflict(
            f"Prescription {number} still has {prescription.fills_left} fill(s) until "
            f"{prescription.expires_on}; renew it when it has run out or expired."
        )
    if medication.schedule == "II":
        conflict(f"{medication.label} is on schedule II and needs a new visit, not a renewal.")
    last_day = prescription.expires_on + timedelta(days=RENEWAL_GRACE_DAYS)
    if today > last_day:
        conflict(
            f"Prescription {number} expired on {prescription.expires_on}; renewals were possible "
            f"for {RENEWAL_GRACE_DAYS} days, until {last_day}. A new visit is needed."
        )
    if prescription.prescriber.status != "active":
        conflict(f"The licence of {prescription.prescriber.full_name} is suspended.")
    others = db.scalars(
        select(Prescription).where(
            Prescription.patient_id == prescription.patient_id,
            Prescription.id != prescription.id,
            Prescription.status == "active",
            Prescription.fills_used < Prescription.fills_authorized,
            Prescription.expires_on >= today,
        )
    )
    for other in others:
        if other.medication.equivalent_to(medication):
            conflict(
                f"Not needed: prescription {other.rx_number} for the same treatment still has "
                f"{other.fills_left} fill(s) until {other.expires_on}."
            )
    prescription.status = "renewal_requested"
    prescription.auto_refill, prescription.next_auto_refill_on = "off", None
    db.commit()
    return prescription_view(db, prescription, today)


@app.put(
    "/prescriptions/{prescription_id}/hold",
    operation_id="set_prescription_hold",
    summary="Put a prescription on hold, or resume it.",
)
async def set_prescription_hold(
    prescription_id: PathId, body: HoldChange, db: Db
) -> PrescriptionDetail:
    """A prescription on hold cannot be filled until it is resumed.

    An automatic refill that is on becomes paused, and stays so after resuming. Refused while it is
    in the cart and for states other than active and on hold.
    """
    prescription = acting_prescription(db, prescription_id)
    needed, target = ("active", "on_hold") if body.hold else ("on_hold", "active")
    if prescription.status != needed:
        conflict(
            f"Prescription {prescription.rx_number} has the status {prescription.status}; only "
            f"{needed} ones can become {target}."
        )
    cart = open_cart(db)
    if cart and any(line.prescription_id == prescription_id for line in cart.lines):
        conflict(f"Prescription {prescription.rx_number} is in the cart; remove it there first.")
    prescription.status = target
    if body.hold and prescription.auto_refill == "on":
        prescription.auto_refill, prescription.next_auto_refill_on = "paused", None
    db.commit()
    return prescription_view(db, prescription, now().date())


@app.put(
    "/prescriptions/{prescription_id}/auto-refill",
    operation_id="set_auto_refill",
    summary="Turn automatic refills on, pause them or turn them off.",
)
async def set_auto_refill(
    prescription_id: PathId, body: AutoRefillChange, db: Db
) -> PrescriptionDetail:
    """Only refills that are on can be paused; 'on' also moves the date of one that is on.

    'on' needs an active, valid prescription with fills left, a supply of at least 28 days and no
    controlled substance.
    """
    today = now().date()
    prescription = acting_prescription(db, prescription_id)
    if body.state != "on" and body.next_on is not None:
        refuse(400, f"next_on goes with state 'on' only, not with '{body.state}'.")
    if body.state == "on":
        prescription.next_auto_refill_on = auto_refill_day(prescription, body.next_on, today)
    else:
        allowed = ("on",) if body.state == "paused" else ("on", "paused")
        if prescription.auto_refill not in allowed:
            conflict(
                f"Automatic refill of {prescription.rx_number} is {prescription.auto_refill}; "
                f"'{body.state}' needs it to be {' or '.join(allowed)}."
            )
        prescription.next_auto_refill_on = None
    prescription.auto_refill = body.state
    db.commit()
    return prescription_view(db, prescription, today)


def auto_refill_day(prescription: Prescription, wanted: date | None, today: date) -> date:
    """The day of the next automatic refill; refuses what cannot be refilled automatically."""
    number, medication = prescription.rx_number, prescription.medication
    if prescription.status != "active":
        conflict(f"Prescription {number} has the status {prescription.status}, not active.")
    if medication.controlled:
        conflict(f"{medication.label} is on schedule {medication.schedule}: no auto-refill.")
    if prescription.days_supply < AUTO_REFILL_MIN_DAYS_SUPPLY:
        conflict(
            f"Prescription {number} is for {prescription.days_supply} days; automatic refill "
            f"needs at least {AUTO_REFILL_MIN_DAYS_SUPPLY}."
        )
    if prescription.fills_left == 0:
        conflict(f"Prescription {number} has no fills left; use request_renewal.")
    tomorrow = today + timedelta(days=1)
    first = max(prescription.refill_opens_on or tomorrow, tomorrow)
    if first > prescription.expires_on:
        conflict(
            f"Prescription {number} expires on {prescription.expires_on}, before its next fill "
            f"opens on {first}."
        )
    if wanted is not None and not first <= wanted <= prescription.expires_on:
        conflict(
            f"The next automatic refill of {number} must lie between {first} and "
            f"{prescription.expires_on}, not on {wanted}."
        )
    return wanted or first
