// Everything works without this. With it: the GOV.UK components come alive, an undo banner counts down, and what a page
// still waits for is fetched.
import { initAll } from "./vendor/govuk-frontend.min.js";

initAll();

for (const banner of document.querySelectorAll(".coord-undo[data-until]")) {
  const until = Date.parse(banner.dataset.until);
  const left = banner.querySelector(".coord-undo__left");
  const tick = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    if (seconds <= 0) {
      banner.hidden = true;
      return;
    }
    left.textContent = `(${seconds} seconds left)`;
    setTimeout(tick, 1000);
  };
  tick();
}

// A part that waits (for calendars to answer) is fetched again until it waits no more, or whoever reads it has begun to
// use it: nothing changes under somebody's fingers. Its own link does the same.
const PAUSE = 1500;
const TRIES = 8;

for (const part of document.querySelectorAll("[data-waiting]")) refresh(part, TRIES);

function refresh(part, tries) {
  if (tries === 0) return;
  setTimeout(async () => {
    let fresh = null;
    try {
      const answer = await fetch(location.href);
      if (answer.ok) fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    } catch {
      // No connection: tried again.
    }
    if (part.contains(document.activeElement)) return;
    if (!fresh) {
      refresh(part, tries - 1);
      return;
    }
    part.replaceWith(fresh);
    if (fresh.dataset.waiting) {
      refresh(fresh, tries - 1);
    } else {
      document.getElementById(part.dataset.waiting).textContent = "All calendars have answered. The times are fresh.";
    }
  }, PAUSE);
}
