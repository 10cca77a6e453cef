// The yearly form as a spreadsheet: arrows between figures, a column copied from Excel goes into the cells below.
(() => {
  "use strict";
  const form = document.querySelector("form[data-entry]");
  if (!form) return;
  const fieldOf = (entry) => document.getElementById(`i-${entry.id}`);
  const isCell = (field) => field.matches?.("[data-code] > input") && field.id.startsWith("i-");
  const entries = () => [...form.querySelectorAll("[data-code]")];

  form.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !isCell(event.target)) return;
    const all = entries().map(fieldOf).filter((field) => field.offsetParent);
    const next = all[all.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.select?.();
  });

  // What a spreadsheet copies: cells by tabs; one with a line break within stands in quotes.
  function rowsOf(text) {
    const rows = [[]];
    for (const [, quoted, bare, end] of text.replace(/\r\n?/g, "\n").replace(/\n$/, "").matchAll(/(?:"((?:[^"]|"")*)"|([^\t\n]*))(\t|\n|$)/g)) {
      rows.at(-1).push((quoted?.replaceAll('""', '"') ?? bare).replaceAll("\n", " ").trim());
      if (!end) break;
      if (end === "\n") rows.push([]);
    }
    return rows;
  }

  // Returns [field, text] of what was copied: by code where its first column holds codes, else downwards from `from`; and
  // in words what of it has no place.
  function placed(text, from) {
    const rows = rowsOf(text), last = (cells) => cells[cells.length - 1], ofCode = (cells) => document.getElementById(`i-${cells[0].toUpperCase()}`);
    const all = entries().map(fieldOf), below = all.slice(all.indexOf(from)), left = [];
    const byCode = rows.some((cells) => cells.length > 1 && ofCode(cells));
    const pairs = byCode ? rows.filter((cells) => cells.length > 1 && ofCode(cells)).map((cells) => [ofCode(cells), last(cells)])
      : rows.slice(0, below.length).map((cells, index) => [below[index], last(cells)]);
    const over = (byCode ? rows.filter((cells) => !ofCode(cells)) : rows.slice(below.length)).filter((cells) => cells.some(Boolean));
    const columns = Math.max(...rows.map((cells) => cells.length));
    if (!byCode && columns > 1) left.push(`Lấy cột cuối trong ${columns} cột đã sao chép.`);
    const shown = over.slice(0, 5).map((cells) => cells.join(" ")).join("; ") + (over.length > 5 ? "…" : ".");
    if (over.length) left.push(`Còn ${over.length} dòng không có ô để điền: ${shown}`);
    return [pairs, left];
  }

  const fits = (field, text) => !field.options || [...field.options].some((option) => option.value === valueFor(field, text));
  function valueFor(field, text) {
    if (!field.options) return text;
    const wanted = text.toLowerCase();
    const found = [...field.options].find((option) => option.value === text || option.textContent.trim().toLowerCase() === wanted);
    return found ? found.value : text;
  }
  const shown = (field) => field.options ? field.selectedOptions[0]?.textContent.trim() : field.value;

  function cell(row, text, tag = "td") {
    const made = document.createElement(tag);
    made.textContent = text;
    row.append(made);
  }

  function preview([pairs, left], from) {
    document.querySelector(".dv-paste")?.remove();
    const taken = pairs.filter(([field, text]) => text !== "" && fits(field, text) && valueFor(field, text) !== field.value);
    const box = document.createElement("dialog");
    box.className = "dv-paste";
    box.setAttribute("aria-label", "Dán từ Excel");
    const head = document.createElement("h2");
    head.className = "h6";
    head.textContent = taken.length ? `Điền ${taken.length} ô từ bảng vừa sao chép?` : "Không có ô nào thay đổi.";
    const table = document.createElement("table");
    table.className = "table table-sm";
    const heading = table.createTHead().insertRow();
    for (const text of ["Mã", "Chỉ tiêu", "Đang có", "Sẽ điền"]) cell(heading, text, "th");
    const body = table.createTBody();
    for (const [field, text] of pairs) {
      const row = body.insertRow();
      const entry = field.closest("[data-code]");
      cell(row, entry.id);
      cell(row, entry.querySelector("label span:not(.code)")?.firstChild.textContent.trim() || "");
      cell(row, shown(field) || "(trống)");
      cell(row, text === "" ? "giữ nguyên" : fits(field, text) ? text : `“${text}” không có trong danh sách`);
    }
    const scroll = document.createElement("div");
    scroll.className = "dv-paste-rows";
    scroll.append(table);
    box.append(head, ...left.map((text) => Object.assign(document.createElement("p"), { textContent: text })), scroll);
    const close = () => { box.close(); box.remove(); from.focus(); };
    for (const [text, look, act] of [["Điền vào biểu", "primary", () => taken.forEach(fill)], ["Không điền", "outline-primary", null]]) {
      if (act && !taken.length) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = `btn btn-sm btn-${look}`;
      button.textContent = text;
      button.addEventListener("click", () => { act?.(); close(); });
      box.append(button, " ");
    }
    document.body.append(box);
    box.addEventListener("cancel", close);
    box.showModal();
    box.querySelector("button").focus();
  }

  function fill([field, text]) {
    field.value = valueFor(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  form.addEventListener("paste", (event) => {
    if (!isCell(event.target)) return;
    const text = event.clipboardData?.getData("text/plain") || "";
    if (!/[\n\t]/.test(text.replace(/\r?\n$/, ""))) return;  // one figure is pasted as ever
    event.preventDefault();
    preview(placed(text, event.target), event.target);
  });
})();
