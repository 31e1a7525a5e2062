"""VAT numbers as people write them: one spelling, checked by format and checksum."""

from __future__ import annotations

import pytest

from mappings import vat
from mappings.buyers import known_by


@pytest.mark.parametrize(
    ("text", "country", "number", "of"),
    [
        ("FR40303265045", "FR", "FR40303265045", "FR"),
        ("fr 40.303-265 045", "", "FR40303265045", "FR"),
        ("40303265045", "FR", "FR40303265045", "FR"),
        ("40303265045", "MC", "FR40303265045", "FR"),
        ("BE697449992", "DE", "BE0697449992", "BE"),  # the old spelling, and the number's own country counts
        ("0697.449.992", "BE", "BE0697449992", "BE"),
        ("B58378431", "ES", "ESB58378431", "ES"),
        ("U57194903", "AT", "ATU57194903", "AT"),
        ("094259216", "GR", "EL094259216", "GR"),
        ("GR 094259216", "", "EL094259216", "GR"),
        ("980 7806 84", "GB", "GB980780684", "GB"),
        ("XI980780684", "GB", "XI980780684", "GB"),
        ("CHE-107.787.577 MWST", "CH", "CHE107787577", "CH"),
        ("107.787.577 TVA", "LI", "CHE107787577", "CH"),
        ("NO 995 525 828 MVA", "", "NO995525828", "NO"),
        ("995525828", "NO", "NO995525828", "NO"),
        ("ＢＥ０６９７４４９９９２", "BE", "BE0697449992", "BE"),
        ("12-3456789", "US", "123456789", ""),  # nobody can check it: it counts as written
        ("FR40303265044", "FR", "", ""),
        ("FR40303265045", "FR ", "FR40303265045", "FR"),
        ("n/a", "US", "", ""),
        ("--", "FR", "", ""),
        ("", "FR", "", ""),
    ],
)
def test_a_number_has_one_spelling(text: str, country: str, number: str, of: str) -> None:
    read = vat.read(text, country)
    assert (read.number, read.country, read.invalid) == (number, of, bool(text) and not number)


def test_a_rule_may_take_it_as_written() -> None:
    assert vat.read("FR 40303265044", "FR", as_written=True).number == "FR40303265044"
    assert vat.read("none", "FR", as_written=True).invalid


@pytest.mark.parametrize("prefix", sorted(vat.CHECKED))
def test_nonsense_of_any_country_is_refused_and_never_an_error(prefix: str) -> None:
    for rest in ("", "1", "0" * 30, "ÀÉ", "E", "MVA", "²³"):
        assert vat.read(prefix + rest, prefix).number in ("", f"{prefix}{rest}")
        assert vat.read(rest, {"EL": "GR", "XI": "GB"}.get(prefix, prefix)).number == "" or rest == "0" * 30


def test_a_customers_names() -> None:
    details = {"email": "A@x.fr; b@X.fr", "contact_email": "a@x.fr", "vat_number": "FR 40 303 265 045"}
    assert known_by(details) == ["email a@x.fr", "email b@x.fr", "vat FR40303265045"]
    assert known_by({"vat_number": "40 303 265 045"}) == ["vat 40303265045"]
    assert known_by({}) == []
