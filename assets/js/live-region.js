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

// What a page asks by itself, without anybody there, does not count as somebody's presence: the session may end.
document.addEventListener("htmx:configRequest", (event) => {
  const cause = event.detail.triggeringEvent?.type ?? "";
  if (cause.startsWith("sse:") || cause.startsWith("hx:poll")) event.detail.headers["Entente-Automatic"] = "1";
});
