// Events on their way to the server: bounded, in batches, retried, kept over page loads once allowed.
// An event keeps its messageId, so sending it twice counts once; this is why nothing here asks for less.
import { isDecided, mayTrack } from "./choice.js";
import { guard, uuid, warn } from "./guard.js";
import { settings } from "./settings.js";
import { local, PREFIX } from "./storage.js";

const FLUSH_AFTER_MS = 300;
const FLUSH_AT_EVENTS = 20;
const MAX_EVENTS = 200;
const MAX_EVENT_BYTES = 32000;
// Below what browsers send for a page that is being left (64 KiB), far below the server's 500 KB.
const MAX_BATCH_BYTES = 60000;
const MAX_ATTEMPTS = 10;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 60000;
const MAX_SERVER_WAIT_MS = 600000;

// Each page keeps its own list, so that two tabs cannot overwrite each other's.
const QUEUES = PREFIX + "queue_";
const OWN_QUEUE = QUEUES + uuid();

// Called before anything leaves: another tab may have withdrawn what this one still believes.
let check = () => {};
export const checkBeforeSending = (given) => (check = given);

let queue = [];
let inFlight = [];
let beaconed = [];
let failures = 0;
let timer = 0;

// A prerendered page may never be seen; it holds everything back until it is.
const isHeld = () => !isDecided() || document.prerendering;
const sizeOf = (event) => new TextEncoder().encode(JSON.stringify(event)).length;

export function enqueue(event) {
  if (sizeOf(event) > MAX_EVENT_BYTES) return warn("event dropped, larger than 32 KB: " + (event.event || event.type));
  queue.push(event);
  queue.splice(0, queue.length - MAX_EVENTS);
  persist();
  if (queue.length >= FLUSH_AT_EVENTS && !failures) flush();
  else schedule(FLUSH_AFTER_MS);
}

function persist() {
  if (!mayTrack() || document.prerendering) return;
  if (queue.length) local.write(OWN_QUEUE, queue);
  else local.remove(OWN_QUEUE);
}

function schedule(delayMs) {
  if (!timer && queue.length && failures < MAX_ATTEMPTS) timer = setTimeout(guard(flush), delayMs);
}

// What earlier pages could not send. Taken by one page only; a repeat would be harmless all the same.
function takeLeftBehind() {
  const left = [];
  for (const key of document.prerendering ? [] : local.keys()) {
    if (!key.startsWith(QUEUES) || key === OWN_QUEUE) continue;
    left.push(...(local.read(key) || []));
    local.remove(key);
  }
  return left;
}

// With consent, what waited in memory may go, once it says so itself (`stamp`), after the event that records it.
export function release(stamp, record) {
  if (record) queue.unshift(record);
  queue.forEach(stamp);
  queue = takeLeftBehind().concat(queue).slice(-MAX_EVENTS);
  persist();
  schedule(FLUSH_AFTER_MS);
}

// Without consent nothing waits any more but, after a withdrawal, the event that records it.
export function discard(farewell) {
  queue = farewell ? [farewell] : [];
  hurry();
}

function nextBatch(waiting) {
  let bytes = 0;
  const end = waiting.findIndex((event, index) => (bytes += sizeOf(event) + 1) > MAX_BATCH_BYTES && index > 0);
  return end < 0 ? waiting : waiting.slice(0, end);
}

const address = () => settings.api + "/v1/batch";

// The key travels in the body and the body as plain text, so that no preflight request is needed.
function bodyOf(batch) {
  return JSON.stringify({ batch, sentAt: new Date().toISOString(), writeKey: settings.writeKey });
}

export function flush() {
  clearTimeout(timer);
  timer = 0;
  check();
  if (inFlight.length || !queue.length || isHeld()) return;
  inFlight = nextBatch(queue).slice();
  fetch(address(), {
    method: "POST",
    headers: { "Content-Type": "text/plain" },
    body: bodyOf(inFlight),
    keepalive: true,
    credentials: "omit",
    referrerPolicy: "origin",
  }).then(guard(settle), guard(retry));
}

function settle(response) {
  if (response.status === 429 || response.status >= 500) return retry(response);
  if (!response.ok) warn("events refused with status " + response.status);
  queue = queue.filter((event) => !inFlight.includes(event));
  inFlight = [];
  failures = 0;
  persist();
  schedule(0);
}

// Full jitter: a shop's visitors must not come back all at the same instant.
function retry(response) {
  inFlight = [];
  const backoffMs = Math.random() * Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
  const askedMs = response.headers ? response.headers.get("Retry-After") * 1000 : 0;
  schedule(Math.min(askedMs || 0, MAX_SERVER_WAIT_MS) + backoffMs);
}

export function hurry() {
  failures = 0;
  flush();
}

// The page is being left. A beacon has no answer, so its events stay stored and the next page repeats them.
export function leave() {
  check();
  if (isHeld() || !navigator.sendBeacon) return;
  const waiting = nextBatch(queue.filter((event) => !inFlight.includes(event) && !beaconed.includes(event)));
  if (waiting.length && navigator.sendBeacon(address(), bodyOf(waiting))) beaconed = waiting;
}
