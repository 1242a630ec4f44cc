r"""Reads the values and words of a text, so that an answer can be searched for facts.

A text becomes a list of tokens. Each is a number, a date, a time, a code (letters and digits in
one, such as `OP-10019`) or a word, and where a notation is ambiguous it carries every reading:
`10.30` is a number and may be a time, `02/05/2026` is a day in February and may be one in May. A
wording stands in a text when its tokens stand there, one after the other. So `$1,234.50` is found
in `1234.5 USD` and not in `11234.50`, and `5` neither in `2026-02-05` nor in `A-5`.

An answer is only read for what it is searched for, and for what hides that: digits in dates and
times are no numbers, but whoever asks for a name need not know that (see `kinds_to_read`).

The parts below the line are plain Python on `re` and `unicodedata`: compiled verifiers contain
those that they need as they stand, so that they read answers exactly as this package does (see
`awm.verify.compiling`). They are written to be short there.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

__all__ = [
    "KINDS",
    "MONEY",
    "hedged",
    "kinds_to_read",
    "missing_wordings",
    "normalised",
    "tokens_of",
]

Reading: TypeAlias = tuple[str, str]
"""A pair: `number` and its canonical digits, `date` and year-month-day with `?` for what is not
said, `time` and hour:minute:second, `code` or `word` and its folded text."""
Readings: TypeAlias = list[Reading]
"""What a token may be, the likeliest first."""
Wordings: TypeAlias = list[list[str]]
"""Facts: for each the texts of which one is enough."""
Readers: TypeAlias = list[tuple[re.Pattern[str], Callable[[re.Match[str]], Readings]]]

KINDS: Final = ("dates", "times", "numbers", "counts", "words")
"""All kinds of readers that tell what something is, in the order in which they are asked."""


def kinds_to_read(facts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Which kinds of readers it takes to search for some facts, in the order in which to ask them.

    Where numbers are asked for and neither dates nor times, what is `hidden` need not be told
    apart. And who asks for no whole number need not read those in words and lists, the `counts`.
    """
    wordings = [wording for fact in facts for wording in fact]
    tokens = [token for each in wordings for token in tokens_of(normalised(each), KINDS)]
    asked = {readings[0] for _, _, readings in tokens}
    kinds = {kind for kind, _ in asked}
    found = {
        "dates": not kinds.isdisjoint(("date", "time")),
        "times": not kinds.isdisjoint(("date", "time")),
        "hidden": "number" in kinds and kinds.isdisjoint(("date", "time")),
        "numbers": not kinds.isdisjoint(("number", "time")),
        "counts": any(kind == "number" and "." not in digits for kind, digits in asked),
        "words": True,
    }
    return tuple(kind for kind, held in found.items() if held)


# ---- text ----
# An answer that is longer is no honest one; what lies beyond is not read.
LONGEST_ANSWER = 20_000
# Scripts without spaces: each of their characters is a word of its own.
UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
LETTER = rf"(?:(?!{UNSPACED})[^\W\d_])"
# Patterns and what reads their matches, in the order in which they are tried.
READERS: dict[str, Readers] = {}


def normalised(text: str) -> str:
    """The text with one way to write what can be written in several ways."""
    text = text[:LONGEST_ANSWER]  # and 1 234 or 1'234 as 1,234
    text = re.sub(r"(?<=\d)[\u00a0\u2009\u202f'\u2019](?=\d{3}(?!\d))", ",", text)
    text = re.sub(r"[\u00ad\u200b-\u200d\u2060\ufeff]", "", text)  # invisible
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[\u2010-\u2012\u2212]", "-", text)
    return re.sub(r"[\u2018\u2019\u02bc]", "'", text)


def folded(word: str) -> str:
    """The word without case and accents."""
    letters = unicodedata.normalize("NFKD", word)
    return "".join(mark for mark in letters if not unicodedata.combining(mark)).casefold()


# ---- dates ----
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
YEAR, DAY = r"(?P<year>(?:1[89]|2[01])\d\d)(?!\d)", r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
GAP = r"[\s-]{0,3}"
# A date ends where no more of a number, a code or a path follows, unless its time of day does.
END = r"(?:(?=t\d\d?:)|(?![^\W_]|[-/.]\d(?!\d{3})))"


def read_date(match: re.Match[str]) -> Readings:
    found = match.groupdict("")
    year = found.get("year") or (f"20{found['short']}" if found.get("short") else "?")
    day = int(found.get("day") or 0)
    if found.get("first"):
        first, second = int(found["first"]), int(found["second"])
        pairs = [(first, second), (second, first)][found.get("mark") == "." :]
    elif found["month"].isdigit():
        pairs = [(int(found["month"]), day)]
    elif year == "?" and found["month"] in ("may", "mar", "march"):  # a verb: "5 may come"
        return []
    else:
        pairs = [(MONTHS.index(found["month"][:3].lower()) + 1, day)]
    least = 1 if found.get("first") or found.get("day") else 0
    return [
        ("date", f"{year}-{month:02}-{f'{day:02}' if day else '?'}")
        for month, day in dict.fromkeys(pairs)
        if 1 <= month <= 12 and least <= day <= 31
    ]


READERS["dates"] = [
    (re.compile(pattern, re.IGNORECASE), read_date)
    for pattern in (
        rf"{YEAR}(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?){END}",
        rf"{YEAR}-(?P<month>\d\d){END}",
        rf"(?P<first>\d\d?)(?P<mark>[-/.])(?P<second>\d\d?)(?P=mark){YEAR}{END}",
        rf"(?P<first>\d\d?)/(?P<second>\d\d?)/(?P<short>\d\d){END}",
        rf"{DAY}(?:\s+of)?{GAP}{MONTH}(?:,?{GAP}{YEAR})?",
        rf"{MONTH}{GAP}{DAY}(?![\d%]|[:.]\d)(?:,?{GAP}{YEAR})?",
        rf"{MONTH},?{GAP}{YEAR}",
    )
]
# ---- times ----
HALF = r"\s?(?P<half>[ap])\.?m\b\.?"
# The half of the day may stand behind the end of a span: "3 to 5 pm".
UNTIL = (
    r"(?=\s*(?:[-\u2013\u2014]|to|until|till|and)\s*"
    r"\d\d?(?:[:.]\d\d)?\s?(?P<later>[ap])\.?m\b)"
)
CLOCK = r"(?P<hour>\d\d?):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?"


def read_time(match: re.Match[str]) -> Readings:
    found = match.groupdict()
    hour, minute, second = (int(found.get(part) or 0) for part in ("hour", "minute", "second"))
    half = found.get("half") or found.get("later")
    if hour > (12 if half else 24) or (half and hour == 0):
        return []
    shift = 12 if half and half.lower() == "p" else 0
    daytime = (hour % 12 + shift) if half else hour % 24
    readings = [("time", f"{daytime:02}:{minute:02}:{second:02}")]
    if found.get("later") and ":" in match.group():  # "10:00 to 1 pm" may mean the morning
        readings.append(("time", f"{hour:02}:{minute:02}:{second:02}"))
    elif found.get("later"):
        readings.append(("number", str(hour)))
    return readings


READERS["times"] = [
    (re.compile(pattern, re.IGNORECASE), read_time)
    for pattern in (
        rf"(?<=\d)t{CLOCK}(?:z|[-+]\d\d:?\d\d)?(?![\w:])",
        rf"{CLOCK}(?:z|\+\d\d:?\d\d)?(?:{HALF}|{UNTIL})?(?![\w:])",
        rf"(?P<hour>\d\d?)(?:\.(?P<minute>[0-5]\d))?{HALF}(?!\w)",
        rf"(?P<hour>\d\d?){UNTIL}(?!\w)",
    )
]
# ---- hidden ----
# Dates and times: their digits are no numbers. A month that may be a verb has a capital.
YEARS = r"(?:,?[\s-]{0,3}(?:1[89]|2[01])\d\d(?!\d))"
NAMED = (
    rf"(?:jan(?:uary)?|feb(?:ruary)?|(?-i:Mar(?:ch)?|May)|(?:mar(?:ch)?|may)(?={YEARS})"
    r"|apr(?:il)?|june?|july?|aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\b\.?"
)
HIDDEN = (
    r"(?:\d{1,4}([-/.])\d\d?\1\d{1,4}|(?:1[89]|2[01])\d\d-\d\d)(?:(?=t\d)|(?![^\W_]|[-/.]\d))"
    rf"|\d\d?(?:st|nd|rd|th)?(?:\s+of)?[\s-]{{0,3}}{NAMED}{YEARS}?"
    rf"|{NAMED}(?:[\s-]{{0,3}}\d\d?(?:st|nd|rd|th)?(?![\d%]|[:.]\d){YEARS}?|{YEARS})"
    r"|(?:(?<=\d)t)?\d\d?:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:z|\s?[ap]\.?m\b)?(?![\w:])"
    r"|\d\d?(?:\.[0-5]\d)?\s?[ap]\.?m\b"
)
READERS["hidden"] = [(re.compile(HIDDEN, re.IGNORECASE), lambda _: [("hidden", "")])]
# ---- numbers ----
MONEY = (
    "aed|aud|brl|cad|chf|clp|cny|czk|dkk|egp|eur|gbp|hkd|huf|idr|ils|inr|jpy|krw|mxn|myr|ngn"
    "|nok|nzd|php|pln|rub|sar|sek|sgd|thb|twd|uah|usd|vnd|zar"
)
SIGN = r"[$\u00a2-\u00a5\u20a0-\u20bf]"
ZEROS = {"hundred": 2, "k": 3, "thousand": 3, "million": 6, "billion": 9}
NUMBER = (
    r"(?:(?P<sign>(?<![\w)])-)|(?P<minus>(?<!\w)(?<![\d)%]\s)(?:minus\s|negative\s|\u2013)))?"
    rf"(?:(?:(?:{MONEY})\s?|[a-z]{{0,2}}{SIGN}\s?)(?P<inner>-)?|x)?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?"  # 1,234.50
    r"|\d{1,3}(?:\.\d{3})+,\d\d?|\d{1,3}(?:\.\d{3}){2,}"  # 1.234,50 or 1.234.567
    r"|\d\d?(?:,\d\d)+,\d{3}(?:\.\d+)?"  # 12,34,567 as in India
    r"|\d+(?:[.,]\d+)?|\.\d+)"
    # What makes these digits a part of something else: more digits, an ordinal, a code.
    r"(?![.,]?\d|_[^\W_]|(?:st|nd|rd|th)\b|-\d+-|-0\d|-?(?-i:[A-JL-Z])\b)"
    rf"(?![-_]?{LETTER}+[-_]?\d)(?:\s?(?P<zeros>k|thousand|million|billion)\b)?"
    rf"(?:\s?(?:%|percent\b|(?:{MONEY}|dollars?|euros?|pounds?)\b|{SIGN}))?"
)


def canonical(digits: str, sign: str, zeros: int) -> str:
    """Equal numbers give equal texts; text, so that no number is too long or inexact."""
    whole, _, fraction = digits.partition(".")
    fraction = fraction.ljust(zeros, "0")
    whole = (whole + fraction[:zeros]).lstrip("0") or "0"
    fraction = fraction[zeros:].rstrip("0")
    value = f"{whole}.{fraction}" if fraction else whole
    return value if value == "0" else sign + value


def read_number(match: re.Match[str]) -> Readings:
    digits, sign = match["digits"], "-" if match["sign"] or match["inner"] else ""
    signs = ["-", ""] if match["minus"] else [sign]  # "minus 5" may be taken off something
    whole, _, fraction = digits.rpartition(",")
    # A decimal comma, or a list of two numbers.
    if re.fullmatch(r"[\d.]*,\d\d?|\d{4,},\d+|\d+,\d{4,}", digits):
        numbers = [f"{whole.replace('.', '')}.{fraction}"]
        numbers += [whole, fraction] if "." not in whole else []
    else:
        numbers = [digits.replace("." if digits.count(".") > 1 else ",", "")]
        numbers += digits.split(",") if re.match(r"\d\d?,\d\d,", digits) else []
    zeros = ZEROS.get((match["zeros"] or "").lower(), 0)
    readings = [("number", canonical(each, sign, zeros)) for sign in signs for each in numbers]
    if re.fullmatch(r"(?:[01]?\d|2[0-3])\.[0-5]\d", match.group()):
        readings.append(("time", f"{digits.replace('.', ':'):0>5}:00"))
    return readings


READERS["numbers"] = [(re.compile(NUMBER, re.IGNORECASE), read_number)]
# ---- counts ----
TEENS = ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
UNITS += ["ten", "eleven", "twelve", *TEENS]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORTH = {word: str(10 * tens) for tens, word in enumerate(TENS, 2)}
WORTH.update({word: str(unit) for unit, word in enumerate(UNITS)})
SMALL = rf"(?:(?:{'|'.join(TENS)})(?:[ -](?:{'|'.join(UNITS)})\b)?"
SMALL += rf"|(?:{'|'.join(reversed(UNITS))}))\b"  # "sixteen" before "six"
SPELT = rf"{SMALL}(?: hundred\b(?:(?: and)? {SMALL})?)?(?: (?:thousand|million|billion)\b)?"


def read_spelt(match: re.Match[str]) -> Readings:
    """A number in words, by adding up and multiplying."""
    total = 0
    for word in re.findall(r"[a-z]+", match.group().lower()):
        total = total * 10 ** ZEROS[word] if word in ZEROS else total + int(WORTH.get(word, 0))
    return [("number", str(total))]


def read_list(match: re.Match[str]) -> Readings:
    return [("number", canonical(run, "", 0)) for run in match.group().split(",")]


READERS["counts"] = [
    (re.compile(SPELT, re.IGNORECASE), read_spelt),
    (re.compile(r"\d+(?:,\d+){1,15}(?![-_.]{0,3}[^\W_])"), read_list),
]


# ---- words ----
def read_code(match: re.Match[str]) -> Readings:
    """Letters and digits in one are a code, and so are digits with marks in between."""
    chunk = match.group()
    if chunk.isdigit() or not re.search(r"\d", chunk):
        return []
    return [("code", folded(re.sub(r"[-_]", "", chunk)))]


def read_word(match: re.Match[str]) -> Readings:
    word = folded(match.group())
    clock = {"noon": "12:00:00", "midnight": "00:00:00"}.get(word)
    return [("time", clock), ("word", word)] if clock else [("word", word)]


# At most so many parts: a text of nothing but `a-a-a-...` would take its square to read.
CODE = rf"(?:{LETTER}|\d)+(?:(?:[-_]{{1,3}}|(?<=\d)[.,](?=\d))(?:{LETTER}|\d)+){{0,15}}"
WORD = rf"{UNSPACED}|{LETTER}+|\d+"
READERS["words"] = [(re.compile(CODE), read_code), (re.compile(WORD), read_word)]


# ---- search ----
def tokens_of(text: str, kinds: Iterable[str]) -> list[tuple[int, int, Readings]]:
    """The tokens of a normalised text: where each starts and ends, and what it may be."""
    readers = [reader for kind in kinds for reader in READERS[kind]]
    tokens, place = [], 0
    while place < len(text):
        end = place + 1
        for pattern, read in readers:
            match = pattern.match(text, place)
            readings = read(match) if match else []
            if match and readings:
                end = match.end()
                tokens.append((place, end, readings))
                break
        place = end
    return tokens


def agree_on(wanted: Readings, said: Readings) -> bool:
    """Whether two tokens say the same; a date may leave out the year."""
    # A fact means the likeliest reading, or each day that a date may be.
    meant = [one for one in wanted if one[0] == "date"] or wanted[:1]
    if meant[0][0] != "date":
        return meant[0] in said
    days = [(one, other) for _, one in meant for kind, other in said if kind == "date"]
    return any(one.strip("?") in day or (day[0] == "?" and day[1:] in one) for one, day in days)


def doubted(said: list[Readings], start: int, end: int, asked: Iterable[Reading]) -> bool:
    """Whether tokens are denied, or left open beside a value that is not asked: "5 or 6"."""
    before = [readings[0] for readings in said[max(0, start - 2) : start]][::-1]
    after = [readings[0] for readings in said[end : end + 2]]
    words = [word for _, word in before]
    if words[:1] == ["not"] or (words[:1] == ["t"] and words[-1].endswith("n")):  # isn't
        return True
    others = [two[1] for two in (before, after) if len(two) == 2 and two[0] == ("word", "or")]
    return any(one[0] == said[end - 1][0][0] != "word" and one not in asked for one in others)


def stands_in(
    wording: str, text: str, said: list[Readings], asked: Iterable[Reading], kinds: Iterable[str]
) -> bool:
    """Whether the wording's tokens stand in the text, one after the other, and without doubt."""
    wording = normalised(wording).strip()
    wanted = [readings for _, _, readings in tokens_of(wording, kinds)]
    if not wanted:  # nothing but signs
        return bool(wording) and wording in text
    # The other decision, which "no" is not in "no delay".
    other = {"yes": r"\bno\b(?!\W?\w)", "no": r"\byes\b"}.get(wanted[0][0][1])
    if other and len(wanted) == 1 and re.search(other, text, re.IGNORECASE):
        return False
    return any(
        all(map(agree_on, wanted, said[start : start + len(wanted)]))
        and not doubted(said, start, start + len(wanted), asked)
        for start in range(len(said) - len(wanted) + 1)
    )


def missing_wordings(facts: Wordings, answer: str | None, kinds: Iterable[str]) -> Wordings:
    """Those facts, each a list of wordings, of which no wording stands in the answer."""
    text = normalised(answer or "")
    said = [readings for _, _, readings in tokens_of(text, kinds)]
    tokens = [tokens_of(normalised(each), kinds) for wordings in facts for each in wordings]
    asked = {readings[0] for each in tokens for _, _, readings in each}
    return [
        wordings
        for wordings in facts
        if not any(stands_in(wording, text, said, asked, kinds) for wording in wordings)
    ]


def hedged(facts: Wordings, answer: str | None, kinds: Iterable[str]) -> bool:
    """Whether the answer names so many values of the kinds asked for that it would hold any."""
    firsts = [
        {readings[0] for text in texts for _, _, readings in tokens_of(normalised(text), kinds)}
        for texts in ([answer or ""], *facts)
    ]
    named, *asked = [[kind for kind, _ in first] for first in firsts]
    wanted = [kind for kinds_of_fact in asked for kind in set(kinds_of_fact) - {"word"}]
    # More than 20 different ones, and 4 more for each fact that is one.
    many = any(named.count(kind) > 20 + 4 * wanted.count(kind) for kind in wanted)
    return many or len(answer or "") > LONGEST_ANSWER
