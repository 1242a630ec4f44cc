# --------------------------------------------------------------------------------------------------
# Rules: access
# --------------------------------------------------------------------------------------------------


def unknown(what: str, row_id: int) -> HTTPException:
    """Nothing has that id."""
    return HTTPException(404, f"There is no {what} with id {row_id}.")


def conflict(why: str) -> HTTPException:
    """The request is understood, but not possible as things stand."""
    return HTTPException(409, why)


def forbidden(why: str) -> HTTPException:
    """The request is beyond what the community lead may do."""
    return HTTPException(403, why)


def malformed(why: str) -> HTTPException:
    """The values are well typed but contradict each other."""
    return HTTPException(422, why)


Table = TypeVar("Table", bound=Base)


def fetch(session: Session, table: type[Table], row_id: int, what: str) -> Table:
    """The row with that id, or a 404 that names what is missing."""
    row = session.get(table, row_id)
    if row is None:
        raise unknown(what, row_id)
    return row


def euros(cents: int) -> str:
    """An amount as people read it."""
    return f"EUR {cents // 100}.{cents % 100:02d}"


def lead_city(session: Session) -> str:
    """The city that the logged-in community lead looks after."""
    return fetch(session, Member, CURRENT_USER_ID, "member").home_location.city


def require_looked_after(session: Session, member: Member) -> None:
    """Ownership: a community lead acts only for the members of her own city."""
    city = lead_city(session)
    if member.home_location.city != city:
        raise forbidden(
            f"{member.full_name} belongs to {member.home_location.name} in "
            f"{member.home_location.city}; you look after {city} only."
        )


def require_in_good_standing(member: Member) -> None:
    """Membership and account must both be active."""
    if member.status != "active":
        raise conflict(f"{member.full_name}'s membership is {member.status}; it must be active.")
    if member.account.status != "active":
        cure = {"suspended": "; it is reinstated once its overdue invoices are paid"}
        raise conflict(
            f"Account '{member.account.name}' of {member.full_name} is {member.account.status}"
            f"{cure.get(member.account.status, '')}."
        )


def require_plan_access(member: Member, location: Location) -> None:
    """Some plans are good for the home location only."""
    if not member.plan.all_locations and location.id != member.home_location_id:
        raise forbidden(
            f"The {member.plan.name} plan of {member.full_name} covers the home location "
            f"{member.home_location.name} only, not {location.name}."
        )


def require_open_location(location: Location) -> None:
    """Nothing happens at a location that is not open yet or not any more."""
    if location.status != "open":
        raise conflict(f"{location.name} is not in operation (status {location.status}).")
