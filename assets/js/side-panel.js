// The side panel: focus goes in when it opens, Esc and its button close it, and the list's address comes back.
let cameFrom = null;
let opener = null;

const panel = () => document.getElementById("side-panel");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target !== panel() || panel().childElementCount) return;
  cameFrom = location.href;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target === panel()) opener = event.detail.elt;
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== panel()) return;
  panel().querySelector(".side-panel-title")?.focus({ preventScroll: true });
});

const close = () => {
  panel().replaceChildren();
  if (cameFrom) history.replaceState(history.state, "", cameFrom);
  cameFrom = null;
  opener?.focus();
};

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close-panel]")) return;
  event.preventDefault();
  event.stopPropagation();
  close();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !panel()?.childElementCount) return;
  if (document.querySelector("dialog[open], [popover]:popover-open")) return;
  close();
});
