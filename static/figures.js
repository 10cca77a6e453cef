// Finds an indicator on the page by code or words, with or without marks. Without this script the box filters.
(() => {
  "use strict";
  const box = document.querySelector("[data-find] input[type=search]");
  if (!box) return;
  const said = document.querySelector("[data-found]");
  const key = (text) => (text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().match(/[0-9a-z]+/g) || []).join(" ");
  const nameOf = (line) => line.matches(".entry") ? line.querySelector("label, .name") : line;
  const textOf = (line) => {
    const cells = line.cells ? [line.cells[0], line.cells[1]].map((cell) => cell.textContent).join(" ") : nameOf(line).textContent;
    return key(cells);
  };
  const lines = [...document.querySelectorAll(".dv-figures:not(.dv-units) tr:not(.section), .dv-units thead .num, .entry")]
    .filter((line) => !line.closest("thead") || line.matches(".num"));
  const texts = lines.map(textOf);
  let asked = "", hits = [], at = -1;

  function look() {
    asked = key(box.value);
    const words = asked.split(" ").filter(Boolean);
    hits = words.length ? lines.filter((_, i) => words.every((word) => texts[i].includes(word))) : [];
    at = -1;
    said.textContent = words.length ? (hits.length ? `${hits.length} chỉ tiêu, Enter để đến` : "không thấy") : "";
  }

  function show(line) {
    document.querySelector(".found")?.classList.remove("found");
    // What is folded away opens.
    for (const fold of document.querySelectorAll(".dv-fold-all")) fold.checked = false;
    const fold = line.closest("tbody, fieldset")?.querySelector(".dv-fold");
    if (fold) fold.checked = false;
    line.classList.add("found");
    line.scrollIntoView({ block: "center" });
    said.textContent = `${at + 1}/${hits.length}`;
  }

  const field = () => at < 0 ? null : hits[at].querySelector("input, select, textarea, a");

  function go(event) {
    if (key(box.value) !== asked) look();
    if (!hits.length) return;  // the server looks among what the page does not show
    event.preventDefault();
    at = (at + 1) % hits.length;
    show(hits[at]);
  }

  box.addEventListener("input", look);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) go(event);
    if (event.key === "Tab" && !event.shiftKey && field()) {
      event.preventDefault();
      field().focus();
    }
  });
  document.querySelector("[data-find] button").addEventListener("click", go);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
})();
