// <password-field>: its button shows and hides what is typed.
class PasswordField extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const button = this.querySelector("button");
    button.addEventListener("click", () => {
      const isShown = input.type === "password";
      input.type = isShown ? "text" : "password";
      const label = isShown ? this.dataset.hide : this.dataset.show;
      button.title = label;
      button.querySelector("span").textContent = label;
      button.setAttribute("aria-pressed", String(isShown));
    });
  }
}

customElements.define("password-field", PasswordField);
