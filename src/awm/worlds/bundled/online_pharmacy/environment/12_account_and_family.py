# ---------------------------------------------------------------------------------------------
# Account and family
# ---------------------------------------------------------------------------------------------


@app.get("/account", operation_id="get_account", summary="Show the logged-in account.")
async def get_account(db: Db) -> AccountOut:
    """Contact, store credit, card on file, today's date and all shipping addresses."""
    user = current_user(db)
    addresses = db.scalars(
        select(Address).where(Address.user_id == CURRENT_USER_ID).order_by(Address.id)
    )
    return AccountOut(
        **shared(user, AccountOut),
        user_id=user.id,
        card=f"{user.card_brand} ending {user.card_last4}, expires {user.card_expires_on}",
        today=now().date(),
        addresses=[AddressOut.model_validate(row) for row in addresses],
    )


@app.post(
    "/addresses", operation_id="add_address", summary="Add a shipping address.", status_code=201
)
async def add_address(body: NewAddress, db: Db) -> AddressOut:
    """Labels are unique within the account and it holds at most 6 addresses.

    States that the pharmacy does not serve are refused. A line1 that starts with 'PO Box' is taken
    for one.
    """
    query = select(Address).where(Address.user_id == CURRENT_USER_ID)
    present = db.scalars(query).all()
    if body.state in UNSERVED_STATES:
        conflict(f"The pharmacy is not licensed to ship to {body.state}.")
    if len(present) >= MAX_ADDRESSES:
        conflict(f"An account holds at most {MAX_ADDRESSES} addresses and yours has them all.")
    if any(address.label.casefold() == body.label.casefold() for address in present):
        conflict(f"There already is an address called '{body.label}'; choose another label.")
    if body.make_default:
        for address in present:
            address.is_default = False
        db.flush()  # the old default has to be gone before the unique index sees the new one
    address = Address(
        **body.model_dump(exclude={"make_default"}),
        user_id=CURRENT_USER_ID,
        is_po_box=re.match(r"p\.?\s*o\.?\s*box\b", body.line1, re.IGNORECASE) is not None,
        is_default=body.make_default,
    )
    db.add(address)
    db.commit()
    return AddressOut.model_validate(address)


@app.get(
    "/patients", operation_id="list_patients", summary="List the family members on this account."
)
async def list_patients(db: Db) -> Page[PatientSummary]:
    """Start here for patient ids.

    An adult other than you whose proxy authorisation is missing or over is listed, but the record
    is closed to you.
    """
    today = now().date()
    query = select(Patient).where(Patient.user_id == CURRENT_USER_ID).order_by(Patient.id)
    family = [PatientSummary(**patient_summary(row, today)) for row in db.scalars(query)]
    return Page(total=len(family), results=family)


@app.get(
    "/patients/{patient_id}",
    operation_id="get_patient",
    summary="Show one patient with allergies and insurance.",
)
async def get_patient(patient_id: PathId, db: Db) -> PatientOut:
    """Includes the deductible met this year and the copay per tier.

    Refuses patients of other accounts and adults without a valid proxy authorisation.
    """
    return patient_view(own_patient(db, patient_id), now().date())


@app.put(
    "/patients/{patient_id}/allergies",
    operation_id="record_allergy",
    summary="Record an allergy, or correct the one on file for the same substance.",
)
async def record_allergy(patient_id: PathId, body: AllergyRecord, db: Db) -> PatientOut:
    """The substance must be an ingredient or drug class of the catalogue.

    Lowering a severe allergy is refused unless a pharmacist consultation was completed in the last
    30 days.
    """
    moment = now()
    patient = acting_patient(db, patient_id)
    rows = db.execute(select(Medication.ingredient, Medication.drug_class)).all()
    known = {name.casefold(): name for row in rows for name in row}
    substance = known.get(body.substance.casefold())
    if substance is None:
        close = difflib.get_close_matches(body.substance.casefold(), sorted(known), n=3)
        hint = f"; did you mean {', '.join(known[name] for name in close)}?" if close else "."
        refuse(400, f"'{body.substance}' is no ingredient or drug class of the catalogue{hint}")
    allergy = next((row for row in patient.allergies if row.substance == substance), None)
    if allergy is None:
        allergy = Allergy(patient_id=patient.id, substance=substance, recorded_on=moment.date())
        patient.allergies.append(allergy)
    elif (
        allergy.severity == "severe"
        and body.severity != "severe"
        and not recently_consulted(db, patient, moment)
    ):
        conflict(
            f"{patient.full_name}'s severe allergy to {substance} can only be lowered after a "
            f"pharmacist consultation completed within the last {CONSULT_VALID_DAYS} days."
        )
    allergy.severity, allergy.reaction = body.severity, body.reaction
    allergy.recorded_on = moment.date()
    db.commit()
    return patient_view(patient, moment.date())
