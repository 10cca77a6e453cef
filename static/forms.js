// Small help in forms: a calendar beside a day, the name of a chosen file, "/" to the search of a list, links that lead to a field. Every form works without it.
(() => {
  "use strict";
  const written = (iso) => iso.split("-").reverse().join("/");
  const iso = (text) => (text.match(/^(\d\d)\/(\d\d)\/(\d{4})$/) || []).slice(1).reverse().join("-");

  function calendar(field) {
    const probe = document.createElement("input");
    probe.type = "date";
    if (!probe.showPicker || field.disabled) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "dv-calendar";
    button.tabIndex = -1;  // the keyboard types the day
    button.title = "Chọn ngày trên lịch";
    button.setAttribute("aria-label", "Chọn ngày trên lịch");
    probe.className = "dv-picker";
    probe.tabIndex = -1;
    probe.setAttribute("aria-hidden", "true");
    const place = document.createElement("span");
    place.className = "dv-day";
    field.replaceWith(place);
    place.append(field, button, probe);
    button.addEventListener("click", () => {
      probe.value = iso(field.value);
      probe.showPicker();
    });
    probe.addEventListener("change", () => {
      if (!probe.value) return;
      field.value = written(probe.value);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
  }
  // Which file was chosen; without a script only that one was.
  for (const field of document.querySelectorAll(".dv-file input")) {
    const told = field.nextElementSibling.querySelector("[data-file]"), none = told.textContent;
    const tell = () => { told.textContent = [...field.files].map((file) => file.name).join(", ") || none; };
    told.classList.add("told");
    field.addEventListener("change", tell);
    window.addEventListener("pageshow", tell);
  }
  // The browser's own command prints without a script; with one there is a button.
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // A link to a field (from a remark, an error) puts the keyboard into it.
  function toField() {
    const field = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!field || !field.matches("input, select, textarea")) return;
    field.focus();
    field.select?.();
    field.scrollIntoView({ block: "center" });
  }
  window.addEventListener("hashchange", toField);
  if (location.hash) window.addEventListener("load", toField);
  for (const link of document.querySelectorAll("main a[href^='#']")) {
    // The same address once more changes no hash; a script that led elsewhere keeps its own place.
    link.addEventListener("click", (event) => setTimeout(() => { if (!event.defaultPrevented) toField(); }));
  }

  // "/" goes to the search of a list; tables of figures have a box of their own (figures.js).
  const search = document.querySelector("form[role=search] [name=q]");
  if (search && !document.querySelector("[data-find]")) {
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
      event.preventDefault();
      search.focus();
      search.select();
    });
  }
  for (const field of document.querySelectorAll("input[data-day]")) {
    const focused = document.activeElement === field;
    calendar(field);
    if (focused) field.focus();
    // A day that is suggested is typed over, not typed behind.
    field.addEventListener("focus", () => field.select());
    if (focused) field.select();
  }
})();
