// A list of names with a filter; `#q=…` sets it from outside.
(() => {
  "use strict";
  const filter = document.getElementById("filter");
  const rows = [...document.querySelectorAll("table.namelist tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
  function apply() {
    const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      count += row.hidden ? 0 : 1;
    }
    document.getElementById("shown").textContent = count;
  }
  function restore() {
    const asked = new URLSearchParams(location.hash.slice(1)).get("q");
    if (asked !== null) { filter.value = asked; apply(); }
  }
  filter.addEventListener("input", apply);
  filter.form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", restore);
  restore();
})();
