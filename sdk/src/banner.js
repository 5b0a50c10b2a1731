// The consent banner: asks once, accept and refuse with equal weight, and can be opened again.
// Loaded by sdk.js only where the shop asks for it (`data-banner`); lives in a shadow root, so that
// neither the shop's styles nor ours reach across.
import { guard } from "./guard.js";

const TEXTS = {
  en: {
    title: "Your privacy",
    body: "With your permission we measure how this shop is used and remember what you like. You can change your mind at any time.",
    more: "Privacy policy",
    refuse: "Refuse all",
    accept: "Accept all",
    choose: "Choose",
    save: "Save my choices",
    analytics: "Measure visits and remember them",
    marketing: "Offers and messages that suit me",
    personalisation: "A shop adapted to my tastes",
  },
  fr: {
    title: "Votre vie privée",
    body: "Avec votre accord, nous mesurons l’usage de cette boutique et retenons ce qui vous plaît. Vous pouvez changer d’avis à tout moment.",
    more: "Politique de confidentialité",
    refuse: "Tout refuser",
    accept: "Tout accepter",
    choose: "Choisir",
    save: "Enregistrer mes choix",
    analytics: "Mesurer mes visites et s’en souvenir",
    marketing: "Des offres et messages qui me conviennent",
    personalisation: "Une boutique adaptée à mes goûts",
  },
};
const PURPOSES = ["analytics", "marketing", "personalisation"];
// Colours come from the page's own scheme; both buttons share one rule, so neither can outweigh the other.
const STYLE = `
:host{all:initial}
section{position:fixed;inset:auto 0 0;z-index:2147483647;box-sizing:border-box;max-width:44rem;max-height:100vh;overflow:auto;margin:0 auto;padding:20px;
background:Canvas;color:CanvasText;border:1px solid GrayText;border-radius:8px 8px 0 0;font:15px/1.5 system-ui,sans-serif}
h2{margin:0 0 4px;font-size:17px}
p{margin:0 0 12px}
a{color:LinkText}
fieldset{border:0;margin:0;padding:0}
label{display:flex;gap:8px;align-items:center;min-height:32px}
input{flex:none;width:18px;height:18px;margin:0}
div{display:flex;flex-wrap:wrap;gap:8px;margin-top:12px}
button{flex:1 1 9rem;min-height:44px;padding:8px 16px;font:inherit;font-weight:600;cursor:pointer;background:CanvasText;color:Canvas;border:2px solid CanvasText;border-radius:8px}
:focus-visible{outline:3px solid Highlight;outline-offset:2px}
[hidden]{display:none}`;

const settings = document.currentScript.dataset;
const language = /^fr/i.test(settings.language) ? "fr" : "en";
const text = TEXTS[language];
const version = settings.consentVersion || "banner-1";

let host;

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function close() {
  host.remove();
  host = undefined;
}

function decide(isAllowed) {
  const purposes = {};
  for (const purpose of PURPOSES) purposes[purpose] = isAllowed(purpose);
  window.entente.consent(purposes, { method: "banner", language, version });
  close();
}

function button(label, action) {
  return element("button", { type: "button", textContent: label, onclick: guard(action) });
}

function purposeBoxes() {
  const current = window.entente.consent() || {};
  return PURPOSES.map((purpose) => element("input", { type: "checkbox", name: purpose, checked: current[purpose] === true }));
}

function content() {
  const boxes = purposeBoxes();
  const labels = boxes.map((box) => element("label", {}, box, text[box.name]));
  const details = element("fieldset", { hidden: true, ariaLabel: text.choose }, ...labels);
  const body = element("p", {}, text.body);
  if (settings.privacyUrl) body.append(" ", element("a", { href: settings.privacyUrl, textContent: text.more }));
  const choose = button(text.choose, () => {
    if (!details.hidden) return decide((purpose) => boxes.find((box) => box.name === purpose).checked);
    details.hidden = false;
    choose.textContent = text.save;
    boxes[0].focus();
  });
  return [
    element("h2", { id: "title", tabIndex: -1, textContent: text.title }),
    body,
    details,
    element("div", {}, button(text.refuse, () => decide(() => false)), button(text.accept, () => decide(() => true)), choose),
  ];
}

// First in the page, so that the keyboard and screen readers meet it first; focus is not taken from the visitor.
function show() {
  if (host) return;
  host = element("entente-consent", { lang: language });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const panel = element("section", {}, ...content());
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-labelledby", "title");
  // Leaving without an answer is no answer: nothing is stored, and the next page asks again.
  panel.addEventListener("keydown", (event) => event.key === "Escape" && close());
  root.append(panel);
  document.body.prepend(host);
}

// Opened on purpose, by a link in the shop's footer: here the focus goes to the banner.
function open() {
  show();
  host.shadowRoot.querySelector("h2").focus();
}

guard(() => {
  window.entente.consent.open = guard(open);
  if (document.body) show();
  else addEventListener("DOMContentLoaded", guard(show), { once: true });
})();
