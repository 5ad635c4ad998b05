// Everything works without this. With it: the GOV.UK components come alive, and an undo banner counts down.
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
