"""Words that say little by themselves: what may start a sentence without being a name.

The lists are short on purpose. A name that is taken for a common word is one fact less; a common
word that is taken for a name would be asked of every answer.
"""

from typing import Final

__all__ = ["COMMON", "STOP_WORDS", "TITLES", "WEEKDAYS"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP_WORDS: Final = _words("""
    a about above after again all also an and any are as at be because been before being below
    between both but by can could did do does doing done down during each either else ever every few
    for from had has have having he her here hers him his how however i if in into is it its itself
    just me more most my neither no nor not of off on once only or other our ours out over own per s
    same she should since so some such t than that the their theirs them then there these they this
    those through to too under until up upon us very via was we were what when where whether which
    while who whom whose why will with within without would yes you your yours
""")
"""Words of grammar, without which an answer says the same."""

COMMON: Final = _words("""
    able accept access account action active actual add additional address afternoon agent allow
    already although amount another answer anything apply approve arrive as ask assign attach
    available average back balance base best bill bonus book booking budget build buy call cancel
    cannot card cart cash category change charge cheap cheapest check choice choose city class clear
    click client close code collect come comment company complete confirm contact cost count country
    coupon create credit current custom customer daily date day deadline dear decide delay delete
    deliver delivery depart deposit detail differ difference discount do document due earliest earn
    email employee end enough entire entry error estimate even event everybody everyone everything
    exact expensive expir expire extra fail fee file fill final find finish first fix flight follow
    found free friend full fund general get give given good great group guest have hello help hi
    high highest highlight history hold home host hotel hour house however image important include
    increase information instead insurance invoice issue item job keep kind know last late latest
    least leave left less let level limit line link list location long look low lowest mail make
    many maximum may maybe medication meet member message method minimum minute miss money month
    monthly more morning move much must name need new news next night nobody none not note nothing
    notice notification now number offer office old open option order otherwise owner package page
    paid part partial participant passenger past patient pay payment payout pending people percent
    perhaps period person phone place plan please point policy possible post prefer prescription
    present previous price print prior priority proceed process product profile project provide
    purchase quantity question quick rate rating ready reason receive recent record reduce refer
    refund register registration reject remain remaining remove renew renewal rent repair reply
    report request require reschedule reservation reserve result retail return review reward role
    room row rule sale save schedule score search seat second section see select sell seller send
    sent service session set shift ship shipment shipping show sign simple size slot sold someone
    something sorry sort standard start state status still stock stop store student subject submit
    subscription subtotal success successful suggest summary support sure system tag take talk task
    tax team tell term text thank third ticket time title today together tomorrow tonight total
    track transaction transfer transport trip try two type unfortunate unit unless unpaid unread
    upcoming update upgrade us usage use user usual valid value verify version visit visitor wait
    waitlist want warning was way week weekly welcome well what whole window word work worker would
    write wrong year yearly yesterday yet zip
""")
"""Everyday words of desks, shops and offices: they start many sentences."""

TITLES: Final = _words("""
    dr madam mr mrs ms mx prof sir st
""")
"""What stands before names and may as well be left out."""

WEEKDAYS: Final = _words("""
    fri friday mon monday sat saturday sun sunday thu thur thurs thursday tue tues tuesday wed
    wednesday
""")
"""Beside a date they say nothing more."""
