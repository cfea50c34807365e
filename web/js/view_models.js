// The loaded models: what they are, their card, and how good they were when they were evaluated.

import { api } from "./api.js";
import { load_models } from "./answers.js";
import { el } from "./dom.js";
import { markdown } from "./markdown.js";
import { attempt } from "./notice.js";
import { receive_pictures } from "./picture.js";
import { number, t } from "./strings.js";

const kHidden = ["id", "object", "created", "owned_by", "card", "evaluation", "capabilities"];

function say(value) {
  if (Array.isArray(value)) return value.map(say).join(", ");
  if (typeof value === "number") return number(value, 4, 0);
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
}

function facts(model) {
  const entries = Object.entries(model).filter(([name, value]) => !kHidden.includes(name) && value !== null);
  const abilities = (model.capabilities ?? []).map((c) => t(`can_${c}`)).join(", ");
  return el("dl", { class: "facts" }, el("dt", {}, t("abilities")), el("dd", {}, abilities),
    entries.flatMap(([name, value]) => [el("dt", {}, name.replaceAll("_", " ")), el("dd", {}, say(value))]));
}

/** {a: {b: 1}} -> [["a · b", 1]]: every figure of an evaluation with its way there. */
function figures(value, way = []) {
  if (value === null || typeof value !== "object") return [[way.join(" · "), value]];
  return Object.entries(value).flatMap(([name, inner]) => figures(inner, [...way, name.replaceAll("_", " ")]));
}

function evaluation(result) {
  const rows = figures(result).filter(([, value]) => value !== null);
  return el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, rows.map(([name, value]) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: typeof value === "number" ? "number" : null }, say(value)))))));
}

function panel(model) {
  return el("section", { class: "card", "aria-label": model.id },
    el("h1", {}, model.id), facts(model),
    el("h2", {}, t("evaluation")), model.evaluation ? evaluation(model.evaluation) : el("p", { class: "soft" }, t("no_evaluation")),
    el("h2", {}, t("model_card")), model.card ? el("div", { class: "document" }, markdown(model.card)) : el("p", { class: "soft" }, t("no_card")));
}

export function models_view() {
  receive_pictures(null);
  const place = el("div");
  const run = async () => {
    const full = await attempt(async () => Promise.all((await load_models()).map((m) => api.model(m.id))), { again: run });
    if (full) place.replaceChildren(...(full.length > 0 ? full.map(panel) : [el("p", {}, t("no_models"))]));
  };
  run();
  return el("div", {}, el("h1", { class: "unseen" }, t("tab_models")), place);
}
