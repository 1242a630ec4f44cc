"""The categories of scenarios: a closed list, so that counting them means something.

The builtin author's categories are among them, so that sets of either author can be compared.
"""

from collections.abc import Mapping
from typing import Final

from awm.worlds.names import normalise

__all__ = ["GROUPS", "OTHER", "group_of", "told_groups"]

OTHER: Final = "other"
"""The group of what fits no other."""

GROUPS: Final[Mapping[str, str]] = {
    "accounting": "books, invoices, expenses, taxes",
    "automotive": "garages, dealers, fleets of vehicles",
    "aviation": "airlines, airports, flying clubs, aircraft",
    "banking": "accounts, cards, transfers, savings",
    "beauty": "salons, spas, cosmetics",
    "childcare": "nurseries, camps, sitters",
    "community": "clubs, neighbourhoods, co-operatives, congregations",
    "construction": "builders, sites, trades, scaffolding",
    "culture": "theatres, museums, galleries, orchestras",
    "education": "schools, universities, courses, exams",
    "energy": "electricity, gas, solar, charging",
    "events": "conferences, weddings, fairs, tickets",
    "farming": "crops, livestock, forestry, fisheries",
    "fitness": "gyms, studios, personal training",
    "government": "permits, registers, benefits, courts",
    "health": "practices, hospitals, laboratories, pharmacies, care",
    "home services": "cleaning, repairs, gardens, removals",
    "hospitality": "hotels, campsites, holiday homes",
    "hr": "personnel, leave, shifts, training of staff",
    "insurance": "policies and claims of any kind",
    "legal": "law firms, contracts, trademarks, notaries",
    "lending": "loans, mortgages, leasing, collections",
    "libraries": "loans of books and things, archives",
    "logistics": "parcels, freight, couriers, customs",
    "manufacturing": "workshops, production, quality, breweries",
    "marketing": "campaigns, newsletters, surveys, loyalty",
    "marketplace": "many sellers and many buyers, auctions, gigs",
    "media": "publishing, film, radio, studios, rights",
    "mobility": "shared vehicles, taxis, trains, parking",
    "nonprofit": "donations, volunteers, relief",
    "payments": "merchants, wallets, shared expenses",
    "pets": "sitting, boarding, breeding, shelters",
    "procurement": "requisitions, tenders, suppliers",
    "productivity": "tasks, notes, calendars, rooms",
    "projects": "portfolios, consulting, timesheets",
    "property": "lettings, sales, management of buildings",
    "recruiting": "vacancies, applicants, agencies",
    "recycling": "waste, collections, reuse",
    "rental": "hire of machines, clothes, equipment",
    "research": "laboratories, studies, grants",
    "restaurants": "tables, kitchens, delivery of meals, catering",
    "retail": "shops, online shops, groceries",
    "sales": "customers, leads, quotes, contracts",
    "security": "guarding, access, incidents, identities",
    "software": "issues, releases, subscriptions, hosting",
    "sports": "leagues, tournaments, clubs",
    "support": "help desks, field service, warranties",
    "telecom": "mobile, broadband, numbers",
    "travel": "tours, agencies, visas, cruises",
    "veterinary": "clinics and hospitals for animals",
    "warehousing": "stock, storage, fulfilment",
    OTHER: "what fits none of these",
}
"""Each group, and what belongs to it."""

_BY_KEY: Final[Mapping[str, str]] = {normalise(group): group for group in GROUPS}


def group_of(word: str) -> str | None:
    """The group of that name, however it is spelt; None if there is none."""
    return _BY_KEY.get(normalise(word))


def told_groups() -> str:
    """The groups as a prompt lists them, one in a line."""
    return "\n".join(f"- {group}: {what}" for group, what in GROUPS.items())
