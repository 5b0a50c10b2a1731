// The browser SDK: the global `entente` with the calls of the Segment specification, and consent.
import { choiceFrom, choose, followOtherTabs, isDecided, isNews, mayTrack, publishChoice, purposes } from "./choice.js";
import { context, currentUrl, forgetTouches, pageFacts, setReferrer } from "./context.js";
import { guard, uuid, warn } from "./guard.js";
import { onNavigation, settlePage } from "./navigation.js";
import { anonymousId, forgetEverything, joinGroup, keepId, keepPerson, signIn, signOut, whoIsIt } from "./person.js";
import { checkBeforeSending, discard, enqueue, hurry, leave, release } from "./queue.js";
import { settings } from "./settings.js";

// Copied at once, because the shop may go on changing the objects that it passed.
function build(type, fields, options) {
  const { userId, groupId } = whoIsIt();
  const event = { type, messageId: uuid(), timestamp: new Date(), anonymousId: anonymousId(), userId };
  Object.assign(event, fields, options);
  event.context = Object.assign(context(), { groupId }, event.context);
  return JSON.parse(JSON.stringify(event));
}

function send(type, fields, options) {
  obeyOtherTabs();
  if (!isDecided() || mayTrack()) enqueue(build(type, fields, options));
}

function track(event, properties, options) {
  if (!event) return warn("track needs the name of an event");
  send("track", { event: String(event), properties: properties || {} }, options);
}

function identify(...given) {
  const userId = given[0] && typeof given[0] === "object" ? undefined : given.shift();
  signIn(userId ? String(userId) : undefined, given[0]);
  send("identify", { traits: whoIsIt().traits }, given[1]);
}

let shown;

// page([[category], name], [properties], [options])
function page(...given) {
  const words = [];
  while (typeof given[0] === "string") words.push(given.shift());
  const name = words.pop();
  const category = words.pop();
  const url = currentUrl();
  send("page", { name, category, properties: Object.assign({ name, category }, pageFacts(), given[0]) }, given[1]);
  shown = url.href;
}

function pageIfNew() {
  const url = currentUrl();
  if (shown === url.href) return;
  if (shown) setReferrer(shown);
  page();
}

function group(groupId, traits, options) {
  joinGroup(String(groupId));
  send("group", { groupId: String(groupId), traits: traits || {} }, options);
}

function alias(userId, previousId, options) {
  const previous = previousId || whoIsIt().userId || anonymousId();
  send("alias", { userId: String(userId), previousId: String(previous) }, options);
}

function reset() {
  signOut();
  forgetTouches();
}

// The record is built while the visitor is still known, or a withdrawal could not be told from anybody's.
function consent(given, details) {
  obeyOtherTabs();
  const next = choiceFrom(given || {});
  if (!given || !isNews(next)) return purposes();
  const said = { purposes: next, version: settings.consentVersion, language: settings.language, method: "api" };
  const fields = { event: "Consent Updated", properties: Object.assign(said, details) };
  const record = build("track", fields, { context: { consent: { categoryPreferences: next } } });
  const wasTracked = mayTrack();
  choose(next);
  // In this order: a tab that reads a yes must find the id, or it would make its own.
  const correct = keepId();
  publishChoice();
  applyChoice(correct, wasTracked || mayTrack() ? record : undefined);
  return next;
}

// `record` is the event that tells the server. A visitor who refuses at once was never known, and leaves none.
function applyChoice(correct, record) {
  if (!mayTrack()) {
    forgetEverything();
    forgetTouches();
    return discard(record);
  }
  keepPerson();
  release((event) => {
    correct(event);
    event.context.consent = { categoryPreferences: purposes() };
  }, record);
}

function obeyOtherTabs() {
  if (followOtherTabs()) applyChoice(keepId());
}

let isBannerAsked = false;

// The banner replaces `open` by its own once it is here.
function openBanner() {
  if (isBannerAsked) return;
  isBannerAsked = true;
  const banner = document.createElement("script");
  for (const name of ["language", "privacyUrl", "consentVersion"]) {
    if (settings[name]) banner.dataset[name] = settings[name];
  }
  banner.nonce = settings.nonce;
  banner.src = settings.folder + "sdk-banner.js";
  banner.onerror = () => (isBannerAsked = false);
  document.head.append(banner);
}

function install() {
  const waiting = Array.isArray(window.entente) ? window.entente : [];
  const calls = { track, identify, page, group, alias, reset, consent, open: openBanner };
  const isReady = settings.writeKey && settings.api;
  if (!isReady) warn("the script tag needs data-key");
  for (const name of Object.keys(calls)) calls[name] = isReady ? guard(calls[name]) : () => {};
  calls.consent.open = calls.open;
  delete calls.open;
  window.entente = calls;
  return isReady && waiting;
}

function listen() {
  const onLeave = guard(() => {
    settlePage();
    leave();
  });
  addEventListener("pagehide", onLeave);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && onLeave());
  document.addEventListener("prerenderingchange", guard(() => mayTrack() && applyChoice(keepId())));
  addEventListener("online", guard(hurry));
  checkBeforeSending(obeyOtherTabs);
  // A choice made in another tab touches local storage, and so empties what waits here for its next attempt.
  addEventListener("storage", guard(obeyOtherTabs));
}

function start() {
  const isRunning = window.entente && !Array.isArray(window.entente) && window.entente.track;
  const waiting = !isRunning && install();
  if (!waiting) return;
  listen();
  if (mayTrack()) applyChoice(keepId());
  for (const [name, ...given] of waiting) (window.entente[name] || window.entente.consent[name])(...given);
  if (settings.hasAutomaticPages) {
    onNavigation(pageIfNew);
    // A page that comes back out of the browser's memory is seen once more.
    addEventListener("pageshow", guard((event) => event.persisted && page()));
  }
  if (settings.hasBanner && !isDecided()) openBanner();
}

guard(start)();
