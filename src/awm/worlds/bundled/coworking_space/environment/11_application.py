# --------------------------------------------------------------------------------------------------
# Application
# --------------------------------------------------------------------------------------------------

app = FastAPI(
    title="Coworking Space",
    version="1.0.0",
    description="Member and community desk of a coworking operator with several locations.",
    responses={
        403: {"model": Refusal, "description": "Beyond what you may do."},
        404: {"model": Refusal, "description": "No such record."},
        409: {"model": Refusal, "description": "Against a house rule as things stand."},
    },
)


@app.exception_handler(RequestValidationError)
async def explain_invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say which field is wrong without echoing the input, which JSON may be unable to carry."""
    problems = [
        {
            "loc": [part if isinstance(part, int) else readable(part) for part in problem["loc"]],
            "msg": readable(problem["msg"]),
            "type": problem["type"],
        }
        for problem in error.errors()
    ]
    return JSONResponse({"detail": problems}, status_code=422)


def readable(value: object) -> str:
    """Text without lone surrogates, which UTF-8 cannot encode."""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


async def open_session() -> AsyncIterator[Session]:
    """A database session that is always closed, and rolled back unless the handler committed."""
    with SessionLocal() as session:
        yield session


Db = Annotated[Session, Depends(open_session)]


def contains(column: Any, words: str) -> Any:
    """A case-insensitive search in which % and _ mean themselves."""
    return column.icontains(words, autoescape=True)


def matching(query: Select[Any], *filters: tuple[Any, object]) -> Select[Any]:
    """Keep rows whose columns equal the values; a value of None filters nothing."""
    for column, wanted in filters:
        if wanted is not None:
            query = query.where(column == wanted)
    return query


def on_days(query: Select[Any], column: Any, first: date | None, last: date | None) -> Select[Any]:
    """Keep rows whose moment falls on one of the days, both ends included."""
    if first is not None:
        query = query.where(column >= datetime.combine(first, time()))
    if last is not None:
        query = query.where(column < datetime.combine(last, time()) + timedelta(days=1))
    return query
