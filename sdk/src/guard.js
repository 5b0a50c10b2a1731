// The promise to the shop: whatever happens in here, the page goes on.

// A developer sees the reason in the console; a visitor sees nothing.
export function warn(reason) {
  if (window.console) console.warn("entente:", reason);
}

export function guard(callback) {
  return function (...given) {
    try {
      return callback(...given);
    } catch (error) {
      warn(error);
    }
  };
}

// crypto.randomUUID exists in secure contexts only; shops without https remain.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );
}
