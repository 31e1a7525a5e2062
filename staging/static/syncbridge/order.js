// The tabs of an order's page. They are links and work without this; here: what was typed is not left by mistake, and a
// link that names a place of another tab leads to it.
"use strict";
(() => {
  const typed = (field) => field.type !== "hidden" && field.value !== field.defaultValue;

  document.addEventListener("htmx:confirm", (event) => {
    const tabs = event.target.closest("[data-unsaved]");
    if (!tabs) return;
    const fields = [...document.querySelectorAll("#order-tab :is(input, textarea)")];
    if (fields.some(typed) && !window.confirm(tabs.dataset.unsaved)) event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const place = location.hash.slice(1);
    if (!place || document.getElementById(place)) return;
    const tab = document.querySelector(`[data-holds~="${CSS.escape(place)}"]`);
    if (tab) location.replace(tab.href + location.hash);
  });
})();
