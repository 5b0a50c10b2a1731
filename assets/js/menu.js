// Menus: arrow keys move, a choice closes; places the menu where CSS anchors are not known.
const knowsAnchors = CSS.supports("position-area: block-end");

const items = (menu) => [...menu.querySelectorAll(".menu-item, input, .button")];

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof Element) || !menu.matches(".menu") || event.newState !== "open") return;
  if (!knowsAnchors) place(menu);
}, true);

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const menu = document.querySelector(".menu:popover-open");
  if (!step || !menu) return;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  event.preventDefault();
  all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]?.focus();
});

document.addEventListener("click", (event) => {
  const item = event.target.closest(".menu .menu-item");
  item?.closest(".menu").hidePopover();
});

const place = (menu) => {
  const button = document.querySelector(`[popovertarget="${menu.id}"]`);
  if (!button) return;
  const box = button.getBoundingClientRect();
  menu.style.insetBlockStart = `${Math.min(box.bottom, innerHeight - menu.offsetHeight - 8)}px`;
  menu.style.insetInlineStart = `${Math.max(8, Math.min(box.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
};
