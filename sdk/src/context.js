// Where and how an event happened: the page, the campaign that brought the visitor, the device.
import { mayTrack, purposes } from "./choice.js";
import { settings } from "./settings.js";
import { PREFIX, session } from "./storage.js";

const TOUCHES = PREFIX + "touches";
const CLICK_IDS =
  "gclid gbraid wbraid dclid fbclid msclkid ttclid twclid li_fat_id epik rdt_cid ScCid yclid irclickid awc".split(" ");
const EMAIL = /[^\s@/]+(@|%40)[^\s@/]+\.[^\s@/]+/i;

// An address without what must not be recorded: e-mail addresses, credentials, and fragments,
// which carry tokens more often than pages; routes of the form #/… and #!… are pages.
export function cleanUrl(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  for (const [name, value] of Array.from(url.searchParams)) {
    if (EMAIL.test(name) || EMAIL.test(value)) url.searchParams.delete(name);
  }
  url.pathname = url.pathname.split("/").map((part) => (EMAIL.test(part) ? "redacted" : part)).join("/");
  url.username = url.password = "";
  if (!/^#[/!]/.test(url.hash) || EMAIL.test(url.hash)) url.hash = "";
  return url;
}

export const currentUrl = () => cleanUrl(location.href);

const arrivedFrom = cleanUrl(document.referrer);
let referrer = arrivedFrom ? arrivedFrom.href : "";

// Inside a single-page shop the page before is the referrer.
export function setReferrer(address) {
  referrer = address;
}

export function pageFacts() {
  const url = currentUrl();
  return {
    url: url.href,
    path: url.pathname,
    search: url.search,
    title: document.title,
    referrer,
  };
}

function touchOf(url) {
  const campaign = {};
  const clickIds = {};
  url.searchParams.forEach((value, name) => {
    if (name.startsWith("utm_")) campaign[name === "utm_campaign" ? "name" : name.slice(4)] = value;
    if (CLICK_IDS.includes(name)) clickIds[name] = value;
  });
  const touch = {};
  if (Object.keys(campaign).length) touch.campaign = campaign;
  if (Object.keys(clickIds).length) touch.click_ids = clickIds;
  return Object.keys(touch).length ? touch : null;
}

let touches = {};

// The first and the last campaign of the session.
function currentTouches() {
  if (mayTrack()) touches = session.read(TOUCHES) || touches;
  const touch = touchOf(currentUrl());
  if (touch) touches = { first: touches.first || touch, last: touch };
  if (mayTrack() && touches.last) session.write(TOUCHES, touches);
  return touches;
}

export function forgetTouches() {
  touches = {};
  session.remove(TOUCHES);
}

export function context() {
  const { first, last } = currentTouches();
  const known = {
    library: { name: "entente.js", version: settings.version },
    page: pageFacts(),
    locale: navigator.language,
    userAgent: navigator.userAgent,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
  };
  if (first) known.first_touch = first;
  if (purposes()) known.consent = { categoryPreferences: purposes() };
  return Object.assign(known, last);
}
