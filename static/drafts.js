// Keeps what is typed into a form in this browser until it is saved: per person and form, offered on return. A form asks
// for it with data-draft; one with data-offline is sent later where there is no line (kept.js). Works without this script.
(() => {
  "use strict";
  if (!window.danvan) return;
  const { shell, keyOf, read, write, remove, list, round } = window.danvan;
  const KEPT = /(^|-)(version|token|row_stamp)$/;  // hidden fields that say what the form was opened with

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

  function told(form, texts) {
    const note = document.createElement("div");
    note.className = "dv-errors dv-told";
    note.setAttribute("role", "alert");
    note.textContent = texts.join(" ");
    document.querySelector(".dv-told")?.remove();
    form.before(note);
  }

  function newToken(form) {
    if (!form.elements.token) return;
    const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    form.elements.token.value = hex;
  }

  const refused = Boolean(document.querySelector("main .dv-errors"));  // what is shown was typed
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const plain = keyOf(location.pathname, form.dataset.draft);
    const wanted = decodeURIComponent(location.hash.slice(1));
    // A record that waits is opened from the list under its own key; what is typed here else has that of the form.
    const key = wanted.startsWith(plain) && read(wanted) ? wanted : plain;
    const offline = form.dataset.offline;  // "new" or "edit": what is entered without a line waits for one
    if (shell && offline === "new") newToken(form);
    const before = typedOf(valuesOf(form));
    let sent = false, open = false, timer = 0;
    const changed = () => typedOf(valuesOf(form)) !== before;
    const kept = (more) => ({ ...(read(key)?.waiting ? read(key) : {}), sent: false, at: Date.now(), values: valuesOf(form), ...more });
    const keep = () => {
      timer = 0;
      if (open) return;  // the older one waits for an answer
      if (changed() || refused) write(key, kept()); else if (!read(key)?.waiting) remove(key);
    };

    // Entered without a line: kept to be sent. Of a new record the form is empty then, ready for the next.
    function queue(values, body) {
      const heading = document.querySelector("h1").textContent.trim();
      const title = `${heading} “${values.title || values.start_date || ""}”`;
      const place = offline === "new" && key === plain ? `${plain}.${values.token}` : key;
      const path = location.pathname, action = new URL(form.action).pathname;
      const fields = body.filter(([name]) => !["csrfmiddlewaretoken", "next", "ds"].includes(name));
      if (!write(place, { at: Date.now(), waiting: true, path, action, title, values, body: fields })) return false;
      if (place !== key) remove(key);
      list();
      return true;
    }
    const bodyOf = () => [...new FormData(form)].filter(([, value]) => typeof value === "string");

    const draft = read(key);
    const interrupted = shell && offline && draft?.sent && draft.body;
    if (interrupted) queue(draft.values, draft.body);
    if (shell && offline === "edit" && !draft) {
      document.querySelector("[data-needs-line]").hidden = false;
      form.inert = true;
    }
    if (refused) keep();
    else if (draft && (draft.waiting || shell || draft.resumed)) {
      if (!interrupted || offline === "edit") restore(form, draft.values);
      if (draft.told) told(form, draft.told);
      if (draft.resumed) keep();
    } else if (draft && typedOf(draft.values) !== before) {
      open = true;
      offer(form, draft, () => { open = false; restore(form, draft.values); keep(); }, () => { open = false; remove(key); keep(); });
    } else if (draft) remove(key);

    const typed = (event) => {
      if (event.target.form !== form) return;
      if (offline) sent = false;
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
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      timer = 0;
      if (shell || !navigator.onLine) {
        event.preventDefault();
        if (offline) return wait();
        keep();
        return told(form, ["Không có mạng, chưa gửi được. Nội dung được giữ trong trình duyệt này; vui lòng gửi lại khi có mạng."]);
      }
      sent = true;
      if (!open && (changed() || refused || key !== plain)) write(key, kept({ sent: true, body: bodyOf() }));
    });
    function wait() {
      const values = valuesOf(form);
      if (!queue(values, bodyOf())) return told(form, ["Trình duyệt không còn chỗ để giữ. Vui lòng không đóng trang này."]);
      document.querySelector(".dv-told")?.remove();
      if (offline === "new" && key === plain) {
        form.reset();
        newToken(form);
        form.querySelector("[autofocus]")?.focus();
      } else sent = true;
      document.querySelector(".dv-unsent")?.scrollIntoView({ block: "nearest" });
      if (navigator.onLine && !shell) round();
    }
    // The line is back: the page itself takes the place of its shell, with what is being typed.
    document.addEventListener("danvan:back", () => {
      clearTimeout(timer);
      sent = true;
      if (changed() && !read(key)?.waiting) write(key, kept({ resumed: true }));
    });
    document.addEventListener("danvan:sent", ({ detail }) => {
      if (detail.key !== key) return;
      sent = true;
      if (detail.told) return location.reload();
      location.assign(location.pathname.replace(/[^/]+\/$/, ""));
    });
  }
})();
