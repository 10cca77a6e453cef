// Shows the note that the session is about to end, five minutes before, on a page left open.
"use strict";
{
  const note = document.querySelector("[data-session-left]");
  const left = note ? Number(note.dataset.sessionLeft) - 300 : 0;
  if (note && note.hidden && left > 0) {
    setTimeout(() => { note.hidden = false; }, left * 1000);
  }
}
