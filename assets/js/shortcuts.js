// The keyboard: Ctrl/⌘-K and `/` search, `?` helps, `g p` and the like follow links that carry data-shortcut.
const WAIT_MS = 1200;

let before = "";
let timer;

const isTyping = (target) => target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

const openDialog = (id) => {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  document.querySelector("dialog[open]")?.close();
  dialog.showModal();
};

const press = (keys) => {
  const target = document.querySelector(`[data-shortcut="${CSS.escape(keys)}"]`);
  target?.click();
  return Boolean(target);
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return openDialog("palette");
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "?") return openDialog("shortcuts");
  if (event.key === "/") return search(event);
  if (event.key.length === 1) letter(event);
});

const search = (event) => {
  event.preventDefault();
  const box = document.querySelector("[data-search]");
  if (box) box.select();
  else openDialog("palette");
};

const letter = (event) => {
  const keys = before ? `${before} ${event.key}` : event.key;
  clearTimeout(timer);
  before = "";
  if (press(keys)) return event.preventDefault();
  if (event.key === "g") {
    before = "g";
    timer = setTimeout(() => { before = ""; }, WAIT_MS);
  }
};

// On a Mac the key is ⌘, and the page should say so.
if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  const rename = () => {
    for (const key of document.querySelectorAll("kbd")) if (key.textContent === "Ctrl") key.textContent = "⌘";
  };
  rename();
  document.addEventListener("htmx:afterSettle", rename);
}
