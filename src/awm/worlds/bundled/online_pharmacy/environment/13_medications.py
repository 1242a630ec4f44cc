# ---------------------------------------------------------------------------------------------
# Medications
# ---------------------------------------------------------------------------------------------


@app.get("/medications", operation_id="search_medications", summary="Search the catalogue.")
async def search_medications(
    *,
    db: Db,
    query: Annotated[
        Text | None,
        Query(max_length=60, description="Part of a name, an ingredient or a drug class."),
    ] = None,
    form: Form | None = None,
    over_the_counter: Annotated[
        bool | None, Query(description="true: no prescription needed; false: needed.")
    ] = None,
    suitable_age: Annotated[
        int | None, Query(ge=0, le=120, description="Only products allowed at this age in years.")
    ] = None,
    max_unit_price_cents: Annotated[int | None, Query(ge=1, le=10_000_000)] = None,
    in_stock: Annotated[bool, Query(description="Only what is in stock.")] = False,
    sort: Literal["name", "price"] = "name",
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[MedicationSummary]:
    """All filters must hold.

    Discontinued products are left out. The stock shown has not expired, but a sale needs one lot
    that outlasts its use: the days' supply, or 60 days over the counter.
    """
    stock = (
        select(InventoryLot.medication_id, func.sum(InventoryLot.quantity_on_hand).label("units"))
        .where(InventoryLot.status == "available", InventoryLot.expires_on > now().date())
        .group_by(InventoryLot.medication_id)
        .subquery()
    )
    available = func.coalesce(stock.c.units, 0)
    found = (
        select(Medication, available)
        .outerjoin(stock, stock.c.medication_id == Medication.id)
        .where(Medication.status == "active")
    )
    if query:
        columns = (Medication.name, Medication.ingredient, Medication.drug_class)
        found = found.where(or_(*(column.icontains(query, autoescape=True) for column in columns)))
    if form is not None:
        found = found.where(Medication.form == form)
    if over_the_counter is not None:
        is_otc = Medication.schedule == "otc"
        found = found.where(is_otc if over_the_counter else ~is_otc)
    if suitable_age is not None:
        found = found.where(Medication.minimum_age <= suitable_age)
    if max_unit_price_cents is not None:
        found = found.where(Medication.unit_price_cents <= max_unit_price_cents)
    if in_stock:
        found = found.where(available > 0)
    total = db.scalar(select(func.count()).select_from(found.subquery()))
    order = Medication.unit_price_cents if sort == "price" else func.lower(Medication.name)
    rows = db.execute(found.order_by(order, Medication.id).limit(limit).offset(offset)).all()
    results = [
        MedicationSummary(**shared(row, MedicationSummary), available_quantity=units)
        for row, units in rows
    ]
    return Page(total=total or 0, results=results)


@app.get(
    "/medications/{medication_id}",
    operation_id="get_medication",
    summary="Show one product with its lots and equivalents.",
)
async def get_medication(medication_id: PathId, db: Db) -> MedicationOut:
    """Lots that are quarantined, recalled or expired are shown but never sold.

    A sale comes from one lot that outlasts its use: the days' supply, or 60 days over the counter.
    """
    medication = known_medication(db, medication_id)
    lots = db.scalars(
        select(InventoryLot)
        .where(InventoryLot.medication_id == medication_id)
        .order_by(InventoryLot.expires_on, InventoryLot.id)
    ).all()
    sellable = sellable_lots(db, medication_id, now().date())
    same = equivalents(db, medication)
    return MedicationOut(
        **shared(medication, MedicationOut),
        available_quantity=sum(lot.quantity_on_hand for lot in sellable),
        lots=[LotOut.model_validate(lot) for lot in lots],
        equivalents=[row.label for row in same if row is not medication],
    )


@app.get(
    "/patients/{patient_id}/safety",
    operation_id="check_safety",
    summary="Check a product against a patient's age, allergies and other medicines.",
)
async def check_safety(
    patient_id: PathId,
    medication_id: Annotated[Id, Query(description="From search_medications.")],
    db: Db,
) -> SafetyOut:
    """Other medicines are the prescriptions with supply left and the cart.

    Changes nothing; use it before adding to the cart.
    """
    moment = now()
    patient = own_patient(db, patient_id)
    medication = known_medication(db, medication_id)
    findings = safety_findings(db, patient, medication, moment.date())
    levels = {finding.level for finding in findings}
    verdict: Literal["clear", "acknowledge", "consult_first", "blocked"] = "clear"
    if "blocked" in levels:
        verdict = "blocked"
    elif "needs_consultation" in levels and not recently_consulted(db, patient, moment):
        verdict = "consult_first"
    elif "needs_acknowledgement" in levels:
        verdict = "acknowledge"
    return SafetyOut(
        patient=patient.full_name, medication=medication.label, findings=findings, verdict=verdict
    )
