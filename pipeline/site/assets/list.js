// The list of reports: filters, and a search through titles at once and through the texts when their files have come.
(() => {
  "use strict";
  const form = document.getElementById("filters");
  const fields = ["q", "region", "level", "year", "topic"];
  const state = document.getElementById("state");
  const rows = [...document.querySelectorAll("table.reports tbody tr")].map((row) => ({
    row,
    cell: row.cells[0],
    link: row.querySelector("a").getAttribute("href"),
    ...row.dataset,
    topics: row.dataset.topics.split(" "),
    head: (row.cells[0].textContent + " " + row.dataset.region + " " + row.dataset.province).toLowerCase(),
    parts: null,
  }));
  const SNIPPETS = 300;
  let loading = null;

  window.addTexts = (texts) => {
    for (const [position, parts] of Object.entries(texts)) {
      rows[position].parts = parts.map(([section, topic, text]) => ({ section, topic, text, low: text.toLowerCase() }));
    }
    schedule();
  };

  function load() {
    if (loading) return;
    state.hidden = false;
    const shards = Array.from({ length: window.SHARDS || 0 }, (_, number) => new Promise((done) => {
      const script = document.createElement("script");
      script.src = `data/text-${number}.js`;
      script.onload = script.onerror = done;
      document.head.append(script);
    }));
    loading = Promise.all(shards).then(() => { state.hidden = true; schedule(); });
  }

  const fits = (entry, want) =>
    (!want.region || (want.region.startsWith("p:") ? entry.province === want.region.slice(2) : entry.region === want.region.slice(2))) &&
    (!want.level || entry.level === want.level) &&
    (!want.year || entry.year === want.year) &&
    (!want.topic || entry.topics.includes(want.topic));

  // Where a report has the words: {part, at} of the first, {} where its head has them, null where nothing has.
  function found(entry, words, topic) {
    if (!words.length) return {};
    const parts = (entry.parts || []).filter((part) => !topic || part.topic === topic);
    for (const word of words) {
      if (!(!topic && entry.head.includes(word)) && !parts.some((part) => part.low.includes(word))) return null;
    }
    const part = parts.find((candidate) => words.some((word) => candidate.low.includes(word)));
    if (!part) return {};
    const word = words.find((candidate) => part.low.includes(candidate));
    return { part, at: part.low.indexOf(word), length: word.length };
  }

  function snippet(entry, hit) {
    const line = document.createElement("a");
    line.className = "hit";
    line.lang = "zh-Hans";
    line.href = `${entry.link}#${hit.part.section}`;
    const mark = document.createElement("mark");
    mark.textContent = hit.part.text.slice(hit.at, hit.at + hit.length);
    const from = Math.max(0, hit.at - 24);
    line.append(from ? "…" : "", hit.part.text.slice(from, hit.at), mark, hit.part.text.slice(hit.at + hit.length, hit.at + hit.length + 40), "…");
    return line;
  }

  function apply() {
    const want = Object.fromEntries(fields.map((name) => [name, form.elements[name].value.trim()]));
    const words = want.q.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) load();
    let count = 0;
    for (const entry of rows) {
      const hit = fits(entry, want) ? found(entry, words, want.topic) : null;
      entry.row.hidden = hit === null;
      entry.cell.querySelector(".hit")?.remove();
      if (hit === null) continue;
      count += 1;
      if (hit.part && count <= SNIPPETS) entry.cell.append(snippet(entry, hit));
    }
    document.getElementById("shown").textContent = count;
    document.getElementById("none").hidden = count > 0;
    const query = new URLSearchParams(Object.entries(want).filter(([, value]) => value));
    history.replaceState(null, "", query.size ? `#${query}` : location.pathname);
  }

  let waiting = 0;
  function schedule() {
    if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; apply(); });
  }

  function restore() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const name of fields) if (asked.has(name)) form.elements[name].value = asked.get(name);
    if (asked.size) apply();
  }

  form.elements.q.addEventListener("focus", load);
  form.addEventListener("input", schedule);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => requestAnimationFrame(apply));
  window.addEventListener("hashchange", restore);
  restore();
})();
