// <entente-preferences>: theme and density change at once; the server is told behind the scenes.
const AT_ONCE = new Set(["theme", "density"]);

class Preferences extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.change(event), { capture: true });
  }

  change(event) {
    const button = event.submitter;
    if (!button) return;
    if (!AT_ONCE.has(button.name)) return this.reload(event);
    event.preventDefault();
    event.stopPropagation();
    document.documentElement.dataset[button.name] = button.value;
    this.mark(button);
    fetch(event.target.action, { method: "POST", body: new URLSearchParams({ [button.name]: button.value }), redirect: "manual" });
  }

  // Another language is another document: its <html lang> must change too.
  reload(event) {
    event.stopPropagation();
    event.target.setAttribute("hx-boost", "false");
  }

  mark(chosen) {
    for (const button of this.querySelectorAll(`button[name="${chosen.name}"]`)) {
      const check = button.querySelector(".icon:last-child:not(:first-child)");
      if (button === chosen) {
        button.setAttribute("aria-current", "true");
      } else {
        if (button.hasAttribute("aria-current") && check) chosen.append(check);
        button.removeAttribute("aria-current");
      }
    }
  }
}

customElements.define("entente-preferences", Preferences);
