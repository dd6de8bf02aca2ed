// A report's page: lines from a figure to what it counts and what was done, jumps between table and text, filters of marks.
(() => {
  "use strict";
  const text = document.getElementById("text");
  const card = document.getElementById("card");
  const SVG = "http://www.w3.org/2000/svg";

  // Mark id → its pieces in the text, in order: a mark across a line or page break has several.
  const pieces = new Map();
  for (const piece of text.querySelectorAll("[data-m]")) {
    for (const id of piece.dataset.m.split(" ")) pieces.set(id, [...(pieces.get(id) || []), piece]);
  }
  const rows = new Map([...document.querySelectorAll("#figures tr[data-q]")].map((row) => [row.dataset.q, row]));
  const order = [...rows.keys()].filter((id) => pieces.has(id));
  const names = new Map();
  for (const link of document.querySelectorAll("#namesof li > a[href^='#']")) names.set(link.hash.slice(1), link);

  const canvas = document.createElementNS(SVG, "svg");
  canvas.setAttribute("class", "wires");
  canvas.setAttribute("aria-hidden", "true");
  text.append(canvas);

  const figureOf = (id) => (/^q\d+[ia]$/.test(id) ? id.slice(0, -1) : id);

  let pinned = []; // what the reader jumped to or clicked stays lit until Escape or the next

  function clear() {
    for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
    canvas.replaceChildren();
    card.hidden = true;
  }

  // The line from a figure to another mark: level within a line of text, a curve between lines.
  function wire(from, to, role) {
    const base = text.getBoundingClientRect();
    const a = from.getClientRects()[0];
    const b = to.getClientRects()[0];
    if (!a || !b) return;
    const x1 = a.left + a.width / 2 - base.left;
    const x2 = b.left + b.width / 2 - base.left;
    const same = Math.abs(a.top - b.top) < a.height / 2;
    const up = same || b.top < a.top;
    const y1 = (up ? a.top : a.bottom) - base.top;
    const y2 = (same ? b.top : up ? b.bottom : b.top) - base.top;
    const bend = same ? -Math.min(22, 8 + Math.abs(x2 - x1) / 12) : (y2 - y1) / 2;
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", role);
    path.setAttribute("d", `M${x1},${y1} C${x1},${y1 + bend} ${x2},${same ? y2 + bend : y2 - bend} ${x2},${y2}`);
    const end = document.createElementNS(SVG, "circle");
    end.setAttribute("class", role);
    end.setAttribute("cx", x2);
    end.setAttribute("cy", y2);
    end.setAttribute("r", 3);
    canvas.append(path, end);
  }

  function light(ids) {
    clear();
    for (const id of ids) {
      const figure = pieces.get(id);
      if (!figure) continue;
      for (const piece of figure) piece.classList.add("lit");
      rows.get(id)?.classList.add("lit");
      for (const part of [`${id}i`, `${id}a`]) for (const piece of pieces.get(part) || []) piece.classList.add("lit");
      if (pieces.has(`${id}i`)) wire(figure[0], pieces.get(`${id}i`)[0], "item");
      if (pieces.has(`${id}a`)) wire(figure[0], pieces.get(`${id}a`)[0], "action");
    }
  }

  const heads = [...document.querySelectorAll("#figures thead th")];
  const bit = (tag, content) => Object.assign(document.createElement(tag), { textContent: content.trim().replace(/\s+/g, " ") });
  function about(row) {
    const line = bit("p", "");
    const [figure, ...rest] = row.cells;
    line.append(bit("b", figure.querySelector("a").textContent), ` = ${figure.querySelector("small").textContent}`);
    rest.forEach((cell, index) => {
      const first = cell.firstElementChild?.matches(".score") ? cell.firstElementChild : cell;
      if (first.textContent.trim()) line.append(bit("i", heads[index + 1].textContent), bit("span", first.textContent));
    });
    return line;
  }

  function tell(piece, ids) {
    const lines = ids.slice(0, 4).filter((id) => rows.has(id)).map((id) => about(rows.get(id)));
    for (const id of piece.dataset.m.split(" ")) {
      const link = names.get(id);
      if (!link) continue;
      const line = bit("p", "");
      line.append(bit("b", link.closest("li").firstElementChild.textContent));
      if (link.dataset.score) line.append(bit("i", heads[3].textContent), link.dataset.score);
      lines.push(line);
    }
    if (!lines.length) return;
    card.replaceChildren(...lines);
    card.hidden = false;
    const at = piece.getClientRects()[0];
    const box = card.getBoundingClientRect();
    const below = at.bottom + 10 + box.height < innerHeight;
    card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.width - 8))}px`;
    card.style.top = `${below ? at.bottom + 10 : Math.max(8, at.top - box.height - 10)}px`;
  }

  const figuresAt = (piece) => {
    const ids = piece.dataset.m.split(" ");
    const own = ids.filter((id) => /^q\d+$/.test(id));
    return own.length ? own : [...new Set(ids.map(figureOf))].filter((id) => rows.has(id));
  };
  const shownAt = (piece) => {
    const ids = figuresAt(piece);
    return ids.length ? ids : piece.dataset.m.split(" ");
  };
  function point(piece) {
    const ids = shownAt(piece);
    light(ids);
    tell(piece, ids);
  }
  const rest = () => light(pinned);

  text.addEventListener("pointerover", (event) => {
    const piece = event.target.closest?.("[data-m]");
    if (piece) point(piece);
  });
  text.addEventListener("pointerleave", rest);
  text.addEventListener("focusin", (event) => { if (event.target.matches("[data-m]")) point(event.target); });
  text.addEventListener("focusout", rest);
  text.addEventListener("click", (event) => {
    const piece = event.target.closest?.("[data-m]");
    if (!piece) return;
    pinned = shownAt(piece);
    point(piece);
    reveal(pinned[0]);
  });

  // One figure is in the tab order at a time; arrows move.
  for (const id of order) {
    const first = pieces.get(id)[0];
    first.tabIndex = -1;
    first.setAttribute("role", "button");
    first.setAttribute("aria-describedby", `row-${id}`);
    first.dataset.figure = id;
  }
  let current = 0;
  if (order.length) pieces.get(order[0])[0].tabIndex = 0;
  function move(to, block = "nearest") {
    pieces.get(order[current])[0].tabIndex = -1;
    current = Math.max(0, Math.min(order.length - 1, to));
    const piece = pieces.get(order[current])[0];
    piece.tabIndex = 0;
    piece.focus({ preventScroll: true });
    piece.scrollIntoView({ block });
  }
  text.addEventListener("keydown", (event) => {
    const id = event.target.dataset?.figure;
    if (!id || event.ctrlKey || event.altKey || event.metaKey) return;
    current = order.indexOf(id);
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (event.key in steps) { event.preventDefault(); move(current + steps[event.key]); }
    else if (event.key === "Home") { event.preventDefault(); move(0); }
    else if (event.key === "End") { event.preventDefault(); move(order.length - 1); }
    else if (event.key === "Enter") { event.preventDefault(); choose("tab-figures"); rows.get(id).querySelector("a").focus(); }
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { pinned = []; clear(); } });

  // The table and the text follow each other.
  // Scrolls a column alone: scrollIntoView would hold up a jump of the page that is under way.
  function bring(element, column) {
    const inner = element.getBoundingClientRect();
    const outer = column.getBoundingClientRect();
    if (inner.top < outer.top + 90) column.scrollTop += inner.top - outer.top - 90;
    else if (inner.bottom > outer.bottom) column.scrollTop += inner.bottom - outer.bottom + 20;
  }
  function reveal(id) {
    const row = rows.get(id);
    if (row && row.offsetParent) bring(row, document.querySelector(".panel"));
  }
  for (const row of document.querySelectorAll(".panel tr[data-q]")) {
    const show = () => light([row.dataset.q]);
    row.addEventListener("pointerenter", show);
    row.addEventListener("pointerleave", rest);
    row.addEventListener("focusin", show);
    row.addEventListener("click", (event) => { if (!event.target.closest("a")) location.hash = row.dataset.q; });
  }
  function arrive() {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!pieces.has(id)) return;
    pinned = [id];
    if (order.includes(id)) move(order.indexOf(id), "center");
    else pieces.get(id)[0].scrollIntoView({ block: "center" });
    light(pinned);
    reveal(id);
  }
  window.addEventListener("hashchange", arrive);
  for (const link of document.querySelectorAll(".panel a[href^='#']")) link.addEventListener("click", () => { if (link.hash === location.hash) arrive(); });

  // Filters of the table and of the marks.
  const filter = document.getElementById("figure-filter");
  const onlyLow = document.getElementById("only-low");
  function narrow() {
    const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows.values()) {
      const said = row.textContent.toLowerCase();
      row.hidden = (onlyLow.checked && !row.classList.contains("low")) || !words.every((word) => said.includes(word));
    }
  }
  filter.addEventListener("input", narrow);
  onlyLow.addEventListener("change", narrow);
  for (const box of document.querySelectorAll(".legend input")) {
    const set = () => text.classList.toggle(`no-${box.name}`, !box.checked);
    box.addEventListener("change", set);
    set();
  }

  // Tabs.
  const tabs = [...document.querySelectorAll("[role=tab]")];
  function choose(id, focus) {
    for (const tab of tabs) {
      const chosen = tab.id === id;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
      if (chosen && focus) tab.focus();
    }
  }
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab.id));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) choose(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length].id, true);
    });
  }
  choose("tab-figures");
  if (matchMedia("(max-width: 68.99rem)").matches) document.querySelector(".tree details").open = false;

  // The section that is being read.
  const anchors = [...text.querySelectorAll("i.at[id^='s']")].filter((anchor) => /^s\d+$/.test(anchor.id));
  const links = new Map([...document.querySelectorAll(".tree a")].map((link) => [link.hash.slice(1), link]));
  let waiting = 0;
  function spy() {
    waiting = 0;
    let reading = null;
    for (const anchor of anchors) if (anchor.getBoundingClientRect().top < 140) reading = anchor.id;
    for (const [id, link] of links) {
      if (id !== reading) link.removeAttribute("aria-current");
      else if (!link.hasAttribute("aria-current")) {
        link.setAttribute("aria-current", "location");
        bring(link, document.querySelector(".tree"));
      }
    }
  }
  addEventListener("scroll", () => { waiting ||= requestAnimationFrame(spy); card.hidden = true; }, { passive: true });
  addEventListener("resize", rest);
  if (document.readyState === "complete") arrive();
  else addEventListener("load", () => requestAnimationFrame(arrive)); // after the browser's own jump
})();
