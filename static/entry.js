// Saves what was typed a moment after typing and shows what the server says of it. The page works without.
(() => {
  "use strict";
  const form = document.querySelector("form[data-entry]");
  if (!form || !window.fetch) return;
  const version = form.elements.version;
  const saved = document.querySelector("[data-saved]");
  const left = form.querySelector("[data-left]");
  const waiting = new Set();
  let timer = 0, busy = false, halted = false, pressed = null;

  // Who was quicker than this script keeps the field: a focus that jumps away swallows what is typed next.
  if (document.activeElement === document.body) document.querySelector(".dv-errors")?.focus();

  const rowOf = (field) => field.closest("[data-code]");
  const row = (code) => document.getElementById(code);

  function note(field) {
    const entry = rowOf(field);
    if (!entry || halted) return;
    waiting.add(entry.dataset.code);
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  }
  form.addEventListener("input", (event) => note(event.target));
  // On a weak line the page stands there, and is typed in, before this script has come.
  for (const field of form.querySelectorAll("[data-code] :is(input, select, textarea)")) if (typedIn(field)) note(field);
  form.addEventListener("focusout", () => { if (waiting.size) { clearTimeout(timer); timer = setTimeout(save, 300); } });
  // A button pressed while a save runs would carry an old version and clash with that very save: it waits for the answer.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    halted = true;
    if (busy) {
      event.preventDefault();
      pressed = () => form.requestSubmit(event.submitter);
      return tell("Đang lưu…");
    }
    window.removeEventListener("beforeunload", warn);
  });
  const warn = (event) => { if (waiting.size || busy) event.preventDefault(); };
  window.addEventListener("beforeunload", warn);

  async function save() {
    // A timer that rings while a save runs leaves the rest to the end of that save: it must not look as if still set.
    timer = 0;
    if (busy || halted || !waiting.size) return;
    busy = true;
    const codes = [...waiting];
    const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, version: version.value });
    for (const code of codes) {
      for (const field of row(code).querySelectorAll("[name]")) if (field.tagName !== "BUTTON") body.set(field.name, field.value);
    }
    waiting.clear();
    try {
      const answer = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", signal: AbortSignal.timeout(20000) });
      if (answer.status === 401 || answer.status === 403) return stop(codes, "Phiên làm việc đã hết. Bấm Lưu nháp để đăng nhập lại, nội dung đã nhập vẫn được giữ.");
      if (answer.status !== 200 && answer.status !== 409) throw new Error(String(answer.status));
      show(await answer.json(), answer.status, codes);
    } catch {
      for (const code of codes) waiting.add(code);
      tell("Mất kết nối, chưa lưu được. Sẽ tự thử lại.");
      timer = setTimeout(save, 10000);
    } finally {
      busy = false;
      if (pressed) pressed(); // whatever the answer was: the button then tells the rest
    }
    if (!pressed && waiting.size && !timer) timer = setTimeout(save, 1500);
  }

  function stop(codes, text) {
    for (const code of codes) waiting.add(code);
    halted = true;
    tell(text);
  }

  function typedIn(field) {
    if (!field.options) return field.value !== field.defaultValue;
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  }

  function tell(text) { if (saved) saved.textContent = text; }

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
      link.querySelector("[data-mark]").textContent = page.bad ? "!" : page.filled === page.total ? "✓" : "…";
      link.classList.toggle("problem", page.bad > 0);
    }
    if (left) left.textContent = [data.bad ? `Còn ${data.bad} chỗ cần xem lại` : "", data.blanks ? `${data.blanks} chỉ tiêu chưa nhập` : "đã nhập đủ"].filter(Boolean).join(", ");
    if (status === 409) return stop(codes, "Người khác vừa sửa cùng chỉ tiêu. Vui lòng xem các ô đánh dấu rồi bấm Lưu nháp.");
    // What others saved meanwhile comes into the page. A field being typed in keeps its text and the page
    // its old version: the next save is then answered with both figures.
    const theirs = Object.entries(data.others);
    for (const [code, fields] of theirs) if (!waiting.has(code)) fill(fields);
    if (!theirs.some(([code]) => waiting.has(code))) version.value = data.version;
    tell(`lưu lúc ${data.saved}`);
  }

  function fill(fields) {
    for (const [name, value] of Object.entries(fields)) if (form.elements[name]) form.elements[name].value = value;
  }

  function mark(entry, data) {
    const code = entry.dataset.code, say = entry.querySelector("[data-say]");
    const lines = (data.problems[code] || []).map((p) => [p.message, !p.settled]);
    if (data.errors[code]) lines.unshift([data.errors[code], true]);
    if (data.conflicts[code]) lines.unshift([data.conflicts[code], true]);
    const field = entry.querySelector("[name]");
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
