# ---------------------------------------------------------------------------------------------
# Inputs: types that keep every value inside what the database and the calendar can hold
# ---------------------------------------------------------------------------------------------

MAX_ID = 2_147_483_647


def _plain_text(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line of printable characters")
    return value


def _sane_date(value: date) -> date:
    if not 2000 <= value.year <= 2100:
        raise ValueError("must lie between the years 2000 and 2100")
    return value


def _sane_moment(value: datetime) -> datetime:
    _sane_date(value)
    return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None)


PathId = Annotated[int, Path(ge=1, le=MAX_ID)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Text = Annotated[str, AfterValidator(_plain_text)]
Day = Annotated[date, AfterValidator(_sane_date)]
Moment = Annotated[datetime, AfterValidator(_sane_moment)]
Minutes = Annotated[int, Field(ge=15, le=30, multiple_of=15, description="Length: 15 or 30.")]
Limit = Annotated[int, Query(ge=1, le=50, description="Most results to return, 1 to 50.")]
Offset = Annotated[int, Query(ge=0, le=10_000, description="Results to skip, for paging.")]
PatientFilter = Annotated[Id | None, Query(description="Only this patient, from list_patients.")]
OrderStatus = Literal["placed", "packed", "shipped", "delivered", "cancelled", "refunded"]
ConsultationStatus = Literal["booked", "completed", "cancelled", "no_show"]
PrescriptionStatus = Literal[
    "active", "on_hold", "renewal_requested", "discontinued", "transferred"
]
Form = Literal["tablet", "capsule", "liquid", "inhaler", "injection", "cream", "drops", "spray"]
Acknowledged = Annotated[
    bool, Field(description="true once the customer has accepted check_safety's warnings.")
]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one cannot be lost."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewAddress(Body):
    """Arguments of `add_address`."""

    label: Text = Field(min_length=1, max_length=40, examples=["Grandma's house"])
    line1: Text = Field(min_length=3, max_length=120, description="Street, or 'PO Box <number>'.")
    city: Text = Field(min_length=1, max_length=60)
    state: str = Field(pattern="^[A-Z]{2}$", description="Two-letter code.", examples=["OR"])
    postal_code: str = Field(pattern="^[0-9]{5}$", examples=["97205"])
    make_default: bool = Field(False, description="Make it the default instead of the old one.")


class AllergyRecord(Body):
    """Arguments of `record_allergy`."""

    substance: Text = Field(
        min_length=1,
        max_length=60,
        description="An active ingredient or drug class, as medications name them.",
        examples=["penicillins"],
    )
    severity: Literal["mild", "moderate", "severe"]
    reaction: Text = Field(min_length=1, max_length=200, examples=["Hives on arms"])


class HoldChange(Body):
    """Arguments of `set_prescription_hold`."""

    hold: bool = Field(description="true puts it on hold, false resumes it.")


class AutoRefillChange(Body):
    """Arguments of `set_auto_refill`."""

    state: Literal["on", "paused", "off"] = Field(description="The state to set.")
    next_on: Day | None = Field(
        None,
        description="Only with state 'on': the day of the next automatic refill. Left out, it is "
        "the first day that the refill rule allows, tomorrow at the earliest.",
    )


class PrescriptionToCart(Body):
    """Arguments of `add_prescription_to_cart`."""

    prescription_id: Id = Field(description="From list_prescriptions.")
    dispense_medication_id: Id | None = Field(
        None,
        description="An equivalent to dispense instead of the prescribed product, from "
        "get_prescription's `products`. Left out, the prescribed product is dispensed.",
    )
    acknowledge_warnings: Acknowledged = False


class OtcToCart(Body):
    """Arguments of `add_otc_to_cart`."""

    patient_id: Id = Field(description="Who will take it.")
    medication_id: Id = Field(description="An over-the-counter product.")
    quantity: int = Field(ge=1, le=99, description="Packs.")
    acknowledge_warnings: Acknowledged = False


class CouponChange(Body):
    """Arguments of `apply_coupon`."""

    code: Text | None = Field(max_length=40, description="The code in any case; null removes it.")


class Checkout(Body):
    """Arguments of `place_order`."""

    address_id: Id = Field(description="One of the account's addresses.")
    shipping_method_id: Id = Field(description="From list_shipping_methods.")
    use_store_credit: bool = Field(False, description="Spend store credit before the card.")


class ShippingChange(Body):
    """Arguments of `change_order_shipping`."""

    address_id: Id | None = Field(None, description="The new address, if it changes.")
    shipping_method_id: Id | None = Field(None, description="The new method, if it changes.")


class RefundRequest(Body):
    """Arguments of `refund_order_line`."""

    reason: Literal["damaged", "wrong_product", "not_needed"]
    pay_to: Literal["card", "store_credit"] = Field(
        description="Where the money goes; a 'not_needed' return to the card costs 15%."
    )


class NewConsultation(Body):
    """Arguments of `book_consultation`."""

    pharmacist_id: Id = Field(description="From find_consultation_slots.")
    patient_id: Id = Field(description="Who the consultation is about.")
    starts_at: Moment = Field(
        description="UTC, on a quarter of an hour.", examples=["2026-02-03T10:15:00"]
    )
    minutes: Minutes = 15
    topic: Text = Field(min_length=3, max_length=200)
