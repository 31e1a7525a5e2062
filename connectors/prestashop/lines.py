"""One order_details row as a Line: amounts as booked, tax rates by id, what became of the product."""

from __future__ import annotations

from connectors.prestashop.fields import Fields, Objects
from connectors.types import ZERO, Line, TaxRate
from connectors.words import joined, words


def read_line(detail: Fields, objects: Objects, language: str) -> Line | None:
    """The line, or None when its quantity and amounts are zero: cancelled before anything was paid (E6)."""
    quantity = detail.quantity("product_quantity")
    total_incl, total_excl = detail.amount("total_price_tax_incl"), detail.amount("total_price_tax_excl")
    if quantity == 0:
        if total_incl or total_excl:
            raise detail.wrong("product_quantity", words("is 0, but the line has an amount"))
        return None
    product_id = detail.reference_to("product_id")
    combination_id = detail.reference_to("product_attribute_id")
    product = objects["products"].get(product_id)
    combination_gone = combination_id != 0 and combination_id not in objects["combinations"]
    return Line(
        id=detail.whole("id", least=1),
        product_id=product_id,
        combination_id=combination_id,
        reference=detail.text("product_reference"),
        name=detail.text("product_name"),
        quantity=quantity,
        unit_excl=detail.amount("unit_price_tax_excl"),
        unit_incl=detail.amount("unit_price_tax_incl"),
        total_excl=total_excl,
        total_incl=total_incl,
        taxes=_taxes(detail, objects, language),
        tax_rules_group=detail.reference_to("id_tax_rules_group"),
        ecotax=detail.amount("ecotax"),
        customization=_customization(detail, objects),
        pack=product is not None and product.flag("cache_is_pack"),
        virtual=product is not None and product.flag("is_virtual"),
        deleted=product is None or combination_gone,
        refunded=detail.quantity("product_quantity_refunded"),
        returned=detail.quantity("product_quantity_return"),
        restocked=detail.quantity("product_quantity_reinjected"),
    )


def _taxes(detail: Fields, objects: Objects, language: str) -> tuple[TaxRate, ...]:
    """The line's taxes; only their ids are on the line (prestashop.md E3). No tax is no association."""
    known = objects["taxes"]
    found: dict[int, TaxRate] = {}
    for each in detail.several("taxes"):
        number = each.whole("id", least=1)
        tax = known.get(number)
        if tax is None:
            raise each.wrong("id", words("is %(value)s, a tax that the shop no longer has", value=number))
        found[number] = TaxRate(number, tax.rate("rate"), tax.in_language("name", language))
    if sum((tax.rate for tax in found.values()), ZERO) > 100:
        raise detail.wrong("taxes", words("add up to more than 100 per cent"))
    return tuple(found.values())


def _customization(detail: Fields, objects: Objects) -> str:
    """What the buyer wrote on the product; pictures are counted, not kept."""
    row = objects["customizations"].get(detail.reference_to("id_customization"))
    if row is None:
        return ""
    said = [text for each in row.several("customized_data_text_fields") if (text := each.text("value"))]
    pictures = len(row.several("customized_data_images"))
    if pictures:
        said.append(words("(1 picture)") if pictures == 1 else words("(%(n)s pictures)", n=pictures))
    return joined(*said, by="; ")
