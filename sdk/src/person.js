// Who the visitor is to this browser: an anonymous id, and what `identify` and `group` said.
// Reads and writes the browser's storage only while consent stands; else it lives in memory.
import { mayTrack } from "./choice.js";
import { uuid } from "./guard.js";
import { local, PREFIX, readCookie, session, writeCookie } from "./storage.js";

const ID = PREFIX + "id";
const PERSON = PREFIX + "person";
// The French regulator (CNIL) allows a tracker 13 months from its creation, never prolonged by a visit.
const THIRTEEN_MONTHS_SECONDS = 395 * 86400;

let anonymous;
let person = {};

function storedId() {
  const fallback = local.read(ID) || {};
  return readCookie(ID) || (fallback.until > Date.now() ? fallback.id : undefined);
}

function storeId(id) {
  writeCookie(ID, id, THIRTEEN_MONTHS_SECONDS);
  if (readCookie(ID) !== id) local.write(ID, { id, until: Date.now() + THIRTEEN_MONTHS_SECONDS * 1000 });
}

export function anonymousId() {
  const stored = mayTrack() && storedId();
  anonymous = stored || anonymous || uuid();
  if (mayTrack() && !stored) storeId(anonymous);
  return anonymous;
}

// Other tabs write here too, so what is stored is newer than what is remembered.
export function whoIsIt() {
  if (mayTrack()) person = local.read(PERSON) || person;
  return person;
}

function remember(next) {
  person = next;
  if (mayTrack()) local.write(PERSON, person);
}

// Someone else signed in on this device: a new anonymous id keeps the two people apart.
export function signIn(userId, traits) {
  const known = whoIsIt();
  const isSomeoneElse = userId && known.userId && known.userId !== userId;
  if (isSomeoneElse) signOut();
  const kept = isSomeoneElse ? {} : known;
  remember(Object.assign({}, kept, {
    userId: userId || kept.userId,
    traits: Object.assign({}, kept.traits, traits),
  }));
}

export function joinGroup(groupId) {
  remember(Object.assign({}, whoIsIt(), { groupId }));
}

// The empty person is written, not removed, so that other tabs see that someone left.
export function signOut() {
  forgetId();
  remember({});
}

function forgetId() {
  anonymous = undefined;
  writeCookie(ID, "", 0);
  local.remove(ID);
}

// The id becomes durable with consent. Answers how to correct the events that waited: when another tab
// was first to get consent, its id replaces the one held in memory here.
export function keepId() {
  const temporary = anonymous;
  const lasting = anonymousId();
  return (event) => {
    if (event.anonymousId === temporary) event.anonymousId = lasting;
  };
}

// And so does what was said on this page.
export function keepPerson() {
  remember(Object.assign({}, local.read(PERSON), person));
}

export function forgetEverything() {
  forgetId();
  person = {};
  for (const store of [local, session]) store.keys().forEach(store.remove);
}
