// Loads a module when the first element that names it (data-module="charts") appears: for what few pages need.
const asked = new Set();

const load = (root) => {
  for (const element of root.querySelectorAll("[data-module]")) {
    const name = element.dataset.module;
    if (asked.has(name) || !/^[a-z-]+$/.test(name)) continue;
    asked.add(name);
    import(`./${name}.js`);
  }
};

load(document);
document.addEventListener("htmx:load", (event) => load(event.detail.elt.parentElement ?? document));
