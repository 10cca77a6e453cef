// Keeps forms that were opened before usable without a line. It keeps static files and the shells of these forms
// (danvan/common/web/shell.py), which hold nothing that is stored; never a page. One cache per person and version.
"use strict";
const VERSION = "__VERSION__";  // written by danvan/views.py
const MARK = "Dv-Shell", ASKED = "khung", OFFLINE = "/ngoai-tuyen/", STATIC = "/static/";
const DAY = 86400e3, MOST = 30;
const partsOf = (name) => name.split(".");  // danvan.<person>.<version>
const pathOf = (request) => new URL(request.url).pathname;

// Fetches all of a page or file before a cache takes it: one that waits for a weak line would hold up every other use of
// the caches, and with it a form that is being sent.
async function whole(address) {
  const answer = await fetch(address, { credentials: "same-origin", signal: AbortSignal.timeout?.(20000) });
  const body = await answer.arrayBuffer(), headers = new Headers(answer.headers);
  headers.delete("content-encoding");
  return answer.ok && !answer.redirected ? new Response(body, { headers }) : Response.error();
}

async function keep(cache, person, path) {
  const shell = await whole(`${path}?${ASKED}=1`);
  if (shell.headers.get(MARK) !== person) return;
  const text = await shell.clone().text();
  for (const [, file] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    if (!file.startsWith(STATIC) || (await cache.match(file))) continue;
    const found = await whole(file);
    if (found.ok) await cache.put(file, found);
  }
  await cache.put(path, shell);
}

// A form was opened: it and the page that says what is unsent are kept, the oldest forms beyond MOST go.
async function opened(person, path) {
  const cache = await caches.open(`danvan.${person}.${VERSION}`);
  for (const one of [OFFLINE, path]) {
    const known = await cache.match(one);
    if (!known || !(Date.now() - Date.parse(known.headers.get("date")) < DAY)) await keep(cache, person, one);
  }
  const shells = (await cache.keys()).filter((request) => ![OFFLINE, STATIC].some((start) => pathOf(request).startsWith(start)));
  for (const request of shells.slice(0, -MOST)) await cache.delete(request);
}

// What an older version of the site kept is fetched anew before that version goes.
async function renew() {
  for (const name of await caches.keys()) {
    const [site, person, version] = partsOf(name);
    if (site !== "danvan" || version === VERSION) continue;
    const cache = await caches.open(`danvan.${person}.${VERSION}`);
    for (const request of await (await caches.open(name)).keys()) {
      if (!pathOf(request).startsWith(STATIC)) await keep(cache, person, pathOf(request));
    }
  }
}

async function tidy() {
  for (const name of await caches.keys()) {
    const [site, , version] = partsOf(name);
    if (site === "danvan" && version !== VERSION) await caches.delete(name);
  }
}

async function visit(request) {
  try {
    return await fetch(request);
  } catch {
    const path = pathOf(request), shell = await caches.match(path);
    if (request.method !== "GET") return Response.redirect(shell ? path : OFFLINE, 303);
    return shell || (await caches.match(OFFLINE)) || Response.error();
  }
}

// It takes over when no page of the older version is open any more: none is served by two. Pages and posts wait until it
// has, so nothing else is waited for.
self.addEventListener("install", (event) => event.waitUntil(renew()));
self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
  tidy().catch(() => {});
});
self.addEventListener("message", (event) => event.waitUntil(opened(event.data.person, event.data.path)));
self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    const file = (request.headers.get("content-type") || "").startsWith("multipart/");  // an upload goes its own way
    if (!file) event.respondWith(visit(request));
  } else if (request.method === "GET" && url.pathname.startsWith(STATIC)) {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request)) || Response.error()));
  }
});
