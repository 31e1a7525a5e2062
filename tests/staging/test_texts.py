"""Texts that fit: short ones unchanged, long ones split without losing a word."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors.sage300.widths import WIDTHS
from connectors.types import Party
from staging.texts import comment_and_notes, fit_address, shorten, wrap

PARTY = Party(
    id=1,
    first_name="Ada",
    last_name="Byron",
    company="",
    vat_number="",
    lines=("1 rue de la Paix", "3e étage"),
    postcode="75002",
    city="Paris",
    country="FR",
    state="",
    state_name="",
    phone="0102030405",
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=255)
texts = st.lists(words, max_size=12).map(" ".join)


def test_what_fits_goes_as_it_is() -> None:
    fitted = fit_address(PARTY, "FR", "", "ada@example.com", WIDTHS, "ship_to")
    assert not fitted.too_long
    assert not fitted.rest
    address = fitted.address
    assert (address.name, address.lines, address.city) == ("Ada Byron", ("1 rue de la Paix", "3e étage"), "Paris")


def test_a_company_is_the_name_and_the_person_the_first_line() -> None:
    address = fit_address(replace(PARTY, company="Analytical Ltd"), "FR", "", "", WIDTHS, "ship_to").address
    assert (address.name, address.lines[0]) == ("Analytical Ltd", "Ada Byron")


def test_a_long_line_is_proposed_over_two_lines_broken_between_words() -> None:
    long = "Résidence des Trois Fontaines bâtiment C escalier 4 deuxième étage porte gauche"
    fitted = fit_address(replace(PARTY, lines=(long,)), "FR", "", "", WIDTHS, "ship_to")
    assert [entry.field for entry in fitted.too_long] == ["lines"]
    assert " ".join(fitted.address.lines) == long
    assert max(map(len, fitted.address.lines)) <= 60
    assert not fitted.rest


def test_what_finds_no_room_is_the_rest() -> None:
    many = tuple(f"line {number}" for number in range(6))
    fitted = fit_address(replace(PARTY, lines=many), "FR", "", "", WIDTHS, "ship_to")
    assert (fitted.address.lines, fitted.rest) == (many[:4], many[4:])


@given(name=texts, company=texts, line1=texts, line2=texts, city=texts, phone=texts)
def test_no_word_of_an_address_is_lost(name: str, company: str, line1: str, line2: str, city: str, phone: str) -> None:
    party = replace(PARTY, last_name=name, company=company, lines=(line1, line2), city=city, phone=phone)
    fitted = fit_address(party, "FR", "", "", WIDTHS, "ship_to")
    address = fitted.address
    told = [address.name, *address.lines, address.city, address.postcode, address.phone, *fitted.rest]
    there = "".join("".join(told).split())
    for text in (name, company, line1, line2, city, phone):
        for word in text.split():
            assert all(character in there for character in word)
    assert len(there) >= sum(len("".join(text.split())) for text in (name, company, line1, line2, city, phone))
    assert len(address.lines) <= WIDTHS["ship_to.line count"]
    for field in ("name", "city", "phone", "postcode"):
        assert len(getattr(address, field)) <= WIDTHS[f"ship_to.{field}"]
    assert all(len(line) <= WIDTHS["ship_to.lines"] for line in address.lines)
    if not fitted.too_long:
        assert not fitted.rest


@given(texts, st.integers(1, 80))
def test_wrapping_keeps_every_character_but_blanks_in_order(text: str, width: int) -> None:
    pieces = wrap(text, width)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < len(piece) <= width for piece in pieces)


def test_comments_that_fit_stay_together_longer_ones_become_notes() -> None:
    assert comment_and_notes(["Gift: for Ada", "", "Ring twice"], 250, 80) == ("Gift: for Ada / Ring twice", ())
    long = "word " * 60
    comment, notes = comment_and_notes([long, "Ring twice"], 250, 80)
    assert comment == ""
    assert " ".join(notes) == f"{long.strip()} Ring twice"
    assert max(map(len, notes)) <= 80


def test_a_courtesy_text_is_shortened_visibly() -> None:
    assert shorten("Hummingbird  printed", 60) == "Hummingbird printed"
    assert shorten("x" * 61, 60) == "x" * 59 + "…"
