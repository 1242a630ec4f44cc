"""Coworking Space: the member and community desk of an operator with several locations.

The caller is already logged in as the community lead (`CURRENT_USER_ID`), who books for herself
and looks after the members of her own city. Times are UTC, money is euro cents, credits are whole.

Handlers are `async` and never await: calls run one after the other, so that no call can slip in
between the checks of another and its commit. Each validates first and commits once, at its end.
"""

import calendar
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from sqlalchemy import (
    Dialect,
    ForeignKey,
    Index,
    Select,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    create_engine,
    event,
    func,
    or_,
    select,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)

# --------------------------------------------------------------------------------------------------
# Constants: who is logged in, and the numbers of the house rules
# --------------------------------------------------------------------------------------------------

DATABASE_PATH = os.environ.get("DATABASE_PATH", "sqlite:///coworking_space.db")
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")

CURRENT_USER_ID = 1
CREDITS_ISSUED_ACCOUNT_ID = 1
CREDITS_SPENT_ACCOUNT_ID = 2

SLOT_MINUTES = 15
MIN_BOOKING_MINUTES = 30
MAX_BOOKING_MINUTES = 600
DAY_CAP_MINUTES = 360
FULL_REFUND_HOURS = 24
HALF_REFUND_HOURS = 2
RESCHEDULE_HOURS = 2
MAX_RESCHEDULES = 2
CHECK_IN_LEAD_MINUTES = 15
NO_SHOW_GRACE_MINUTES = 15
NO_SHOW_LIMIT = 3
NO_SHOW_WINDOW_DAYS = 30
ARREARS_DAYS = 30
GUEST_DAYS_AHEAD = 30
GUEST_VISITS_PER_MONTH = 4
GOODWILL_PER_MONTH = 10
REFUND_LIMIT_CENTS = 15_000
REFUND_WINDOW_DAYS = 60
INVOICE_TERM_DAYS = 14
EVENT_REFUND_HOURS = 24
MAX_BLOCK_DAYS = 30

MAX_ID = 2_147_483_647
FIRST_YEAR, LAST_YEAR = 2020, 2100
MOMENT_FORMAT = "%Y-%m-%d %H:%M:%S"

SpaceKind = Literal["meeting_room", "phone_booth", "hot_desk", "dedicated_desk"]
BookingStatus = Literal["confirmed", "checked_in", "completed", "no_show", "cancelled"]
PassStatus = Literal["expected", "checked_in", "checked_out", "cancelled", "no_show"]
InvoiceStatus = Literal["draft", "open", "paid", "refunded", "void"]
TicketStatus = Literal["open", "in_progress", "resolved", "cancelled"]
Severity = Literal["low", "medium", "high"]
PaymentMethod = Literal["bank_transfer", "card", "direct_debit", "cash"]
TransferKind = Literal[
    "allowance", "plan_upgrade", "goodwill", "booking", "booking_refund", "event", "event_refund"
]

HOLDING_STATUSES = ("confirmed", "checked_in")
SEATED_STATUSES = ("registered", "attended")
ACTIVE_TICKET_STATUSES = ("open", "in_progress")
PASS_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "expected": ("checked_in", "cancelled", "no_show"),
    "checked_in": ("checked_out",),
    "checked_out": (),
    "cancelled": (),
    "no_show": (),
}
TICKET_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "open": ("in_progress", "resolved", "cancelled"),
    "in_progress": ("open", "resolved"),
    "resolved": (),
    "cancelled": (),
}
