// Small help in forms: a calendar beside a day. Every form works without it.
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
  for (const field of document.querySelectorAll("input[data-day]")) {
    const focused = document.activeElement === field;
    calendar(field);
    if (focused) field.focus();
    // A day that is suggested is typed over, not typed behind.
    field.addEventListener("focus", () => field.select());
    if (focused) field.select();
  }
})();
