// Offers Sage codes while one types: a datalist below each input that names a Sage record. Without it the form works too.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const path = window.location.pathname.replace(/(add|[^/]+\/change)\/$/, "codes/");
  for (const input of document.querySelectorAll("input[data-codes]")) {
    const list = document.createElement("datalist");
    list.id = `${input.id}-codes`;
    input.after(list);
    input.setAttribute("list", list.id);
    let waiting = 0;
    let newest = 0;
    const ask = async () => {
      const asked = ++newest;
      const query = new URLSearchParams({ field: input.dataset.codes, q: input.value });
      for (const name of ["company", "create", "word_kind"]) {
        const other = document.getElementById(`id_${name}`);
        if (other) query.set(name, other.type === "checkbox" ? (other.checked ? "1" : "") : other.value);
      }
      const answer = await fetch(`${path}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || asked !== newest) return;
      const { codes } = await answer.json();
      list.replaceChildren(...codes.map(({ code, label }) => new Option(label, code)));
    };
    input.addEventListener("input", () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(ask, 150);
    });
    input.addEventListener("focus", ask, { once: true });
    // Only while one types: what was typed where it is off is not brought back, and “Back, without saving” would lose it.
    input.addEventListener("focus", () => input.setAttribute("autocomplete", "off"));
    for (const [part, end] of [[input, "blur"], [input.form, "submit"]]) {
      part.addEventListener(end, () => input.removeAttribute("autocomplete"));
    }
  }
});
