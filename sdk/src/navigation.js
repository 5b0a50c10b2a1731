// Tells when the visitor sees another page, also where a single-page shop changes the address itself.
import { guard } from "./guard.js";

// The address changes before the title does; a short wait lets the shop finish its page.
const SETTLE_MS = 50;

let pending = 0;
let show;

function soon() {
  clearTimeout(pending);
  pending = setTimeout(settlePage, SETTLE_MS);
}

// Also called when the page is being left, so that a quick visitor is seen.
export function settlePage() {
  if (!pending) return;
  clearTimeout(pending);
  pending = 0;
  show();
}

function watch(method) {
  const original = history[method];
  const notice = guard(soon);
  history[method] = function (...given) {
    const result = original.apply(this, given);
    notice();
    return result;
  };
}

export function onNavigation(callback) {
  show = guard(callback);
  watch("pushState");
  watch("replaceState");
  addEventListener("popstate", guard(soon));
  addEventListener("hashchange", guard(soon));
  if (document.readyState === "loading") {
    pending = 1;
    addEventListener("DOMContentLoaded", guard(settlePage), { once: true });
  } else show();
}
