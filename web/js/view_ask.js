// A picture's caption, and answers to questions about it.

import { can, models_that, write_answer } from "./answers.js";
import { el } from "./dom.js";
import { show_problem } from "./notice.js";
import { picture_slot, receive_pictures } from "./picture.js";
import { t } from "./strings.js";

function nobody_answers() {
  receive_pictures(null);
  return el("div", { class: "card empty" }, el("h2", {}, t("no_captioner")), el("p", {}, t("no_captioner_detail")),
    el("pre", {}, "sensorium serve --model blip=BLIP_FOLDER"));
}

export function ask_view() {
  if (!can("caption") && !can("ask")) return nobody_answers();
  const answer = el("p", { class: "answer", id: "answer", "aria-live": "polite" });
  const asked = el("p", { class: "soft" });
  const question = el("input", { type: "text", id: "question", "aria-label": t("question"), placeholder: t("question_hint"), autocomplete: "off" });
  let stop = new AbortController();
  const slot = picture_slot(() => {
    stop.abort();
    asked.textContent = answer.textContent = "";
  });
  const ask = (text) => {
    if (!slot.file) return show_problem(t("picture_first"));
    stop.abort();
    stop = new AbortController();
    asked.textContent = text;
    return write_answer(answer, text, async () => slot.file, stop.signal);
  };
  const names = [...new Set([...models_that("caption"), ...models_that("ask")].map((m) => m.id))];
  return el("div", {}, el("h1", {}, t("tab_ask")), el("p", { class: "soft" }, t("ask_intro", { models: names.join(", ") })),
    el("div", { class: "split" }, slot.node, el("div", {},
      el("div", { class: "card" },
        can("caption") ? el("p", {}, el("button", { type: "button", id: "describe", class: "main", onclick: () => ask("") }, t("describe"))) : null,
        can("ask") ? el("form", { class: "ask-line", onsubmit: (event) => {
          event.preventDefault();
          if (question.value.trim()) ask(question.value.trim());
        } }, question, el("button", {}, t("ask"))) : null),
      el("div", { class: "card" }, asked, answer))));
}
