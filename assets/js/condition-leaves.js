// The controls of one condition: names with suggestions, operators that fit the type, operands, windows, filters.
import { WITHOUT_VALUE, dayIn, midnightIn, windowParts } from "./condition-model.js";

let lastId = 0;
export const nextId = () => `condition-${(lastId += 1)}`;

export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "html") element.innerHTML = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
};

const OPERATORS = {
  text: ["eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "exists", "not_exists"],
  number: ["gte", "lte", "eq", "ne", "gt", "lt", "exists", "not_exists"],
  amount: ["gte", "lte", "eq", "ne", "gt", "lt", "exists", "not_exists"],
  bool: ["eq", "ne", "exists", "not_exists"],
  time: ["within_last", "not_within_last", "before", "after", "exists", "not_exists"],
  stage: ["eq", "ne"],
};
const COUNTS = ["gte", "lte", "eq", "gt", "lt"];
const WINDOWED = ["within_last", "not_within_last"];
const LISTED = ["in", "not_in"];

// Builds the controls of leaves for one builder, which offers words, suggestions and a way to say "changed". A control
// that somebody is using is never taken away: what depends on it stands in a slot of its own and is drawn anew there.
export class Leaves {
  constructor(builder) {
    this.builder = builder;
  }

  t(key) {
    return this.builder.catalogue.texts[key] ?? key;
  }

  of(node) {
    return this[node.kind](node.leaf);
  }

  // A trait of the person.
  trait(leaf) {
    const seen = () => this.builder.traits;
    const test = this.testOf(leaf, () => leaf.trait, seen, this.t("trait"));
    const name = this.name(leaf.trait, this.t("trait"), seen, (value) => {
      leaf.trait = value;
      test.follow();
      this.builder.changed();
    });
    return make("div", { class: "condition-controls" }, name, test.slot);
  }

  // Operator and operand of a trait or a property, which follow its name and what becomes known of it.
  testOf(test, nameOf, seen, label) {
    const slot = make("span", { class: "condition-slot" });
    const known = () => seen().find((one) => one.name === nameOf());
    const values = () => known()?.values ?? [];
    let type;
    const draw = () => {
      type = this.typeOf(test, known());
      slot.replaceChildren(...this.test(test, type, values, label));
    };
    const follow = () => {
      const next = known()?.type;
      if (next && next !== type) {
        this.retype(test, next);
        draw();
      } else for (const field of slot.querySelectorAll(".condition-field")) field.refresh?.();
    };
    draw();
    this.builder.whenKnown(() => {
      if (!slot.contains(document.activeElement) && this.typeOf(test, known()) !== type) draw();
    }, slot);
    return { slot, follow };
  }

  // What was compared with a text is not compared with a number: the operator stays where it can, the operand goes.
  retype(test, type) {
    if (!(OPERATORS[type] ?? OPERATORS.text).includes(test.op)) return Object.assign(test, this.freshTest(type));
    if (type === "bool") test.value = true;
    else if (!WITHOUT_VALUE.includes(test.op) && !WINDOWED.includes(test.op)) test.value = LISTED.includes(test.op) ? [] : "";
    return test;
  }

  // A computed value.
  metric(leaf) {
    const metrics = this.builder.catalogue.metrics;
    const typeOf = (name) => {
      const metric = metrics.find((one) => one.name === name) ?? metrics[0];
      return metric.name === "lifecycle_stage" ? "stage" : metric.kind;
    };
    const slot = make("span", { class: "condition-slot" });
    const draw = () => slot.replaceChildren(...this.test(leaf, typeOf(leaf.metric), () => [], this.t("value")));
    const choice = this.select(metrics.map((one) => [one.name, one.label]), leaf.metric, this.t("metric"), (value) => {
      if (typeOf(value) !== typeOf(leaf.metric)) Object.assign(leaf, this.freshTest(typeOf(value)));
      leaf.metric = value;
      draw();
      this.builder.changed();
    });
    draw();
    return make("div", { class: "condition-controls" }, choice, slot);
  }

  freshTest(type) {
    const values = { time: ["within_last", "30d"], stage: ["eq", "customer"], bool: ["eq", true], text: ["eq", ""] };
    const [op, value] = values[type] ?? ["gte", 1];
    return { op, value };
  }

  // What happened, how often, with which properties, since when.
  event(leaf) {
    const box = make("div", { class: "condition-event" });
    const name = this.name(leaf.event, this.t("event"), () => this.builder.events, (value) => {
      leaf.event = value;
      this.builder.propertiesOf(value);
      this.builder.changed();
    });
    const line = make("div", { class: "condition-controls" }, name, this.measure(leaf), ...this.within(leaf));
    const filters = make("div", { class: "condition-filters" });
    const draw = () => filters.replaceChildren(...(leaf.where ?? []).map((filter, index) => this.filter(leaf, filter, index, draw)));
    const add = make("button", { type: "button", class: "button button-ghost button-small condition-add-filter", onclick: () => {
      (leaf.where ??= []).push({ property: "", op: "eq", value: "" });
      draw();
      filters.lastElementChild.querySelector("input").focus();
      this.builder.changed();
    } }, this.builder.icon("filter"), this.t("add-filter"));
    draw();
    box.append(line, filters, make("div", {}, add));
    return box;
  }

  measure(leaf) {
    const rest = make("span", { class: "condition-slot" });
    const kinds = [["count", this.t("measure-count")], ["sum", this.t("measure-sum")]];
    const choice = this.select(kinds, leaf.sum ? "sum" : "count", this.t("measure"), (kind) => {
      delete leaf.count;
      delete leaf.sum;
      if (kind === "sum") leaf.sum = { property: "total", op: "gte", value: 100 };
      rest.replaceChildren(...this.measured(leaf));
      this.builder.changed();
    });
    rest.append(...this.measured(leaf));
    return make("span", { class: "condition-slot" }, choice, rest);
  }

  measured(leaf) {
    const isSum = Boolean(leaf.sum);
    const counted = leaf.sum ?? (leaf.count ??= { op: "gte", value: 1 });
    const op = this.select(COUNTS.map((one) => [one, this.t(`op-number-${one}`)]), counted.op, this.t("operator"), (value) => {
      counted.op = value;
      this.builder.changed();
    });
    const number = this.number(counted.value, isSum ? "any" : "1", (value) => {
      counted.value = value;
      this.builder.changed();
    });
    if (!isSum) return [op, make("span", { class: "condition-pair" }, number, make("span", { class: "condition-word" }, this.t("times")))];
    const property = this.name(counted.property, this.t("property"), () => this.builder.propertiesOf(leaf.event), (value) => {
      counted.property = value;
      this.builder.changed();
    });
    return [property, op, number];
  }

  within(leaf) {
    const units = ["h", "d", "w"].map((unit) => [unit, this.t(`unit-${unit}`)]);
    const parts = windowParts(leaf.within);
    const set = () => {
      if (unit.control.value === "") delete leaf.within;
      else leaf.within = `${Math.max(1, Math.round(Number(count.control.value) || 1))}${unit.control.value}`;
      word.hidden = count.hidden = unit.control.value === "";
      this.builder.changed();
    };
    const word = make("span", { class: "condition-word" }, this.t("within"));
    const count = this.number(parts.count, "1", set, this.t("window"));
    const kept = leaf.within && !["h", "d", "w"].includes(parts.unit) ? [[parts.unit, this.t(`unit-${parts.unit}`)]] : [];
    const unit = this.select([["", this.t("ever")], ...kept, ...units], leaf.within ? parts.unit : "", this.t("window"), set);
    word.hidden = count.hidden = !leaf.within;
    return [make("span", { class: "condition-pair" }, word, count, unit)];
  }

  filter(leaf, filter, index, draw) {
    const seen = () => this.builder.propertiesOf(leaf.event);
    const test = this.testOf(filter, () => filter.property, seen, this.t("property"));
    const name = this.name(filter.property, this.t("property"), seen, (value) => {
      filter.property = value;
      test.follow();
      this.builder.changed();
    });
    const remove = make("button", { type: "button", class: "button button-ghost button-small button-square", title: this.t("remove-filter"), "aria-label": this.t("remove-filter"), onclick: () => {
      const event = remove.closest(".condition-event");
      leaf.where.splice(index, 1);
      if (!leaf.where.length) delete leaf.where;
      draw();
      const beside = event.querySelectorAll(".condition-filter")[Math.max(0, index - 1)];
      (beside?.querySelector("input") ?? event.querySelector(".condition-add-filter")).focus();
      this.builder.changed();
    } }, this.builder.icon("x"));
    const word = make("span", { class: "condition-word" }, this.t(index === 0 ? "where" : "and"));
    return make("div", { class: "condition-filter condition-controls" }, word, name, test.slot, remove);
  }

  // Another segment.
  segment(leaf) {
    const segments = this.builder.catalogue.segments.map((one) => [one.id, one.name]);
    const choice = this.select(segments, leaf.segment, this.t("segment"), (value) => {
      leaf.segment = value;
      this.builder.changed();
    });
    return make("div", { class: "condition-controls" }, choice);
  }

  // What the person allows.
  consent(leaf) {
    const { channels, purposes, states } = this.builder.catalogue;
    const channel = this.name(leaf.consent.channel, this.t("channel"), () => channels, (value) => {
      leaf.consent.channel = value;
      this.builder.changed();
    });
    const purpose = this.name(leaf.consent.purpose, this.t("purpose"), () => purposes, (value) => {
      leaf.consent.purpose = value;
      this.builder.changed();
    });
    const state = this.select(states.map((one) => [one.name, one.label]), leaf.state, this.t("state"), (value) => {
      leaf.state = value;
      this.builder.changed();
    });
    return make("div", { class: "condition-controls" }, channel, purpose, state);
  }

  // The operator and the operand that it needs.
  test(test, type, values, label) {
    const known = OPERATORS[type] ?? OPERATORS.text;
    const all = known.includes(test.op) ? known : [test.op, ...known];
    const isNumber = type === "number" || type === "amount";
    const wordOf = (op) => this.t(isNumber && !WITHOUT_VALUE.includes(op) && !LISTED.includes(op) ? `op-number-${op}` : `op-${op}`);
    const slot = make("span", { class: "condition-slot" });
    const draw = () => slot.replaceChildren(...[this.operand(test, type, values, label)].filter(Boolean));
    const operator = this.select(all.map((op) => [op, wordOf(op)]), test.op, this.t("operator"), (op) => {
      this.adapt(test, op, type);
      draw();
      this.builder.changed();
    });
    draw();
    return [operator, slot];
  }

  // Keeps what can be kept of the operand when the operator changes.
  adapt(test, op, type) {
    const before = test.op;
    test.op = op;
    if (WITHOUT_VALUE.includes(op)) delete test.value;
    else if (WINDOWED.includes(op)) test.value = WINDOWED.includes(before) ? test.value : "30d";
    else if (LISTED.includes(op)) test.value = LISTED.includes(before) ? test.value : [test.value].filter((one) => one !== undefined && one !== "");
    else if (LISTED.includes(before)) test.value = test.value[0] ?? "";
    else if (WINDOWED.includes(before) || WITHOUT_VALUE.includes(before)) test.value = type === "bool" ? true : "";
  }

  operand(test, type, values, label) {
    const set = (value) => {
      test.value = value;
      this.builder.changed();
    };
    if (WITHOUT_VALUE.includes(test.op)) return undefined;
    if (WINDOWED.includes(test.op)) return this.windowed(test, set);
    if (test.op === "before" || test.op === "after") return this.date(test.value, set);
    if (LISTED.includes(test.op)) return this.list(test.value, type, values, set, label);
    if (type === "stage") return this.select(this.builder.catalogue.stages.map((one) => [one.name, one.label]), test.value, this.t("value"), set);
    if (type === "bool") return this.select([["true", this.t("true")], ["false", this.t("false")]], String(test.value), this.t("value"), (value) => set(value === "true"));
    if (type === "number" || type === "amount") return this.number(test.value, "any", set, this.t("value"));
    return this.name(test.value ?? "", this.t("value"), () => values().map((value) => ({ name: String(value) })), set);
  }

  windowed(test, set) {
    const parts = windowParts(test.value);
    const units = ["h", "d", "w"].map((unit) => [unit, this.t(`unit-${unit}`)]);
    const told = () => set(`${Math.max(1, Math.round(Number(count.control.value) || 1))}${unit.control.value}`);
    const count = this.number(parts.count, "1", told, this.t("window"));
    const unit = this.select(units.some(([one]) => one === parts.unit) ? units : [[parts.unit, this.t(`unit-${parts.unit}`)], ...units], parts.unit, this.t("window"), told);
    return make("span", { class: "condition-pair" }, count, unit);
  }

  date(value, set) {
    const { zone } = this.builder.catalogue;
    const input = make("input", { type: "date", class: "input", "aria-label": this.t("value"), value: dayIn(value, zone), oninput: () => set(input.value ? midnightIn(input.value, zone) : "") });
    return make("span", { class: "condition-field" }, input);
  }

  // Several values with commas between them; what is suggested follows what is there already.
  list(value, type, values, set, label) {
    const parse = (text) => text.split(",").map((part) => part.trim()).filter(Boolean).map((part) => (type === "number" ? Number(part) : part));
    const text = (Array.isArray(value) ? value : []).join(", ");
    const more = () => {
      const before = (field?.control.value ?? text).split(",").slice(0, -1).map((part) => part.trim()).filter(Boolean);
      const left = values().map(String).filter((one) => !before.includes(one));
      return left.map((one) => ({ name: [...before, one].join(", ") }));
    };
    let field;
    field = this.name(text, this.t("values"), more, (given) => {
      set(parse(given));
      field.refresh();
    });
    field.control.placeholder = values().slice(0, 3).join(", ") || this.t("values-hint");
    field.control.setAttribute("aria-label", `${label}: ${this.t("values")}`);
    return field;
  }

  // The type of a trait or property: as seen in the data, else as the operand has it.
  typeOf(test, known) {
    if (known) return known.type;
    if (WINDOWED.includes(test.op) || test.op === "before" || test.op === "after") return "time";
    const one = Array.isArray(test.value) ? test.value[0] : test.value;
    return { number: "number", boolean: "bool" }[typeof one] ?? "text";
  }

  // A text with suggestions, which may arrive later. Names that have a label are shown by it.
  name(value, label, offered, set) {
    const fold = (text) => text.toLocaleLowerCase();
    const labelOf = (name) => offered().find((one) => one.name === name)?.label ?? name;
    const nameOf = (text) => offered().find((one) => fold(one.label ?? one.name) === fold(text))?.name ?? text;
    const id = nextId();
    const input = make("input", { type: "text", class: "input", list: id, value: labelOf(value), placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: "false", oninput: () => { value = nameOf(input.value.trim()); set(value); } });
    const options = make("datalist", { id });
    const field = make("span", { class: "condition-field" }, input, options);
    field.control = input;
    field.refresh = () => {
      options.replaceChildren(...offered().map((one) => make("option", { value: one.label ?? one.name })));
      if (input !== document.activeElement && nameOf(input.value.trim()) === value) input.value = labelOf(value);
    };
    field.refresh();
    this.builder.whenKnown(field.refresh, field);
    return field;
  }

  number(value, step, set, label = this.t("value")) {
    const input = make("input", { type: "number", class: "input", step, min: step === "1" ? "0" : undefined, value: value ?? "", "aria-label": label, inputmode: step === "1" ? "numeric" : "decimal", oninput: () => set(input.value === "" ? "" : Number(input.value)) });
    const field = make("span", { class: "condition-field condition-number" }, input);
    field.control = input;
    return field;
  }

  select(options, value, label, set) {
    const control = make("select", { class: "input", "aria-label": label, onchange: () => set(control.value) }, ...options.map(([name, text]) => make("option", { value: name, selected: name === value }, text)));
    const field = make("span", { class: "select condition-select" }, control, this.builder.icon("chevron-down"));
    field.control = control;
    return field;
  }
}
