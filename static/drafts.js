// Keeps what is typed into a form in this browser until it is saved: per person, form and opened page (two tabs keep two),
// offered on return. A form asks for it with data-draft; one with data-offline is sent later where there is no line
// (kept.js). Works without this script.
(() => {
  "use strict";
  if (!window.danvan) return;
  const { shell, asked, keyOf, pathOf, draftsOf, number, read, write, remove, list, round } = window.danvan;
  const KEPT = /(^|-)(version|token|row_stamp|INITIAL_FORMS)$/;  // hidden fields that say what the form was opened with
  const ROWS = "INITIAL_FORMS";  // how many of a form's rows were stored
  const OFFERED = 3;

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

  // Puts a draft back whole; returns the texts that the page has no field for.
  function restore(form, values) {
    const left = { ...values }, fields = fieldsOf(form);
    // Where rows were stored meanwhile a row of the draft would come upon another.
    const moved = fields.filter(({ name, value }) => name.endsWith(ROWS) && (values[name] ?? value) !== value).map(({ name }) => name.slice(0, -ROWS.length));
    for (const field of fields) {
      const value = values[nameOf(field)];
      if (value === undefined || field.name.endsWith(ROWS) || moved.some((rows) => field.name.startsWith(rows))) continue;
      delete left[nameOf(field)];
      if (isBox(field)) field.checked = value; else field.value = value;
      const fold = field.closest("details");
      if (fold && value && field.type !== "hidden") fold.open = true;
    }
    const texts = typedIn(left).filter(([, value]) => value !== true).map(([, value]) => value), boxes = typedIn(left).length - texts.length;
    return boxes ? [...texts, `${boxes} ô đã đánh dấu`] : texts;
  }
  // What of `values` is entered: not empty, not ticked off, not hidden.
  const typedIn = (values) => Object.entries(values).filter(([name, value]) => !KEPT.test(name) && value);

  function offer(form, draft, accept, refuse) {
    const note = document.createElement("div");
    note.className = "alert alert-warning dv-draft no-print";
    note.setAttribute("role", "status");
    const at = new Date(draft.at);
    const day = at.toDateString() === new Date().toDateString() ? "" : ` ngày ${at.toLocaleDateString("vi-VN")}`;
    const time = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
    const title = draft.values.title ? ` (“${draft.values.title}”)` : "";
    note.append(`Có bản nháp chưa lưu lúc ${time}${day}${title}. `);
    const narrowed = location.search && typedIn(draft.values).some(([name]) => !(name in valuesOf(form)));
    if (narrowed) {  // half of it has no place here
      const whole = document.createElement("a");
      Object.assign(whole, { href: location.pathname, className: "btn btn-primary btn-sm", textContent: "Mở trang đầy đủ để dùng" });
      note.append(whole, " ");
    }
    for (const [text, look, act] of [["Dùng bản nháp", "primary", accept], ["Bỏ bản nháp", "outline-primary", refuse]]) {
      if (narrowed && act === accept) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = `btn btn-${look} btn-sm`;
      button.textContent = text;
      button.addEventListener("click", () => { note.remove(); act(); });
      note.append(button, " ");
    }
    if (document.querySelectorAll("form[data-draft]").length > 1) form.before(note);
    else document.querySelector("main > .dv-head").after(note);
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
    if (form.elements.token) form.elements.token.value = number();
  }

  const forms = document.querySelectorAll("form[data-draft]");
  const wanted = decodeURIComponent(location.hash.slice(1));  // a record that waits is opened from the list by its key
  for (const form of forms) {
    const offline = form.dataset.offline;  // "new" or "edit": what is entered without a line waits for one
    const plain = keyOf(pathOf(form), form.dataset.draft), found = draftsOf(plain);
    // What the page goes on with, unasked: what was just refused, what waits, what a shell showed.
    const goesOn = ([name, kept]) => name === wanted || (asked ? kept.sent === asked : kept.resumed || (kept.waiting ? offline === "edit" : shell));
    const [taken, draft] = found.find(goesOn) || [];
    const files = form.querySelectorAll("[type=file]");
    let key = taken || `${plain}.${number()}`;
    // What is shown was typed.
    const refused = Boolean(asked && taken) || Boolean((forms.length > 1 ? form : document).querySelector("main .dv-errors"));
    if (shell && offline === "new") newToken(form);
    const before = typedOf(valuesOf(form));
    let sent = false, timer = 0;
    const changed = () => typedOf(valuesOf(form)) !== before || [...files].some((field) => field.value);
    const kept = (more) => ({ ...(read(key)?.waiting ? read(key) : {}), sent: "", at: Date.now(), values: valuesOf(form), ...more });
    const keep = () => {
      timer = 0;
      if (changed() || refused) write(key, kept()); else if (!read(key)?.waiting) remove(key);
    };

    // Entered without a line: kept to be sent. Of a new record the form is empty then, ready for the next.
    function queue(values, body) {
      const heading = document.querySelector("h1").textContent.trim();
      const title = `${heading} “${values.title || values.start_date || ""}”`;
      const place = offline === "new" && !draft?.waiting ? `${plain}.${values.token}` : key;
      const path = location.pathname, action = new URL(form.action).pathname;
      const fields = body.filter(([name]) => !["csrfmiddlewaretoken", "next", "ds"].includes(name));
      if (!write(place, { at: Date.now(), waiting: true, path, action, title, values, body: fields })) return false;
      if (place !== key) remove(key);
      list();
      return true;
    }
    const bodyOf = () => [...new FormData(form)].filter(([, value]) => typeof value === "string");

    const interrupted = shell && offline && draft?.sent && draft.body;
    if (interrupted) queue(draft.values, draft.body);
    if (shell && offline === "edit" && !draft) {
      document.querySelector("[data-needs-line]").hidden = false;
      form.inert = true;
    }
    const putBack = (values) => {
      const left = restore(form, values);
      const texts = left.length ? ["Trang này không còn chỗ cho một phần của bản nháp:", left.join("; ")] : [];
      if (files.length) texts.push("Trình duyệt không giữ tệp: vui lòng chọn lại tệp.");
      if (texts.length) told(form, texts);
    };
    if (refused) keep();
    else if (draft) {
      if (!interrupted || offline === "edit") putBack(draft.values);
      if (draft.told) told(form, draft.told);
      if (draft.resumed) keep();
    }
    const others = taken ? [] : found.filter(([, one]) => !one.waiting), shown = valuesOf(form);
    const differs = ({ values }) => Object.entries(values).some(([name, value]) => !KEPT.test(name) && (name in shown ? value !== shown[name] : value));
    const same = (one) => others.find(([, newer]) => typedOf(newer.values) === typedOf(one.values))[1];
    const apart = others.filter(([other, one]) => (differs(one) && same(one) === one) || remove(other));
    for (const [other, one] of apart.slice(0, OFFERED).reverse()) offer(form, one, () => {
      if (changed()) keep();  // what was typed meanwhile stays a draft of its own
      key = other;
      putBack(one.values);
      keep();
    }, () => remove(other));

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
      if (!sent && (changed() || refused)) event.preventDefault();
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
      if (changed() || refused || taken) write(key, kept({ sent: form.elements.Draft.value, body: bodyOf() }));
    });
    function wait() {
      const values = valuesOf(form);
      if (!queue(values, bodyOf())) return told(form, ["Trình duyệt không còn chỗ để giữ. Vui lòng không đóng trang này."]);
      document.querySelector(".dv-told")?.remove();
      if (offline === "new" && !draft?.waiting) {
        form.reset();
        key = `${plain}.${number()}`;
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
