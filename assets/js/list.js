// <data-table>: j and k move through the rows, Enter opens, x selects; boxes select rows and count them.
class DataTable extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => this.changed(event));
    this.addEventListener("click", (event) => {
      if (event.target.closest("[data-clear-selection]")) this.selectAll(false);
    });
    this.count();
  }

  get rows() {
    return [...this.querySelectorAll("tbody tr")];
  }

  get boxes() {
    return [...this.querySelectorAll("tbody .select-cell input")];
  }

  changed(event) {
    if (event.target.matches("[data-select-all]")) this.selectAll(event.target.checked);
    else this.count();
  }

  selectAll(isChecked) {
    for (const box of this.boxes) box.checked = isChecked;
    this.count();
  }

  count() {
    const boxes = this.boxes;
    const chosen = boxes.filter((box) => box.checked).length;
    const all = this.querySelector("[data-select-all]");
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    const words = this.querySelector("[data-selected-other]");
    if (!words) return;
    const number = new Intl.NumberFormat(document.documentElement.lang).format(chosen);
    words.textContent = chosen === 1 ? words.dataset.selectedOne : words.dataset.selectedOther.replace("{count}", number);
  }

  move(step) {
    const rows = this.rows;
    const at = rows.findIndex((row) => row.classList.contains("is-current"));
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    rows[at]?.classList.remove("is-current");
    next?.classList.add("is-current");
    next?.querySelector(".row-link")?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("data-table", DataTable);

document.addEventListener("keydown", (event) => {
  const table = document.querySelector("main data-table");
  if (!table || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  if (event.key === "j") table.move(1);
  if (event.key === "k") table.move(-1);
  if (event.key === "x") table.querySelector("tr.is-current .select-cell input")?.click();
});
