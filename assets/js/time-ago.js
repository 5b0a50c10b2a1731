// <time-ago>: keeps "3 min ago" true while the page stays open.
import { words } from "./words.js";

const UNITS = [
  ["years", 31_536_000],
  ["months", 2_592_000],
  ["days", 86_400],
  ["hours", 3_600],
  ["minutes", 60],
  ["seconds", 1],
];
const NOW_SECONDS = 10;
const EVERY_MS = 15_000;

const spoken = (instant, now) => {
  const texts = words();
  const elapsed = Math.trunc((now - instant) / 1000);
  const seconds = Math.abs(elapsed);
  if (seconds < NOW_SECONDS) return texts["time-now"];
  const [unit, size] = UNITS.find(([, size]) => seconds >= size);
  const count = Math.floor(seconds / size);
  const pattern = (count === 1 && texts[`${unit}-one`]) || texts[unit];
  return texts[elapsed >= 0 ? "time-ago" : "time-in"].replace("{amount}", pattern.replace("{count}", count));
};

class TimeAgo extends HTMLElement {
  connectedCallback() {
    shown.add(this);
    timer ??= setInterval(refresh, EVERY_MS);
  }

  disconnectedCallback() {
    shown.delete(this);
    if (shown.size) return;
    clearInterval(timer);
    timer = undefined;
  }

  refresh(now) {
    const time = this.querySelector("time");
    const instant = Date.parse(time?.dateTime);
    if (Number.isNaN(instant)) return;
    const text = spoken(instant, now);
    if (time.textContent !== text) time.textContent = text;
  }
}

const shown = new Set();
let timer;

const refresh = () => {
  if (document.hidden) return;
  const now = Date.now();
  for (const element of shown) element.refresh(now);
};

customElements.define("time-ago", TimeAgo);
document.addEventListener("visibilitychange", refresh);
