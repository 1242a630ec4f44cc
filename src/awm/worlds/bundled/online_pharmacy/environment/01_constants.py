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
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar, Generic, Literal, NoReturn, TypeVar

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
