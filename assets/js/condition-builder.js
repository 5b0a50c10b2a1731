// <condition-builder>: edits the condition in its text area as nested groups, and asks the server how many it finds.
import { Leaves, make, nextId } from "./condition-leaves.js";
import { fresh, isGroup, readRoot, unfinished, write } from "./condition-model.js";

const PAUSE_MS = 300;
const MAX_DEPTH = 7;
const KINDS = ["trait", "metric", "event", "segment", "consent"];

class ConditionBuilder extends HTMLElement {
  connectedCallback() {
    if (this.tree?.isConnected) return;
    this.source = this.querySelector("textarea");
    this.preview = this.querySelector(".builder-preview");
    this.catalogue = JSON.parse(this.dataset.catalogue);
    this.traits = [];
    this.events = this.catalogue.events;
    this.properties = new Map();
    this.waiting = [];
    this.leaves = new Leaves(this);
    let json;
    try {
      json = JSON.parse(this.source.value || '{"all":[]}');
      this.root = readRoot(json);
    } catch {
      return; // What cannot be read stays as text, with the server's words beside it.
    }
    this.tree = make("div", { class: "builder-tree" });
    this.source.closest(".field").hidden = true;
    this.classList.add("is-live");
    this.querySelector(".builder-main").prepend(this.tree);
    this.draw();
    this.write();
    this.ask();
    this.learn();
    this.source.form?.addEventListener("submit", (event) => this.check(event));
    this.tree.addEventListener("keydown", (event) => this.pressed(event));
  }

  // Enter ends a value, it does not save a half-made segment; with Ctrl or ⌘ it does.
  pressed(event) {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) return this.source.form?.requestSubmit();
    const fields = [...this.tree.querySelectorAll("input:not([hidden]), select, .condition-add-filter, .condition-adders .button")];
    fields[fields.indexOf(event.target) + 1]?.focus();
  }

  // What is not finished is not sent.
  check(event) {
    const node = this.tree?.isConnected && unfinished(this.root);
    if (!node) return;
    event.preventDefault();
    // What was to be asked in a moment would take the mark away again.
    clearTimeout(this.timer);
    this.ask();
    this.mark(node.path, this.t("unfinished"));
    const inputs = [...(this.elementOf(node)?.querySelectorAll("input, select") ?? [])];
    (inputs.find((input) => !input.value) ?? inputs[0])?.focus();
  }

  elementOf(node) {
    return [...this.tree.querySelectorAll("[data-node]")].find((element) => element.node === node);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  t(key) {
    return this.catalogue.texts[key] ?? key;
  }

  icon(name) {
    return make("span", { class: "condition-icon", "aria-hidden": "true", html: this.catalogue.icons[name] });
  }

  // What is seen in the data arrives after the page; controls take it in, also while somebody types.
  async learn() {
    const answer = await fetch(this.dataset.suggest, { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    const known = await answer.json();
    this.traits = known.traits;
    this.events = known.events;
    this.redraw();
  }

  redraw() {
    this.waiting = this.waiting.filter(({ element }) => element.isConnected);
    for (const { refresh } of [...this.waiting]) refresh();
  }

  // Something is seen in the data that this element may offer.
  whenKnown(refresh, element) {
    this.waiting.push({ refresh, element });
  }

  propertiesOf(event) {
    if (!this.events.some((one) => one.name === event)) return [];
    if (!this.properties.has(event)) {
      this.properties.set(event, []);
      const address = `${this.dataset.suggest}?event=${encodeURIComponent(event)}`;
      fetch(address, { headers: { accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : { properties: [] }))
        .then((known) => {
          this.properties.set(event, known.properties);
          if (known.properties.length) this.redraw();
        })
        .catch(() => {});
    }
    return this.properties.get(event);
  }

  write() {
    this.source.value = JSON.stringify(write(this.root));
  }

  changed() {
    this.write();
    this.source.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  async ask() {
    this.mark("");
    if (!this.preview) return;
    this.asking?.abort();
    const isWaiting = Boolean(unfinished(this.root));
    this.preview.classList.toggle("is-waiting", isWaiting);
    this.preview.querySelector(".builder-waiting")?.remove();
    if (isWaiting) return this.preview.append(make("p", { class: "builder-waiting" }, this.t("waiting")));
    this.asking = new AbortController();
    this.preview.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(this.dataset.preview, {
        method: "POST",
        headers: { "content-type": "application/json", "hx-request": "true" },
        body: JSON.stringify({ condition: JSON.parse(this.source.value) }),
        signal: this.asking.signal,
      });
      await this.show(answer);
      this.preview.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name !== "AbortError") this.preview.removeAttribute("aria-busy");
    }
  }

  async show(answer) {
    if (answer.ok) {
      this.preview.innerHTML = await answer.text();
      window.htmx?.process(this.preview);
      return;
    }
    if (answer.status !== 400) return;
    const problem = await answer.json();
    this.mark(problem.path ?? "", problem.sentence ?? problem.detail);
  }

  // Shows what the server says at the node it speaks of.
  mark(path, sentence) {
    for (const old of this.tree.querySelectorAll(".condition-error")) old.remove();
    if (!sentence) return;
    const nodes = [...this.tree.querySelectorAll("[data-node]")].filter((node) => path.startsWith(node.node.path));
    const place = nodes.sort((one, other) => other.node.path.length - one.node.path.length)[0];
    place?.append(make("p", { class: "field-error condition-error", role: "alert" }, sentence));
  }

  draw() {
    this.tree.replaceChildren(this.group(this.root, null, 1));
  }

  // After something was added or moved: the cursor goes to where it is filled in, in a new group to what adds to it.
  rearranged(node) {
    this.write();
    this.draw();
    const element = this.elementOf(node);
    const isEmpty = isGroup(node) && !node.parts.length;
    element?.querySelector(isEmpty ? ":scope > .condition-adders button" : ".condition-controls :is(input, select)")?.focus();
    this.changed();
  }

  // After something was taken away: to what took its place, else to what stood before it, else to what adds anew.
  removed(parent, index) {
    this.write();
    this.draw();
    const beside = parent.parts[index] ?? parent.parts[index - 1];
    const place = beside ? "input, select" : ":scope > .condition-adders button";
    this.elementOf(beside ?? parent)?.querySelector(place)?.focus();
    this.changed();
  }

  group(node, parent, depth) {
    const kinds = ["all", "any", "none"].map((kind) => [kind, this.t(`group-${kind}`)]);
    const choice = this.leaves.select(kinds, node.kind, this.t("group"), (kind) => {
      node.kind = kind;
      this.rearranged(node);
      this.elementOf(node)?.querySelector(".condition-group-kind select").focus();
    });
    choice.classList.add("condition-group-kind");
    const head = make("div", { class: "condition-group-head" }, choice, parent ? this.tools(node, parent) : null);
    const joint = this.t(node.kind === "all" ? "and" : "or");
    const rows = node.parts.map((part, index) => {
      const row = isGroup(part) ? this.group(part, node, depth + 1) : this.row(part, node);
      const word = make("span", { class: "condition-joint", "aria-hidden": "true" }, index === 0 ? "" : joint);
      return make("li", { class: "condition-item" }, word, row);
    });
    const list = make("ul", { class: "condition-list" }, ...rows);
    const empty = node.parts.length ? null : make("p", { class: "condition-empty" }, this.t(parent ? "empty-group" : "empty-root"));
    const element = make("div", { class: `condition-group${parent ? "" : " condition-root"}`, role: "group", "aria-label": this.t(`group-${node.kind}`), "data-node": true }, head, empty ?? list, this.adders(node, depth));
    element.node = node;
    return element;
  }

  row(node, parent) {
    const title = make("span", { class: "condition-kind" }, this.icon(node.kind), make("span", {}, this.t(`kind-${node.kind}`)));
    const head = make("div", { class: "condition-head" }, title, this.tools(node, parent));
    const element = make("div", { class: "condition-row", role: "group", "aria-label": this.t(`kind-${node.kind}`), "data-node": true }, head, this.leaves.of(node));
    element.node = node;
    return element;
  }

  adders(node, depth) {
    const add = (kind) => {
      const part = fresh(kind, this.catalogue);
      node.parts.push(part);
      this.rearranged(part);
    };
    const kinds = KINDS.filter((kind) => kind !== "segment" || this.catalogue.segments.length);
    const items = kinds.map((kind) => [this.t(`add-${kind}`), kind, () => add(kind)]);
    const condition = this.menu(this.t("add-condition"), "plus", items, "button button-secondary button-small");
    const group = depth >= MAX_DEPTH ? null : make("button", { type: "button", class: "button button-ghost button-small", onclick: () => add("any") }, this.icon("folder-plus"), this.t("add-group"));
    return make("div", { class: "condition-adders" }, condition, group);
  }

  // Every way to rearrange that a pointer could drag, as a menu.
  tools(node, parent) {
    const index = parent.parts.indexOf(node);
    const swap = (other) => {
      [parent.parts[index], parent.parts[other]] = [parent.parts[other], parent.parts[index]];
      this.rearranged(node);
    };
    const take = () => parent.parts.splice(parent.parts.indexOf(node), 1);
    const items = [];
    if (index > 0) items.push([this.t("move-up"), "arrow-up", () => swap(index - 1)]);
    if (index < parent.parts.length - 1) items.push([this.t("move-down"), "arrow-down", () => swap(index + 1)]);
    const above = parent.parts[index - 1];
    if (above && isGroup(above)) items.push([this.t("move-in"), "folder", () => { take(); above.parts.push(node); this.rearranged(node); }]);
    const outer = this.parentOf(parent);
    if (outer) items.push([this.t("move-out"), "corner-down-left", () => { take(); outer.parts.splice(outer.parts.indexOf(parent) + 1, 0, node); this.rearranged(node); }]);
    items.push([this.t("wrap"), "folder-plus", () => { parent.parts[index] = { kind: "any", parts: [node] }; this.rearranged(node); }]);
    items.push([this.t("duplicate"), "copy", () => { parent.parts.splice(index + 1, 0, structuredClone({ ...node })); this.rearranged(node); }]);
    const menu = this.menu(this.t("more"), "ellipsis", items, "button button-ghost button-small button-square", true);
    const remove = make("button", { type: "button", class: "button button-ghost button-small button-square", title: this.t("remove"), "aria-label": this.t("remove"), onclick: () => { take(); this.removed(parent, index); } }, this.icon("trash"));
    return make("span", { class: "condition-tools" }, menu, remove);
  }

  parentOf(node, among = this.root) {
    if (!isGroup(among)) return null;
    if (among.parts.includes(node)) return among;
    return among.parts.map((part) => this.parentOf(node, part)).find(Boolean) ?? null;
  }

  menu(label, icon, items, look, isIconOnly = false) {
    const id = nextId();
    const text = make("span", { class: isIconOnly ? "visually-hidden" : "" }, label);
    const button = make("button", { type: "button", class: look, popovertarget: id, "aria-haspopup": "true", title: isIconOnly ? label : undefined }, this.icon(icon), text);
    const lines = items.map(([title, picture, act]) => make("button", { type: "button", class: "menu-item", onclick: act }, this.icon(picture), make("span", { class: "menu-label" }, title)));
    const popover = make("div", { class: "menu", id, popover: "auto" }, make("div", { class: "menu-group" }, ...lines));
    return make("span", { class: "menu-anchor" }, button, popover);
  }
}

customElements.define("condition-builder", ConditionBuilder);

// A morph may have put the server's markup in the place of ours.
document.addEventListener("htmx:afterSettle", () => {
  for (const builder of document.querySelectorAll("condition-builder")) builder.connectedCallback();
});
