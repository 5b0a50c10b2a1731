// <entente-toast>: leaves after eight seconds unless the reader is on it or it must stay; errors stay.
import { words } from "./words.js";

const SHOWN_MS = 8000;
const MOST = 4;

class Toast extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-dismiss]")?.addEventListener("click", () => this.remove());
    const others = [...(this.parentElement?.querySelectorAll("entente-toast:not([data-stays])") ?? [])];
    for (const old of others.slice(0, -MOST)) old.remove();
    if (this.hasAttribute("data-stays") || this.parentElement?.id !== "toasts") return;
    this.addEventListener("pointerenter", () => this.wait());
    this.addEventListener("pointerleave", () => this.start());
    this.addEventListener("focusin", () => this.wait());
    this.addEventListener("focusout", () => this.start());
    this.start();
  }

  disconnectedCallback() {
    this.wait();
  }

  start() {
    this.wait();
    this.timer = setTimeout(() => this.remove(), SHOWN_MS);
  }

  wait() {
    clearTimeout(this.timer);
  }
}

customElements.define("entente-toast", Toast);

/** Shows an error that stays until it is dismissed; the same text is shown once. */
export const showError = (text) => {
  const corner = document.getElementById("toasts");
  if (!corner || !text || [...corner.children].some((toast) => toast.textContent.includes(text))) return;
  const toast = document.createElement("entente-toast");
  toast.className = "toast tone-bad";
  toast.setAttribute("role", "alert");
  toast.setAttribute("data-stays", "");
  const message = document.createElement("p");
  message.className = "toast-text";
  message.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-ghost button-small button-square";
  close.setAttribute("data-dismiss", "");
  close.setAttribute("aria-label", words().dismiss);
  close.textContent = "×";
  toast.append(message, close);
  corner.append(toast);
};
