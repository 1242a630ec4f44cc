# ---------------------------------------------------------------------------------------------
# Answers
# ---------------------------------------------------------------------------------------------

T = TypeVar("T")


class Answer(BaseModel):
    """Fields are filled from the attributes of a table row where the names agree."""

    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    total: int = Field(description="How many there are, whatever the page.")
    results: list[T]


class RefusalOut(BaseModel):
    """What every 4xx answer looks like."""

    detail: str = Field(description="What was wrong, and what would be right.")


class AddressOut(Answer):
    """A shipping address."""

    id: int
    label: str
    line1: str
    city: str
    state: str
    postal_code: str
    is_po_box: bool
    is_default: bool


class AccountOut(BaseModel):
    """The logged-in account."""

    user_id: int
    full_name: str
    email: str
    phone: str
    store_credit_cents: int
    card: str = Field(description="The card on file and when it expires.")
    today: date
    addresses: list[AddressOut]


class PatientSummary(BaseModel):
    """A family member, as lists show one."""

    id: int
    full_name: str
    relation: str
    age: int
    status: str
    accessible: bool = Field(description="Whether this account may act for them.")
    note: str | None = Field(description="Why not, where it may not.")


class AllergyOut(Answer):
    """An allergy on file."""

    substance: str
    severity: str
    reaction: str
    recorded_on: date


class CoverageOut(BaseModel):
    """A patient's insurance and where the yearly deductible stands."""

    plan: str
    member_number: str | None
    in_force: bool
    coverage_ends_on: date | None
    deductible_cents: int
    deductible_met_cents: int
    deductible_left_cents: int
    copay_cents_by_tier: dict[int, int | None] = Field(
        description="For one month; null means not covered."
    )


class PatientOut(PatientSummary):
    """A patient with allergies and insurance."""

    birth_date: date
    proxy_expires_on: date | None
    allergies: list[AllergyOut]
    coverage: CoverageOut | None


class MedicationSummary(Answer):
    """A product, as searches show one."""

    id: int
    name: str
    strength: str
    form: str
    ingredient: str
    drug_class: str
    is_brand: bool
    schedule: str
    tier: int
    unit_name: str
    unit_price_cents: int
    minimum_age: int
    available_quantity: int = Field(description="In available lots that have not expired.")


class LotOut(Answer):
    """A lot in stock."""

    lot_number: str
    expires_on: date
    quantity_on_hand: int
    status: str


class MedicationOut(MedicationSummary):
    """A product with its lots."""

    storage: str
    limit_30_days: int | None
    status: str
    lots: list[LotOut]
    equivalents: list[str] = Field(description="Others of this ingredient, strength and form.")


class Finding(BaseModel):
    """One safety concern; its level says what it means for adding the product to the cart."""

    level: Literal["blocked", "needs_consultation", "needs_acknowledgement", "note"]
    text: str


class SafetyOut(BaseModel):
    """What a safety check found."""

    patient: str
    medication: str
    findings: list[Finding]
    verdict: Literal["clear", "acknowledge", "consult_first", "blocked"] = Field(
        description="What has to happen before it can be added to the cart."
    )


class ProductQuote(BaseModel):
    """What one fill would cost with one product."""

    medication_id: int
    name: str
    is_brand: bool
    gross_cents: int
    plan_pays_cents: int
    you_pay_cents: int
    may_dispense: bool


class PrescriptionOut(BaseModel):
    """A prescription, and whether it can be filled today."""

    id: int
    rx_number: str
    patient_id: int
    patient: str
    medication_id: int
    medication: str
    schedule: str
    directions: str
    prescriber: str
    quantity: int
    days_supply: int
    fills_left: int
    written_on: date
    expires_on: date
    last_filled_on: date | None
    refill_opens_on: date | None
    substitution_allowed: bool
    status: str
    auto_refill: str
    next_auto_refill_on: date | None
    can_fill_today: bool
    blocked_because: str | None


class PrescriptionDetail(PrescriptionOut):
    """A prescription with prices."""

    products: list[ProductQuote] = Field(description="What one fill costs today, per product.")


class LineOut(BaseModel):
    """A line of a cart or an order."""

    line_id: int
    patient_id: int
    patient: str
    medication_id: int
    medication: str
    rx_number: str | None
    quantity: int
    gross_cents: int
    plan_pays_cents: int
    discount_cents: int
    you_pay_cents: int
    refunded_cents: int
    refund_reason: str | None


class CartOut(BaseModel):
    """The cart at today's prices, before shipping."""

    lines: list[LineOut] = []
    coupon_code: str | None = None
    items_cents: int = 0
    plan_pays_cents: int = 0
    discount_cents: int = 0
    you_pay_before_shipping_cents: int = 0


class CouponOut(BaseModel):
    """A coupon, and whether it works for the present cart."""

    code: str
    description: str
    kind: str
    value: int = Field(description="Percent, or cents for kind 'amount'.")
    minimum_cents: int
    starts_on: date
    ends_on: date
    usable_now: bool
    blocked_because: str | None


class ShippingOffer(BaseModel):
    """A shipping method, priced for the present cart."""

    id: int
    name: str
    min_days: int
    max_days: int
    cold_chain: bool
    signature: bool
    po_box: bool = Field(description="Whether it delivers to PO boxes.")
    price_cents: int = Field(description="For the present cart.")
    order_total_cents: int = Field(description="Cart and shipping together.")
    available: bool
    blocked_because: str | None


class PaymentOut(Answer):
    """A charge or a refund."""

    kind: str
    method: str
    amount_cents: int
    note: str
    created_at: datetime


class OrderSummary(BaseModel):
    """An order, as lists show one."""

    id: int
    order_number: str
    status: str
    placed_at: datetime
    products: list[str]
    total_cents: int
    refunded_cents: int


class OrderOut(OrderSummary):
    """An order with lines and payments."""

    address: AddressOut
    shipping_method: str
    coupon_code: str | None
    items_cents: int
    plan_pays_cents: int
    discount_cents: int
    shipping_cents: int
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    lines: list[LineOut]
    payments: list[PaymentOut]


class SlotOut(BaseModel):
    """A start that can be booked."""

    pharmacist_id: int
    pharmacist: str
    specialty: str
    languages: str
    starts_at: datetime


class ConsultationOut(BaseModel):
    """A consultation with the names of both sides."""

    id: int
    pharmacist: str
    patient_id: int
    patient: str
    topic: str
    starts_at: datetime
    ends_at: datetime
    status: str
