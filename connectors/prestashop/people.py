"""Who bought, who pays and where it goes: customer and addresses of an order."""

from __future__ import annotations

from connectors.prestashop.fields import Fields, Objects
from connectors.types import Buyer, Party
from connectors.words import words


def read_parties(order: Fields, objects: Objects) -> tuple[Party, Party]:
    """Invoice and delivery address; an order without a delivery address (virtual goods) goes to the invoice one."""
    invoice_to = _party(order, "id_address_invoice", objects)
    if order.reference_to("id_address_delivery") in (0, invoice_to.id):
        return invoice_to, invoice_to
    return invoice_to, _party(order, "id_address_delivery", objects)


def read_buyer(order: Fields, objects: Objects, invoice_to: Party, language: str) -> Buyer:
    """The customer; when the shop no longer has it, the name on the invoice stands in (pains.md 27)."""
    number = order.reference_to("id_customer")
    speaks = objects["languages"].get(order.reference_to("id_lang"))
    iso = speaks.text("iso_code") if speaks else ""
    row = objects["customers"].get(number)
    if row is None:
        return Buyer(
            id=number,
            first_name=invoice_to.first_name,
            last_name=invoice_to.last_name,
            company=invoice_to.company,
            email="",
            default_group=0,
            group_name="",
            guest=False,
            language=iso,
            gone=True,
        )
    group = row.reference_to("id_default_group")
    named = objects["groups"].get(group)
    return Buyer(
        id=number,
        first_name=row.text("firstname"),
        last_name=row.text("lastname"),
        company=row.text("company"),
        email=row.text("email"),
        default_group=group,
        group_name=named.in_language("name", language) if named else "",
        guest=row.flag("is_guest"),
        language=iso,
    )


def _party(order: Fields, name: str, objects: Objects) -> Party:
    number = order.whole(name)
    row = objects["addresses"].get(number)
    if row is None:
        raise order.wrong(name, words("is %(value)s, an address that the shop no longer has", value=number))
    state = objects["states"].get(row.reference_to("id_state"))
    return Party(
        id=number,
        first_name=row.text("firstname"),
        last_name=row.text("lastname"),
        company=row.text("company"),
        vat_number=row.text("vat_number"),
        lines=tuple(line for part in ("address1", "address2") if (line := row.text(part))),
        postcode=row.text("postcode"),
        city=row.text("city"),
        country=_country(row, objects),
        state=state.text("iso_code").upper() if state else "",
        state_name=state.text("name") if state else "",
        phone=row.text("phone") or row.text("phone_mobile"),
        dni=row.text("dni"),
        other=row.text("other", lines=True),
    )


def _country(address: Fields, objects: Objects) -> str:
    number = address.whole("id_country")
    country = objects["countries"].get(number)
    if country is None:
        raise address.wrong("id_country", words("is %(value)s, a country that the shop no longer has", value=number))
    return country.text("iso_code", required=True).upper()
