// Which of these labels suits a picture: zero-shot classification, or an image classifier's own classes.

import { api } from "./api.js";
import { models_that } from "./answers.js";
import { announce, el } from "./dom.js";
import { attempt, show_problem } from "./notice.js";
import { data_uri, picture_slot, receive_pictures } from "./picture.js";
import { percent, t } from "./strings.js";

function bars(results) {
  return el("div", { class: "bars" }, results.map(({ label, probability }) =>
    el("div", { class: "bar" }, el("span", {}, label), el("output", {}, percent(probability, 1)),
      el("meter", { min: "0", max: "1", value: String(probability), "aria-label": label }))));
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

export function labels_view() {
  const choices = models_that("classify");
  if (choices.length === 0) {
    receive_pictures(null);
    return el("div", { class: "card empty" }, el("h2", {}, t("no_classifier")), el("p", {}, t("no_classifier_detail")));
  }
  const model = el("select", { id: "model", onchange: () => { draw_form(); run(); } }, choices.map((m) => el("option", { value: m.id }, m.id)));
  const knows_words = () => choices[model.selectedIndex].capabilities.includes("text");  // else it has classes of its own
  const labels = el("textarea", { id: "labels", rows: "6", spellcheck: "false" });
  labels.value = localStorage.getItem("labels") ?? t("label_examples").split("|").join("\n");
  const template = el("input", { type: "text", id: "template" });
  template.value = localStorage.getItem("template") ?? "a photo of a {}";
  const results = el("div", { id: "label-results", "aria-live": "polite" }, el("p", { class: "soft" }, t("labels_hint")));
  let stop = new AbortController();

  async function run() {
    if (!slot.file) return show_problem(t("picture_first"));
    const request = { model: model.value, input: [await data_uri(slot.file)] };
    if (knows_words()) {
      request.labels = lines(labels.value);
      if (request.labels.length < 2) return show_problem(t("two_labels"));
      if (template.value.trim()) request.templates = [template.value.trim()];
    }
    localStorage.setItem("labels", labels.value);
    localStorage.setItem("template", template.value);
    stop.abort();
    stop = new AbortController();
    const answer = await attempt(() => api.classify(request, stop.signal), { signal: stop.signal, again: run });
    if (!answer) return undefined;
    const found = answer.data[0].results;
    results.replaceChildren(bars(found));
    announce(found.slice(0, 1).map((r) => `${r.label}: ${percent(r.probability, 1)}`).join());
    return undefined;
  }

  const slot = picture_slot((file) => {
    if (file) run();
    else results.replaceChildren(el("p", { class: "soft" }, t("labels_hint")));
  });
  const words = el("div", {}, el("label", { for: "labels" }, t("labels_one_a_line"), labels), el("label", { for: "template" }, t("template"), template));
  const draw_form = () => { words.hidden = !knows_words(); };
  draw_form();
  return el("div", {}, el("h1", {}, t("tab_labels")), el("p", { class: "soft" }, t("labels_intro")),
    el("div", { class: "split" },
      el("div", {}, slot.node),
      el("div", {},
        el("form", { class: "card", onsubmit: (event) => { event.preventDefault(); run(); } },
          choices.length > 1 ? el("label", { for: "model" }, t("model"), model) : null, words, el("p", {}), el("button", { class: "main" }, t("compare"))),
        el("div", { class: "card" }, results))));
}
