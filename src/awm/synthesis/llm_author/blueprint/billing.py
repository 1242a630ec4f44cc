"""How cases that cost something are billed, and what becomes of the bills."""

from collections.abc import Iterator
from typing import Any, Final

from awm.synthesis.llm_author.blueprint.anatomy import BILLED, billable, payable
from awm.synthesis.llm_author.blueprint.sketch import Record, Sketch

__all__ = ["billing", "invoice_of"]

_WAYS: Final = "card 5, transfer 3, cash 2"
_OFTEN: Final = {"bills": 5, "writes_off": 1}

_Form = dict[str, Any]


def invoice_of(case: Record, sketch: Sketch) -> tuple[str, _Form]:
    """The entity of a case's bills, with its name."""
    name = case.name
    return f"{name}_invoice", {
        "described": [
            f"the invoice for {{{name}}}",
            "the {status} invoice of {billed_on}",
            "the invoice of {amount_cents}",
        ],
        "fields": {
            name: f"-> {name}",
            "amount_cents": f"money = {name}.{payable(case, sketch)}",
            "method": f"one of? {_WAYS}",
            "billed_on": "date = today",
            "settled_on": "date?",
            "status": "state unpaid, paid, written_off",
        },
    }


def billing(case: Record) -> Iterator[tuple[str, _Form]]:
    """The actions by which a case is billed and its bill is settled."""
    name, bill = case.name, f"{case.name}_invoice"
    yield (
        f"bill_{name}",
        {
            "on": name,
            "from": list(billable(case)),
            "to": BILLED,
            "does": f"add('{bill}', {name}={name})",
            "phrases": [
                f"bill {{{name}}}",
                f"make out an invoice for {{{name}}}",
                f"write the invoice for {{{name}}}",
            ],
            "often": _OFTEN["bills"],
        },
    )
    yield (
        f"settle_{bill}",
        {
            "on": bill,
            "from": ["unpaid"],
            "to": "paid",
            "takes": {"method": f"one of {_WAYS}"},
            "does": f"{bill}.method = method\n{bill}.settled_on = today",
            "phrases": [
                f"enter that {{{bill}}} was paid by {{method}}",
                f"mark {{{bill}}} as paid by {{method}}",
                f"settle {{{bill}}} by {{method}}",
            ],
            "often": _OFTEN["bills"],
        },
    )
    yield (
        f"write_off_{bill}",
        {
            "on": bill,
            "from": ["unpaid"],
            "to": "written_off",
            "does": f"{bill}.settled_on = today",
            "phrases": [f"write off {{{bill}}}", f"mark {{{bill}}} as written off"],
            "often": _OFTEN["writes_off"],
        },
    )
