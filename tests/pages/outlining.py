"""What tests of pages read them with, and texts that try to be more than text."""

from html.parser import HTMLParser

VOID = {"meta", "input", "rect", "wbr"}
HOSTILE = (
    "</style></script><script>alert(1)</script>",
    "\"' onfocus=alert(1) autofocus='",
    "<img src=x onerror=alert(1)>",
    "<!-- ]]> </textarea></title></details>",
    "$rows ${worlds} $$ {0} %s",
    "javascript:alert(1)",
    "&lt;b&gt; &#60;",
    "\u202egnp.exe \ud800 \x00\x1b[31m \x85 \u2028",
)


class Outline(HTMLParser):
    """The elements of a page with the names of their attributes; fails where they do not nest."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.links, self.texts, self._open = [], [], [], []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, *(name for name, _ in attributes)))
        self.links += [value for name, value in attributes if name in {"href", "src", "action"}]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, *(name for name, _ in attributes)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)
