"""Online Pharmacy: the customer's side of a mail-order pharmacy, as tools over one SQLite file.

The account holder (user 1, already logged in) looks after a family: patients with allergies and
insurance, prescriptions with a limited number of fills, a cart that becomes an order, refunds, and
consultations with a pharmacist.

Conventions: money in integer cents; dates `YYYY-MM-DD`; timestamps in UTC. Handlers are `async`
and never await, so calls run one after the other and no two of them can interleave. Every handler
checks all its rules first and commits once, at its end: a refused call changes nothing.
"""

import difflib
import os
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, NoReturn

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, create_engine, event, func, or_, select
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)

# ---------------------------------------------------------------------------------------------
# Constants: who is logged in, and the pharmacy's rules in numbers
# ---------------------------------------------------------------------------------------------

CURRENT_USER_ID = 1
ADULT_AGE = 18
MAX_ADDRESSES = 6
UNSERVED_STATES = ("AK", "HI", "PR")

CONTROLLED_SCHEDULES = ("II", "III", "IV", "V")
REFILL_PERCENT = 75
"""Share of the days' supply that must have passed before the next fill of an ordinary medicine."""
CONTROLLED_REFILL_PERCENT = 90
RENEWAL_GRACE_DAYS = 180
"""How long after its expiry a prescription can still be renewed without a visit."""
AUTO_REFILL_MIN_DAYS_SUPPLY = 28

ONE_COPAY_DAYS = 34
"""Up to this supply a fill costs one copay; a longer one costs `LONG_FILL_COPAYS`."""
LONG_FILL_COPAYS = 2
DEDUCTIBLE_FREE_TIER = 1

OTC_SHELF_DAYS = 60
QUOTA_DAYS = 30
DAMAGE_CLAIM_DAYS = 14
RETURN_DAYS = 30
RESTOCKING_PERCENT = 15

CONSULT_NOTICE = timedelta(hours=2)
CONSULT_CANCEL_NOTICE = timedelta(hours=4)
CONSULT_HORIZON_DAYS = 30
CONSULT_STEP_MINUTES = 15
MAX_UPCOMING_CONSULTS = 2
CONSULT_VALID_DAYS = 30
"""How long a completed consultation clears a major interaction or a lowered allergy."""

DATABASE_PATH = os.environ.get("DATABASE_PATH", "sqlite:///online_pharmacy.db")
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")

# ---------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------

engine = create_engine(DATABASE_PATH, connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, autoflush=True, expire_on_commit=False)


@event.listens_for(engine, "connect")
def enforce_foreign_keys(connection: object, _record: object) -> None:
    """SQLite checks references only where each connection asks for it."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


class Base(DeclarativeBase):
    """Columns of type `datetime` are stored without microseconds."""

    type_annotation_map = {datetime: DATETIME(truncate_microseconds=True)}


class User(Base):
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
    __tablename__ = "allergies"
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    substance: Mapped[str]
    severity: Mapped[str]
    reaction: Mapped[str]
    recorded_on: Mapped[date]


class Patient(Base):
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
    __tablename__ = "interactions"
    id: Mapped[int] = mapped_column(primary_key=True)
    substance_a: Mapped[str]
    substance_b: Mapped[str]
    severity: Mapped[str]
    advice: Mapped[str]


class InventoryLot(Base):
    __tablename__ = "inventory_lots"
    id: Mapped[int] = mapped_column(primary_key=True)
    medication_id: Mapped[int] = mapped_column(ForeignKey("medications.id"))
    lot_number: Mapped[str]
    expires_on: Mapped[date]
    quantity_on_hand: Mapped[int]
    status: Mapped[str]


class Prescription(Base):
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
    plan_cents: Mapped[int] = mapped_column(default=0)
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
    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str]
    method: Mapped[str]
    amount_cents: Mapped[int]
    note: Mapped[str]
    created_at: Mapped[datetime]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    order_number: Mapped[str | None]
    status: Mapped[str]
    address_id: Mapped[int | None] = mapped_column(ForeignKey("addresses.id"))
    shipping_method_id: Mapped[int | None] = mapped_column(ForeignKey("shipping_methods.id"))
    coupon_id: Mapped[int | None] = mapped_column(ForeignKey("coupons.id"))
    items_cents: Mapped[int] = mapped_column(default=0)
    plan_cents: Mapped[int] = mapped_column(default=0)
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
Limit = Annotated[int, Query(ge=1, le=50, description="Most results to return, 1 to 50.")]
Offset = Annotated[int, Query(ge=0, le=10_000, description="Results to skip, for paging.")]
PatientFilter = Annotated[
    Id | None, Query(description="Only this patient's; ids come from list_patients.")
]
OrderStatus = Literal["placed", "packed", "shipped", "delivered", "cancelled", "refunded"]
ConsultationStatus = Literal["booked", "completed", "cancelled", "no_show"]
PrescriptionStatus = Literal[
    "active", "on_hold", "renewal_requested", "discontinued", "transferred"
]
Form = Literal["tablet", "capsule", "liquid", "inhaler", "injection", "cream", "drops", "spray"]
Severity = Literal["mild", "moderate", "severe"]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one cannot be lost."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewAddress(Body):
    label: Annotated[Text, Field(min_length=1, max_length=40, examples=["Grandma's house"])]
    line1: Annotated[
        Text,
        Field(
            min_length=3,
            max_length=120,
            description="Street and number, or 'PO Box <number>'.",
            examples=["18 Juniper Lane"],
        ),
    ]
    city: Annotated[Text, Field(min_length=1, max_length=60)]
    state: Annotated[
        str, Field(pattern="^[A-Z]{2}$", description="Two-letter state code.", examples=["OR"])
    ]
    postal_code: Annotated[str, Field(pattern="^[0-9]{5}$", examples=["97205"])]
    make_default: Annotated[
        bool, Field(description="Make it the default address instead of the present one.")
    ] = False


class AllergyRecord(Body):
    substance: Annotated[
        Text,
        Field(
            min_length=1,
            max_length=60,
            description="An active ingredient or drug class, as medications name them.",
            examples=["penicillins"],
        ),
    ]
    severity: Severity
    reaction: Annotated[Text, Field(min_length=1, max_length=200, examples=["Hives on arms"])]


class HoldChange(Body):
    hold: Annotated[bool, Field(description="true puts it on hold, false resumes it.")]


class AutoRefillChange(Body):
    state: Annotated[Literal["on", "paused", "off"], Field(description="The state to set.")]
    next_on: Annotated[
        Day | None,
        Field(
            description="Only with state 'on': the day of the next automatic refill. Left out, "
            "it is the first day that the refill rule allows, tomorrow at the earliest."
        ),
    ] = None


class PrescriptionToCart(Body):
    prescription_id: Annotated[Id, Field(description="From list_prescriptions.")]
    dispense_medication_id: Annotated[
        Id | None,
        Field(
            description="An equivalent product to dispense instead of the prescribed one, from "
            "get_prescription's `products`. Left out, the prescribed product is dispensed."
        ),
    ] = None
    acknowledge_warnings: Annotated[
        bool, Field(description="Set true once the customer has accepted check_safety's warnings.")
    ] = False


class OtcToCart(Body):
    patient_id: Annotated[Id, Field(description="Who will take it.")]
    medication_id: Annotated[Id, Field(description="An over-the-counter product.")]
    quantity: Annotated[int, Field(ge=1, le=99, description="Packs.")]
    acknowledge_warnings: Annotated[
        bool, Field(description="Set true once the customer has accepted check_safety's warnings.")
    ] = False


class CouponChange(Body):
    code: Annotated[
        Text | None,
        Field(max_length=40, description="The coupon code in any case; null takes it off."),
    ]


class Checkout(Body):
    address_id: Annotated[Id, Field(description="One of the account's addresses.")]
    shipping_method_id: Annotated[Id, Field(description="From list_shipping_methods.")]
    use_store_credit: Annotated[
        bool, Field(description="Spend store credit first; the card pays the rest.")
    ] = False


class ShippingChange(Body):
    address_id: Annotated[Id | None, Field(description="The new address, if it changes.")] = None
    shipping_method_id: Annotated[
        Id | None, Field(description="The new shipping method, if it changes.")
    ] = None


class RefundRequest(Body):
    reason: Literal["damaged", "wrong_product", "not_needed"]
    pay_to: Annotated[
        Literal["card", "store_credit"],
        Field(description="Where the money goes; a 'not_needed' return to the card costs 15%."),
    ]


class NewConsultation(Body):
    pharmacist_id: Annotated[Id, Field(description="From find_consultation_slots.")]
    patient_id: Annotated[Id, Field(description="Who the consultation is about.")]
    starts_at: Annotated[
        Moment,
        Field(
            description="Start in UTC, on a quarter of an hour.", examples=["2026-02-03T10:15:00"]
        ),
    ]
    minutes: Annotated[Literal[15, 30], Field(description="Length in minutes.")] = 15
    topic: Annotated[Text, Field(min_length=3, max_length=200)]


# ---------------------------------------------------------------------------------------------
# Answers
# ---------------------------------------------------------------------------------------------


class RefusalOut(BaseModel):
    """What every 4xx answer looks like."""

    detail: Annotated[str, Field(description="What was wrong, and what would be right.")]


class AddressOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    label: str
    line1: str
    city: str
    state: str
    postal_code: str
    is_po_box: bool
    is_default: bool


class AccountOut(BaseModel):
    user_id: int
    full_name: str
    email: str
    phone: str
    store_credit_cents: int
    card: Annotated[str, Field(description="The card on file and when it expires.")]
    today: date
    addresses: list[AddressOut]


class PatientSummary(BaseModel):
    id: int
    full_name: str
    relation: str
    age: int
    status: str
    accessible: Annotated[bool, Field(description="Whether this account may act for them.")]
    note: Annotated[str | None, Field(description="Why not, where it may not.")]


class AllergyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    substance: str
    severity: str
    reaction: str
    recorded_on: date


class CoverageOut(BaseModel):
    plan: str
    member_number: str
    in_force: bool
    ends_on: date | None
    deductible_cents: int
    deductible_met_cents: int
    deductible_left_cents: int
    copay_cents_by_tier: Annotated[
        dict[int, int | None], Field(description="For one month; null means not covered.")
    ]


class PatientOut(PatientSummary):
    birth_date: date
    proxy_expires_on: date | None
    allergies: list[AllergyOut]
    coverage: CoverageOut | None


class MedicationSummary(BaseModel):
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
    available_quantity: Annotated[int, Field(description="In sellable lots that still last.")]


class LotOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    lot_number: str
    expires_on: date
    quantity_on_hand: int
    status: str


class MedicationOut(MedicationSummary):
    storage: str
    limit_30_days: int | None
    status: str
    lots: list[LotOut]
    equivalents: Annotated[
        list[str], Field(description="Other products of the same ingredient, strength and form.")
    ]


class FindingOut(BaseModel):
    level: Annotated[
        Literal["blocked", "needs_consultation", "needs_acknowledgement", "note"],
        Field(description="What it means for adding the product to the cart."),
    ]
    text: str


class SafetyOut(BaseModel):
    patient: str
    medication: str
    findings: list[FindingOut]
    verdict: Annotated[
        Literal["clear", "acknowledge", "consult_first", "blocked"],
        Field(description="What has to happen before it can be added to the cart."),
    ]


class ProductQuote(BaseModel):
    medication_id: int
    name: str
    is_brand: bool
    gross_cents: int
    plan_pays_cents: int
    you_pay_cents: int
    may_dispense: bool


class PrescriptionOut(BaseModel):
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
    products: Annotated[
        list[ProductQuote], Field(description="What one fill would cost today, per product.")
    ]


class LineOut(BaseModel):
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
    lines: list[LineOut]
    coupon_code: str | None
    items_cents: int
    plan_pays_cents: int
    discount_cents: int
    you_pay_before_shipping_cents: int


class CouponOut(BaseModel):
    code: str
    description: str
    kind: str
    value: Annotated[int, Field(description="Percent, or cents for kind 'amount'.")]
    minimum_cents: int
    starts_on: date
    ends_on: date
    usable_now: bool
    blocked_because: str | None


class ShippingOffer(BaseModel):
    id: int
    name: str
    min_days: int
    max_days: int
    cold_chain: bool
    signature: bool
    delivers_to_po_box: bool
    price_cents: Annotated[int, Field(description="For the present cart.")]
    order_total_cents: Annotated[int, Field(description="Cart and shipping together.")]
    available: bool
    blocked_because: str | None


class PaymentOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    kind: str
    method: str
    amount_cents: int
    note: str
    created_at: datetime


class OrderSummary(BaseModel):
    id: int
    order_number: str
    status: str
    placed_at: datetime
    products: list[str]
    total_cents: int
    refunded_cents: int


class OrderOut(OrderSummary):
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
    pharmacist_id: int
    pharmacist: str
    specialty: str
    languages: str
    starts_at: datetime


class ConsultationOut(BaseModel):
    id: int
    pharmacist: str
    patient_id: int
    patient: str
    topic: str
    starts_at: datetime
    ends_at: datetime
    status: str


class PatientsOut(BaseModel):
    patients: list[PatientSummary]


class MedicationsOut(BaseModel):
    total: int
    medications: list[MedicationSummary]


class PrescriptionsOut(BaseModel):
    total: int
    prescriptions: list[PrescriptionOut]


class CouponsOut(BaseModel):
    coupons: list[CouponOut]


class ShippingOffersOut(BaseModel):
    offers: list[ShippingOffer]


class OrdersOut(BaseModel):
    total: int
    orders: list[OrderSummary]


class SlotsOut(BaseModel):
    total: int
    slots: list[SlotOut]


class ConsultationsOut(BaseModel):
    total: int
    consultations: list[ConsultationOut]


# ---------------------------------------------------------------------------------------------
# Rules: time, money, and who may see what
# ---------------------------------------------------------------------------------------------


def now() -> datetime:
    """The present second in UTC, without a zone, as the database stores it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def refuse(status: int, detail: str) -> NoReturn:
    """End the call with a 4xx answer."""
    raise HTTPException(status_code=status, detail=detail)


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
        refuse(409, f"{patient.full_name}'s record is archived; nothing can be changed or ordered.")


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


def known_shipping_method(db: Session, method_id: int) -> ShippingMethod:
    """Any shipping method, suspended ones too."""
    method = db.get(ShippingMethod, method_id)
    if method is None:
        refuse(404, f"Shipping method {method_id} does not exist; see list_shipping_methods.")
    return method


# ---------------------------------------------------------------------------------------------
# Rules: fills, safety and stock
# ---------------------------------------------------------------------------------------------


def fill_fault(prescription: Prescription, today: date) -> str | None:
    """Why the prescription cannot be filled today, if it cannot."""
    name = f"Prescription {prescription.rx_number} ({prescription.medication.label})"
    prescriber = prescription.prescriber
    opens_on = prescription.refill_opens_on
    if prescription.status != "active":
        return f"{name} is {prescription.status.replace('_', ' ')}; only active ones can be filled."
    if prescription.expires_on < today:
        return f"{name} expired on {prescription.expires_on}; use request_renewal."
    if prescription.fills_left == 0:
        return f"{name} has used all {prescription.fills_authorized} fills; use request_renewal."
    if prescriber.status != "active":
        return f"{name}: the licence of its prescriber, {prescriber.full_name}, is suspended."
    if prescription.medication.controlled and not prescriber.prescribes_controlled:
        return f"{name}: {prescriber.full_name} is not authorised for controlled substances."
    if opens_on is not None and today < opens_on:
        return (
            f"{name} was last filled on {prescription.last_filled_on} for "
            f"{prescription.days_supply} days; the next fill opens on {opens_on}."
        )
    return None


@dataclass(frozen=True, slots=True)
class Finding:
    """One safety concern about giving a patient a product."""

    level: Literal["blocked", "needs_consultation", "needs_acknowledgement", "note"]
    text: str


INTERACTION_LEVELS: dict[
    str, Literal["blocked", "needs_consultation", "needs_acknowledgement", "note"]
] = {
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
    """Every concern: age, allergies, duplicate therapy and interactions, worst rules first.

    A supply of the same or an equivalent product is the same treatment and raises nothing.
    """
    found: list[Finding] = []
    if patient.age(today) < medication.minimum_age:
        found.append(
            Finding(
                "blocked",
                f"{medication.label} is for ages {medication.minimum_age} and over; "
                f"{patient.full_name} is {patient.age(today)}.",
            )
        )
    for allergy in patient.allergies:
        if medication.contains(allergy.substance):
            found.append(
                Finding(
                    "blocked" if allergy.severity == "severe" else "needs_acknowledgement",
                    f"{patient.full_name} has a {allergy.severity} allergy to "
                    f"{allergy.substance} ({allergy.reaction}).",
                )
            )
    interactions = db.scalars(select(Interaction).order_by(Interaction.id)).all()
    for other in taken_by(db, patient, today):
        if other.equivalent_to(medication):
            continue
        if other.ingredient == medication.ingredient:
            found.append(
                Finding("needs_acknowledgement", f"Duplicate therapy: already takes {other.label}.")
            )
        for row in interactions:
            a, b = row.substance_a, row.substance_b
            if (medication.contains(a) and other.contains(b)) or (
                medication.contains(b) and other.contains(a)
            ):
                found.append(
                    Finding(
                        INTERACTION_LEVELS[row.severity],
                        f"{row.severity.capitalize()} interaction with {other.label}: {row.advice}",
                    )
                )
    return found


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
        refuse(409, f"Unsafe for this patient and never sold: {texts['blocked']}")
    if texts["needs_consultation"] and not recently_consulted(db, patient, moment):
        refuse(
            409,
            f"{texts['needs_consultation']} {patient.full_name} needs a completed pharmacist "
            f"consultation within the last {CONSULT_VALID_DAYS} days; use book_consultation.",
        )
    if texts["needs_acknowledgement"] and not acknowledged:
        refuse(
            409,
            f"{texts['needs_acknowledgement']} Ask the customer, then call again with "
            "acknowledge_warnings true.",
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
    refuse(
        409,
        f"Out of stock: {line.quantity} {medication.unit_name}(s) of {medication.label} must come "
        f"from one lot that lasts beyond {until}; the largest such lot has "
        f"{max(free.values(), default=0)}.",
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
        refuse(
            409,
            f"{medication.label} is limited to {limit} {medication.unit_name}(s) per patient in "
            f"{QUOTA_DAYS} days; {line.patient.full_name} already bought {bought}, so at most "
            f"{max(0, limit - (bought or 0))} more, not {line.quantity}.",
        )


# ---------------------------------------------------------------------------------------------
# Rules: prices
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinePrice:
    """What one line costs and who pays it, in cents."""

    gross: int
    deductible: int = 0
    plan: int = 0
    discount: int = 0

    @property
    def you_pay(self) -> int:
        """The customer's share."""
        return self.gross - self.plan - self.discount


def price_fill(
    patient: Patient, medication: Medication, quantity: int, days: int, left: int, today: date
) -> LinePrice:
    """One fill: the customer pays the deductible still left, then at most the copay.

    Args:
        patient: Whose insurance it is.
        medication: The product dispensed; tier 1 is not subject to the deductible.
        quantity: Units.
        days: Days' supply; more than one month costs two copays.
        left: Deductible still to be met, in cents.
        today: Day on which insurance must be in force.
    """
    gross = quantity * medication.unit_price_cents
    copay = patient.plan.copay(medication.tier) if patient.plan else None
    if copay is None or not patient.covered(today):
        return LinePrice(gross)
    copay *= 1 if days <= ONE_COPAY_DAYS else LONG_FILL_COPAYS
    deductible = 0 if medication.tier == DEDUCTIBLE_FREE_TIER else min(gross, left)
    plan_pays = max(0, gross - deductible - copay)
    return LinePrice(gross, deductible, plan_pays)


def coupon_fault(db: Session, coupon: Coupon, otc_cents: int, today: date) -> str | None:
    """Why the coupon does not apply to a cart with that much over the counter, if it does not."""
    if today < coupon.starts_on:
        return f"Coupon {coupon.code} is valid from {coupon.starts_on}; today is {today}."
    if today > coupon.ends_on:
        return f"Coupon {coupon.code} ended on {coupon.ends_on}."
    if coupon.max_uses is not None and coupon.times_used >= coupon.max_uses:
        return f"Coupon {coupon.code} has been used {coupon.times_used} times, its limit."
    used = db.scalars(
        select(Order.order_number).where(
            Order.user_id == CURRENT_USER_ID,
            Order.coupon_id == coupon.id,
            Order.status.not_in(("cart", "cancelled")),
        )
    ).first()
    if used:
        return f"Coupon {coupon.code} works once per account and was used on order {used}."
    if otc_cents < coupon.minimum_cents:
        return (
            f"Coupon {coupon.code} needs {dollars(coupon.minimum_cents)} of over-the-counter "
            f"products; the cart has {dollars(otc_cents)}. Prescriptions never count."
        )
    return None


def discount_of(coupon: Coupon, otc_cents: int) -> int:
    """What a coupon takes off the over-the-counter part, in cents."""
    if coupon.kind == "percent":
        return otc_cents * coupon.value // 100
    return min(coupon.value, otc_cents) if coupon.kind == "amount" else 0


def over_the_counter_cents(lines: Sequence[OrderLine]) -> int:
    """Full price of the lines that need no prescription."""
    return sum(
        line.quantity * line.medication.unit_price_cents
        for line in lines
        if line.prescription_id is None
    )


def price_lines(lines: Sequence[OrderLine], coupon: Coupon | None, today: date) -> list[LinePrice]:
    """Prices of a cart, in its order: the deductible and the coupon are spent line by line."""
    deductible_left: dict[int, int] = {}
    otc_left = over_the_counter_cents(lines)
    discount_left = discount_of(coupon, otc_left) if coupon else 0
    prices: list[LinePrice] = []
    for line in lines:
        gross = line.quantity * line.medication.unit_price_cents
        if line.prescription is None:
            # Each line takes its share of what is left, so rounding never loses a cent.
            share = discount_left * gross // otc_left
            otc_left -= gross
            discount_left -= share
            prices.append(LinePrice(gross, discount=share))
            continue
        patient = line.patient
        left = deductible_left.setdefault(patient.id, patient.deductible_left(today))
        price = price_fill(
            patient, line.medication, line.quantity, line.prescription.days_supply, left, today
        )
        deductible_left[patient.id] = left - price.deductible
        prices.append(price)
    return prices


def shipping_fault(
    method: ShippingMethod, address: Address, lines: Sequence[OrderLine]
) -> str | None:
    """Why these lines cannot travel that way to that address, if they cannot."""
    cold = [line.medication.label for line in lines if line.medication.storage == "refrigerated"]
    controlled = [line for line in lines if line.medication.controlled]
    if method.status != "active":
        return f"{method.name} is suspended."
    if address.state in UNSERVED_STATES:
        return f"The pharmacy is not licensed to ship to {address.state}."
    if cold and not method.cold_chain:
        return f"{cold[0]} must stay refrigerated; {method.name} is not a cold-chain method."
    if controlled and not method.signature:
        return (
            f"{controlled[0].medication.label} is a schedule {controlled[0].medication.schedule} "
            f"substance and needs a signature; {method.name} takes none."
        )
    if address.is_po_box and not method.po_box:
        return f"{method.name} does not deliver to PO boxes such as '{address.label}'."
    for line in controlled:
        if line.prescription and line.prescription.prescriber.state != address.state:
            return (
                f"{line.medication.label} is a controlled substance prescribed in "
                f"{line.prescription.prescriber.state}; it cannot be shipped to {address.state}."
            )
    return None


def shipping_price(method: ShippingMethod, payable_cents: int, coupon: Coupon | None) -> int:
    """What shipping costs for goods of which the customer pays that much."""
    if coupon is not None and coupon.kind == "free_shipping":
        return 0
    if method.free_from_cents is not None and payable_cents >= method.free_from_cents:
        return 0
    return method.price_cents


# ---------------------------------------------------------------------------------------------
# Rules: cart, orders and money moving
# ---------------------------------------------------------------------------------------------


def open_cart(db: Session) -> Order | None:
    """The account's cart, if it has one."""
    query = select(Order).where(Order.user_id == CURRENT_USER_ID, Order.status == "cart")
    return db.scalars(query).first()


def cart_to_fill(db: Session) -> Order:
    """The account's cart, made if there is none."""
    cart = open_cart(db)
    if cart is None:
        cart = Order(user_id=CURRENT_USER_ID, status="cart", created_at=now())
        db.add(cart)
        db.flush()
    return cart


def new_line(
    patient: Patient, medication: Medication, quantity: int, prescription: Prescription | None
) -> OrderLine:
    """A line at full price, which `reprice` then corrects."""
    gross = quantity * medication.unit_price_cents
    return OrderLine(
        patient_id=patient.id,
        patient=patient,
        medication_id=medication.id,
        medication=medication,
        prescription_id=prescription.id if prescription else None,
        prescription=prescription,
        quantity=quantity,
        unit_price_cents=medication.unit_price_cents,
        gross_cents=gross,
        you_pay_cents=gross,
    )


def reprice(db: Session, cart: Order, today: date) -> None:
    """Write today's prices into the cart; a coupon that no longer applies is taken off."""
    otc_cents = over_the_counter_cents(cart.lines)
    if cart.coupon and coupon_fault(db, cart.coupon, otc_cents, today):
        cart.coupon = None
    prices = price_lines(cart.lines, cart.coupon, today)
    for line, price in zip(cart.lines, prices, strict=True):
        line.unit_price_cents = line.medication.unit_price_cents
        line.gross_cents = price.gross
        line.deductible_cents = price.deductible
        line.plan_cents = price.plan
        line.discount_cents = price.discount
        line.you_pay_cents = price.you_pay
    cart.items_cents = sum(price.gross for price in prices)
    cart.plan_cents = sum(price.plan for price in prices)
    cart.discount_cents = sum(price.discount for price in prices)
    cart.total_cents = sum(price.you_pay for price in prices)


def check_card(user: User, cents: int, today: date) -> None:
    """Refuse a charge to an expired card."""
    if cents > 0 and user.card_expires_on < today:
        refuse(
            409,
            f"{dollars(cents)} cannot be charged: the {user.card_brand} ending {user.card_last4} "
            f"expired on {user.card_expires_on}.",
        )


def move_money(order: Order, kind: str, method: str, cents: int, note: str) -> None:
    """Record a payment; amounts of nothing leave no trace."""
    if cents > 0:
        order.payments.append(
            Payment(kind=kind, method=method, amount_cents=cents, note=note, created_at=now())
        )


def spend_fill(line: OrderLine, today: date) -> None:
    """Count one fill of the line's prescription and move its automatic refill along."""
    prescription = line.prescription
    if prescription is None:
        return
    line.previous_fill_on = prescription.last_filled_on
    line.patient.deductible_met_cents += line.deductible_cents
    prescription.fills_used += 1
    prescription.last_filled_on = today
    if prescription.auto_refill == "on":
        left = prescription.fills_left > 0
        prescription.auto_refill = "on" if left else "off"
        prescription.next_auto_refill_on = prescription.refill_opens_on if left else None


def give_fill_back(line: OrderLine, order: Order, today: date) -> None:
    """Undo `spend_fill`; an automatic refill that is on moves to the day the refill rule allows."""
    prescription = line.prescription
    if prescription is None or order.placed_at is None:
        return
    met = line.patient.deductible_met_cents - line.deductible_cents
    line.patient.deductible_met_cents = max(0, met)
    prescription.fills_used = max(0, prescription.fills_used - 1)
    if prescription.last_filled_on == order.placed_at.date():
        prescription.last_filled_on = line.previous_fill_on
    if prescription.auto_refill == "on":
        tomorrow = today + timedelta(days=1)
        prescription.next_auto_refill_on = max(prescription.refill_opens_on or tomorrow, tomorrow)


# ---------------------------------------------------------------------------------------------
# Rules: consultations
# ---------------------------------------------------------------------------------------------


def shift_on(pharmacist: Clinician, day: date) -> tuple[datetime, datetime] | None:
    """Start and end of the pharmacist's shift; `None` at the weekend and for others."""
    if pharmacist.shift_start is None or pharmacist.shift_end is None or day.weekday() >= 5:
        return None
    return (
        datetime.combine(day, time.fromisoformat(pharmacist.shift_start)),
        datetime.combine(day, time.fromisoformat(pharmacist.shift_end)),
    )


def overlapping(
    db: Session,
    starts_at: datetime,
    ends_at: datetime,
    *,
    pharmacist_id: int = 0,
    patient_id: int = 0,
) -> Consultation | None:
    """The first booked consultation of the pharmacist or the patient that overlaps the span."""
    return db.scalars(
        select(Consultation)
        .where(
            Consultation.status == "booked",
            or_(Consultation.pharmacist_id == pharmacist_id, Consultation.patient_id == patient_id),
            Consultation.starts_at < ends_at,
            Consultation.ends_at > starts_at,
        )
        .order_by(Consultation.starts_at)
    ).first()


def check_consultation_time(pharmacist: Clinician, starts_at: datetime, ends_at: datetime) -> None:
    """Refuse starts off the grid, too soon, too far away, or outside the shift."""
    earliest = now() + CONSULT_NOTICE
    last_day = now().date() + timedelta(days=CONSULT_HORIZON_DAYS)
    shift = shift_on(pharmacist, starts_at.date())
    if starts_at.minute % CONSULT_STEP_MINUTES or starts_at.second or starts_at.microsecond:
        refuse(400, f"Consultations start on a quarter of an hour, not at {starts_at:%H:%M:%S}.")
    if starts_at < earliest:
        refuse(
            409, f"Consultations need 2 hours' notice: {earliest:%Y-%m-%d %H:%M} at the earliest."
        )
    if starts_at.date() > last_day:
        refuse(409, f"Consultations can be booked up to {last_day}, not for {starts_at.date()}.")
    if shift is None:
        refuse(409, f"{starts_at.date()} is a {starts_at:%A}; pharmacists work Monday to Friday.")
    if starts_at < shift[0] or ends_at > shift[1]:
        refuse(
            409,
            f"{pharmacist.full_name} works {pharmacist.shift_start} to {pharmacist.shift_end}; "
            f"{starts_at:%H:%M} to {ends_at:%H:%M} lies outside.",
        )


# ---------------------------------------------------------------------------------------------
# Views: rows as answers
# ---------------------------------------------------------------------------------------------


def patient_summary(patient: Patient, today: date) -> dict[str, object]:
    """What is shown of a patient even where the record itself is closed."""
    fault = access_fault(patient, today)
    return {
        "id": patient.id,
        "full_name": patient.full_name,
        "relation": patient.relation,
        "age": patient.age(today),
        "status": patient.status,
        "accessible": fault is None,
        "note": fault,
    }


def coverage_view(patient: Patient, today: date) -> CoverageOut | None:
    """The patient's insurance, in force or not."""
    plan = patient.plan
    if plan is None:
        return None
    return CoverageOut(
        plan=plan.name,
        member_number=patient.member_number or "",
        in_force=patient.covered(today),
        ends_on=patient.coverage_ends_on,
        deductible_cents=plan.deductible_cents,
        deductible_met_cents=patient.deductible_met_cents,
        deductible_left_cents=patient.deductible_left(today),
        copay_cents_by_tier={tier: plan.copay(tier) for tier in (1, 2, 3, 4)},
    )


def patient_view(patient: Patient, today: date) -> PatientOut:
    """One patient with allergies and insurance."""
    return PatientOut(
        **patient_summary(patient, today),
        birth_date=patient.birth_date,
        proxy_expires_on=patient.proxy_expires_on,
        allergies=[AllergyOut.model_validate(row) for row in patient.allergies],
        coverage=coverage_view(patient, today),
    )


def medication_summary(medication: Medication, available: int) -> dict[str, object]:
    """The fields that lists and details share."""
    names = MedicationSummary.model_fields.keys() - {"available_quantity"}
    return {name: getattr(medication, name) for name in names} | {"available_quantity": available}


def prescription_fields(prescription: Prescription, today: date) -> dict[str, object]:
    """The fields that lists and details share."""
    fault = fill_fault(prescription, today)
    own = (
        "id rx_number patient_id medication_id directions quantity days_supply fills_left "
        "written_on expires_on last_filled_on refill_opens_on substitution_allowed status "
        "auto_refill next_auto_refill_on"
    ).split()
    return {name: getattr(prescription, name) for name in own} | {
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
    products = db.scalars(
        select(Medication)
        .where(Medication.ingredient == prescribed.ingredient, Medication.status == "active")
        .order_by(Medication.id)
    )
    quotes = []
    for product in products:
        if not product.equivalent_to(prescribed) or product.over_the_counter:
            continue
        left = patient.deductible_left(today)
        price = price_fill(
            patient, product, prescription.quantity, prescription.days_supply, left, today
        )
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


def line_view(line: OrderLine, price: LinePrice) -> LineOut:
    """One line of a cart or an order, at the prices given."""
    return LineOut(
        line_id=line.id,
        patient_id=line.patient_id,
        patient=line.patient.full_name,
        medication_id=line.medication_id,
        medication=line.medication.label,
        rx_number=line.prescription.rx_number if line.prescription else None,
        quantity=line.quantity,
        gross_cents=price.gross,
        plan_pays_cents=price.plan,
        discount_cents=price.discount,
        you_pay_cents=price.you_pay,
        refunded_cents=line.refunded_cents,
        refund_reason=line.refund_reason,
    )


def usable_coupon(db: Session, cart: Order | None, today: date) -> Coupon | None:
    """The cart's coupon, if it applies today."""
    if cart is None or cart.coupon is None:
        return None
    fault = coupon_fault(db, cart.coupon, over_the_counter_cents(cart.lines), today)
    return None if fault else cart.coupon


def cart_view(db: Session, cart: Order | None, today: date) -> CartOut:
    """The cart at today's prices, without writing any."""
    lines = cart.lines if cart else []
    coupon = usable_coupon(db, cart, today)
    prices = price_lines(lines, coupon, today)
    return CartOut(
        lines=[line_view(line, price) for line, price in zip(lines, prices, strict=True)],
        coupon_code=coupon.code if coupon else None,
        items_cents=sum(price.gross for price in prices),
        plan_pays_cents=sum(price.plan for price in prices),
        discount_cents=sum(price.discount for price in prices),
        you_pay_before_shipping_cents=sum(price.you_pay for price in prices),
    )


def order_summary(order: Order) -> dict[str, object]:
    """The fields that lists and details share."""
    return {
        "id": order.id,
        "order_number": order.order_number,
        "status": order.status,
        "placed_at": order.placed_at,
        "products": [
            f"{line.quantity} x {line.medication.label} for {line.patient.full_name}"
            for line in order.lines
        ],
        "total_cents": order.total_cents,
        "refunded_cents": sum(line.refunded_cents for line in order.lines),
    }


def order_view(order: Order) -> OrderOut:
    """One order with its lines and payments."""
    lines = [
        line_view(
            line,
            LinePrice(
                line.gross_cents, line.deductible_cents, line.plan_cents, line.discount_cents
            ),
        )
        for line in order.lines
    ]
    return OrderOut(
        **order_summary(order),
        address=AddressOut.model_validate(order.address),
        shipping_method=order.shipping_method.name if order.shipping_method else "",
        coupon_code=order.coupon.code if order.coupon else None,
        items_cents=order.items_cents,
        plan_pays_cents=order.plan_cents,
        discount_cents=order.discount_cents,
        shipping_cents=order.shipping_cents,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        cancelled_at=order.cancelled_at,
        lines=lines,
        payments=[PaymentOut.model_validate(row) for row in order.payments],
    )


def consultation_view(row: Consultation) -> ConsultationOut:
    """One consultation with the names of both sides."""
    return ConsultationOut(
        id=row.id,
        pharmacist=row.pharmacist.full_name,
        patient_id=row.patient_id,
        patient=row.patient.full_name,
        topic=row.topic,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=row.status,
    )


def accessible_patient_ids(db: Session, patient_id: int | None) -> list[int]:
    """The patients a list may show: the one asked for, or all whose record is open."""
    if patient_id is not None:
        return [own_patient(db, patient_id).id]
    today = now().date()
    family = db.scalars(select(Patient).where(Patient.user_id == CURRENT_USER_ID))
    return [patient.id for patient in family if access_fault(patient, today) is None]


# ---------------------------------------------------------------------------------------------
# Application
# ---------------------------------------------------------------------------------------------

app = FastAPI(
    title="Online Pharmacy",
    version="1.0.0",
    description="A mail-order pharmacy as its customer sees it: family, prescriptions, orders.",
    responses={
        400: {"model": RefusalOut, "description": "The request makes no sense."},
        403: {"model": RefusalOut, "description": "Not yours to see or change."},
        404: {"model": RefusalOut, "description": "No such record."},
        409: {"model": RefusalOut, "description": "A rule forbids it in the present state."},
        422: {"model": RefusalOut, "description": "Malformed arguments."},
    },
)


@app.exception_handler(RequestValidationError)
async def explain_malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Name each bad field in one line; the input is not echoed, for not all of it is valid JSON."""
    faults = []
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"][1:]) or "body"
        faults.append(f"{where}: {fault['msg']}")
    detail = "; ".join(faults).encode("utf-8", "backslashreplace").decode()
    return JSONResponse(status_code=422, content={"detail": detail})


async def open_session() -> AsyncIterator[Session]:
    """A session that is closed, and rolled back unless committed, whatever happens."""
    with SessionLocal() as session:
        yield session


Db = Annotated[Session, Depends(open_session)]

# ---------------------------------------------------------------------------------------------
# Account and family
# ---------------------------------------------------------------------------------------------


@app.get(
    "/account",
    operation_id="get_account",
    summary="Show the logged-in account.",
    description="Contact, store credit, card on file, today's date and all shipping addresses.",
    response_model=AccountOut,
    tags=["account"],
)
async def get_account(db: Db) -> AccountOut:
    user = current_user(db)
    addresses = db.scalars(
        select(Address).where(Address.user_id == CURRENT_USER_ID).order_by(Address.id)
    )
    return AccountOut(
        user_id=user.id,
        full_name=user.full_name,
        email=user.email,
        phone=user.phone,
        store_credit_cents=user.store_credit_cents,
        card=f"{user.card_brand} ending {user.card_last4}, expires {user.card_expires_on}",
        today=now().date(),
        addresses=[AddressOut.model_validate(row) for row in addresses],
    )


@app.post(
    "/addresses",
    operation_id="add_address",
    summary="Add a shipping address.",
    description="Labels are unique within the account and it holds at most 6 addresses. States "
    "that the pharmacy does not serve are refused. A line1 that starts with 'PO Box' is taken for "
    "one.",
    response_model=AddressOut,
    status_code=201,
    tags=["account"],
)
async def add_address(body: NewAddress, db: Db) -> AddressOut:
    query = select(Address).where(Address.user_id == CURRENT_USER_ID)
    present = db.scalars(query).all()
    if body.state in UNSERVED_STATES:
        refuse(409, f"The pharmacy is not licensed to ship to {body.state}.")
    if len(present) >= MAX_ADDRESSES:
        refuse(409, f"An account holds at most {MAX_ADDRESSES} addresses and yours has them all.")
    if any(address.label.casefold() == body.label.casefold() for address in present):
        refuse(409, f"There already is an address called '{body.label}'; choose another label.")
    if body.make_default:
        for address in present:
            address.is_default = False
        db.flush()  # the old default has to be gone before the unique index sees the new one
    address = Address(
        user_id=CURRENT_USER_ID,
        label=body.label,
        line1=body.line1,
        city=body.city,
        state=body.state,
        postal_code=body.postal_code,
        is_po_box=re.match(r"p\.?\s*o\.?\s*box\b", body.line1, re.IGNORECASE) is not None,
        is_default=body.make_default,
    )
    db.add(address)
    db.commit()
    return AddressOut.model_validate(address)


@app.get(
    "/patients",
    operation_id="list_patients",
    summary="List the family members on this account.",
    description="Start here for patient ids. An adult other than you whose proxy authorisation is "
    "missing or over is listed, but the record is closed to you.",
    response_model=PatientsOut,
    tags=["patients"],
)
async def list_patients(db: Db) -> PatientsOut:
    today = now().date()
    query = select(Patient).where(Patient.user_id == CURRENT_USER_ID).order_by(Patient.id)
    family = [PatientSummary(**patient_summary(row, today)) for row in db.scalars(query)]
    return PatientsOut(patients=family)


@app.get(
    "/patients/{patient_id}",
    operation_id="get_patient",
    summary="Show one patient with allergies and insurance.",
    description="Includes the deductible met this year and the copay per tier. Refuses patients "
    "of other accounts and adults without a valid proxy authorisation.",
    response_model=PatientOut,
    tags=["patients"],
)
async def get_patient(patient_id: PathId, db: Db) -> PatientOut:
    return patient_view(own_patient(db, patient_id), now().date())


@app.put(
    "/patients/{patient_id}/allergies",
    operation_id="record_allergy",
    summary="Record an allergy, or correct the one on file for the same substance.",
    description="The substance must be an ingredient or drug class of the catalogue. Lowering a "
    "severe allergy is refused unless a pharmacist consultation was completed in the last 30 days.",
    response_model=PatientOut,
    tags=["patients"],
)
async def record_allergy(patient_id: PathId, body: AllergyRecord, db: Db) -> PatientOut:
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
        refuse(
            409,
            f"{patient.full_name}'s severe allergy to {substance} can only be lowered after a "
            f"pharmacist consultation completed within the last {CONSULT_VALID_DAYS} days.",
        )
    allergy.severity, allergy.reaction = body.severity, body.reaction
    allergy.recorded_on = moment.date()
    db.commit()
    return patient_view(patient, moment.date())


# ---------------------------------------------------------------------------------------------
# Medications
# ---------------------------------------------------------------------------------------------


@app.get(
    "/medications",
    operation_id="search_medications",
    summary="Search the catalogue.",
    description="All filters must hold. The stock shown is what can be sold today; discontinued "
    "products are left out.",
    response_model=MedicationsOut,
    tags=["medications"],
)
async def search_medications(
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
) -> MedicationsOut:
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
    return MedicationsOut(
        total=total or 0,
        medications=[MedicationSummary(**medication_summary(row, units)) for row, units in rows],
    )


@app.get(
    "/medications/{medication_id}",
    operation_id="get_medication",
    summary="Show one product with its lots and equivalents.",
    description="Lots that are quarantined, recalled or expired are shown but never sold.",
    response_model=MedicationOut,
    tags=["medications"],
)
async def get_medication(medication_id: PathId, db: Db) -> MedicationOut:
    medication = known_medication(db, medication_id)
    lots = db.scalars(
        select(InventoryLot)
        .where(InventoryLot.medication_id == medication_id)
        .order_by(InventoryLot.expires_on, InventoryLot.id)
    ).all()
    same = db.scalars(
        select(Medication)
        .where(Medication.ingredient == medication.ingredient, Medication.id != medication_id)
        .order_by(Medication.id)
    )
    sellable = sellable_lots(db, medication_id, now().date())
    return MedicationOut(
        **medication_summary(medication, sum(lot.quantity_on_hand for lot in sellable)),
        storage=medication.storage,
        limit_30_days=medication.limit_30_days,
        status=medication.status,
        lots=[LotOut.model_validate(lot) for lot in lots],
        equivalents=[row.label for row in same if row.equivalent_to(medication)],
    )


@app.get(
    "/patients/{patient_id}/safety",
    operation_id="check_safety",
    summary="Check a product against a patient's age, allergies and other medicines.",
    description="Other medicines are the prescriptions with supply left and the cart. Changes "
    "nothing; use it before adding to the cart.",
    response_model=SafetyOut,
    tags=["medications"],
)
async def check_safety(
    patient_id: PathId,
    medication_id: Annotated[Id, Query(description="From search_medications.")],
    db: Db,
) -> SafetyOut:
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
        patient=patient.full_name,
        medication=medication.label,
        findings=[FindingOut(level=row.level, text=row.text) for row in findings],
        verdict=verdict,
    )


# ---------------------------------------------------------------------------------------------
# Prescriptions
# ---------------------------------------------------------------------------------------------


@app.get(
    "/prescriptions",
    operation_id="list_prescriptions",
    summary="List the family's prescriptions.",
    description="Shows for each whether it can be filled today, and if not, why. Patients whose "
    "record is closed to you are left out.",
    response_model=PrescriptionsOut,
    tags=["prescriptions"],
)
async def list_prescriptions(
    db: Db,
    patient_id: PatientFilter = None,
    status: PrescriptionStatus | None = None,
    medication: Annotated[
        Text | None, Query(max_length=60, description="Part of the product name or ingredient.")
    ] = None,
    expires_before: Annotated[Day | None, Query(description="Only those expired by then.")] = None,
    fillable_today: Annotated[
        bool | None, Query(description="Only those that can, or not.")
    ] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> PrescriptionsOut:
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
    return PrescriptionsOut(
        total=len(rows),
        prescriptions=[PrescriptionOut(**prescription_fields(row, today)) for row in page],
    )


@app.get(
    "/prescriptions/{prescription_id}",
    operation_id="get_prescription",
    summary="Show one prescription with the price of a fill per product.",
    description="`products` compares brand and generic under the patient's insurance today, "
    "before anything in the cart uses up the deductible.",
    response_model=PrescriptionDetail,
    tags=["prescriptions"],
)
async def get_prescription(prescription_id: PathId, db: Db) -> PrescriptionDetail:
    return prescription_view(db, own_prescription(db, prescription_id), now().date())


@app.post(
    "/prescriptions/{prescription_id}/renewal",
    operation_id="request_renewal",
    summary="Ask the prescriber to renew a prescription that ran out or expired.",
    description="Refused while fills are left and it is valid, for schedule II, more than 180 "
    "days after expiry, when the prescriber is suspended, and when another prescription for the "
    "same treatment can still be filled.",
    response_model=PrescriptionDetail,
    tags=["prescriptions"],
)
async def request_renewal(prescription_id: PathId, db: Db) -> PrescriptionDetail:
    today = now().date()
    prescription = acting_prescription(db, prescription_id)
    number, medication = prescription.rx_number, prescription.medication
    if prescription.status != "active":
        state = prescription.status.replace("_", " ")
        refuse(409, f"Prescription {number} is {state}; only active ones can be renewed.")
    if prescription.fills_left > 0 and prescription.expires_on >= today:
        refuse(
            409,
            f"Prescription {number} still has {prescription.fills_left} fill(s) until "
            f"{prescription.expires_on}; renew it when it has run out or expired.",
        )
    if medication.schedule == "II":
        refuse(409, f"{medication.label} is on schedule II and needs a new visit, not a renewal.")
    last_day = prescription.expires_on + timedelta(days=RENEWAL_GRACE_DAYS)
    if today > last_day:
        refuse(
            409,
            f"Prescription {number} expired on {prescription.expires_on}; renewals were possible "
            f"for {RENEWAL_GRACE_DAYS} days, until {last_day}. A new visit is needed.",
        )
    if prescription.prescriber.status != "active":
        refuse(409, f"The licence of {prescription.prescriber.full_name} is suspended.")
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
            refuse(
                409,
                f"Not needed: prescription {other.rx_number} for the same treatment still has "
                f"{other.fills_left} fill(s) until {other.expires_on}.",
            )
    prescription.status = "renewal_requested"
    prescription.auto_refill, prescription.next_auto_refill_on = "off", None
    db.commit()
    return prescription_view(db, prescription, today)


@app.put(
    "/prescriptions/{prescription_id}/hold",
    operation_id="set_prescription_hold",
    summary="Put a prescription on hold, or resume it.",
    description="On hold it cannot be filled and an automatic refill that is on becomes paused; "
    "resuming leaves it paused. Refused while it is in the cart and for other states.",
    response_model=PrescriptionDetail,
    tags=["prescriptions"],
)
async def set_prescription_hold(
    prescription_id: PathId, body: HoldChange, db: Db
) -> PrescriptionDetail:
    prescription = acting_prescription(db, prescription_id)
    needed, target = ("active", "on_hold") if body.hold else ("on_hold", "active")
    if prescription.status != needed:
        refuse(
            409,
            f"Prescription {prescription.rx_number} is {prescription.status.replace('_', ' ')}; "
            f"to make it {target.replace('_', ' ')} it must be {needed.replace('_', ' ')}.",
        )
    cart = open_cart(db)
    if cart and any(line.prescription_id == prescription_id for line in cart.lines):
        refuse(409, f"Prescription {prescription.rx_number} is in the cart; remove it there first.")
    prescription.status = target
    if body.hold and prescription.auto_refill == "on":
        prescription.auto_refill, prescription.next_auto_refill_on = "paused", None
    db.commit()
    return prescription_view(db, prescription, now().date())


@app.put(
    "/prescriptions/{prescription_id}/auto-refill",
    operation_id="set_auto_refill",
    summary="Turn automatic refills on, pause them or turn them off.",
    description="'on' needs an active, valid prescription with fills left, a supply of at least "
    "28 days and no controlled substance; while on, it also moves the date. Only refills that are "
    "on can be paused.",
    response_model=PrescriptionDetail,
    tags=["prescriptions"],
)
async def set_auto_refill(
    prescription_id: PathId, body: AutoRefillChange, db: Db
) -> PrescriptionDetail:
    today = now().date()
    prescription = acting_prescription(db, prescription_id)
    if body.state != "on" and body.next_on is not None:
        refuse(400, f"next_on goes with state 'on' only, not with '{body.state}'.")
    if body.state == "on":
        prescription.next_auto_refill_on = auto_refill_day(prescription, body.next_on, today)
    else:
        allowed = ("on",) if body.state == "paused" else ("on", "paused")
        if prescription.auto_refill not in allowed:
            refuse(
                409,
                f"Automatic refill of {prescription.rx_number} is {prescription.auto_refill}; "
                f"'{body.state}' needs it to be {' or '.join(allowed)}.",
            )
        prescription.next_auto_refill_on = None
    prescription.auto_refill = body.state
    db.commit()
    return prescription_view(db, prescription, today)


def auto_refill_day(prescription: Prescription, wanted: date | None, today: date) -> date:
    """The day of the next automatic refill; refuses what cannot be refilled automatically."""
    number, medication = prescription.rx_number, prescription.medication
    if prescription.status != "active":
        refuse(409, f"Prescription {number} is {prescription.status.replace('_', ' ')}.")
    if medication.controlled:
        refuse(409, f"{medication.label} is on schedule {medication.schedule}: no auto-refill.")
    if prescription.days_supply < AUTO_REFILL_MIN_DAYS_SUPPLY:
        refuse(
            409,
            f"Prescription {number} is for {prescription.days_supply} days; automatic refill "
            f"needs at least {AUTO_REFILL_MIN_DAYS_SUPPLY}.",
        )
    if prescription.fills_left == 0:
        refuse(409, f"Prescription {number} has no fills left; use request_renewal.")
    tomorrow = today + timedelta(days=1)
    first = max(prescription.refill_opens_on or tomorrow, tomorrow)
    if first > prescription.expires_on:
        refuse(
            409,
            f"Prescription {number} expires on {prescription.expires_on}, before its next fill "
            f"opens on {first}.",
        )
    if wanted is not None and not first <= wanted <= prescription.expires_on:
        refuse(
            409,
            f"The next automatic refill of {number} must lie between {first} and "
            f"{prescription.expires_on}, not on {wanted}.",
        )
    return wanted or first


# ---------------------------------------------------------------------------------------------
# Cart
# ---------------------------------------------------------------------------------------------


@app.get(
    "/cart",
    operation_id="get_cart",
    summary="Show the cart at today's prices.",
    description="Insurance, deductible and coupon are worked out; shipping comes on top.",
    response_model=CartOut,
    tags=["cart"],
)
async def get_cart(db: Db) -> CartOut:
    return cart_view(db, open_cart(db), now().date())


@app.post(
    "/cart/prescriptions",
    operation_id="add_prescription_to_cart",
    summary="Put one fill of a prescription into the cart.",
    description="Refused when it cannot be filled today, is in the cart already, is unsafe for "
    "the patient, is out of stock, or when the product to dispense is no permitted equivalent.",
    response_model=CartOut,
    tags=["cart"],
)
async def add_prescription_to_cart(body: PrescriptionToCart, db: Db) -> CartOut:
    moment = now()
    prescription = acting_prescription(db, body.prescription_id)
    product = dispensed_product(db, prescription, body.dispense_medication_id)
    if fault := fill_fault(prescription, moment.date()):
        refuse(409, fault)
    cart = cart_to_fill(db)
    if any(line.prescription_id == prescription.id for line in cart.lines):
        refuse(409, f"Prescription {prescription.rx_number} is in the cart already.")
    patient = prescription.patient
    enforce_safety(db, patient, product, body.acknowledge_warnings, moment)
    line = new_line(patient, product, prescription.quantity, prescription)
    pick_lot(db, line, moment.date(), {})
    cart.lines.append(line)
    reprice(db, cart, moment.date())
    db.commit()
    return cart_view(db, cart, moment.date())


def dispensed_product(
    db: Session, prescription: Prescription, medication_id: int | None
) -> Medication:
    """The prescribed product or a permitted equivalent that is still made."""
    prescribed = prescription.medication
    product = prescribed if medication_id is None else known_medication(db, medication_id)
    number = prescription.rx_number
    if product.status != "active":
        refuse(409, f"{product.label} is discontinued; dispense an equivalent, if there is one.")
    if product is prescribed:
        return product
    if not product.equivalent_to(prescribed) or product.over_the_counter:
        refuse(
            409, f"{product.label} is not equivalent to {prescribed.label}, which {number} is for."
        )
    if not prescription.substitution_allowed:
        refuse(409, f"Prescription {number} is 'dispense as written': only {prescribed.label}.")
    return product


@app.post(
    "/cart/products",
    operation_id="add_otc_to_cart",
    summary="Put an over-the-counter product into the cart, or change its quantity.",
    description="If the patient's cart has the product already, the new quantity replaces the old. "
    "Refused for products that need a prescription, are unsafe for the patient, out of stock, or "
    "over the legal 30-day limit.",
    response_model=CartOut,
    tags=["cart"],
)
async def add_otc_to_cart(body: OtcToCart, db: Db) -> CartOut:
    moment = now()
    patient = acting_patient(db, body.patient_id)
    medication = known_medication(db, body.medication_id)
    if not medication.over_the_counter:
        refuse(409, f"{medication.label} needs a prescription; use add_prescription_to_cart.")
    if medication.status != "active":
        refuse(409, f"{medication.label} is discontinued.")
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
    return cart_view(db, cart, moment.date())


@app.delete(
    "/cart/lines/{line_id}",
    operation_id="remove_from_cart",
    summary="Take a line out of the cart.",
    description="A coupon whose minimum is then no longer met is taken off too.",
    response_model=CartOut,
    tags=["cart"],
)
async def remove_from_cart(line_id: PathId, db: Db) -> CartOut:
    today = now().date()
    cart = open_cart(db)
    line = next((row for row in cart.lines if row.id == line_id), None) if cart else None
    if cart is None or line is None:
        refuse(404, f"Line {line_id} is not in your cart; get_cart shows its lines.")
    cart.lines.remove(line)
    reprice(db, cart, today)
    db.commit()
    return cart_view(db, cart, today)


@app.get(
    "/coupons",
    operation_id="list_coupons",
    summary="List all coupons and whether they work for the present cart.",
    description="A cart takes one coupon; coupons never discount prescriptions.",
    response_model=CouponsOut,
    tags=["cart"],
)
async def list_coupons(db: Db) -> CouponsOut:
    today = now().date()
    cart = open_cart(db)
    otc_cents = over_the_counter_cents(cart.lines) if cart else 0
    coupons = []
    for row in db.scalars(select(Coupon).order_by(Coupon.id)):
        fault = coupon_fault(db, row, otc_cents, today)
        coupons.append(
            CouponOut(
                code=row.code,
                description=row.description,
                kind=row.kind,
                value=row.value,
                minimum_cents=row.minimum_cents,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                usable_now=fault is None,
                blocked_because=fault,
            )
        )
    return CouponsOut(coupons=coupons)


@app.put(
    "/cart/coupon",
    operation_id="apply_coupon",
    summary="Set or take off the cart's coupon.",
    description="Replaces the coupon that is there. Refused when it is not valid today, used up, "
    "used before by this account, or when the cart has too little over the counter.",
    response_model=CartOut,
    tags=["cart"],
)
async def apply_coupon(body: CouponChange, db: Db) -> CartOut:
    today = now().date()
    cart = open_cart(db)
    if cart is None or not cart.lines:
        refuse(409, "The cart is empty; add products before a coupon.")
    if body.code is None:
        cart.coupon = None
    else:
        coupon = db.scalars(select(Coupon).where(Coupon.code == body.code.upper())).first()
        if coupon is None:
            refuse(404, f"There is no coupon '{body.code}'; list_coupons shows them.")
        if fault := coupon_fault(db, coupon, over_the_counter_cents(cart.lines), today):
            refuse(409, fault)
        cart.coupon = coupon
    reprice(db, cart, today)
    db.commit()
    return cart_view(db, cart, today)


@app.get(
    "/shipping-methods",
    operation_id="list_shipping_methods",
    summary="Price every shipping method for the present cart and one address.",
    description="Shows which are available and why others are not: cold chain, signature for "
    "controlled substances, PO boxes, licensed states.",
    response_model=ShippingOffersOut,
    tags=["cart"],
)
async def list_shipping_methods(
    address_id: Annotated[Id, Query(description="One of the account's addresses.")], db: Db
) -> ShippingOffersOut:
    today = now().date()
    address = own_address(db, address_id)
    cart = open_cart(db)
    lines = cart.lines if cart else []
    coupon = usable_coupon(db, cart, today)
    payable = sum(price.you_pay for price in price_lines(lines, coupon, today))
    offers = []
    for row in db.scalars(select(ShippingMethod).order_by(ShippingMethod.id)):
        fault = shipping_fault(row, address, lines)
        price = shipping_price(row, payable, coupon)
        offers.append(
            ShippingOffer(
                id=row.id,
                name=row.name,
                min_days=row.min_days,
                max_days=row.max_days,
                cold_chain=row.cold_chain,
                signature=row.signature,
                delivers_to_po_box=row.po_box,
                price_cents=price,
                order_total_cents=payable + price,
                available=fault is None,
                blocked_because=fault,
            )
        )
    return ShippingOffersOut(offers=offers)


# ---------------------------------------------------------------------------------------------
# Orders
# ---------------------------------------------------------------------------------------------


@app.post(
    "/orders",
    operation_id="place_order",
    summary="Order everything in the cart and pay for it.",
    description="Checks every line once more, reserves stock, counts the fills and the deductible, "
    "then charges store credit (if asked) and the card on file. Refused when the cart is empty, a "
    "line can no longer be sold, or the shipping method does not suit.",
    response_model=OrderOut,
    status_code=201,
    tags=["orders"],
)
async def place_order(body: Checkout, db: Db) -> OrderOut:
    moment = now()
    today = moment.date()
    user = current_user(db)
    address = own_address(db, body.address_id)
    method = known_shipping_method(db, body.shipping_method_id)
    cart = open_cart(db)
    if cart is None or not cart.lines:
        refuse(409, "The cart is empty; add products before ordering.")
    lots = check_lines(db, cart.lines, moment)
    if fault := shipping_fault(method, address, cart.lines):
        refuse(409, fault)
    if cart.coupon:
        otc_cents = over_the_counter_cents(cart.lines)
        if fault := coupon_fault(db, cart.coupon, otc_cents, today):
            refuse(409, f"{fault} Take it off with apply_coupon.")
    reprice(db, cart, today)
    shipping = shipping_price(method, cart.total_cents, cart.coupon)
    total = cart.total_cents + shipping
    credit = min(user.store_credit_cents, total) if body.use_store_credit else 0
    check_card(user, total - credit, today)

    for line, lot in zip(cart.lines, lots, strict=True):
        line.lot = lot
        lot.quantity_on_hand -= line.quantity
        spend_fill(line, today)
    if cart.coupon:
        cart.coupon.times_used += 1
    cart.address, cart.shipping_method = address, method
    cart.shipping_cents, cart.total_cents = shipping, total
    cart.status, cart.placed_at = "placed", moment
    cart.order_number = f"OP-{10_000 + cart.id}"
    user.store_credit_cents -= credit
    move_money(cart, "charge", "store_credit", credit, "Order payment")
    move_money(cart, "charge", "card", total - credit, "Order payment")
    db.commit()
    return order_view(cart)


def check_lines(db: Session, lines: Sequence[OrderLine], moment: datetime) -> list[InventoryLot]:
    """Apply every selling rule again, for days may have passed; returns a lot for each line."""
    taken: dict[int, int] = {}
    lots = []
    for line in lines:
        patient = acting_patient(db, line.patient_id)
        if line.medication.status != "active":
            refuse(409, f"{line.medication.label} is discontinued; remove it from the cart.")
        fault = fill_fault(line.prescription, moment.date()) if line.prescription else None
        if fault:
            refuse(409, fault)
        # Warnings were acknowledged when the line was added; what blocks a sale may be newer.
        enforce_safety(db, patient, line.medication, True, moment)
        check_quota(db, line, moment)
        lot = pick_lot(db, line, moment.date(), taken)
        taken[lot.id] = taken.get(lot.id, 0) + line.quantity
        lots.append(lot)
    return lots


@app.get(
    "/orders",
    operation_id="list_orders",
    summary="List the account's orders, newest first.",
    description="The cart is not an order yet; see get_cart.",
    response_model=OrdersOut,
    tags=["orders"],
)
async def list_orders(
    db: Db,
    status: OrderStatus | None = None,
    patient_id: PatientFilter = None,
    placed_from: Annotated[Day | None, Query(description="First day, inclusive.")] = None,
    placed_to: Annotated[Day | None, Query(description="Last day, inclusive.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> OrdersOut:
    found = select(Order).where(Order.user_id == CURRENT_USER_ID, Order.status != "cart")
    if status is not None:
        found = found.where(Order.status == status)
    if patient_id is not None:
        patient = own_patient(db, patient_id)
        found = found.where(Order.lines.any(OrderLine.patient_id == patient.id))
    if placed_from is not None:
        found = found.where(Order.placed_at >= datetime.combine(placed_from, time.min))
    if placed_to is not None:
        day_after = datetime.combine(placed_to, time.min) + timedelta(days=1)
        found = found.where(Order.placed_at < day_after)
    total = db.scalar(select(func.count()).select_from(found.subquery()))
    newest_first = found.order_by(Order.placed_at.desc(), Order.id.desc())
    page = db.scalars(newest_first.limit(limit).offset(offset))
    return OrdersOut(total=total or 0, orders=[OrderSummary(**order_summary(row)) for row in page])


@app.get(
    "/orders/{order_id}",
    operation_id="get_order",
    summary="Show one order with lines, prices, shipping and payments.",
    description="Line ids for refund_order_line are found here.",
    response_model=OrderOut,
    tags=["orders"],
)
async def get_order(order_id: PathId, db: Db) -> OrderOut:
    return order_view(own_order(db, order_id))


@app.patch(
    "/orders/{order_id}/shipping",
    operation_id="change_order_shipping",
    summary="Change the address or shipping method of an order that is not packed yet.",
    description="A higher shipping price is charged to the card; a lower one is returned as store "
    "credit. Refused once packed, and for methods that do not suit the products or the address.",
    response_model=OrderOut,
    tags=["orders"],
)
async def change_order_shipping(order_id: PathId, body: ShippingChange, db: Db) -> OrderOut:
    today = now().date()
    user = current_user(db)
    order = own_order(db, order_id)
    if order.status != "placed":
        refuse(409, f"Order {order.order_number} is {order.status}; only placed ones can change.")
    if body.address_id is None and body.shipping_method_id is None:
        refuse(400, "Give address_id, shipping_method_id or both.")
    address = own_address(db, body.address_id or order.address_id or 0)
    method = known_shipping_method(db, body.shipping_method_id or order.shipping_method_id or 0)
    if (address.id, method.id) == (order.address_id, order.shipping_method_id):
        refuse(
            409, f"Order {order.order_number} already goes to '{address.label}' by {method.name}."
        )
    if fault := shipping_fault(method, address, order.lines):
        refuse(409, fault)
    payable = order.total_cents - order.shipping_cents
    shipping = shipping_price(method, payable, order.coupon)
    difference = shipping - order.shipping_cents
    check_card(user, difference, today)
    order.address, order.shipping_method = address, method
    order.shipping_cents, order.total_cents = shipping, payable + shipping
    user.store_credit_cents += max(0, -difference)
    move_money(order, "charge", "card", difference, "Shipping change")
    move_money(order, "refund", "store_credit", -difference, "Shipping change")
    db.commit()
    return order_view(order)


@app.post(
    "/orders/{order_id}/cancel",
    operation_id="cancel_order",
    summary="Cancel an order that is not packed yet.",
    description="Money goes back where it came from; stock, fills, deductible and coupon are "
    "restored. Refused once the order is packed: then only refund_order_line is left.",
    response_model=OrderOut,
    tags=["orders"],
)
async def cancel_order(order_id: PathId, db: Db) -> OrderOut:
    moment = now()
    user = current_user(db)
    order = own_order(db, order_id)
    if order.status != "placed":
        refuse(
            409,
            f"Order {order.order_number} is {order.status}; only placed orders can be cancelled.",
        )
    on_card = sum(
        row.amount_cents if row.kind == "charge" else -row.amount_cents
        for row in order.payments
        if row.method == "card"
    )
    to_card = min(on_card, order.total_cents)
    to_credit = order.total_cents - to_card
    for line in order.lines:
        if line.lot:
            line.lot.quantity_on_hand += line.quantity
        give_fill_back(line, order, moment.date())
    if order.coupon:
        order.coupon.times_used = max(0, order.coupon.times_used - 1)
    order.status, order.cancelled_at = "cancelled", moment
    user.store_credit_cents += to_credit
    move_money(order, "refund", "card", to_card, "Order cancelled")
    move_money(order, "refund", "store_credit", to_credit, "Order cancelled")
    db.commit()
    return order_view(order)


@app.post(
    "/orders/{order_id}/lines/{line_id}/refund",
    operation_id="refund_order_line",
    summary="Refund one line of a delivered order.",
    description="Damaged or wrong products: within 14 days of delivery, in full, and a "
    "prescription gets its fill back. Not needed: within 30 days, over the counter and not "
    "refrigerated only, less 15% unless paid as store credit. Shipping is not refunded.",
    response_model=OrderOut,
    tags=["orders"],
)
async def refund_order_line(
    order_id: PathId, line_id: PathId, body: RefundRequest, db: Db
) -> OrderOut:
    user = current_user(db)
    order = own_order(db, order_id)
    line = next((row for row in order.lines if row.id == line_id), None)
    if line is None:
        refuse(404, f"Order {order.order_number} has no line {line_id}; get_order shows its lines.")
    today = now().date()
    check_refundable(order, line, body.reason, today)
    amount = line.you_pay_cents
    if body.reason == "not_needed" and body.pay_to == "card":
        amount -= amount * RESTOCKING_PERCENT // 100
    line.refunded_cents, line.refund_reason = amount, body.reason
    if body.reason != "not_needed":
        give_fill_back(line, order, today)
    if all(row.refunded_cents > 0 or row.you_pay_cents == 0 for row in order.lines):
        order.status = "refunded"
    if body.pay_to == "store_credit":
        user.store_credit_cents += amount
    note = f"Refund of line {line.id}: {body.reason.replace('_', ' ')}"
    move_money(order, "refund", body.pay_to, amount, note)
    db.commit()
    return order_view(order)


def check_refundable(order: Order, line: OrderLine, reason: str, today: date) -> None:
    """Refuse refunds of the wrong state, too late, or of what may not be returned."""
    label = line.medication.label
    if line.refunded_cents > 0:
        refuse(409, f"{label} was already refunded with {dollars(line.refunded_cents)}.")
    if order.status != "delivered" or order.delivered_at is None:
        refuse(409, f"Order {order.order_number} is {order.status}; only delivered ones refund.")
    if line.you_pay_cents == 0:
        refuse(409, f"You paid nothing for {label}, so there is nothing to refund.")
    if reason == "not_needed" and line.prescription_id is not None:
        refuse(409, f"{label} is a prescription medicine; the law forbids taking it back.")
    if reason == "not_needed" and line.medication.storage == "refrigerated":
        refuse(409, f"{label} is refrigerated; it cannot be returned as not needed.")
    days = RETURN_DAYS if reason == "not_needed" else DAMAGE_CLAIM_DAYS
    last_day = order.delivered_at.date() + timedelta(days=days)
    if today > last_day:
        refuse(
            409,
            f"Order {order.order_number} was delivered on {order.delivered_at.date()}; refunds "
            f"for '{reason.replace('_', ' ')}' were possible for {days} days, until {last_day}.",
        )


# ---------------------------------------------------------------------------------------------
# Pharmacist consultations
# ---------------------------------------------------------------------------------------------


@app.get(
    "/consultation-slots",
    operation_id="find_consultation_slots",
    summary="Find free starts with the pharmacists on one day, earliest first.",
    description="Times are UTC. Only starts that can be booked: on shift, not taken, 2 hours' "
    "notice, at most 30 days ahead. Weekends have none.",
    response_model=SlotsOut,
    tags=["consultations"],
)
async def find_consultation_slots(
    db: Db,
    day: Annotated[Day, Query(description="The day to search.")],
    minutes: Annotated[Literal[15, 30], Query(description="Length in minutes.")] = 15,
    language: Annotated[
        Text | None, Query(max_length=30, description="A language that the pharmacist speaks.")
    ] = None,
    pharmacist_id: Annotated[Id | None, Query(description="Only this pharmacist.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> SlotsOut:
    found = select(Clinician).where(Clinician.role == "pharmacist", Clinician.status == "active")
    if language:
        found = found.where(Clinician.languages.icontains(language, autoescape=True))
    if pharmacist_id is not None:
        found = found.where(Clinician.id == pharmacist_id)
    slots = []
    for pharmacist in db.scalars(found.order_by(Clinician.id)):
        for starts_at in free_starts(db, pharmacist, day, minutes):
            slots.append(
                SlotOut(
                    pharmacist_id=pharmacist.id,
                    pharmacist=pharmacist.full_name,
                    specialty=pharmacist.specialty,
                    languages=pharmacist.languages,
                    starts_at=starts_at,
                )
            )
    slots.sort(key=lambda slot: (slot.starts_at, slot.pharmacist_id))
    return SlotsOut(total=len(slots), slots=slots[offset : offset + limit])


def free_starts(db: Session, pharmacist: Clinician, day: date, minutes: int) -> list[datetime]:
    """The starts on one day at which the pharmacist could still be booked."""
    shift = shift_on(pharmacist, day)
    if shift is None or day > now().date() + timedelta(days=CONSULT_HORIZON_DAYS):
        return []
    length = timedelta(minutes=minutes)
    earliest = now() + CONSULT_NOTICE
    starts_at, free = shift[0], []
    while starts_at + length <= shift[1]:
        taken = overlapping(db, starts_at, starts_at + length, pharmacist_id=pharmacist.id)
        if starts_at >= earliest and taken is None:
            free.append(starts_at)
        starts_at += timedelta(minutes=CONSULT_STEP_MINUTES)
    return free


@app.post(
    "/consultations",
    operation_id="book_consultation",
    summary="Book a pharmacist for a patient.",
    description="Refused off shift, with less than 2 hours' notice, when the pharmacist or the "
    "patient is taken then, and when the patient has 2 upcoming consultations already.",
    response_model=ConsultationOut,
    status_code=201,
    tags=["consultations"],
)
async def book_consultation(body: NewConsultation, db: Db) -> ConsultationOut:
    patient = acting_patient(db, body.patient_id)
    pharmacist = db.get(Clinician, body.pharmacist_id)
    if pharmacist is None or pharmacist.role != "pharmacist":
        refuse(404, f"Pharmacist {body.pharmacist_id} does not exist; use find_consultation_slots.")
    if pharmacist.status != "active":
        refuse(409, f"{pharmacist.full_name} is {pharmacist.status} and takes no consultations.")
    starts_at, ends_at = body.starts_at, body.starts_at + timedelta(minutes=body.minutes)
    check_consultation_time(pharmacist, starts_at, ends_at)
    for who, clash in (
        (pharmacist, overlapping(db, starts_at, ends_at, pharmacist_id=pharmacist.id)),
        (patient, overlapping(db, starts_at, ends_at, patient_id=patient.id)),
    ):
        if clash:
            refuse(
                409,
                f"{who.full_name} has a consultation from {clash.starts_at:%H:%M} to "
                f"{clash.ends_at:%H:%M} on {clash.starts_at.date()}; free from "
                f"{clash.ends_at:%H:%M} unless taken again.",
            )
    upcoming = db.scalar(
        select(func.count())
        .select_from(Consultation)
        .where(
            Consultation.patient_id == patient.id,
            Consultation.status == "booked",
            Consultation.starts_at > now(),
        )
    )
    if (upcoming or 0) >= MAX_UPCOMING_CONSULTS:
        refuse(
            409,
            f"{patient.full_name} already has {upcoming} upcoming consultations, and "
            f"{MAX_UPCOMING_CONSULTS} is the limit; cancel one first.",
        )
    row = Consultation(
        pharmacist_id=pharmacist.id,
        patient_id=patient.id,
        pharmacist=pharmacist,
        patient=patient,
        topic=body.topic,
        starts_at=starts_at,
        ends_at=ends_at,
        status="booked",
        created_at=now(),
    )
    db.add(row)
    db.commit()
    return consultation_view(row)


@app.get(
    "/consultations",
    operation_id="list_consultations",
    summary="List the family's consultations, earliest first.",
    description="Times are UTC. Patients whose record is closed to you are left out.",
    response_model=ConsultationsOut,
    tags=["consultations"],
)
async def list_consultations(
    db: Db,
    patient_id: PatientFilter = None,
    status: ConsultationStatus | None = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> ConsultationsOut:
    ids = accessible_patient_ids(db, patient_id)
    found = select(Consultation).where(Consultation.patient_id.in_(ids))
    if status is not None:
        found = found.where(Consultation.status == status)
    total = db.scalar(select(func.count()).select_from(found.subquery()))
    page = db.scalars(
        found.order_by(Consultation.starts_at, Consultation.id).limit(limit).offset(offset)
    )
    return ConsultationsOut(
        total=total or 0, consultations=[consultation_view(row) for row in page]
    )


@app.post(
    "/consultations/{consultation_id}/cancel",
    operation_id="cancel_consultation",
    summary="Cancel a booked consultation.",
    description="Refused less than 4 hours before it starts and for any other state.",
    response_model=ConsultationOut,
    tags=["consultations"],
)
async def cancel_consultation(consultation_id: PathId, db: Db) -> ConsultationOut:
    row = db.get(Consultation, consultation_id)
    if row is None:
        refuse(404, f"Consultation {consultation_id} does not exist; see list_consultations.")
    own_patient(db, row.patient_id)
    if row.status != "booked":
        refuse(
            409, f"Consultation {consultation_id} is {row.status.replace('_', ' ')}, not booked."
        )
    deadline = row.starts_at - CONSULT_CANCEL_NOTICE
    if now() > deadline:
        refuse(
            409,
            f"It starts at {row.starts_at:%Y-%m-%d %H:%M}; cancelling needs 4 hours' notice and "
            f"was possible until {deadline:%Y-%m-%d %H:%M}.",
        )
    row.status = "cancelled"
    db.commit()
    return consultation_view(row)


if __name__ == "__main__":
    uvicorn.run(app, host=HOST, port=int(PORT))
