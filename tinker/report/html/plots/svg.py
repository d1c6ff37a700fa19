"""Writing SVG: elements with everything escaped, and the frame that gives each plot its words."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """An element. Children that are not markup are escaped; `text_anchor` is text-anchor; None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(number(value) if isinstance(value, float) else value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(children)
    return Markup(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")


def number(value: float) -> str:
    """Two decimals at most: a hundredth of a pixel is not seen."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(value: float) -> str:
    """A place across, as an attribute."""
    return f"{number(value)}%"


def plot(key: str, title: str, words: str, height: float, marks: Iterable[Markup]) -> Markup:
    """An image with a title and its content in words. `key` is unique on the page; `height` in pixels."""
    return tag(
        "svg",
        tag("title", title, id=f"{key}-t"),
        tag("desc", words, id=f"{key}-d"),
        *marks,
        class_="plot",
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
        width="100%",
        height=height,
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str, **more: str | float) -> Markup:
    """From a place to a place; x in percent, y in pixels."""
    return tag("line", x1=percent(x1), y1=y1, x2=percent(x2), y2=y2, class_=class_, **more)


def text(
    x: float, y: float, content: str, class_: str = "", anchor: str | None = None, dx: float | None = None
) -> Markup:
    """Words whose start, or `anchor` (middle, end), is at x percent, `dx` pixels further, with the baseline at y."""
    return tag("text", content, x=percent(x), y=y, dx=dx, class_=class_ or None, text_anchor=anchor)


def mark(shape: str, x: float, y: float, class_: str) -> Markup:
    """One of the shapes that the page defines: dot, square, diamond, ring, more, less."""
    return tag("use", href=f"#m-{shape}", x=percent(x), y=y, class_=class_)
