// Keeps what is typed into a form in this browser until it is saved: per person and form, offered on return.
// A form asks for it with data-draft. Nothing leaves the browser; every form works without this script.
(() => {
  "use strict";
  const person = document.body.dataset.person;
  if (!person) return;
  const START = "danvan.draft.", OLD = 30 * 86400e3, JUST = 1800e3;
  const KEPT = /(^|-)(version|token|row_stamp)$/;  // hidden fields that say what the form was opened with
  let store;
  try { store = window.localStorage; store.length; } catch { return; }  // a browser that keeps nothing

  const keys = () => Object.keys(store).filter((key) => key.startsWith(START));
  const read = (key) => { try { return JSON.parse(store.getItem(key)); } catch { return null; } };
  let out = false;  // logged out: nothing is kept any more
  function write(key, draft) { if (!out) try { store.setItem(key, JSON.stringify(draft)); } catch { /* full: the page still warns */ } }

  // Drafts of another person, and those long forgotten, go; so do those that were sent, once the site says so.
  const done = document.querySelector("main > .alert-success[role=status], main > .alert-info[role=status]");
  for (const key of keys()) {
    const draft = read(key);
    const mine = key.startsWith(`${START}${person}.`);
    const saved = done && draft?.sent && Date.now() - draft.at < JUST;
    if (!draft || !mine || saved || Date.now() - draft.at > OLD) store.removeItem(key);
  }
  for (const form of document.querySelectorAll("form[data-logout]")) {
    form.addEventListener("submit", () => {
      out = true;
      keys().forEach((key) => store.removeItem(key));
    });
  }

  function fieldsOf(form) {
    return [...form.elements].filter((field) => field.name && !field.disabled && !["password", "file", "submit", "button"].includes(field.type)
      && (field.type !== "hidden" || KEPT.test(field.name)));
  }
  const isBox = (field) => field.type === "checkbox" || field.type === "radio";
  const nameOf = (field) => isBox(field) ? `${field.name}=${field.value}` : field.name;
  const valueOf = (field) => isBox(field) ? field.checked : field.value;
  function valuesOf(form) { return Object.fromEntries(fieldsOf(form).map((field) => [nameOf(field), valueOf(field)])); }
  // What was opened with what is no typing.
  const typedOf = (values) => JSON.stringify(Object.entries(values).filter(([name]) => !KEPT.test(name)));

  function restore(form, values) {
    for (const field of fieldsOf(form)) {
      const value = values[nameOf(field)];
      if (value === undefined) continue;
      if (isBox(field)) field.checked = value; else field.value = value;
      const fold = field.closest("details");
      if (fold && value && field.type !== "hidden") fold.open = true;
    }
  }

  function offer(form, draft, accept, refuse) {
    const note = document.createElement("div");
    note.className = "alert alert-warning dv-draft no-print";
    note.setAttribute("role", "status");
    const at = new Date(draft.at);
    const day = at.toDateString() === new Date().toDateString() ? "" : ` ngày ${at.toLocaleDateString("vi-VN")}`;
    const time = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
    note.append(`Có bản nháp chưa lưu lúc ${time}${day}. `);
    for (const [text, look, act] of [["Dùng bản nháp", "primary", accept], ["Bỏ bản nháp", "outline-primary", refuse]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `btn btn-${look} btn-sm`;
      button.textContent = text;
      button.addEventListener("click", () => { note.remove(); act(); });
      note.append(button, " ");
    }
    document.querySelector("main > .dv-head").after(note);
  }

  for (const form of document.querySelectorAll("form[data-draft]")) {
    const key = `${START}${person}.${location.pathname}.${form.dataset.draft}`;
    const before = typedOf(valuesOf(form));
    const refused = Boolean(document.querySelector("main .dv-errors"));  // what is shown was typed
    let sent = false, open = false, timer = 0;
    const changed = () => typedOf(valuesOf(form)) !== before;
    const keep = () => {
      timer = 0;
      if (open) return;  // the older one waits for an answer
      if (changed() || refused) write(key, { at: Date.now(), values: valuesOf(form) }); else store.removeItem(key);
    };
    const draft = read(key);
    if (refused) keep();
    else if (draft && typedOf(draft.values) !== before) {
      open = true;
      offer(form, draft, () => { open = false; restore(form, draft.values); keep(); }, () => { open = false; store.removeItem(key); keep(); });
    } else if (draft) store.removeItem(key);

    const typed = (event) => {
      if (event.target.form !== form) return;
      clearTimeout(timer);
      timer = setTimeout(keep, 400);
    };
    document.addEventListener("input", typed);
    document.addEventListener("change", typed);
    const warn = (event) => {
      if (timer) keep();
      if (!sent && changed()) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    window.addEventListener("pagehide", () => { if (timer) keep(); });
    window.addEventListener("pageshow", (event) => { if (event.persisted) sent = false; });
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      timer = 0;
      sent = true;
      if (!open && (changed() || refused)) write(key, { at: Date.now(), sent: true, values: valuesOf(form) });
    });
  }
})();
