# --------------------------------------------------------------------------------------------------
# Field types: every input is bounded, so that nothing a caller sends can break a handler
# --------------------------------------------------------------------------------------------------


def utc_now() -> datetime:
    """The current moment in UTC, without zone and microseconds, as the database keeps it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def parse_moment(value: object) -> datetime:
    """Read 'YYYY-MM-DD HH:MM', with optional seconds, 'T' and 'Z'."""
    if isinstance(value, datetime):
        return value
    written = value.removesuffix("Z").replace("T", " ") if isinstance(value, str) else ""
    padded = written + ":00" if written.count(":") == 1 else written
    try:
        moment = datetime.strptime(padded, MOMENT_FORMAT)
    except ValueError:
        raise ValueError("write a UTC time like '2026-02-03 14:30'") from None
    return in_supported_years(moment)


def parse_day(value: object) -> date:
    """Read 'YYYY-MM-DD'."""
    if isinstance(value, date):
        return value
    try:
        day = datetime.strptime(value if isinstance(value, str) else "", "%Y-%m-%d").date()
    except ValueError:
        raise ValueError("write a day like '2026-02-03'") from None
    return in_supported_years(day)


DayOrMoment = TypeVar("DayOrMoment", date, datetime)


def in_supported_years(value: DayOrMoment) -> DayOrMoment:
    """Refuse years so far off that sums of days would leave the calendar."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return value


def printable(value: str) -> str:
    """Refuse control characters, NUL and lone surrogates."""
    if not value.isprintable():
        raise ValueError("use printable characters on one line only")
    return value


Moment = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    PlainSerializer(lambda value: value.strftime(MOMENT_FORMAT), return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?Z?$",
            "examples": ["2026-02-03 14:30"],
        }
    ),
]
Day = Annotated[
    date,
    BeforeValidator(parse_day),
    PlainSerializer(lambda value: value.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-02-03"]}),
]
ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(printable),
]
NoteText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=300),
    AfterValidator(printable),
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", to_lower=True
    ),
    AfterValidator(printable),
]
Reference = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=3,
        max_length=40,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]*$",
    ),
]
RowId = Annotated[int, Field(ge=1, le=MAX_ID)]
Credits = Annotated[int, Field(ge=0, le=10_000)]
PathId = Annotated[int, Path(ge=1, le=MAX_ID)]
Limit = Annotated[int, Query(ge=1, le=50, description="Most rows to return.")]
Offset = Annotated[int, Query(ge=0, le=100_000, description="Rows to skip, for paging.")]
