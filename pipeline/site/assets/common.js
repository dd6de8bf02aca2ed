// The language of the pages: what the reader chose before, else what the browser prefers; texts of reports stay as they are.
(() => {
  "use strict";
  const root = document.documentElement;
  const read = () => { try { return localStorage.getItem("gongwen-language"); } catch { return null; } };
  const keep = (language) => { try { localStorage.setItem("gongwen-language", language); } catch { /* a reader who keeps nothing */ } };

  function say(language) {
    const words = window.WORDS[language];
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = words[element.dataset.t];
    for (const name of ["placeholder", "aria-label", "label"]) {
      for (const element of document.querySelectorAll(`[data-t-${name}]`)) element.setAttribute(name, words[element.getAttribute(`data-t-${name}`)]);
    }
    root.lang = language === "zh" ? "zh-Hans" : "en";
    root.dataset.language = language;
  }

  const preferred = (navigator.language || "").startsWith("zh") ? "zh" : "en";
  const start = read() || (root.dataset.default === "zh" ? preferred : root.dataset.default);
  if (start !== root.dataset.default && window.WORDS[start]) say(start);
  else root.dataset.language = root.dataset.default;

  const button = document.getElementById("language");
  button.hidden = false;
  button.addEventListener("click", () => {
    const other = root.dataset.language === "zh" ? "en" : "zh";
    keep(other);
    say(other);
  });
})();
