"""Pages that a person opens: one file each, without network, obeying nothing but what is theirs."""

from awm.pages.page import page_head, page_part, plot_style, policy, style
from awm.pages.plots import Column, Mark, histogram, level
from awm.pages.text import bar, cut, escaped, plural

__all__ = [
    "Column",
    "Mark",
    "bar",
    "cut",
    "escaped",
    "histogram",
    "level",
    "page_head",
    "page_part",
    "plot_style",
    "plural",
    "policy",
    "style",
]
