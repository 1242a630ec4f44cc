# ---------------------------------------------------------------------------------------------
# Rules: time, money, and who may see what
# ---------------------------------------------------------------------------------------------


def now() -> datetime:
    """The present second in UTC, without a zone, as the database stores it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def refuse(status: int, detail: str) -> NoReturn:
    """End the call with a 4xx answer."""
    raise HTTPException(status_code=status, detail=detail)


def conflict(detail: str) -> NoReturn:
    """End the call because a rule forbids it in the present state."""
    refuse(409, detail)


def dollars(cents: int) -> str:
    """Cents as people write them."""
    return f"${cents // 100}.{cents % 100:02d}"


def current_user(db: Session) -> User:
    """The logged-in account; refuses a suspended one."""
    user = db.get(User, CURRENT_USER_ID)
    if user is None:
        refuse(404, f"Account {CURRENT_USER_ID} does not exist.")
    if user.status != "active":
        refuse(403, f"The account of {user.full_name} is {user.status}; call customer service.")
    return user


def access_fault(patient: Patient, today: date) -> str | None:
    """Why this account may not act for the patient, if it may not."""
    if patient.relation == "self" or patient.age(today) < ADULT_AGE:
        return None
    if patient.proxy_expires_on is None:
        return (
            f"{patient.full_name} is {patient.age(today)} years old and has not signed a proxy "
            "authorisation; only the patient can give one, from their own account."
        )
    if patient.proxy_expires_on < today:
        return (
            f"{patient.full_name}'s proxy authorisation ended on {patient.proxy_expires_on}; "
            "only the patient can renew it, from their own account."
        )
    return None


def own_patient(db: Session, patient_id: int) -> Patient:
    """A patient of this account whose record it may read."""
    patient = db.get(Patient, patient_id)
    if patient is None:
        refuse(404, f"Patient {patient_id} does not exist; list_patients shows yours.")
    if patient.user_id != CURRENT_USER_ID:
        refuse(403, f"Patient {patient_id} belongs to another account.")
    if fault := access_fault(patient, now().date()):
        refuse(403, fault)
    return patient


def check_not_archived(patient: Patient) -> None:
    """Archived patients can be read about but not acted for."""
    if patient.status == "archived":
        conflict(f"{patient.full_name}'s record is archived; nothing can be changed or ordered.")


def acting_patient(db: Session, patient_id: int) -> Patient:
    """A patient of this account for whom it may act now."""
    patient = own_patient(db, patient_id)
    check_not_archived(patient)
    return patient


def own_prescription(db: Session, prescription_id: int) -> Prescription:
    """A prescription of a patient whose record this account may read."""
    prescription = db.get(Prescription, prescription_id)
    if prescription is None:
        refuse(404, f"Prescription {prescription_id} does not exist; list_prescriptions has ids.")
    own_patient(db, prescription.patient_id)
    return prescription


def acting_prescription(db: Session, prescription_id: int) -> Prescription:
    """A prescription of a patient for whom this account may act now."""
    prescription = own_prescription(db, prescription_id)
    check_not_archived(prescription.patient)
    return prescription


def own_address(db: Session, address_id: int) -> Address:
    """An address of this account."""
    address = db.get(Address, address_id)
    if address is None:
        refuse(404, f"Address {address_id} does not exist; get_account lists yours.")
    if address.user_id != CURRENT_USER_ID:
        refuse(403, f"Address {address_id} belongs to another account.")
    return address


def own_order(db: Session, order_id: int) -> Order:
    """A placed order of this account; a cart is not an order yet."""
    order = db.get(Order, order_id)
    if order is None or order.status == "cart":
        refuse(404, f"Order {order_id} does not exist; list_orders shows yours.")
    if order.user_id != CURRENT_USER_ID:
        refuse(403, f"Order {order_id} belongs to another account.")
    return order


def known_medication(db: Session, medication_id: int) -> Medication:
    """Any product of the catalogue."""
    medication = db.get(Medication, medication_id)
    if medication is None:
        refuse(404, f"Medication {medication_id} does not exist; search_medications has ids.")
    return medication


def equivalents(db: Session, medication: Medication) -> Sequence[Medication]:
    """The product itself and all others of the same ingredient, strength and form."""
    return db.scalars(
        select(Medication)
        .where(
            Medication.ingredient == medication.ingredient,
            Medication.strength == medication.strength,
            Medication.form == medication.form,
        )
        .order_by(Medication.id)
    ).all()


def known_shipping_method(db: Session, method_id: int) -> ShippingMethod:
    """Any shipping method, suspended ones too."""
    method = db.get(ShippingMethod, method_id)
    if method is None:
        refuse(404, f"Shipping method {method_id} does not exist; see list_shipping_methods.")
    return method
