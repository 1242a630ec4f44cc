"""JSON values as Python literals."""

from awm.synthesis.emit.layout import Doc, bracketed, quote

__all__ = ["literal"]


def literal(value: object) -> Doc:
    """A value as Python writes it."""
    match value:
        case str():
            return quote(value)
        case dict():
            pairs: list[Doc] = [[f"{quote(name)}: ", literal(each)] for name, each in value.items()]
            return bracketed("{", pairs, "}")
        case list():
            return bracketed("[", [literal(each) for each in value], "]")
    return repr(value)
