// Conditions as the builder edits them: groups with parts, and leaves as in the contract; reads and writes their JSON.
const GROUPS = ["all", "any", "none"];

export const isGroup = (node) => GROUPS.includes(node.kind);

// {"not": {"any": […]}} is shown as one group, "none of these".
export const read = (json) => {
  if (json.all) return { kind: "all", parts: json.all.map(read) };
  if (json.any) return { kind: "any", parts: json.any.map(read) };
  if (json.not) {
    const part = read(json.not);
    return part.kind === "any" ? { ...part, kind: "none" } : { kind: "none", parts: [part] };
  }
  const kind = ["trait", "metric", "event", "segment", "consent"].find((name) => name in json);
  return { kind, leaf: structuredClone(json) };
};

export const readRoot = (json) => {
  const node = read(json);
  return isGroup(node) ? node : { kind: "all", parts: [node] };
};

// Writes the JSON and notes on each node under which path the server will speak of it.
export const write = (node, path = "") => {
  node.path = path;
  const below = (name) => (path ? `${path}.${name}` : name);
  if (!isGroup(node)) return node.leaf;
  if (node.kind === "none" && node.parts.length === 1) return { not: write(node.parts[0], below("not")) };
  const name = node.kind === "none" ? "any" : node.kind;
  const place = node.kind === "none" ? `${below("not")}.any` : below(name);
  const parts = node.parts.map((part, index) => write(part, `${place}[${index}]`));
  return node.kind === "none" ? { not: { any: parts } } : { [name]: parts };
};

export const WITHOUT_VALUE = ["exists", "not_exists"];
const isFilled = (value) =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== "" && !Number.isNaN(value);
const isTestDone = (test) => WITHOUT_VALUE.includes(test.op) || isFilled(test.value);

// The first part that cannot be asked yet: a leaf without its name or operand, or an empty group inside another.
export const unfinished = (root) => root.parts.map(firstUnfinished).find(Boolean);

const firstUnfinished = (node) => {
  if (!isGroup(node)) return isDone(node) ? undefined : node;
  return node.parts.length ? unfinished(node) : node;
};

const isDone = (node) => {
  const leaf = node.leaf;
  if (node.kind === "trait") return isFilled(leaf.trait) && isTestDone(leaf);
  if (node.kind === "metric") return isTestDone(leaf);
  if (node.kind === "segment") return isFilled(leaf.segment);
  if (node.kind === "consent") return isFilled(leaf.consent.channel) && isFilled(leaf.consent.purpose);
  const measures = [leaf.count, leaf.sum].filter(Boolean);
  const areFiltersDone = (leaf.where ?? []).every((filter) => isFilled(filter.property) && isTestDone(filter));
  return isFilled(leaf.event) && areFiltersDone && measures.every((one) => isFilled(one.value) && one.property !== "");
};

export const fresh = (kind, catalogue) => {
  if (GROUPS.includes(kind)) return { kind, parts: [] };
  const leaves = {
    trait: { trait: "", op: "eq", value: "" },
    metric: { metric: "orders_count", op: "gte", value: 1 },
    event: { event: "", count: { op: "gte", value: 1 }, within: "30d" },
    segment: { segment: catalogue.segments[0]?.id ?? "" },
    consent: { consent: { channel: "email", purpose: "marketing" }, state: "granted" },
  };
  return { kind, leaf: leaves[kind] };
};

// "30d" and its parts.
export const windowParts = (text) => {
  const found = /^(\d+)([smhdw])$/.exec(text ?? "");
  return found ? { count: Number(found[1]), unit: found[2] } : { count: 30, unit: "d" };
};

// The wall clock of a place as if it were UTC: the difference to the instant is the offset there.
const clockIn = (instant, zone) => {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short", timeStyle: "medium", hourCycle: "h23" });
  const parts = Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, part.value]));
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
};

// "2026-11-01T23:00:00Z" is the second of November in Paris; what is no instant is no day.
export const dayIn = (instant, zone) => {
  const at = Date.parse(instant ?? "");
  return Number.isNaN(at) ? "" : new Date(clockIn(at, zone)).toISOString().slice(0, 10);
};

// The instant at which a day begins there.
export const midnightIn = (day, zone) => {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  const guess = wanted - (clockIn(wanted, zone) - wanted);
  const instant = wanted - (clockIn(guess, zone) - guess);
  return new Date(instant).toISOString().replace(".000Z", "Z");
};
