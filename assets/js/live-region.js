// <live-region>: shows whether the stream of server-sent events inside it is connected, and wakes it with the page.
class LiveRegion extends HTMLElement {
  connectedCallback() {
    this.addEventListener("htmx:sseOpen", () => this.say("open"));
    this.addEventListener("htmx:sseError", () => this.say("waiting"));
    this.addEventListener("htmx:sseClose", () => this.say("closed"));
  }

  say(state) {
    this.dataset.state = state;
  }
}

customElements.define("live-region", LiveRegion);
