"""What merchant and customers do in the sandbox shop: orders, states, payments, slips.

Which of these move ``orders.date_upd`` is as in the real shop: a new state does, a slip or a payment by the API
does not.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .attached_rows import history_row, invoice_row, payment_row
from .basket import CENT
from .order_rows import Numbers, money
from .placing import NewOrder, write_order
from .rows import Rows
from .store import Row


class BackOffice(Rows):
    """Orders and what happens to them. Every method is one transaction."""

    def add_order(self, order: NewOrder | None = None, **description: Any) -> int:
        """Place an order as described (the fields of NewOrder) and give its id_order."""
        wanted = order or NewOrder(**description)
        with self.store.writing():
            now = wanted.date or self.clock.text()
            written = write_order(self.catalogue(), Numbers(self.store), wanted, now, self._rng)
            for resource, rows in written.rows.items():
                self.store.insert(resource, rows)
            self._take_from_stock(written.rows["order_details"])
        return written.order_id

    def _take_from_stock(self, details: list[Row]) -> None:
        for detail in details:
            for stock in self.store.rows("stock_availables", id_product=detail["product_id"]):
                if str(stock["id_product_attribute"]) in ("0", detail["product_attribute_id"]):
                    left = int(stock["quantity"]) - int(detail["product_quantity"])
                    self.store.update("stock_availables", stock["id"], quantity=str(left))

    def set_state(self, order_id: int, state: int) -> None:
        """A new status: history row, invoice, payment of what is missing, delivery number; moves date_upd."""
        with self.store.writing():
            order = self.store.row("orders", order_id)
            state_row = self.store.row("order_states", state)
            now, numbers = self.clock.text(), Numbers(self.store)
            self.store.insert("order_histories", [history_row(numbers, order_id, str(state), now)])
            changes: Row = {"current_state": str(state), "valid": str(state_row["logable"]), "date_upd": now}
            if str(state_row["invoice"]) == "1" and str(order["invoice_number"]) == "0":
                changes |= {"invoice_number": str(numbers.next("number")), "invoice_date": now}
                self._add_invoice(numbers, {**order, **changes})
            missing = Decimal(order["total_paid_tax_incl"]) - Decimal(order["total_paid_real"])
            if str(state_row["paid"]) == "1" and missing > 0:
                self.store.insert("order_payments", [payment_row(numbers, order, missing, now)])
                changes["total_paid_real"] = money(Decimal(order["total_paid_tax_incl"]))
            if str(state_row["delivery"]) == "1" and str(order["delivery_number"]) == "0":
                changes |= {"delivery_number": str(numbers.next("delivery")), "delivery_date": now}
                self._note_delivery(order_id, changes)
            self.store.update("orders", order_id, **changes)

    def _add_invoice(self, numbers: Numbers, order: Row) -> None:
        invoice = numbers.next("order_invoices")
        self.store.insert("order_invoices", [invoice_row(invoice, order, self.catalogue().shop_name)])
        for resource in ("order_details", "order_carriers", "order_cart_rules"):
            for row in self.store.rows(resource, id_order=order["id"]):
                self.store.update(resource, row["id"], id_order_invoice=str(invoice))

    def _note_delivery(self, order_id: int, changes: Row) -> None:
        for invoice in self.store.rows("order_invoices", id_order=order_id):
            delivery = {name: changes[name] for name in ("delivery_number", "delivery_date")}
            self.store.update("order_invoices", invoice["id"], **delivery)

    def add_payment(
        self,
        order_id: int,
        amount: Decimal | str,
        method: str | None = None,
        transaction_id: str = "",
        by_api: bool = False,
    ) -> int:
        """Book money on the order's reference and give the order_payments id.

        A payment made in the back office raises total_paid_real and moves date_upd; one posted to the API
        (``by_api``) does neither.
        """
        with self.store.writing():
            order = self.store.row("orders", order_id)
            now = self.clock.text()
            row = payment_row(Numbers(self.store), order, Decimal(str(amount)), now, transaction_id)
            row["payment_method"] = method or row["payment_method"]
            self.store.insert("order_payments", [row])
            if not by_api:
                real = Decimal(order["total_paid_real"]) + Decimal(str(amount))
                self.store.update("orders", order_id, total_paid_real=money(real), date_upd=now)
        return int(row["id"])

    def add_slip(self, order_id: int, lines: dict[int, int], shipping: bool = False) -> int:
        """Refund pieces of lines (order_details id: quantity), perhaps the shipping; gives the order_slip id.

        ``amount`` is products only, shipping on top, and date_upd of the order stays.
        """
        with self.store.writing():
            order = self.store.row("orders", order_id)
            numbers, now = Numbers(self.store), self.clock.text()
            slip_id, te, ti = numbers.next("order_slip"), Decimal(0), Decimal(0)
            details = []
            for detail_id, quantity in lines.items():
                line_te, line_ti = self._refund_line(int(detail_id), int(quantity))
                te, ti = te + line_te, ti + line_ti
                detail = {"id": str(slip_id), "id_order_detail": str(detail_id), "product_quantity": str(quantity)}
                details.append({**detail, "amount_tax_excl": money(line_te), "amount_tax_incl": money(line_ti)})
            carriage = {
                kind: Decimal(order[f"total_shipping_{kind}"] if shipping else 0) for kind in ("tax_excl", "tax_incl")
            }
            row = {"id": slip_id, "id_order": str(order_id), "id_customer": order["id_customer"], "amount": money(ti)}
            row |= {"conversion_rate": order["conversion_rate"], "date_add": now, "date_upd": now, "partial": "0"}
            row |= {"total_products_tax_excl": money(te), "total_products_tax_incl": money(ti)}
            row |= {f"total_shipping_{kind}": money(value) for kind, value in carriage.items()}
            row |= {"shipping_cost": str(int(shipping)), "shipping_cost_amount": money(carriage["tax_incl"])}
            row |= {"order_slip_type": "0", "associations": {"order_slip_details": details}}
            self.store.insert("order_slip", [row])
        return slip_id

    def _refund_line(self, detail_id: int, quantity: int) -> tuple[Decimal, Decimal]:
        detail = self.store.row("order_details", detail_id)
        share = Decimal(quantity) / Decimal(detail["product_quantity"])
        te = (Decimal(detail["total_price_tax_excl"]) * share).quantize(CENT)
        ti = (Decimal(detail["total_price_tax_incl"]) * share).quantize(CENT)
        self.store.update(
            "order_details",
            detail_id,
            product_quantity_refunded=str(int(detail["product_quantity_refunded"]) + quantity),
            total_refunded_tax_excl=money(Decimal(detail["total_refunded_tax_excl"]) + te),
            total_refunded_tax_incl=money(Decimal(detail["total_refunded_tax_incl"]) + ti),
        )
        return te, ti
