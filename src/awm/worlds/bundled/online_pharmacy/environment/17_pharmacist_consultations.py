# ---------------------------------------------------------------------------------------------
# Pharmacist consultations
# ---------------------------------------------------------------------------------------------


@app.get(
    "/consultation-slots",
    operation_id="find_consultation_slots",
    summary="Find free starts with the pharmacists on one day, earliest first.",
)
async def find_consultation_slots(
    db: Db,
    day: Annotated[Day, Query(description="The day to search.")],
    minutes: Minutes = 15,
    language: Annotated[
        Text | None, Query(max_length=30, description="A language that the pharmacist speaks.")
    ] = None,
    pharmacist_id: Annotated[Id | None, Query(description="Only this pharmacist.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[SlotOut]:
    """Times are UTC.

    Only starts that can be booked: on shift, not taken, 2 hours' notice, at most 30 days ahead.
    Weekends have none.
    """
    found = select(Clinician).where(Clinician.role == "pharmacist", Clinician.status == "active")
    if language:
        found = found.where(Clinician.languages.icontains(language, autoescape=True))
    if pharmacist_id is not None:
        found = found.where(Clinician.id == pharmacist_id)
    slots = [
        SlotOut(
            **shared(pharmacist, SlotOut),
            pharmacist_id=pharmacist.id,
            pharmacist=pharmacist.full_name,
            starts_at=starts_at,
        )
        for pharmacist in db.scalars(found.order_by(Clinician.id))
        for starts_at in free_starts(db, pharmacist, day, minutes)
    ]
    slots.sort(key=lambda slot: (slot.starts_at, slot.pharmacist_id))
    return Page(total=len(slots), results=slots[offset : offset + limit])


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
    status_code=201,
)
async def book_consultation(body: NewConsultation, db: Db) -> ConsultationOut:
    """Use find_consultation_slots first; times are UTC.

    Refused off shift, with less than 2 hours' notice, when the pharmacist or the patient is taken
    then, and when the patient has 2 upcoming consultations already.
    """
    patient = acting_patient(db, body.patient_id)
    pharmacist = db.get(Clinician, body.pharmacist_id)
    if pharmacist is None or pharmacist.role != "pharmacist":
        refuse(404, f"Pharmacist {body.pharmacist_id} does not exist; use find_consultation_slots.")
    if pharmacist.status != "active":
        conflict(f"{pharmacist.full_name} is {pharmacist.status} and takes no consultations.")
    starts_at, ends_at = body.starts_at, body.starts_at + timedelta(minutes=body.minutes)
    check_consultation_time(pharmacist, starts_at, ends_at)
    for who, clash in (
        (pharmacist, overlapping(db, starts_at, ends_at, pharmacist_id=pharmacist.id)),
        (patient, overlapping(db, starts_at, ends_at, patient_id=patient.id)),
    ):
        if clash:
            conflict(
                f"{who.full_name} has a consultation from {clash.starts_at:%H:%M} to "
                f"{clash.ends_at:%H:%M} on {clash.starts_at.date()}; free from "
                f"{clash.ends_at:%H:%M} unless taken again."
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
        conflict(
            f"{patient.full_name} already has {upcoming} upcoming consultations, and "
            f"{MAX_UPCOMING_CONSULTS} is the limit; cancel one first."
        )
    row = Consultation(
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
)
async def list_consultations(
    db: Db,
    patient_id: PatientFilter = None,
    status: ConsultationStatus | None = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Page[ConsultationOut]:
    """Times are UTC. Patients whose record is closed to you are left out."""
    ids = accessible_patient_ids(db, patient_id)
    found = select(Consultation).where(Consultation.patient_id.in_(ids))
    if status is not None:
        found = found.where(Consultation.status == status)
    total = db.scalar(select(func.count()).select_from(found.subquery()))
    page = db.scalars(
        found.order_by(Consultation.starts_at, Consultation.id).limit(limit).offset(offset)
    )
    return Page(total=total or 0, results=[consultation_view(row) for row in page])


@app.post(
    "/consultations/{consultation_id}/cancel",
    operation_id="cancel_consultation",
    summary="Cancel a booked consultation.",
)
async def cancel_consultation(consultation_id: PathId, db: Db) -> ConsultationOut:
    """Refused less than 4 hours before it starts and for any other state."""
    row = db.get(Consultation, consultation_id)
    if row is None:
        refuse(404, f"Consultation {consultation_id} does not exist; see list_consultations.")
    own_patient(db, row.patient_id)
    if row.status != "booked":
        conflict(f"Consultation {consultation_id} has the status {row.status}, not booked.")
    deadline = row.starts_at - CONSULT_CANCEL_NOTICE
    if now() > deadline:
        conflict(
            f"It starts at {row.starts_at:%Y-%m-%d %H:%M}; cancelling needs 4 hours' notice and "
            f"was possible until {deadline:%Y-%m-%d %H:%M}."
        )
    row.status = "cancelled"
    db.commit()
    return consultation_view(row)


if __name__ == "__main__":
    uvicorn.run(app, host=HOST, port=int(PORT))
