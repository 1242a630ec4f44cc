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
