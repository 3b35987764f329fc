// Draws the charts, and lets the reader sort, filter and look closer. Without it all is there, too.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
document.documentElement.classList.add("scripted");

// Charts. Each is drawn when it is seen for the first time.
const source = one("#charts");
const { config, specs, names, looks, drawings } = source ? JSON.parse(source.textContent) : { drawings: {} };
const views = new Map();
const common = { lit: "", shown: null, picked: "" };
const tip = one("#tip");

// Vega-Lite warns of every chart that is as high as its rows and as wide as the page.
const mute = function () { return this; };
const logger = { level: mute, warn: mute, info: mute, debug: mute, error(...said) { console.error(...said); return this; } };

// Vega places names where they overlap nothing, or leaves them out; Vega-Lite has no word for that.
const label = (spec) => {
  const points = spec.marks.find(({ name }) => name === "points_marks");
  if (!points) return spec;
  const names = {
    type: "text",
    aria: false,
    from: { data: points.name },
    encode: {
      enter: {
        text: { field: "datum.label" },
        font: { value: config.font },
        fill: { value: "var(--text)" },
        limit: { value: 150 },
      },
    },
    transform: [{
      type: "label",
      size: { signal: "[width, height]" },
      anchor: ["top", "bottom", "right", "left", "top-right", "bottom-right", "top-left", "bottom-left"],
      offset: [4],
    }],
  };
  return { ...spec, marks: [...spec.marks, names] };
};

const draw = (figure) => {
  const drawing = drawings[figure.id];
  if (!drawing || views.has(figure)) return;
  const { references = [] } = drawing;
  const own = drawings[drawing.rows[0]]?.rows ?? drawing.rows; // some are those of another
  const rows = own.map((row) => ({ ...looks[row.id], ...row }));
  const spec = specs[drawing.spec];
  const given = { ...common, names, ...drawing.params };
  const free = (spec.params ?? []).filter(({ name }) => !(name in given));
  const params = Object.entries(given).map(([name, value]) => ({ name, value }));
  const full = { ...spec, params: [...free, ...params], data: { name: "rows" }, datasets: { rows, references } };
  const runtime = vega.parse(label(vega.compile(full, { config, logger }).spec), {}, { ast: true });
  const view = new vega.View(runtime, {
    container: one("div", figure),
    expr: vega.expressionInterpreter,
    renderer: "svg",
    tooltip: () => {},
  });
  views.set(figure, view);
  view.addEventListener("mouseover", (event, item) => say(event, item?.datum));
  view.addEventListener("mouseout", () => say(null, null));
  view.runAsync();
};

const say = (event, datum) => {
  light(datum?.id ?? "");
  tip.hidden = !datum?.said;
  if (tip.hidden) return;
  tip.textContent = datum.said;
  const left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(left, 8)}px`;
  tip.style.top = `${event.clientY + 16}px`;
};

const tell = (signal, value) => {
  common[signal] = value;
  for (const view of views.values()) view.signal(signal, value).runAsync();
};

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    draw(target);
  }
}, { rootMargin: "400px" });
all("figure.chart").forEach((figure) => seen.observe(figure));
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("whole");
  all("figure.chart").forEach(draw);
});

for (const select of all("select[data-param]")) {
  const { chart, param } = select.dataset;
  if (!chart) common[param] = select.value; // one that all charts follow
  select.addEventListener("change", () => {
    if (!chart) return tell(param, select.value);
    drawings[chart].params[param] = select.value; // also of a chart that nobody has seen yet
    views.get(one(`#${chart}`))?.signal(param, select.value).runAsync();
  });
}

// A candidate that is pointed at is lit up everywhere.
const places = new Map();
for (const place of all("[data-candidate]")) {
  const id = place.dataset.candidate;
  places.set(id, [...(places.get(id) ?? []), place]);
}

const light = (id) => {
  if (id === common.lit) return;
  for (const place of places.get(common.lit) ?? []) place.classList.remove("lit");
  for (const place of places.get(id) ?? []) place.classList.add("lit");
  tell("lit", id);
};

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    if (target.closest?.("figure.chart")) return;
    light(target.closest?.("tr[data-candidate]")?.dataset.candidate ?? "");
  });
}

// The filter.
const form = one("#filter");
const rows = all("table.gates tbody tr");

let later;

const filter = () => {
  const { status, language, labels, text } = form.elements;
  const wanted = text.value.trim().toLowerCase();
  const kept = rows.filter(({ dataset, textContent }) =>
    (!status.value || dataset.status === status.value) &&
    (!language.value || dataset.languages.split(" ").includes(language.value)) &&
    Number(dataset.labels) >= Number(labels.value || 0) &&
    textContent.toLowerCase().includes(wanted)).map(({ dataset }) => dataset.candidate);
  const ids = new Set(kept);
  for (const [id, found] of places) for (const place of found) place.hidden = !ids.has(id);
  one("output", form).textContent = `${kept.length} of ${rows.length} candidates`;
  // The charts follow when the tables have answered.
  clearTimeout(later);
  later = setTimeout(() => tell("shown", kept.length === rows.length ? null : kept), 30);
};

form?.addEventListener("input", filter);
form?.addEventListener("reset", () => setTimeout(filter));
form?.addEventListener("submit", (event) => event.preventDefault());

// Not every browser unfolds what a link leads into.
const unfold = () => {
  const target = document.getElementById(location.hash.slice(1));
  for (let each = target?.parentElement?.closest("details"); each; each = each.parentElement.closest("details")) {
    each.open = true;
  }
  if (target?.closest("[hidden]")) {
    form.reset();
    filter();
  }
  target?.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();

// Sorting: a click sorts up, another one down.
const orders = { ascending: 1, descending: -1 };
const { compare } = new Intl.Collator(undefined, { numeric: true });

const key = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();

const sort = (heading) => {
  const table = heading.closest("table");
  const order = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  const column = heading.cellIndex;
  const sorted = all("tbody tr", table).sort((a, b) => {
    const [left, right] = [key(a, column), key(b, column)];
    if (!left || !right) return !left - !right; // what is unknown stands last either way
    const difference = Number(left) - Number(right);
    return orders[order] * (Number.isNaN(difference) ? compare(left, right) : difference);
  });
  one("tbody", table).append(...sorted);
};

for (const button of all("th > button")) {
  button.addEventListener("click", () => sort(button.closest("th")));
}

// A cell of the matrix opens what was measured.
const dialog = one("#cell");

for (const cell of all("table.gates a.sign")) {
  cell.addEventListener("click", (event) => {
    const checks = document.getElementById(cell.hash.slice(1));
    if (!checks) return;
    event.preventDefault();
    const copy = checks.cloneNode(true);
    copy.removeAttribute("id");
    const table = one("table", dialog);
    one("tbody", table)?.remove();
    table.append(copy);
    one("h2", dialog).textContent = cell.title;
    one("a", dialog).href = cell.hash;
    dialog.showModal();
  });
}

dialog?.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("a, button")) dialog.close();
});
