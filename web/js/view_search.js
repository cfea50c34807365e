// Search by words, by a picture, by both with weights, or by an item that is already in the index.

import { api } from "./api.js";
import { can } from "./answers.js";
import { announce, el, slider } from "./dom.js";
import { item_grid, caption_of } from "./items.js";
import { attempt, show_problem } from "./notice.js";
import { choose_button, data_uri, preview, receive_pictures } from "./picture.js";
import { number, percent, t } from "./strings.js";

const kResults = 24;
let picture = null;  // kept while the page is open, so that going back finds it

function empty_index() {
  return el("div", { class: "card empty" }, el("h2", {}, t("no_index")), el("p", {}, t("no_index_detail")),
    el("pre", {}, "sensorium index create index --model MODEL\nsensorium index add index pictures/ --model MODEL\nsensorium serve --model MODEL --index index"));
}

function welcome(run) {
  const words = t("examples").split("|");
  return el("div", { class: "empty" }, el("p", {}, t("search_hint")),
    el("div", { class: "try" }, words.map((w) => el("button", { type: "button", onclick: () => run(w) }, w))));
}

/** The chip of the picture that is searched with. */
function draw_chip(place, changed) {
  place.replaceChildren(picture
    ? el("span", { class: "chip" }, preview(picture, t("chosen_picture")), el("span", {}, picture.name || t("picture")),
        el("button", { type: "button", class: "quiet", "aria-label": t("take_away"), onclick: () => { picture = null; changed(); } }, "✕"))
    : choose_button(t("add_picture")));
}

function summary(found, seconds, like) {
  const what = like ? t("like_item", { name: like }) : t("found", { n: found.length });
  return el("div", { class: "summary" }, el("span", {}, what), el("span", {}, t("took", { ms: number(1000 * seconds) })));
}

async function query_of(state, weight, minimum, count) {
  const query = { k: count };
  if (minimum > 0) query.min_probability = minimum;
  if (state.like) return { ...query, like: state.like };
  if (state.q) query.text = state.q;
  if (picture) query.picture = await data_uri(picture);
  if (state.q && picture) query.weights = { text: 1 - weight, picture: weight };
  return query;
}

/** state: {q, like} of the address; `go(state)` changes the address, which draws the view anew. */
export function search_view({ state, go, index }) {
  if (!index) {
    receive_pictures(null);
    return empty_index();
  }
  const results = el("div", { id: "results" });
  const chip = el("span", { id: "chip", class: "row" });
  const field = el("input", { type: "search", id: "q", "aria-label": t("words"), placeholder: t("search_placeholder"), value: state.q ?? "", autocomplete: "off", enterkeyhint: "search" });
  const weight = slider("weight", t("weight"), { min: 0, max: 1, step: 0.05, value: 0.5, onchange: () => run(),
    read: (v) => t("weight_value", { words: percent(1 - v), picture: percent(v) }) });
  const minimum = slider("minimum", t("least_probability"), { min: 0, max: 0.95, step: 0.05, value: 0, onchange: () => run(),
    read: (v) => (v === 0 ? t("learnt_cut_off") : percent(v)) });
  const count = slider("count", t("most_results"), { min: 6, max: 96, step: 6, value: kResults, read: (v) => number(v), onchange: () => run() });
  let stop = new AbortController();

  minimum.node.hidden = !(index.calibrations?.length > 0);
  const show_weight = () => { weight.node.hidden = !(picture && field.value.trim()); };
  const redraw_chip = () => {
    draw_chip(chip, () => { redraw_chip(); run(); });
    show_weight();
  };
  const actions = {
    like: (item) => go({ like: item.id, name: caption_of(item) }),
    removed: (item) => {
      results.querySelector(`[data-id="${CSS.escape(item.id)}"]`)?.remove();
      field.focus();
    },
  };

  async function run() {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    if (!state.q && !state.like && !picture) return results.replaceChildren(welcome((w) => go({ q: w })));
    const begun = performance.now();
    const query = await query_of(state, weight.value(), minimum.value(), count.value());
    const found = await attempt(() => api.search(query, signal), { signal, again: run });
    if (!found || signal.aborted) return undefined;
    const items = found.data;
    results.replaceChildren(summary(items, (performance.now() - begun) / 1000, state.like ? state.name ?? state.like : ""),
      items.length > 0 ? item_grid(items, actions) : el("div", { class: "card empty" }, el("h2", {}, t("nothing_found")), el("p", {}, t("nothing_found_detail"))));
    announce(t("found", { n: items.length }));
    return undefined;
  }

  const form = el("form", { role: "search", class: "card", onsubmit: (event) => {
    event.preventDefault();
    const q = field.value.trim();
    if (!q && !picture) return show_problem(t("nothing_asked"));
    if (q === (state.q ?? "") && !state.like) return run();
    return go(q ? { q } : {});
  } },
  el("div", { class: "ask-line" }, field, can("picture") ? chip : null, el("button", { class: "main" }, t("search"))),
  el("div", { class: "options" }, weight.node, minimum.node, count.node));
  field.addEventListener("input", show_weight);

  receive_pictures(can("picture") ? (files) => {
    picture = files[0];
    if (state.like) return go({});
    redraw_chip();
    return run();
  } : null);
  redraw_chip();
  run();
  return el("div", {}, el("h1", { class: "unseen" }, t("tab_search")), form, results);
}
