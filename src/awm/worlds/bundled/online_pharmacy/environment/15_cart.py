# ---------------------------------------------------------------------------------------------
# Cart
# ---------------------------------------------------------------------------------------------


@app.get("/cart", operation_id="get_cart", summary="Show the cart at today's prices.")
async def get_cart(db: Db) -> CartOut:
    """Insurance, deductible and coupon are worked out; shipping comes on top."""
    return cart_view(priced_cart(db))


@app.post(
    "/cart/prescriptions",
    operation_id="add_prescription_to_cart",
    summary="Put one fill of a prescription into the cart.",
)
async def add_prescription_to_cart(body: PrescriptionToCart, db: Db) -> CartOut:
    """Takes the prescribed product, or a permitted equivalent if one is named.

    Refused when it cannot be filled today, is in the cart already, is unsafe for the patient or
    out of stock, or when the product is no permitted equivalent.
    """
    moment = now()
    prescription = acting_prescription(db, body.prescription_id)
    product = dispensed_product(db, prescription, body.dispense_medication_id)
    if fault := fill_fault(prescription, moment.date()):
        conflict(fault)
    cart = open_cart(db)
    if cart and any(line.prescription_id == prescription.id for line in cart.lines):
        conflict(f"Prescription {prescription.rx_number} is in the cart already.")
    patient = prescription.patient
    enforce_safety(db, patient, product, body.acknowledge_warnings, moment)
    line = new_line(patient, product, prescription.quantity, prescription)
    pick_lot(db, line, moment.date(), {})
    cart = cart_to_fill(db)
    cart.lines.append(line)
    reprice(db, cart, moment.date())
    db.commit()
    return cart_view(cart)


def dispensed_product(
    db: Session, prescription: Prescription, medication_id: int | None
) -> Medication:
    """The prescribed product or a permitted equivalent that is still made."""
    prescribed = prescription.medication
    product = prescribed if medication_id is None else known_medication(db, medication_id)
    number = prescription.rx_number
    if product.status != "active":
        conflict(f"{product.label} is discontinued; dispense an equivalent, if there is one.")
    if product is prescribed:
        return product
    if not product.equivalent_to(prescribed) or product.over_the_counter:
        conflict(f"{product.label} is not equivalent to {prescribed.label}, which {number} is for.")
    if not prescription.substitution_allowed:
        conflict(f"Prescription {number} is 'dispense as written': only {prescribed.label}.")
    return product


@app.post(
    "/cart/products",
    operation_id="add_otc_to_cart",
    summary="Put an over-the-counter product into the cart, or change its quantity.",
)
async def add_otc_to_cart(body: OtcToCart, db: Db) -> CartOut:
    """If the patient's cart has the product already, the new quantity replaces the old.

    Refused for products that need a prescription, are unsafe for the patient, out of stock, or
    over the legal 30-day limit.
    """
    moment = now()
    patient = acting_patient(db, body.patient_id)
    medication = known_medication(db, body.medication_id)
    if not medication.over_the_counter:
        conflict(f"{medication.label} needs a prescription; use add_prescription_to_cart.")
    if medication.status != "active":
        conflict(f"{medication.label} is discontinued.")
    enforce_safety(db, patient, medication, body.acknowledge_warnings, moment)
    line = new_line(patient, medication, body.quantity, None)
    check_quota(db, line, moment)
    pick_lot(db, line, moment.date(), {})
    cart = cart_to_fill(db)
    same = (patient.id, medication.id, None)
    for old in cart.lines:
        if (old.patient_id, old.medication_id, old.prescription_id) == same:
            old.quantity = body.quantity
            break
    else:
        cart.lines.append(line)
    reprice(db, cart, moment.date())
    db.commit()
    return cart_view(cart)


@app.delete(
    "/cart/lines/{line_id}", operation_id="remove_from_cart", summary="Take a line out of the cart."
)
async def remove_from_cart(line_id: PathId, db: Db) -> CartOut:
    """A coupon whose minimum is then no longer met is taken off too."""
    today = now().date()
    cart = open_cart(db)
    line = next((row for row in cart.lines if row.id == line_id), None) if cart else None
    if cart is None or line is None:
        refuse(404, f"Line {line_id} is not in your cart; get_cart shows its lines.")
    cart.lines.remove(line)
    reprice(db, cart, today)
    db.commit()
    return cart_view(cart)


@app.get(
    "/coupons",
    operation_id="list_coupons",
    summary="List all coupons and whether they work for the present cart.",
)
async def list_coupons(db: Db) -> Page[CouponOut]:
    """A cart takes one coupon; coupons never discount prescriptions."""
    today = now().date()
    cart = open_cart(db)
    otc_cents = over_the_counter_cents(cart.lines) if cart else 0
    coupons = []
    for row in db.scalars(select(Coupon).order_by(Coupon.id)):
        fault = coupon_fault(db, row, otc_cents, today)
        state = {"usable_now": fault is None, "blocked_because": fault}
        coupons.append(CouponOut(**(shared(row, CouponOut) | state)))
    return Page(total=len(coupons), results=coupons)


@app.put("/cart/coupon", operation_id="apply_coupon", summary="Set or take off the cart's coupon.")
async def apply_coupon(body: CouponChange, db: Db) -> CartOut:
    """Replaces the coupon that is there.

    Refused when it is not valid today, used up, used before by this account, or when the cart has
    too little over the counter.
    """
    today = now().date()
    cart = open_cart(db)
    if cart is None or not cart.lines:
        conflict("The cart is empty; add products before a coupon.")
    if body.code is None:
        cart.coupon = None
    else:
        coupon = db.scalars(select(Coupon).where(Coupon.code == body.code.upper())).first()
        if coupon is None:
            refuse(404, f"There is no coupon '{body.code}'; list_coupons shows them.")
        if fault := coupon_fault(db, coupon, over_the_counter_cents(cart.lines), today):
            conflict(fault)
        cart.coupon = coupon
    reprice(db, cart, today)
    db.commit()
    return cart_view(cart)


@app.get(
    "/shipping-methods",
    operation_id="list_shipping_methods",
    summary="Price every shipping method for the present cart and one address.",
)
async def list_shipping_methods(
    address_id: Annotated[Id, Query(description="One of the account's addresses.")], db: Db
) -> Page[ShippingOffer]:
    """Shows which methods are available, and why others are not.

    Refrigerated products need a cold chain, controlled substances a signature and an address in
    the state of their prescriber; few methods deliver to PO boxes.
    """
    address = own_address(db, address_id)
    cart = priced_cart(db)
    lines, coupon, payable = (cart.lines, cart.coupon, cart.total_cents) if cart else ([], None, 0)
    offers = []
    for row in db.scalars(select(ShippingMethod).order_by(ShippingMethod.id)):
        fault = shipping_fault(row, address, lines)
        price = shipping_price(row, payable, coupon)
        offers.append(
            ShippingOffer(
                **shared(row, ShippingOffer, "price_cents"),
                price_cents=price,
                order_total_cents=payable + price,
                available=fault is None,
                blocked_because=fault,
            )
        )
    return Page(total=len(offers), results=offers)
