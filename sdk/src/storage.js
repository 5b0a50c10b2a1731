// Cookies and web storage behind one face that never throws: a browser may refuse any of them.
import { settings } from "./settings.js";

export const PREFIX = "entente_";

export function readCookie(name) {
  try {
    const found = document.cookie.split("; ").find((pair) => pair.startsWith(name + "="));
    return found && decodeURIComponent(found.slice(name.length + 1));
  } catch {
    return undefined;
  }
}

// A lifetime of zero seconds deletes.
export function writeCookie(name, value, lifetimeSeconds) {
  try {
    document.cookie =
      name + "=" + encodeURIComponent(value) + "; Path=/; SameSite=Lax; Max-Age=" + lifetimeSeconds +
      (settings.cookieDomain ? "; Domain=" + settings.cookieDomain : "") +
      (location.protocol === "https:" ? "; Secure" : "");
  } catch {
    // A sandboxed frame has no cookies; web storage or memory serves instead.
  }
}

// Even naming window.localStorage throws where a browser blocks it, hence the name and not the object.
function area(name) {
  const attempt = (action) => {
    try {
      return action(window[name]);
    } catch {
      return undefined;
    }
  };
  return {
    read: (key) => attempt((store) => JSON.parse(store.getItem(key))) || undefined,
    write: (key, value) => attempt((store) => store.setItem(key, JSON.stringify(value))),
    remove: (key) => attempt((store) => store.removeItem(key)),
    keys: () => (attempt((store) => Object.keys(store)) || []).filter((key) => key.startsWith(PREFIX)),
  };
}

export const local = area("localStorage");
export const session = area("sessionStorage");
