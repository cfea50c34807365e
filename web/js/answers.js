// What the loaded models can do, and answers about pictures as they are written.

import { api } from "./api.js";
import { el } from "./dom.js";
import { attempt } from "./notice.js";
import { data_uri } from "./picture.js";
import { t } from "./strings.js";

let models = [];

/** Asks which models are loaded; throws ApiError. */
export async function load_models() {
  models = (await api.models()).data ?? [];
  return models;
}

/** The loaded models that have a capability: text, picture, classify, caption, ask, ... */
export const models_that = (capability) => models.filter((m) => (m.capabilities ?? []).includes(capability));
export const can = (capability) => models_that(capability).length > 0;

/**
 * Writes what a model says of a picture into `node`, word by word: its caption when `question` is empty, else the answer.
 * `picture` returns a promise of the picture's bytes.
 */
export async function write_answer(node, question, picture, signal) {
  const model = models_that(question ? "ask" : "caption")[0];
  node.textContent = "";
  node.classList.add("writing");
  const done = await attempt(async () => {
    const content = [{ type: "image_url", image_url: { url: await data_uri(await picture()) } }];
    if (question) content.push({ type: "text", text: question });
    node.textContent = "";
    for await (const words of api.chat({ model: model?.id, messages: [{ role: "user", content }] }, signal)) node.append(words);
    return true;
  }, { signal, again: () => write_answer(node, question, picture, signal) });
  node.classList.remove("writing");
  if (done && node.textContent.trim() === "") node.append(el("span", { class: "soft" }, t("no_words")));
}
