"""What all pages have in common: where their parts are, and a policy that obeys nothing else.

A Content-Security-Policy allows exactly the style and the script that stand in a page, by their
hashes, so that nothing a world managed to slip in would be obeyed
(https://www.w3.org/TR/CSP3/#grammardef-hash-source).
"""

import base64
import hashlib
from functools import cache
from importlib import resources
from string import Template

__all__ = ["page_head", "page_part", "plot_style", "policy", "style"]


@cache
def page_part(package: str, name: str) -> str:
    """A file of a package's folder `templates`."""
    return (resources.files(package) / "templates" / name).read_text("utf-8")


def style() -> str:
    """The style that all pages share; a page may add to it."""
    return page_part("awm.pages", "page.css")


def plot_style() -> str:
    """What pages with plots and with small tables of counts add to it."""
    return page_part("awm.pages", "plots.css")


def page_head(title: str, styles: str, script: str | None = None) -> str:
    """How all pages begin, up to their body.

    Args:
        title: Of the page, escaped already.
        styles: All of its style.
        script: What stands in its `script` element, if it has one.
    """
    head = Template(page_part("awm.pages", "head.html"))
    return head.substitute(title=title, style=styles, policy=policy(styles, script)).rstrip("\n")


def policy(style: str, script: str | None = None) -> str:
    """The Content-Security-Policy of a page.

    Args:
        style: What stands in its `style` element.
        script: What stands in its `script` element, if it has one.
    """
    scripts = "" if script is None else f" script-src '{_hash(script)}';"
    return (
        f"default-src 'none'; style-src '{_hash(style)}';{scripts}"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"sha256-{digest}"
