// What this browser keeps of one person: drafts of forms, and what was entered while there was no line. It is sent when
// the line is back, once, and goes when it is saved, at the logout and when another person logs in. Every page works
// without this script. Kept is: { at, values, sent } of a draft (drafts.js); with `waiting` also { path, action, body,
// title, told } of a record or { path, codes, title, told } of figures (entry.js). `told` is why it was refused, `sent`
// the number under which a form was posted: the server answers with it once that is stored (web/cookies.py).
window.danvan = (() => {
  "use strict";
  const START = "danvan.draft.", CACHE = "danvan.", OFFLINE = "/ngoai-tuyen/";
  const OLD = 30 * 86400e3, AGAIN = 15e3, LOOK = 4e3;
  const person = document.body.dataset.person, shell = document.body.hasAttribute("data-shell");
  const noCaches = { keys: async () => [] };
  const offered = window.caches || noCaches;  // none without TLS
  let store;
  try { store = window.localStorage; store.length; } catch { return null; }  // a browser that keeps nothing

  async function dropCaches(start) {
    for (const name of await offered.keys()) if (name.startsWith(CACHE) && !(start && name.startsWith(start))) await offered.delete(name);
  }
  const keys = () => Object.keys(store).filter((key) => key.startsWith(START));
  const read = (key) => { try { return JSON.parse(store.getItem(key)); } catch { return null; } };
  const remove = (key) => store.removeItem(key);

  // What the server told since the last page: the numbers of what is stored; "all" after a logout.
  const stored = [...document.cookie.matchAll(/(?:^|; )((?:__Host-)?stored-(\w+))=/g)].map(([, name, number]) => {
    document.cookie = `${name}=; Max-Age=0; Path=/; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
    return number;
  });
  if (stored.includes("all")) keys().forEach(remove);
  if (stored.includes("all") || document.querySelector("[data-signed-out]")) dropCaches("");
  if (!person) return null;

  const keyOf = (path, name) => `${START}${person}.${path}.${name}`;
  // False: the browser has no room. The page still warns.
  function write(key, kept) {
    try { store.setItem(key, JSON.stringify(kept)); return true; } catch { return false; }
  }
  // What is kept of one form, newest first.
  const draftsOf = (form) => keys().filter((key) => key === form || key.startsWith(`${form}.`))
    .map((key) => [key, read(key)]).filter(([, kept]) => kept).sort((a, b) => b[1].at - a[1].at);
  const waiting = () => keys().map((key) => [key, read(key)]).filter(([, kept]) => kept?.waiting).sort((a, b) => a[1].at - b[1].at);

  // What is of another person, and long forgotten, goes; so does what the server has stored.
  for (const key of keys()) {
    const kept = read(key);
    const done = kept?.sent && stored.includes(kept.sent);
    if (!kept || !key.startsWith(`${START}${person}.`) || done || Date.now() - kept.at > OLD) remove(key);
  }
  if (!shell) dropCaches(`${CACHE}${person}.`);

  for (const form of document.querySelectorAll("form[data-logout]")) {
    form.addEventListener("submit", (event) => {
      const left = waiting().length;
      if (!navigator.onLine) say("Không có mạng nên chưa đăng xuất được.");
      else if (!left || window.confirm(`Còn ${left} nội dung chưa gửi trên máy này. Đăng xuất sẽ xóa hết. Vẫn đăng xuất?`)) return;
      event.preventDefault();
    });
  }

  const number = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const pathOf = (form) => new URL(form.getAttribute("action") || "", location.href).pathname;

  // A post says who typed it (where the session ended meanwhile, nobody else sends it on) and has a number. A page that
  // answers a post (asks once more, tells what is wrong) goes on under the same.
  const asked = document.body.dataset.posted;
  const goesOn = (form) => asked && (pathOf(form) === location.pathname || document.querySelectorAll("main form[method=post]").length === 1);
  function hide(form, name, value) {
    const field = form.elements[name] || document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  document.addEventListener("submit", ({ target: form }) => {
    if (form.method !== "post" || (form.elements["Typed-By"] && !form.dataset.numbered)) return;  // carried over a login
    form.dataset.numbered = "";
    hide(form, "Typed-By", person);
    if (goesOn(form)) hide(form, "Draft", asked);
    else if (form.matches("[data-draft], [data-entry]")) hide(form, "Draft", number());
  }, true);

  // A form that works without a line asks the worker to keep its shell.
  if (!shell && navigator.serviceWorker && document.querySelector("form[data-offline]")) {
    navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready)
      .then((ready) => ready.active.postMessage({ person, path: location.pathname })).catch(() => {});
  }

  // ---- Sending ----

  const own = document.querySelector("form[data-entry]") ? keyOf(location.pathname, "entry") : "";  // entry.js sends it
  const headers = { Accept: "application/json", "Typed-By": person };
  let token = document.querySelector("form[data-logout] [name=csrfmiddlewaretoken]")?.value || "";
  let ended = "", timer = 0;

  const post = (path, body) => fetch(path, { method: "POST", body, headers, credentials: "same-origin", signal: AbortSignal.timeout?.(20000) });

  // Posts as this person or not at all: a login since makes the page's token useless, and says whose it is.
  async function send(path, fields) {
    const answer = await post(path, new URLSearchParams([...fields, ["csrfmiddlewaretoken", token]]));
    if (answer.status !== 403 || !(await isStale(answer.clone()))) return answer;
    const page = await fetch(OFFLINE, { credentials: "same-origin" });
    const body = new DOMParser().parseFromString(await page.text(), "text/html").body;
    if (body.dataset.person !== person) return new Response("{}", { status: 401 });
    token = body.querySelector("form[data-logout] [name=csrfmiddlewaretoken]").value;
    return post(path, new URLSearchParams([...fields, ["csrfmiddlewaretoken", token]]));
  }
  async function isStale(answer) {
    try { return (await answer.json()).error === "csrf"; } catch { return false; }
  }

  const takes = (answer) => (answer.headers.get("content-type") || "").startsWith("application/json");
  const ofCode = (answer) => [`Máy chủ không nhận (mã ${answer.status}).`];

  // Returns why a record was refused, null once it is stored. Throws where it is to be tried again.
  async function sendRecord(kept) {
    const answer = await send(kept.action, kept.body);
    if (answer.status === 401 || answer.status >= 500) throw answer;
    const data = takes(answer) ? await answer.json() : {};
    if (data.error) throw answer;  // a step that the account owes first
    if (!answer.ok) return data.told?.length ? data.told : ofCode(answer);
    for (const text of data.told) say(text, data.saved);
    return null;
  }

  // Figures are sent in groups typed against the same version; what is stored is no longer kept.
  async function sendFigures(kept) {
    for (const version of new Set(Object.values(kept.codes).map((one) => one.version))) {
      const codes = Object.keys(kept.codes).filter((code) => kept.codes[code].version === version);
      const fields = codes.flatMap((code) => Object.entries(kept.codes[code].fields));
      const answer = await send(kept.path, [["version", version], ...fields]);
      if (answer.status === 401 || answer.status >= 500) throw answer;
      if (!takes(answer)) return ofCode(answer);
      const data = await answer.json();
      if (data.error) throw answer;
      if (data.locked) return [data.locked];
      if (answer.status === 409) return ["Người khác vừa sửa cùng chỉ tiêu."];
      for (const code of codes) if (!data.errors[code]) delete kept.codes[code];
      const errors = Object.entries(data.errors);
      if (errors.length) return errors.map(([code, text]) => `${code}: ${text}`);
      say(`${kept.title}: đã gửi ${codes.join(", ")}.`, kept.path);
    }
    return null;
  }

  async function sendOne(key) {
    const kept = read(key);
    if (!kept?.waiting || kept.told) return;
    const before = JSON.stringify(kept);
    const told = await (kept.codes ? sendFigures(kept) : sendRecord(kept));
    if (store.getItem(key) !== before) return;  // changed meanwhile: the next round
    if (told) write(key, { ...kept, told }); else remove(key);
    document.dispatchEvent(new CustomEvent("danvan:sent", { detail: { key, told } }));
  }

  async function sendAll() {
    clearTimeout(timer);
    ended = "";
    try {
      if (navigator.onLine) for (const [key] of waiting()) if (key !== own) await sendOne(key);
    } catch (answer) {
      if (answer.status === 401 || answer.status === 403) ended = "Phiên làm việc đã hết: đăng nhập lại để gửi.";
    }
    list();
    if (!ended && waiting().some(([key, kept]) => key !== own && !kept.told)) timer = setTimeout(round, AGAIN);
  }
  // One tab sends at a time; what two would send is stored once all the same.
  const round = () => navigator.locks ? navigator.locks.request("danvan.send", sendAll) : sendAll();

  // ---- Showing ----

  function box(name) {
    const known = document.querySelector(`.${name}`);
    if (known) return known;
    const made = document.createElement("div");
    made.className = `alert alert-warning no-print ${name}`;
    made.setAttribute("role", "status");
    (document.querySelector("main > .dv-head") || document.querySelector("main").firstChild).after(made);
    return made;
  }

  function linkTo(address, text) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = text;
    return link;
  }

  function say(text, address) {
    const line = document.createElement("div");
    line.append(`${text} `);
    if (address) line.append(linkTo(address, "Xem"));
    box("dv-sent").append(line);
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-link btn-sm";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  function lineOf(key, kept) {
    const line = document.createElement("li");
    const typed = kept.codes ? Object.entries(kept.codes).map(([code, { fields }]) => `${code}: ${fields[code] || "(trống)"}`).join("; ") : "";
    line.append(`${kept.title}${typed && ` (${typed})`}: `);
    const state = document.createElement(kept.told ? "b" : "span");
    state.textContent = kept.told ? kept.told.join(" ") : ended || "chờ có mạng để gửi.";
    const open = linkTo(`${kept.path}#${encodeURIComponent(key)}`, kept.told ? "Mở để sửa" : "Mở");
    if (kept.path === location.pathname) open.addEventListener("click", () => setTimeout(() => location.reload()));  // there already
    line.append(state, " ", open);
    line.append(button("Bỏ", () => {
      if (!window.confirm("Xóa nội dung chưa gửi này?")) return;
      remove(key);
      list();
    }));
    return line;
  }

  // Lists what is not sent: on its own page all of it, elsewhere in a note at the top.
  function list() {
    const page = document.querySelector("[data-unsent]");
    const left = waiting().filter(([key]) => page || key !== own);
    if (page) page.querySelector("[data-none]").hidden = left.length > 0;
    const old = document.querySelector(".dv-unsent");
    if (!left.length) return old?.remove();
    const place = old || (page ? page.appendChild(document.createElement("div")) : box("dv-unsent"));
    place.classList.add("dv-unsent");
    const lines = document.createElement("ul");
    lines.className = "mb-0";
    lines.append(...left.map(([key, kept]) => lineOf(key, kept)));
    const head = document.createElement("b");
    head.textContent = `Chưa gửi (${left.length})`;
    place.replaceChildren(head, lines);
  }

  async function listForms(place) {
    for (const name of await offered.keys()) {
      if (!name.startsWith(`${CACHE}${person}.`)) continue;
      const cache = await offered.open(name);
      for (const request of await cache.keys()) {
        const path = new URL(request.url).pathname;
        if (path === OFFLINE || path.startsWith("/static/") || place.querySelector(`a[href="${path}"]`)) continue;
        const shown = new DOMParser().parseFromString(await (await cache.match(request)).text(), "text/html");
        const line = document.createElement("li");
        line.append(linkTo(path, shown.title.split(" · ")[0]));
        place.querySelector("ul").append(line);
        place.hidden = false;
      }
    }
  }
  const forms = document.querySelector("[data-forms]");
  if (forms) listForms(forms);

  // A shell gives way to the page as soon as there is a line again.
  async function back() {
    try { if ((await fetch(OFFLINE, { method: "HEAD", credentials: "same-origin" })).status >= 500) return; } catch { return; }
    document.dispatchEvent(new Event("danvan:back"));
    location.reload();
  }
  if (shell) setInterval(() => { if (navigator.onLine) back(); }, LOOK);
  window.addEventListener("online", () => shell ? back() : round());
  window.addEventListener("storage", (event) => { if (event.key?.startsWith(START)) list(); });
  list();
  if (!shell) window.addEventListener("load", round);

  return { shell, own, asked, keyOf, pathOf, draftsOf, number, read, write, remove, send, list, round };
})();
