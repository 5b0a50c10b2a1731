// Boosted navigation: what morphing keeps, where the focus goes, which swaps fade, what a failed request says.
import { showError } from "./toast.js";
import { words } from "./words.js";

// Morphing a page must not take away what the reader sees floating or has unfolded.
if (window.Idiomorph) {
  const { callbacks } = window.Idiomorph.defaults;
  callbacks.beforeNodeRemoved = (node) => !(node instanceof Element && node.matches("entente-toast"));
  callbacks.beforeAttributeUpdated = (name, node, change) =>
    !(change === "remove" && name === "open" && node instanceof HTMLDetailsElement);
}

const isPageChange = (detail) => detail.boosted && detail.requestConfig?.verb === "get" && !detail.elt?.matches("form");

document.addEventListener("htmx:beforeTransition", (event) => {
  if (!event.detail.boosted) event.preventDefault();
});

// Who goes on while a page still fades in cuts the fading short: that is no error.
addEventListener("unhandledrejection", (event) => {
  const { reason } = event;
  if (reason instanceof DOMException && reason.name === "AbortError" && reason.message.includes("Transition")) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (!detail.boosted) return;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const popover of document.querySelectorAll("[popover]:popover-open")) popover.hidePopover();
});

document.addEventListener("htmx:afterSettle", (event) => {
  const { detail } = event;
  if (isPageChange(detail)) document.getElementById("main")?.focus({ preventScroll: true });
});

document.addEventListener("htmx:sendError", () => showError(words()["error-offline"]));
document.addEventListener("htmx:timeout", () => showError(words()["error-offline"]));
document.addEventListener("htmx:responseError", () => showError(words()["error-server"]));
