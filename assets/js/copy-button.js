// <copy-button>: copies the text of its <code> (or its data-text) and says so.
import { words } from "./words.js";

const SAID_MS = 1600;

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-copy]")?.addEventListener("click", () => this.copy());
  }

  async copy() {
    const text = this.dataset.text ?? this.querySelector("code")?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without permission or a secure address the text is selected, so that the keyboard can copy it.
      return getSelection().selectAllChildren(this.querySelector("code") ?? this);
    }
    this.say();
  }

  say() {
    const label = this.querySelector("[data-copy] span");
    this.label ??= label.textContent;
    label.textContent = words().copied;
    label.setAttribute("role", "status");
    this.classList.add("is-done");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      label.textContent = this.label;
      this.classList.remove("is-done");
    }, SAID_MS);
  }
}

customElements.define("copy-button", CopyButton);
