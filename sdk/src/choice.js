// What the visitor allowed. Without `analytics` nothing is stored or sent, whatever else is allowed.
import { settings } from "./settings.js";
import { PREFIX, readCookie, writeCookie } from "./storage.js";

const COOKIE = PREFIX + "consent";
// The French regulator (CNIL) advises to keep a choice, yes or no, for six months before asking again.
const SIX_MONTHS_SECONDS = 182 * 86400;

// null: not asked yet. The visitor's own word in the cookie is stronger than the tag's attribute.
let choice = readChoice() || (settings.isGranted ? { analytics: true } : null);

export const purposes = () => choice;
export const isDecided = () => choice !== null;
export const mayTrack = () => isDecided() && choice.analytics === true;

// The cookie holds the choice and the version of the text that was shown, and no identifier.
// A choice about another text is none.
function readChoice() {
  try {
    const stored = JSON.parse(readCookie(COOKIE));
    return stored.version === settings.consentVersion ? stored.purposes : null;
  } catch {
    return null;
  }
}

// Purposes left out keep what was said before, and are refused when nothing was.
export function choiceFrom(given) {
  const next = Object.assign({ analytics: false, marketing: false, personalisation: false }, choice);
  for (const purpose of Object.keys(given)) next[purpose] = given[purpose] === true;
  return next;
}

// A consent tool may repeat itself on every page; only a change is news.
export const isNews = (next) => JSON.stringify(next) !== JSON.stringify(choice);

export function choose(next) {
  choice = next;
}

// Other tabs see the choice from here on.
export function publishChoice() {
  writeCookie(COOKIE, JSON.stringify({ purposes: choice, version: settings.consentVersion }), SIX_MONTHS_SECONDS);
}

// Another tab may have changed the choice meanwhile. Answers whether it did.
export function followOtherTabs() {
  const stored = readChoice();
  if (!stored || !isNews(stored)) return false;
  choice = stored;
  return true;
}
