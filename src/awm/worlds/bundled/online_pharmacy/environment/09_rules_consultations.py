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
        conflict(f"Consultations need 2 hours' notice: {earliest:%Y-%m-%d %H:%M} at the earliest.")
    if starts_at.date() > last_day:
        conflict(f"Consultations can be booked up to {last_day}, not for {starts_at.date()}.")
    if shift is None:
        conflict(f"{starts_at.date()} is a {starts_at:%A}; pharmacists work Monday to Friday.")
    if starts_at < shift[0] or ends_at > shift[1]:
        conflict(
            f"{pharmacist.full_name} works {pharmacist.shift_start} to {pharmacist.shift_end}; "
            f"{starts_at:%H:%M} to {ends_at:%H:%M} lies outside."
        )
