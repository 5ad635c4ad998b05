// The page in the room saves as it is tapped and typed. Without this its buttons do the same.
const PAUSE = 1000;
const TRY_AGAIN = 10000;

for (const form of document.querySelectorAll("form[data-save]")) {
  keepSaved(form, form.dataset.save === "notes" ? "input" : "change");
}

function keepSaved(form, happening) {
  const word = form.querySelector("[data-saved]");
  let timer = 0;
  let isSaving = false;
  let isDirty = false;
  let isSent = false;

  const say = (text, isBad = false) => {
    word.textContent = text;
    word.classList.toggle("coord-saving__word--bad", isBad);
  };
  const later = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };
  const save = async () => {
    clearTimeout(timer);
    if (isSaving || !isDirty) return;
    isSaving = true;
    isDirty = false;
    const sent = new FormData(form);
    try {
      const answer = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "application/json" } });
      const isOurs = (answer.headers.get("Content-Type") || "").startsWith("application/json");
      const kept = isOurs ? await answer.json() : {};
      if (answer.ok && isOurs) {
        const isMerged = takeOver(form, sent, kept.lines || []);
        say(isMerged ? "Saved, with what somebody else typed meanwhile" : "Saved");
      } else {
        fail(kept.wrong || (answer.status === 401 || answer.status === 403 ? "You were signed out: copy your words, then sign in again" : ""));
      }
    } catch {
      fail("No connection");
    }
    isSaving = false;
    if (isDirty) later(word.classList.contains("coord-saving__word--bad") ? TRY_AGAIN : PAUSE);
  };
  const fail = (why) => {
    isDirty = true;
    say(`Not saved. ${why || "Keep this page open, we try again"}.`, true);
  };

  form.addEventListener(happening, () => {
    isDirty = true;
    say("Saving…");
    later(happening === "input" ? PAUSE : 0);
  });
  form.addEventListener("focusout", save);
  form.addEventListener("submit", () => { isSent = true; }); // with all that was typed, and whatever is being saved
  addEventListener("beforeunload", (event) => { if (!isSent && (isDirty || isSaving)) event.preventDefault(); });
}

// What was kept becomes what the next words are compared with. Somebody's words are never changed under their fingers:
// where they typed on, the other's lines come in with the next pause.
function takeOver(form, sent, lines) {
  for (const [name, value] of sent) {
    if (name.startsWith("attendance-")) form.elements[name.replace("attendance-", "was-")].value = value;
  }
  if (form.elements.note_taker) form.elements.note_taker_before.value = sent.get("note_taker");
  let isMerged = false;
  lines.forEach((line, number) => {
    form.elements[`item-${number}`].value = line.item;
    for (const name of ["notes", "decision"]) {
      const field = form.elements[`${name}-${number}`];
      const before = form.elements[`${name}_before-${number}`];
      const typed = sent.get(`${name}-${number}`).replaceAll("\r\n", "\n");
      const hasTypedOn = field.value !== typed;
      if (line.is_merged && !hasTypedOn && line[name] !== typed.trim()) {
        const place = field.selectionStart;
        field.value = line[name];
        if (document.activeElement === field) field.setSelectionRange(place, place);
      }
      before.value = hasTypedOn ? typed : line[name];
    }
    isMerged ||= line.is_merged;
  });
  return isMerged;
}
