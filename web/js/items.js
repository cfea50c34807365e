// Items of the index on screen: the grid of cards, and the dialog of one item.

import { api } from "./api.js";
import { announce, el } from "./dom.js";
import { attempt, clear_notice, move_notice } from "./notice.js";
import { percent, number, t } from "./strings.js";
import { can, write_answer } from "./answers.js";

export const caption_of = (item) => item.metadata?.caption ?? item.metadata?.title ?? item.metadata?.path ?? item.id;

function picture_of(item) {
  const words = () => el("span", { class: "words" }, caption_of(item));
  const image = el("img", { alt: caption_of(item), loading: "lazy", onerror: () => image.replaceWith(words()) });
  api.picture_address(item.id).then((address) => { image.src = address; }, () => image.replaceWith(words()));
  return image;
}

function figures(item) {
  if (item.score === undefined) return null;
  const probability = item.probability ?? null;
  return el("div", { class: "figures" },
    probability === null ? el("span") : el("b", { class: probability < 0.5 ? "low" : null, title: t("probability_hint") }, percent(probability)),
    el("span", { title: t("score_hint") }, number(item.score, 3)));
}

/** Removes an item after asking; calls `done` when it is gone. */
export async function remove_item(item, done) {
  if (!window.confirm(t("confirm_remove", { name: caption_of(item) }))) return;
  const removed = await attempt(() => api.remove(item.id));
  if (!removed) return;
  announce(t("removed", { name: caption_of(item) }));
  done();
}

function metadata_list(item) {
  const entries = Object.entries(item.metadata ?? {});
  return el("dl", { class: "facts" },
    el("dt", {}, t("id")), el("dd", {}, item.id),
    entries.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, typeof value === "string" ? value : JSON.stringify(value))]));
}

/** Opens the dialog of one item. */
export function open_item(item, { like, removed }) {
  const answer = el("p", { class: "answer", hidden: true, "aria-live": "polite" });
  const question = el("input", { type: "text", "aria-label": t("question"), placeholder: t("question_hint") });
  const stop = new AbortController();
  const ask = async (text) => {
    answer.hidden = false;
    await write_answer(answer, text, () => api.picture_blob(item.id), stop.signal);
  };
  const dialog = el("dialog", { "aria-label": caption_of(item), onclose: () => { stop.abort(); clear_notice(); move_notice(); dialog.remove(); },
    onclick: (event) => { if (event.target === dialog) dialog.close(); } },
    el("div", { class: "large" }, picture_of(item)),
    el("button", { type: "button", class: "close", onclick: () => dialog.close(), "aria-label": t("close") }, "✕"),
    el("div", { class: "body" },
      el("h1", {}, caption_of(item)), figures(item), metadata_list(item), answer,
      can("ask") ? el("form", { class: "ask-line", onsubmit: (event) => { event.preventDefault(); if (question.value.trim()) ask(question.value.trim()); } },
        question, el("button", {}, t("ask"))) : null,
      el("div", { class: "row" },
        el("button", { type: "button", class: "main", onclick: () => { dialog.close(); like(item); } }, t("more_like_this")),
        can("caption") ? el("button", { type: "button", onclick: () => ask("") }, t("describe")) : null,
        el("button", { type: "button", class: "danger", onclick: () => remove_item(item, () => { dialog.close(); removed(item); }) }, t("remove")))));
  document.body.append(dialog);
  dialog.showModal();
}

function card(item, actions) {
  const node = el("li", { class: "hit", "data-id": item.id },
    el("button", { type: "button", class: "open", "aria-label": t("open_item", { name: caption_of(item) }), onclick: () => open_item(item, actions) },
      picture_of(item)),
    el("p", { title: caption_of(item) }, caption_of(item)), figures(item),
    el("div", { class: "actions" },
      el("button", { type: "button", onclick: () => actions.like(item), title: t("more_like_this") }, t("similar")),
      el("button", { type: "button", class: "danger", onclick: () => remove_item(item, () => actions.removed(item)) }, t("remove"))));
  return node;
}

/** Left, right, up and down walk over the cards. */
function walk(event, grid) {
  const cards = [...grid.querySelectorAll(".open")];
  const at = cards.indexOf(document.activeElement);
  if (at < 0) return;
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: cards.length - 1 - at }[event.key];
  if (step === undefined || !cards[at + step]) return;
  event.preventDefault();
  cards[at + step].focus();
}

/** A grid of items. `actions.like(item)` and `actions.removed(item)` say what follows. */
export function item_grid(items, actions) {
  const grid = el("ul", { class: "hits", onkeydown: (event) => walk(event, grid) }, items.map((item) => card(item, actions)));
  return grid;
}
