// <entente-palette>: finds people, segments and places while one types; arrows choose, Enter opens.
const WAIT_MS = 120;

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

class Palette extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.found = this.querySelector(".palette-found");
    this.nothing = this.querySelector(".palette-nothing");
    this.input.addEventListener("input", () => this.look());
    this.addEventListener("keydown", (event) => this.key(event));
    this.querySelector("form").addEventListener("submit", (event) => this.open(event));
    this.closest("dialog").addEventListener("close", () => this.clear());
    this.filterPlaces("");
    this.select(0);
  }

  get shown() {
    return [...this.querySelectorAll(".palette-item")].filter((item) => !item.hidden);
  }

  clear() {
    this.input.value = "";
    this.look();
  }

  look() {
    const asked = this.input.value.trim();
    this.filterPlaces(asked);
    clearTimeout(this.timer);
    this.request?.abort();
    if (!asked) {
      this.found.replaceChildren();
      this.settle();
      return;
    }
    this.timer = setTimeout(() => this.ask(asked), WAIT_MS);
    this.select(0);
  }

  async ask(asked) {
    this.request = new AbortController();
    try {
      const answer = await fetch(`/palette?q=${encodeURIComponent(asked)}`, { signal: this.request.signal });
      if (!answer.ok) return;
      this.found.innerHTML = await answer.text();
      window.htmx?.process(this.found);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      this.found.replaceChildren();
    }
    this.settle();
  }

  settle() {
    this.nothing.hidden = this.shown.length > 0;
    this.select(0);
  }

  filterPlaces(asked) {
    const wanted = folded(asked);
    const group = this.querySelector(".palette-places");
    const places = [...group.querySelectorAll(".palette-item")];
    for (const item of places) item.hidden = !folded(item.textContent).includes(wanted);
    group.hidden = places.every((item) => item.hidden);
  }

  select(index) {
    const shown = this.shown;
    this.at = shown.length ? (index + shown.length) % shown.length : -1;
    shown.forEach((item, place) => {
      item.id = `palette-item-${place}`;
      item.setAttribute("aria-selected", String(place === this.at));
    });
    if (this.at < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", shown[this.at].id);
    shown[this.at].scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.select(this.at + step);
  }

  // Enter opens what is selected; with nothing to select, the form searches people.
  open(event) {
    const item = this.shown[this.at];
    if (!item) return;
    event.preventDefault();
    event.stopPropagation();
    this.closest("dialog").close();
    item.click();
  }
}

customElements.define("entente-palette", Palette);
