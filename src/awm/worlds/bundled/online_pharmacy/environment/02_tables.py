# ---------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------

engine = create_engine(DATABASE_PATH, connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, autoflush=False, expire_on_commit=False)


@event.listens_for(engine, "connect")
def enforce_foreign_keys(connection: object, _record: object) -> None:
    """SQLite checks references only where each connection asks for it."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


class Base(DeclarativeBase):
    """Columns of type `datetime` are stored without microseconds."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DATETIME(truncate_microseconds=True)  # type: ignore[no-untyped-call]
    }


class User(Base):
    """An account holder, with store credit and one card on file."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    status: Mapped[str]
    store_credit_cents: Mapped[int]
    card_brand: Mapped[str]
    card_last4: Mapped[str]
    card_expires_on: Mapped[date]
    created_at: Mapped[datetime]


class Address(Base):
    """A shipping address; each account has at most one default."""

    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    label: Mapped[str]
    line1: Mapped[str]
    city: Mapped[str]
    state: Mapped[str]
    postal_code: Mapped[str]
    is_po_box: Mapped[bool]
    is_default: Mapped[bool]


class InsurancePlan(Base):
    """A plan: yearly deductible and the copay of each tier."""

    __tablename__ = "insurance_plans"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    deductible_cents: Mapped[int]
    copay_tier1_cents: Mapped[int]
    copay_tier2_cents: Mapped[int]
    copay_tier3_cents: Mapped[int | None]
    copay_tier4_cents: Mapped[int | None]

    def copay(self, tier: int) -> int | None:
        """The copay in cents for one month; `None` where the plan does not cover the tier."""
        by_tier = (
            self.copay_tier1_cents,
            self.copay_tier2_cents,
            self.copay_tier3_cents,
            self.copay_tier4_cents,
        )
        return by_tier[tier - 1]


class Allergy(Base):
    """A patient's allergy to an ingredient or a drug class."""

    __tablename__ = "allergies"
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    substance: Mapped[str]
    severity: Mapped[str]
    reaction: Mapped[str]
    recorded_on: Mapped[date]


class Patient(Base):
    """A family member that an account orders for."""

    __tablename__ = "patients"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    full_name: Mapped[str]
    birth_date: Mapped[date]
    relation: Mapped[str]
    status: Mapped[str]
    proxy_expires_on: Mapped[date | None]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("insurance_plans.id"))
    member_number: Mapped[str | None]
    coverage_ends_on: Mapped[date | None]
    deductible_met_cents: Mapped[int]
    plan: Mapped[InsurancePlan | None] = relationship()
    allergies: Mapped[list[Allergy]] = relationship(order_by=Allergy.id)

    def age(self, today: date) -> int:
        """Completed years."""
        had_birthday = (today.month, today.day) >= (self.birth_date.month, self.birth_date.day)
        return today.year - self.birth_date.year - (0 if had_birthday else 1)

    def covered(self, today: date) -> bool:
        """Whether insurance is in force on that day."""
        return self.plan_id is not None and (
            self.coverage_ends_on is None or self.coverage_ends_on >= today
        )

    def deductible_left(self, today: date) -> int:
        """What the patient still has to pay in full this year, in cents."""
        if self.plan is None or not self.covered(today):
            return 0
        return max(0, self.plan.deductible_cents - self.deductible_met_cents)


class Clinician(Base):
    """A prescriber, or a pharmacist with a daily shift (UTC)."""

    __tablename__ = "clinicians"
    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    full_name: Mapped[str]
    specialty: Mapped[str]
    state: Mapped[str]
    licence_number: Mapped[str]
    status: Mapped[str]
    prescribes_controlled: Mapped[bool]
    languages: Mapped[str]
    shift_start: Mapped[str | None]
    shift_end: Mapped[str | None]


class Medication(Base):
    """A product of the catalogue, on prescription or over the counter."""

    __tablename__ = "medications"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    ingredient: Mapped[str]
    drug_class: Mapped[str]
    strength: Mapped[str]
    form: Mapped[str]
    is_brand: Mapped[bool]
    schedule: Mapped[str]
    storage: Mapped[str]
    tier: Mapped[int]
    unit_name: Mapped[str]
    unit_price_cents: Mapped[int]
    minimum_age: Mapped[int]
    limit_30_days: Mapped[int | None]
    status: Mapped[str]

    @property
    def label(self) -> str:
        """Name, strength and form, as printed on the bottle."""
        return f"{self.name} {self.strength} {self.form}"

    @property
    def controlled(self) -> bool:
        """Whether it is on schedule II to V."""
        return self.schedule in CONTROLLED_SCHEDULES

    @property
    def over_the_counter(self) -> bool:
        """Whether it is sold without a prescription."""
        return self.schedule == "otc"

    def contains(self, substance: str) -> bool:
        """Whether the substance is its ingredient or its drug class."""
        return substance in (self.ingredient, self.drug_class)

    def equivalent_to(self, other: "Medication") -> bool:
        """Whether one may be dispensed for the other: same ingredient, strength and form."""
        return (self.ingredient, self.strength, self.form) == (
            other.ingredient,
            other.strength,
            other.form,
        )


class Interaction(Base):
    """What happens when two ingredients or drug classes meet."""

    __tablename__ = "interactions"
    id: Mapped[int] = mapped_column(primary_key=True)
    substance_a: Mapped[str]
    substance_b: Mapped[str]
    severity: Mapped[str]
    advice: Mapped[str]


class InventoryLot(Base):
    """Stock of one product that expires on one day."""

    __tablename__ = "inventory_lots"
    id: Mapped[int] = mapped_column(primary_key=True)
    medication_id: Mapped[int] = mapped_column(ForeignKey("medications.id"))
    lot_number: Mapped[str]
    expires_on: Mapped[date]
    quantity_on_hand: Mapped[int]
    status: Mapped[str]


class Prescription(Base):
    """A permission to dispense a product a limited number of times."""

    __tablename__ = "prescriptions"
    id: Mapped[int] = mapped_column(primary_key=True)
    rx_number: Mapped[str]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    prescriber_id: Mapped[int] = mapped_column(ForeignKey("clinicians.id"))
    medication_id: Mapped[int] = mapped_column(ForeignKey("medications.id"))
    directions: Mapped[str]
    quantity: Mapped[int]
    days_supply: Mapped[int]
    fills_authorized: Mapped[int]
    fills_used: Mapped[int]
    substitution_allowed: Mapped[bool]
    written_on: Mapped[date]
    expires_on: Mapped[date]
    last_filled_on: Mapped[date | None]
    status: Mapped[str]
    auto_refill: Mapped[str]
    next_auto_refill_on: Mapped[date | None]
    patient: Mapped[Patient] = relationship()
    prescriber: Mapped[Clinician] = relationship()
    medication: Mapped[Medication] = relationship()

    @property
    def fills_left(self) -> int:
        """How many more times it can be dispensed."""
        return self.fills_authorized - self.fills_used

    @property
    def refill_opens_on(self) -> date | None:
        """First day of the next fill; `None` before the first one."""
        if self.last_filled_on is None:
            return None
        percent = CONTROLLED_REFILL_PERCENT if self.medication.controlled else REFILL_PERCENT
        return self.last_filled_on + timedelta(days=-(-self.days_supply * percent // 100))


class Coupon(Base):
    """A discount on over-the-counter products or on shipping, once per account."""

    __tablename__ = "coupons"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    description: Mapped[str]
    kind: Mapped[str]
    value: Mapped[int]
    minimum_cents: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    max_uses: Mapped[int | None]
    times_used: Mapped[int]


class ShippingMethod(Base):
    """A way to ship: its price, speed and what it is fit for."""

    __tablename__ = "shipping_methods"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_cents: Mapped[int]
    free_from_cents: Mapped[int | None]
    min_days: Mapped[int]
    max_days: Mapped[int]
    cold_chain: Mapped[bool]
    signature: Mapped[bool]
    po_box: Mapped[bool]
    status: Mapped[str]


class OrderLine(Base):
    """One product for one patient, with what each side pays."""

    __tablename__ = "order_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    medication_id: Mapped[int] = mapped_column(ForeignKey("medications.id"))
    prescription_id: Mapped[int | None] = mapped_column(ForeignKey("prescriptions.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("inventory_lots.id"))
    quantity: Mapped[int]
    unit_price_cents: Mapped[int]
    gross_cents: Mapped[int]
    deductible_cents: Mapped[int] = mapped_column(default=0)
    plan_pays_cents: Mapped[int] = mapped_column(default=0)
    discount_cents: Mapped[int] = mapped_column(default=0)
    you_pay_cents: Mapped[int]
    previous_fill_on: Mapped[date | None]
    refunded_cents: Mapped[int] = mapped_column(default=0)
    refund_reason: Mapped[str | None]
    patient: Mapped[Patient] = relationship()
    medication: Mapped[Medication] = relationship()
    prescription: Mapped[Prescription | None] = relationship()
    lot: Mapped[InventoryLot | None] = relationship()


class Payment(Base):
    """Money that moved for an order."""

    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str]
    method: Mapped[str]
    amount_cents: Mapped[int]
    note: Mapped[str]
    created_at: Mapped[datetime]


class Order(Base):
    """A cart, and what becomes of it once it is placed."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    order_number: Mapped[str | None]
    status: Mapped[str]
    address_id: Mapped[int | None] = mapped_column(ForeignKey("addresses.id"))
    shipping_method_id: Mapped[int | None] = mapped_column(ForeignKey("shipping_methods.id"))
    coupon_id: Mapped[int | None] = mapped_column(ForeignKey("coupons.id"))
    items_cents: Mapped[int] = mapped_column(default=0)
    plan_pays_cents: Mapped[int] = mapped_column(default=0)
    discount_cents: Mapped[int] = mapped_column(default=0)
    shipping_cents: Mapped[int] = mapped_column(default=0)
    total_cents: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    address: Mapped[Address | None] = relationship()
    shipping_method: Mapped[ShippingMethod | None] = relationship()
    coupon: Mapped[Coupon | None] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(
        order_by=OrderLine.id, cascade="all, delete-orphan"
    )
    payments: Mapped[list[Payment]] = relationship(order_by=Payment.id)


class Consultation(Base):
    """A talk with a pharmacist about one patient."""

    __tablename__ = "consultations"
    id: Mapped[int] = mapped_column(primary_key=True)
    pharmacist_id: Mapped[int] = mapped_column(ForeignKey("clinicians.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    topic: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[str]
    created_at: Mapped[datetime]
    pharmacist: Mapped[Clinician] = relationship()
    patient: Mapped[Patient] = relationship()


Base.metadata.create_all(engine)
