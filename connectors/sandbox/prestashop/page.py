"""A plain page for people: the newest orders of the sandbox shop."""

from __future__ import annotations

from html import escape

from .clock import ShopClock
from .store import Store

SHOWN = 50
STYLE = "body{font:14px sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left}td.n{text-align:right}"


def newest_orders(store: Store, clock: ShopClock, version: str) -> str:
    """The page."""
    with store.reading() as db:
        count = db.execute("SELECT COUNT(*) FROM orders").fetchone()[0]
        found = db.execute(
            "SELECT orders.id, reference, customers.email, orders.payment, current_state, total_paid_tax_incl,"
            " orders.date_add, orders.date_upd FROM orders LEFT JOIN customers ON customers.id = orders.id_customer"
            " ORDER BY orders.id DESC LIMIT ?",
            [SHOWN],
        ).fetchall()
        states = dict(db.execute("SELECT id, json_extract(name, '$[0].value') FROM order_states").fetchall())
    rows = "".join(
        f"<tr><td>{row[0]}</td><td>{escape(str(row[1]))}</td><td>{escape(str(row[2] or ''))}</td>"
        f"<td>{escape(str(row[3]))}</td><td>{escape(str(states.get(int(row[4]), row[4])))}</td>"
        f'<td class="n">{float(row[5]):.2f}</td><td>{row[6]}</td><td>{row[7]}</td></tr>'
        for row in found
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox PrestaShop {version}</title>'
        f"<style>{STYLE}</style><h1>Sandbox PrestaShop {version}</h1>"
        f"<p>{count} orders; the shop's clock shows {clock.text()} ({escape(clock.time_zone)}).</p><table>"
        "<tr><th>id</th><th>reference</th><th>customer</th><th>payment</th><th>state</th><th>total</th>"
        f"<th>placed</th><th>changed</th></tr>{rows}</table></html>"
    )
