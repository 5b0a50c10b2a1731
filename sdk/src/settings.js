// What the page says about us: the attributes of our own script tag, read once.

const script = document.currentScript || document.querySelector("script[data-key][src*='sdk.js']");
const attributes = script ? script.dataset : {};

// The script stands beside the tracking API, so its own address says where events go,
// also behind a proxy that serves Entente under a path of the shop.
const folder = script ? new URL(".", script.src).href : "";

export const settings = {
  version: "0.1.0",
  writeKey: attributes.key,
  folder,
  api: (attributes.api || folder).replace(/\/+$/, ""),
  isGranted: attributes.consent === "granted",
  consentVersion: attributes.consentVersion,
  cookieDomain: attributes.cookieDomain,
  language: attributes.language || document.documentElement.lang || navigator.language,
  privacyUrl: attributes.privacyUrl,
  hasAutomaticPages: attributes.autoPage !== "false",
  hasBanner: attributes.banner !== undefined && attributes.banner !== "false",
  nonce: script ? script.nonce : "",
};
