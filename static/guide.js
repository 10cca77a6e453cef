// The "?" beside a figure shows its sentence where the person is; without this script it opens the page of them in a new tab.
(() => {
  "use strict";
  const pages = new Map();
  async function sentence(link) {
    const [url, code] = link.href.split("#");
    if (!pages.has(url)) {
      const loading = fetch(url, { credentials: "same-origin" }).then((answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.text();
      }).then((text) => new DOMParser().parseFromString(text, "text/html"));
      loading.catch(() => pages.delete(url));
      pages.set(url, loading);
    }
    const found = (await pages.get(url)).getElementById(code)?.querySelector("[data-guide]");
    return found?.textContent.trim() || "Chỉ tiêu này chưa có câu hướng dẫn.";
  }

  async function toggle(link) {
    const entry = link.closest(".entry");
    const place = entry.querySelector(".say") || entry;  // .say describes the field to who cannot see it
    const shown = entry.querySelector(".guide");
    link.setAttribute("aria-expanded", String(!shown));
    if (shown) return shown.remove();
    const box = document.createElement("p");
    box.className = "guide";
    box.setAttribute("role", "status");
    place.append(box);
    try {
      box.textContent = await sentence(link);
    } catch {
      box.textContent = "Chưa tải được câu hướng dẫn, vui lòng bấm lại khi có mạng.";
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.ask");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    toggle(link);
  });
  // Tab goes from field to field; F1 asks for the sentence of the one where the person is.
  for (const ask of document.querySelectorAll(".dv-guide > .ask")) ask.tabIndex = -1;
  document.addEventListener("keydown", (event) => {
    const place = event.key === "F1" && event.target.closest?.(".entry, [id^=div_id_], .guided");
    const ask = place && place.querySelector(".ask");
    if (!ask) return;
    event.preventDefault();
    ask.click();
  });
})();
