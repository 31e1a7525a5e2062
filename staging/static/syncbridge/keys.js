// Single keys for who works through held orders: "?" lists them, and lets them be switched off. What a key does is said
// in the page: an element with data-key is clicked; so the list never promises what the page does not offer.
"use strict";
(() => {
  const OFF = "syncbridge-keys-off";
  const typing = (element) => element.closest("input, textarea, select, [contenteditable], dialog");
  const shown = (element) => element.getClientRects().length > 0;

  const press = (key) => {
    if (key === "/") {
      const box = [...document.querySelectorAll("input[name=q]")].find(shown);
      if (box) box.focus();
      else window.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true }));
      return true;
    }
    if (key === "?") {
      const help = document.getElementById("sb-keys");
      if (help) help.showModal();
      return Boolean(help);
    }
    const focused = document.activeElement && document.activeElement.closest("details[open]");
    const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(shown);
    const chosen = found.find((element) => focused && focused.contains(element)) || found[0];
    if (chosen) chosen.click();
    return Boolean(chosen);
  };

  // A form that is opened is typed into at once, and Escape closes it. Fields of a correction stand in the table above.
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.open || !menu.matches("details.sb-menu") || !menu.contains(document.activeElement)) return;
    const field = [...(menu.querySelector("form") || { elements: [] }).elements].find(
      (one) => one.matches("input:not([type=hidden]), select, textarea") && shown(one),
    );
    if (field) field.focus();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const form = event.target.form || event.target;
    const menu = form.closest && form.closest("details.sb-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key !== "?" && localStorage.getItem(OFF)) return;
    if (press(event.key)) event.preventDefault();
  });

  // The theme's own switches (the filters, the menu under one's name, groups of the sidebar) listen to clicks only.
  const SWITCHES = "[x-on\\:click]:not(a[href], button, input, select, textarea, summary, [aria-hidden])";
  const reachable = () => {
    for (const one of document.querySelectorAll(SWITCHES)) {
      const said = one.cloneNode(true);
      for (const icon of said.querySelectorAll("[aria-hidden]")) icon.remove();
      if (!said.textContent.trim()) continue; // an icon alone has no name to be called by
      one.tabIndex = 0;
      one.setAttribute("role", "button");
      one.addEventListener("keydown", (event) => {
        if (event.target !== one || !["Enter", " "].includes(event.key)) return;
        event.preventDefault();
        one.click();
      });
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    reachable();
    const content = document.getElementById("content");
    if (content) content.tabIndex = -1; // where “To the content” leads
    const first = content && content.querySelector("[autofocus]"); // the theme takes the focus that the browser gives
    if (first && document.activeElement === document.body) first.focus();
    const box = document.getElementById("sb-keys-on");
    if (!box) return;
    box.checked = !localStorage.getItem(OFF);
    box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  });
})();
