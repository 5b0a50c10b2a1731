// <passkey-form>: asks the authenticator for what its form sends. It stays hidden where this browser or address has no passkeys.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withId = (known) => ({ ...known, id: bytes(known.id) });

// The server's JSON with bytes in the place of base64 (parseRequestOptionsFromJSON is not in every browser yet).
const read = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  ...(options.user && { user: withId(options.user) }),
  ...(options.excludeCredentials && { excludeCredentials: options.excludeCredentials.map(withId) }),
  ...(options.allowCredentials && { allowCredentials: options.allowCredentials.map(withId) }),
});

// The other way round (some password managers give a credential without toJSON).
const write = (credential) => {
  const response = credential.response;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = parts.filter((part) => response[part]).map((part) => [part, text(response[part])]);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: Object.fromEntries(given) });
};

class PasskeyForm extends HTMLElement {
  connectedCallback() {
    if (!window.PublicKeyCredential || location.origin !== this.dataset.origin) return;
    this.hidden = false;
    if (!this.form) {
      this.form = this.querySelector("form");
      this.form.addEventListener("submit", (event) => this.submit(event));
    }
    this.offer();
  }

  disconnectedCallback() {
    this.stop();
  }

  submit(event) {
    if (this.form.elements.credential.value) return;
    event.preventDefault();
    this.tell("");
    this.ask().then((signed) => this.send(signed), (error) => this.explain(error));
  }

  // Among what the browser fills into the form of addresses and passwords; anew before the challenge ends.
  async offer() {
    if (!("fills" in this.dataset) || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    if (!this.isConnected || this.running) return;
    this.ask("conditional").then((signed) => this.send(signed), (error) => {
      if (error.name === "TimeoutError") this.offer();
    });
  }

  async ask(mediation) {
    this.stop();
    const running = new AbortController();
    this.running = running;
    try {
      return await this.sign(running, mediation);
    } finally {
      if (this.running === running) this.stop();
    }
  }

  async sign(running, mediation) {
    const answer = await fetch(this.dataset.options, { method: "POST", headers: { accept: "application/json" }, signal: running.signal });
    // The proof of who sits here has aged: the page itself leads to where it is given anew.
    if (answer.status === 403 && "makes" in this.dataset) location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const publicKey = read(await answer.json());
    if (mediation) this.timer = setTimeout(() => running.abort(new DOMException("", "TimeoutError")), publicKey.timeout - 10_000);
    const verb = "makes" in this.dataset ? "create" : "get";
    return write(await navigator.credentials[verb]({ publicKey, signal: running.signal, ...(mediation && { mediation }) }));
  }

  stop() {
    clearTimeout(this.timer);
    this.running?.abort();
    this.running = undefined;
  }

  send(signed) {
    const field = this.form.elements.credential;
    field.value = signed;
    this.form.requestSubmit();
    // What was sent counts once: a page that comes back from history asks anew.
    field.value = "";
  }

  explain(error) {
    if (error.name === "AbortError") return;
    const { cancelled, known, failed } = this.dataset;
    this.tell({ NotAllowedError: cancelled, InvalidStateError: known }[error.name] ?? failed);
    if (error.name === "NotAllowedError") this.offer();
  }

  tell(message) {
    const line = this.querySelector("[data-error]");
    line.querySelector("span").textContent = message;
    line.hidden = !message;
  }
}

customElements.define("passkey-form", PasskeyForm);
