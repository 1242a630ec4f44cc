r"""Reads the values and words of a text, so that an answer can be searched for facts.

A text becomes a list of tokens. Each is a number, a date, a time, a code (letters and digits in
one, such as `OP-10019`) or a word, and where a notation is ambiguous it carries every reading:
`10.30` is a number and may be a time, `02/05/2026` is a day in February and may be one in May. A
wording stands in a text when its tokens stand there, one after the other. So `$1,234.50` is found
in `1234.5 USD` and not in `11234.50`, and `5` neither in `2026-02-05` nor in `A-5`.

The part below the line is plain Python on `re` and `unicodedata`: compiled verifiers contain it as
it stands, so that they read answers exactly as this package does (see `awm.verify.compiling`).
"""

import re
import unicodedata

__all__ = ["MONEY", "hedged", "missing_wordings", "normalised", "tokens_of"]

# ---- what follows stands in compiled verifiers, too ----

Reading = tuple[str, str]
# An answer that is longer is no honest one; what lies beyond is not read.
LONGEST_ANSWER = 20_000

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_UNITS += " fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORTH = {word: number for number, word in enumerate(_UNITS.split())}
_WORTH.update({word: 10 * number for number, word in enumerate(_TENS.split(), 2)})
_ZEROS = {"hundred": 2, "k": 3, "thousand": 3, "million": 6, "billion": 9}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# Scripts without spaces: each of their characters is a word of its own.
_UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_LETTER = rf"(?:(?!{_UNSPACED})[^\W\d_])"
_SIGN_OF_MONEY = r"[$\u00a2-\u00a5\u20a0-\u20bf]"
MONEY = (
    "aed|aud|brl|cad|chf|clp|cny|czk|dkk|egp|eur|gbp|hkd|huf|idr|ils|inr|jpy|krw|mxn|myr|ngn"
    "|nok|nzd|php|pln|rub|sar|sek|sgd|thb|twd|uah|usd|vnd|zar"
)
_YEAR = r"(?P<year>(?:1[89]|2[01])\d\d)(?!\d)"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
# A date ends where no more of a number, a code or a path follows, unless its time of day does.
_DATE_ENDS = r"(?:(?=t\d\d?:)|(?![^\W_]|[-/.]\d(?!\d{3})))"
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?){_DATE_ENDS}",
        rf"{_YEAR}-(?P<month>\d\d){_DATE_ENDS}",
        rf"(?P<first>\d\d?)(?P<mark>[-/.])(?P<second>\d\d?)(?P=mark){_YEAR}{_DATE_ENDS}",
        rf"(?P<first>\d\d?)/(?P<second>\d\d?)/(?P<short>\d\d){_DATE_ENDS}",
        rf"{_DAY}(?:\s+of)?[\s-]{{0,3}}{_MONTH}(?:,?[\s-]{{0,3}}{_YEAR})?",
        rf"{_MONTH}[\s-]{{0,3}}{_DAY}(?![\d%]|[:.]\d)(?:,?[\s-]{{0,3}}{_YEAR})?",
        rf"{_MONTH},?[\s-]{{0,3}}{_YEAR}",
    )
]
_HALF = r"\s?(?P<half>[ap])\.?m\b\.?"
_UNTIL = (  # the half of the day stands behind the end of a span: "3 to 5 pm"
    r"(?=\s*(?:[-\u2013\u2014]|to|until|till|and)\s*"
    r"\d\d?(?:[:.]\d\d)?\s?(?P<later>[ap])\.?m\b)"
)
_CLOCK = r"(?P<hour>\d\d?):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?"
_TIMES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<=\d)t{_CLOCK}(?:z|[-+]\d\d:?\d\d)?(?![\w:])",
        rf"{_CLOCK}(?:z|\+\d\d:?\d\d)?(?:{_HALF}|{_UNTIL})?(?![\w:])",
        rf"(?P<hour>\d\d?)(?:\.(?P<minute>[0-5]\d))?{_HALF}(?!\w)",
        rf"(?P<hour>\d\d?){_UNTIL}(?!\w)",
    )
]
_DIGITS = (
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?"  # 1,234.50
    r"|\d{1,3}(?:\.\d{3})+,\d\d?"  # 1.234,50
    r"|\d{1,3}(?:\.\d{3}){2,}"  # 1.234.567
    r"|\d+(?:[.,]\d+)?|\.\d+)"
)
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)])-)?"
    rf"(?:(?:(?:{MONEY})\s?|[a-z]{{0,2}}{_SIGN_OF_MONEY}\s?)(?P<inner>-)?|x)?"
    rf"{_DIGITS}"
    # What makes these digits a part of something else: more digits, an ordinal, a code.
    r"(?![.,]?\d|_[^\W_]|(?:st|nd|rd|th)\b|-\d+-|-0\d|-?(?-i:[A-JL-Z])\b)"
    rf"(?![-_]?{_LETTER}+[-_]?\d)"
    r"(?:\s?(?P<zeros>k|thousand|million|billion)\b)?"
    rf"(?:\s?(?:%|percent\b|(?:{MONEY}|dollars?|euros?|pounds?)\b|{_SIGN_OF_MONEY}))?",
    re.IGNORECASE,
)
_SMALL = rf"(?:(?:{_TENS.replace(' ', '|')})(?:[ -](?:{_UNITS.replace(' ', '|')})\b)?"
_SMALL += rf"|(?:{'|'.join(reversed(_UNITS.split()))}))\b"  # "sixteen" before "six"
_SPELT = re.compile(
    rf"{_SMALL}(?: hundred\b(?:(?: and)? {_SMALL})?)?(?: (?:thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_CODE = re.compile(
    # At most so many parts: a text of nothing but `a-a-a-...` would take its square to read.
    rf"(?:{_LETTER}|\d)+(?:(?:[-_]{{1,3}}|(?<=\d)[.,](?=\d))(?:{_LETTER}|\d)+){{0,15}}",
    re.IGNORECASE,
)
_WORD = re.compile(rf"{_UNSPACED}|{_LETTER}+|\d+")


def normalised(text: str) -> str:
    """The text with one way to write what can be written in several ways."""
    text = text[:LONGEST_ANSWER]
    text = re.sub(r"(?<=\d)[\u00a0\u2009\u202f'\u2019](?=\d{3}(?!\d))", ",", text)  # 1 234, 1'234
    text = re.sub(r"[\u00ad\u200b-\u200d\u2060\ufeff]", "", text)  # invisible
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[\u2010-\u2012\u2212]", "-", text)
    return re.sub(r"[\u2018\u2019\u02bc]", "'", text)


def tokens_of(text: str) -> list[tuple[int, int, list[Reading]]]:
    """The tokens of a normalised text: where each starts and ends, and its readings.

    A reading is a pair: `number` and its canonical digits, `date` and year-month-day with `?` for
    what is not said, `time` and hour:minute:second, `code` or `word` and its folded text. The
    likeliest reading comes first.
    """
    tokens = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        end, readings = _token_at(text, place)
        if readings:
            tokens.append((place, end, readings))
        place = end
    return tokens


def missing_wordings(facts: list[list[str]], answer: str | None) -> list[list[str]]:
    """Those facts, each a list of wordings, of which no wording stands in the answer."""
    text = normalised(answer or "")
    said = [readings for _, _, readings in tokens_of(text)]
    return [
        wordings
        for wordings in facts
        if not any(_stands_in(wording, text, said) for wording in wordings)
    ]


def hedged(facts: list[list[str]], answer: str | None) -> bool:
    """Whether the answer names so much that it would hold any fact.

    That is so when it is longer than 20,000 characters, or when it names more than 20 different
    numbers and 4 more for each fact that is one; dates, times and codes likewise.
    """
    if len(answer or "") > LONGEST_ANSWER:
        return True
    asked = [kind for wordings in facts for kind in _kinds(wordings)]
    values = {readings[0] for _, _, readings in tokens_of(normalised(answer or ""))}
    named = [kind for kind, _ in values]
    return any(
        named.count(kind) > 20 + 4 * asked.count(kind)
        for kind in ("number", "date", "time", "code")
    )


def _kinds(wordings: list[str]) -> set[str]:
    """Which kinds of values a fact is made of."""
    texts = [normalised(wording) for wording in wordings]
    return {readings[0][0] for text in texts for _, _, readings in tokens_of(text)}


def _stands_in(wording: str, text: str, said: list[list[Reading]]) -> bool:
    """Whether the wording's tokens stand in the text, one after the other."""
    wording = normalised(wording).strip()
    wanted = [_meant(readings) for _, _, readings in tokens_of(wording)]
    if not wanted:  # nothing but signs
        return bool(wording) and wording in text
    if not any(
        all(map(_agree, wanted, said[start : start + len(wanted)]))
        for start in range(len(said) - len(wanted) + 1)
    ):
        return False
    opposite = {"yes": "no", "no": "yes"}.get(wanted[0][0][1]) if len(wanted) == 1 else None
    return not any(("word", opposite) in readings for readings in said)


def _meant(readings: list[Reading]) -> list[Reading]:
    """What a fact means: the likeliest reading, or each day that a date may be."""
    days = [reading for reading in readings if reading[0] == "date"]
    return days or readings[:1]


def _agree(wanted: list[Reading], said: list[Reading]) -> bool:
    return any(_same(one, other) for one in wanted for other in said)


def _same(wanted: Reading, said: Reading) -> bool:
    """Whether two readings are one; a date may leave out the year."""
    if wanted[0] != "date" or said[0] != "date":
        return wanted == said
    year, month, day = wanted[1].split("-")
    other_year, other_month, other_day = said[1].split("-")
    if month != other_month or day not in ("?", other_day):
        return False
    return year == other_year or (day != "?" and "?" in (year, other_year))


def _token_at(text: str, place: int) -> tuple[int, list[Reading]]:
    """Where the token that starts here ends, and its readings; none where no token starts."""
    for patterns, read in ((_DATES, _date), (_TIMES, _time), ([_NUMBER], _number)):
        for pattern in patterns:
            match = pattern.match(text, place)
            readings = read(match) if match else []
            if match and readings:
                return match.end(), readings
    for pattern, read in ((_SPELT, _spelt), (_CODE, _code), (_WORD, _word)):
        match = pattern.match(text, place)
        readings = read(match) if match else []
        if match and readings:
            return match.end(), readings
    return place + 1, []


def _date(match: re.Match[str]) -> list[Reading]:
    found = match.groupdict()
    year = found.get("year") or (f"20{found['short']}" if found.get("short") else None)
    if found.get("first"):
        first, second = int(found["first"]), int(found["second"])
        pairs = [(second, first)]
        if found.get("mark") != ".":
            pairs.insert(0, (first, second))
    else:
        name = found["month"]
        if name in ("may", "mar", "march") and year is None:  # rather a verb: "5 may come"
            return []
        month = int(name) if name.isdigit() else _MONTHS.index(name[:3].lower()) + 1
        pairs = [(month, int(found.get("day") or 0))]
    least = 1 if found.get("first") or found.get("day") else 0
    return [
        ("date", f"{year or '?'}-{month:02}-{day or '?'}")
        for month, day in dict.fromkeys(pairs)
        if 1 <= month <= 12 and least <= day <= 31
    ]


def _time(match: re.Match[str]) -> list[Reading]:
    found = match.groupdict()
    hour, minute, second = (int(found.get(part) or 0) for part in ("hour", "minute", "second"))
    half = found.get("half") or found.get("later")
    if hour > (12 if half else 24) or (half and hour == 0):
        return []
    later = (hour % 12 + (12 if half.lower() == "p" else 0)) if half else hour % 24
    readings = [("time", f"{later:02}:{minute:02}:{second:02}")]
    if found.get("later") and ":" in match.group():  # "10:00 to 1 pm" may mean the morning
        readings.append(("time", f"{hour:02}:{minute:02}:{second:02}"))
    elif found.get("later"):
        readings.append(("number", _canonical("", str(hour))))
    return readings


def _number(match: re.Match[str]) -> list[Reading]:
    digits, sign = match["digits"], "-" if match["sign"] or match["inner"] else ""
    zeros = _ZEROS[match["zeros"].lower()] if match["zeros"] else 0
    whole, _, fraction = digits.rpartition(",")
    if re.fullmatch(r"[\d.]*,\d\d?|\d{4,},\d+|\d+,\d{4,}", digits):  # a decimal comma, or a list
        numbers = [f"{whole.replace('.', '')}.{fraction}"]
        numbers += [whole, fraction] if "." not in whole else []
    elif digits.count(".") > 1:
        numbers = [digits.replace(".", "")]
    else:
        numbers = [digits.replace(",", "")]
    readings = [("number", _canonical(sign, number, zeros)) for number in numbers]
    if re.fullmatch(r"(?:[01]?\d|2[0-3])\.[0-5]\d", match.group()):
        hour, minute = digits.split(".")
        readings.append(("time", f"{int(hour):02}:{minute}:00"))
    return readings


def _canonical(sign: str, digits: str, zeros: int = 0) -> str:
    """Equal numbers give equal texts; text, so that no number is too long or inexact."""
    whole, _, fraction = digits.partition(".")
    fraction = fraction.ljust(zeros, "0")
    whole = (whole + fraction[:zeros]).lstrip("0") or "0"
    fraction = fraction[zeros:].rstrip("0")
    value = f"{whole}.{fraction}" if fraction else whole
    return value if value == "0" else sign + value


def _spelt(match: re.Match[str]) -> list[Reading]:
    """A number in words, by adding up and multiplying."""
    total = 0
    for word in re.findall(r"[a-z]+", match.group().lower()):
        total = total * 10 ** _ZEROS[word] if word in _ZEROS else total + _WORTH.get(word, 0)
    return [("number", str(total))]


def _code(match: re.Match[str]) -> list[Reading]:
    """Letters and digits in one are a code, and so are digits with several marks in between."""
    chunk = match.group()
    runs = re.findall(r"\d+", chunk)
    if not runs:
        return []
    if re.fullmatch(r"\d+(?:,\d+)*", chunk):
        return [("number", _canonical("", run)) for run in runs]
    return [("code", _folded(re.sub(r"[-_]", "", chunk)))]


def _word(match: re.Match[str]) -> list[Reading]:
    word = _folded(match.group())
    if word in ("noon", "midnight"):
        return [("time", "12:00:00" if word == "noon" else "00:00:00"), ("word", word)]
    return [("word", word)]


def _folded(word: str) -> str:
    """The word without case and accents."""
    letters = unicodedata.normalize("NFKD", word)
    return "".join(mark for mark in letters if not unicodedata.combining(mark)).casefold()
