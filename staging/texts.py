"""Texts that fit Sage's fields: short ones go as they are, long ones get a proposal that loses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.types import Address, Party


@dataclass(frozen=True, slots=True)
class TooLong:
    """One text that does not fit: the field of ours ("lines"), what it said, and how much Sage takes there."""

    field: str
    text: str
    width: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """An address that fits; if something was ``too_long`` it is a proposal, and ``rest`` is what found no room."""

    address: Address
    too_long: tuple[TooLong, ...] = ()
    rest: tuple[str, ...] = field(default_factory=tuple)


def wrap(text: str, width: int) -> list[str]:
    """The text in pieces of at most ``width`` characters, broken between words where that can be done.

    Nothing is lost but the blanks at the breaks; a word longer than the width is cut hard.
    """
    pieces = []
    for paragraph in text.splitlines():
        left = paragraph.strip()
        while len(left) > width:
            at = left.rfind(" ", 1, width + 1)
            cut = at if at > 0 else width
            pieces.append(left[:cut].rstrip())
            left = left[cut:].lstrip()
        if left:
            pieces.append(left)
    return pieces


def shorten(text: str, width: int) -> str:
    """The text, or its beginning with an ellipsis; only for courtesy texts that Sage knows anyway (an item's name)."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def fit_address(party: Party, country: str, state: str, email: str, widths: Mapping[str, int], prefix: str) -> Fitted:
    """A shop address in Sage's form. ``prefix`` ("ship_to") chooses the widths.

    A company goes into the name, the person then into the first line. Characters are left as they are.
    """
    name, lines = party.name, list(party.lines)
    if party.company:
        name, lines = party.company, [party.name, *lines]
    lines = [text for text in (" ".join(line.split()) for line in lines) if text]
    texts = {
        "name": " ".join(name.split()),
        "city": party.city,
        "state": state,
        "postcode": party.postcode,
        "country": country,
        "phone": party.phone,
        "email": email,
    }
    too_long = [
        TooLong(key, text, widths[f"{prefix}.{key}"])
        for key, text in texts.items()
        if len(text) > widths[f"{prefix}.{key}"]
    ]
    width, count = widths[f"{prefix}.lines"], widths[f"{prefix}.line count"]
    too_long += [TooLong("lines", line, width) for line in lines if len(line) > width]
    if len(lines) > count:
        too_long.append(TooLong("lines", " / ".join(lines), width * count))
    if not too_long:
        return Fitted(Address(lines=tuple(lines), **texts))
    return _propose(texts, lines, too_long, {key: widths[f"{prefix}.{key}"] for key in texts}, (width, count))


def _propose(
    texts: dict[str, str], lines: list[str], too_long: Iterable[TooLong], widths: dict[str, int], room: tuple[int, int]
) -> Fitted:
    """Cut fields go on in the address lines, and what finds no room there is the rest (for the comment)."""
    fields, more = {}, []
    for key, text in texts.items():
        pieces = wrap(text, widths[key]) or [""]
        fields[key] = pieces[0]
        if key == "name":
            lines = [*pieces[1:], *lines]
        elif pieces[1:]:
            more.append(" ".join(pieces[1:]))
    width, count = room
    pieces = [piece for line in lines for piece in wrap(line, width)]
    return Fitted(Address(lines=tuple(pieces[:count]), **fields), tuple(too_long), (*pieces[count:], *more))


def comment_and_notes(texts: Iterable[str], comment_width: int, note_width: int) -> tuple[str, tuple[str, ...]]:
    """All texts in the comment if they fit there together, else in notes of their own: nothing is cut."""
    told = [text.strip() for text in texts if text.strip()]
    whole = " / ".join(" ".join(text.split()) for text in told)
    if len(whole) <= comment_width:
        return whole, ()
    return "", tuple(piece for text in told for piece in wrap(text, note_width))
