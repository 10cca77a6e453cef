// Saves what was typed a moment after typing and shows what the server says of it. The page works without.
(() => {
  "use strict";
  const form = document.querySelector("form[data-entry]");
  if (!form || !window.fetch) return;
  const version = form.elements.version;
  const saved = document.querySelector("[data-saved]");
  const notice = form.querySelector("[data-notice]");
  const left = form.querySelector("[data-left]");
  const waiting = new Set();
  const { shell = false, own: key = "", read = () => null, write = () => false, remove = () => {}, send } = window.danvan || {};
  const held = new Set();  // clash with what is stored: the others are saved first
  const bases = new Map();  // what was kept was typed against an older version, in a shell against none
  let last = null, timer = 0, busy = false, halted = shell, sent = false, ended = false, pressed = null;

  // Who was quicker than this script keeps the field: a focus that jumps away swallows what is typed next.
  if (document.activeElement === document.body) document.querySelector(".dv-errors")?.focus();

  const STILL_HERE = " Nội dung đã nhập còn nguyên và sẽ tự lưu lại; vui lòng không đóng trang này.";
  const OFFLINE = `Mất kết nối, chưa gửi được. ${key ? "Nội dung được giữ trong trình duyệt này và" : "Vui lòng không đóng trang này: nội dung"} tự gửi khi có mạng.`;
  const headers = { Accept: "application/json" };
  const post = (body) => send ? send(location.pathname, body) : fetch(location.pathname, { method: "POST", headers, credentials: "same-origin",
    body: new URLSearchParams([...body, ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value]]) });

  const rowOf = (field) => field.closest("[data-code]");
  const row = (code) => document.getElementById(code);
  const saveIn = (wait) => { clearTimeout(timer); timer = setTimeout(save, wait); };

  const baseOf = (code) => bases.get(code) ?? Number(version.value);
  const keptCodes = () => read(key)?.codes || {};

  // What is not sent yet stays in the browser, too: only the fields that were typed in, with the version they were typed against.
  function keep(code, field) {
    const codes = keptCodes(), known = codes[code] || { version: baseOf(code), fields: {} };
    codes[code] = { ...known, fields: { ...known.fields, [field.name]: field.value } };
    // Typed and taken back where nothing stored is shown: nothing was entered.
    if (shell && !known.version && !Object.values(codes[code].fields).some(Boolean)) delete codes[code];
    keepAll(codes);
  }
  function keepAll(codes, more = {}) {
    const title = document.querySelector("h1").firstChild.textContent.trim();
    if (Object.keys(codes).length) write(key, { at: Date.now(), waiting: true, path: location.pathname, title, codes, ...more });
    else remove(key);
  }
  function forget(codes) {
    const left = keptCodes();
    for (const code of codes) { bases.delete(code); delete left[code]; row(code).classList.remove("unsent"); }
    keepAll(left);
  }

  // What an earlier page could not send comes back into its fields and is sent from here.
  function bringBack() {
    if (document.querySelector(".dv-errors")) return;  // the page was sent as a whole and holds what was typed
    for (const [code, one] of Object.entries(keptCodes())) {
      const entry = row(code);
      if (!entry) continue;  // not on a page that was narrowed down
      fill(one.fields);
      bases.set(code, one.version);
      waiting.add(code);
      const extras = entry.querySelector("details");
      if (extras && Object.keys(one.fields).some((name) => name !== code)) extras.open = true;
    }
    if (!waiting.size) return;
    unsent();
    if (!shell) saveIn(0);
  }
  function unsent() {
    for (const code of waiting) row(code).classList.add("unsent");
    tell(`Chưa gửi ${waiting.size} ô`);
  }

  function note(field) {
    const entry = rowOf(field);
    if (!entry) return;
    const code = entry.id;
    if (shell && !waiting.has(code)) bases.set(code, 0);
    waiting.add(code);
    if (key) keep(code, field);
    entry.classList.remove("saved");
    if (shell) return unsent();
    if (!halted) saveIn(1500);
  }
  form.addEventListener("input", (event) => note(event.target));
  // On a weak line the page stands there, and is typed in, before this script has come.
  for (const field of form.querySelectorAll("[data-code] :is(input, select, textarea)")) if (typedIn(field)) note(field);
  bringBack();
  form.addEventListener("focusout", () => { if (waiting.size && !halted) saveIn(300); });
  window.addEventListener("online", () => { if (waiting.size && !halted) saveIn(0); });
  // Logged in again in another tab: the save goes on where it stood.
  window.addEventListener("focus", () => { if (ended) { ended = halted = false; saveIn(0); } });
  // Enter goes to the next figure, as in a spreadsheet; without a script, and after the last one, it saves a draft.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
    const entries = [...form.querySelectorAll("[data-code]")];
    const next = entries[entries.indexOf(rowOf(event.target)) + 1];
    if (!next) return;
    event.preventDefault();
    const field = fieldOf(next);
    field.focus();
    field.select?.();
  });
  // Tab goes from figure to figure; what stands beside one (Shift+Tab) and below a section is reached as well.
  form.addEventListener("keydown", (event) => {
    const entry = rowOf(event.target);
    if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey || !entry || event.target !== fieldOf(entry)) return;
    const next = entry.nextElementSibling;
    if (entry.querySelector("details[open]") || !next?.matches("[data-code]")) return;
    event.preventDefault();
    fieldOf(next).focus();
  });
  // The next figure that was returned; without any the next one, from where the person is, that is blank or needs a look.
  form.addEventListener("click", (event) => {
    if (!event.target.matches("[data-next]")) return;
    const entries = [...form.querySelectorAll("[data-code]")];
    const from = entries.indexOf(last) + 1;
    const ahead = [...entries.slice(from), ...entries.slice(0, from)];
    const place = ahead.find((entry) => entry.matches(".remarked:not(.saved)")) || ahead.find((entry) => entry.matches(".bad") || !fieldOf(entry).value);
    if (!place) return;
    event.preventDefault();
    for (const fold of document.querySelectorAll(".dv-fold-all")) fold.checked = false;
    place.closest("fieldset").querySelector(".dv-fold").checked = false;
    fieldOf(place).focus();
  });
  form.addEventListener("focusin", (event) => { last = rowOf(event.target) || last; });
  form.addEventListener("submit", (event) => {
    // Once is enough, and a page of the browser's own about a missing line would take the typing with it.
    if (sent) return event.preventDefault();
    if (shell || !navigator.onLine) {
      event.preventDefault();
      return warnOf(OFFLINE);
    }
    clearTimeout(timer);
    halted = true;
    // A button pressed while a save runs would carry an old version and clash with that very save: it waits for the answer.
    if (busy && form.requestSubmit) {
      event.preventDefault();
      pressed = () => { pressed = null; form.requestSubmit(event.submitter); };
      return tell("Đang lưu…");
    }
    sent = true;
    // What came back from an earlier page was typed against an older version: nobody's figure since is overwritten unseen.
    version.value = Math.min(version.value, ...bases.values());
    if (Object.keys(keptCodes()).length) keepAll(keptCodes(), { sent: form.elements.Draft?.value });
    window.removeEventListener("beforeunload", warn);
  });
  document.addEventListener("danvan:back", () => window.removeEventListener("beforeunload", warn));
  const warn = (event) => { if (waiting.size || busy) event.preventDefault(); };
  window.addEventListener("beforeunload", warn);
  // Back to a page the browser had kept: it is as old as the moment it was left.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    halted = shell;
    sent = false;
    pressed = null;
    window.addEventListener("beforeunload", warn);
    if (waiting.size) saveIn(0); else location.reload();
  });

  async function save() {
    // A timer that rings while a save runs leaves the rest to the end of that save: it must not look as if still set.
    timer = 0;
    if (busy || halted || !waiting.size) return;
    busy = true;
    const free = [...waiting].filter((code) => !held.has(code)), next = free.length ? free : [...waiting];
    const oldest = Math.min(...next.map(baseOf));
    const codes = next.filter((code) => baseOf(code) === oldest);
    const body = new URLSearchParams({ version: oldest });
    for (const code of codes) {
      for (const field of row(code).querySelectorAll("[name]")) if (field.tagName !== "BUTTON") body.set(field.name, field.value);
      waiting.delete(code);
    }
    let told = OFFLINE;
    try {
      const answer = await post(body);
      ended = answer.status === 401;
      if (answer.status === 401 || answer.status === 403) stop(codes, "Phiên làm việc đã hết. Bấm Lưu nháp để đăng nhập lại, nội dung đã nhập vẫn được giữ.");
      else if (answer.status !== 200 && answer.status !== 409) {
        if (answer.status === 503) told = (await answer.json()).message + STILL_HERE;
        throw new Error(String(answer.status));
      }
      else {
        const data = await answer.json(), clash = Object.keys(data.conflicts);
        const others = waiting.size || codes.some((code) => !clash.includes(code));
        if (answer.status === 409 && !data.locked && !pressed && free.length && others) {
          for (const code of clash) held.add(code);
          for (const code of codes) waiting.add(code);
          saveIn(0);
        } else show(data, answer.status, codes);
      }
    } catch {
      for (const code of codes) waiting.add(code);
      // A button that waited for this save must not leave the page now: the line is down.
      if (pressed) {
        pressed = null;
        halted = false;
      }
      warnOf(told);
      saveIn(10000);
    } finally {
      busy = false;
    }
    if (pressed) return pressed();
    if (waiting.size && !timer && !halted) saveIn(1500);
  }

  function stop(codes, text) {
    for (const code of codes) waiting.add(code);
    halted = true;
    warnOf(text);
  }

  function typedIn(field) {
    if (!field.options) return field.value !== field.defaultValue;
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  }

  function tell(text) { if (saved) saved.textContent = text; }

  // What must be seen wherever on the long page the person is.
  function warnOf(text) {
    if (waiting.size) unsent(); else tell(text);
    notice.textContent = text;
  }

  function show(data, status, codes) {
    if (data.locked) return stop(codes, data.locked);
    for (const entry of form.querySelectorAll("[data-code]")) mark(entry, data);
    for (const [code, text] of Object.entries(data.computed)) {
      const cell = document.querySelector(`[data-computed="${code}"]`);
      if (cell) cell.textContent = text || "—";
    }
    for (const [code, page] of Object.entries(data.sections)) {
      const link = document.querySelector(`[data-section="${code}"]`);
      if (!link) continue;
      link.querySelector("[data-progress]").textContent = `${page.filled}/${page.total}`;
      link.classList.toggle("problem", page.bad > 0);
      link.classList.toggle("done", !page.bad && page.filled === page.total);
    }
    if (left) left.textContent = [data.bad ? `Còn ${data.bad} chỗ cần xem lại` : "", data.blanks ? `${data.blanks} chỉ tiêu chưa nhập` : "đã nhập đủ"].filter(Boolean).join(", ");
    // What others saved meanwhile comes into the page. A field being typed in keeps its text and the page
    // its old version: the next save is then answered with both figures.
    const theirs = Object.entries(data.others);
    for (const [code, fields] of theirs) if (!waiting.has(code)) fill(fields);
    if (!theirs.some(([code]) => waiting.has(code))) version.value = data.version;
    // Both figures stand at the field now: what is there when a button is pressed was chosen. One pressed
    // before that must not choose.
    if (status === 409) {
      pressed = null;
      for (const code of Object.keys(data.conflicts)) bases.delete(code);
      return stop(codes, `Chưa lưu ${Object.keys(data.conflicts).join(", ")}: người khác vừa sửa cùng chỉ tiêu. Vui lòng chọn số đúng ở ô được đánh dấu rồi bấm Lưu nháp.`);
    }
    notice.textContent = "";
    tell(`Đã lưu ${data.saved}`);
    const stored = codes.filter((code) => !waiting.has(code) && !data.errors[code]);
    for (const code of stored) row(code).classList.add("saved");
    forget(stored);
  }

  function fill(fields) {
    for (const [name, value] of Object.entries(fields)) if (form.elements[name]) form.elements[name].value = value;
  }

  function fieldOf(entry) { return document.getElementById(`i-${entry.id}`); }

  function mark(entry, data) {
    const code = entry.id, say = entry.querySelector("[data-say]");
    const lines = (data.problems[code] || []).map((p) => [p.message, !p.settled]);
    if (data.errors[code]) lines.unshift([data.errors[code], true]);
    if (data.conflicts[code]) lines.unshift([data.conflicts[code], true]);
    const field = fieldOf(entry);
    const stops = lines.some(([, bad]) => bad);
    entry.classList.toggle("bad", stops);
    if (stops) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
    say.replaceChildren(...lines.map(([text, bad]) => {
      const line = document.createElement("div");
      line.className = bad ? "problem" : "dv-lead small";
      line.textContent = text;
      return line;
    }));
    const unsettled = (data.problems[code] || []).some((p) => p.severity === "warning" && !p.settled);
    const extras = entry.querySelector("details");
    if (unsettled && extras) extras.open = true;
  }
})();
