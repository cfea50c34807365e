// Starts the page: language, colours, what the server has, and which view stands at which address.

import { api, ApiError } from "./api.js";
import { load_models } from "./answers.js";
import { attempt, clear_notice } from "./notice.js";
import { watch_page } from "./picture.js";
import { language, load_language, preferred_language, t, translate } from "./strings.js";
import { search_view } from "./view_search.js";
import { ask_view } from "./view_ask.js";
import { labels_view } from "./view_labels.js";
import { items_view } from "./view_items.js";
import { models_view } from "./view_models.js";

const views = { search: search_view, ask: ask_view, labels: labels_view, items: items_view, models: models_view };
let index = null;  // the counts of the server's index, if it has one

/** "#/search?q=a+dog" -> {name: "search", state: {q: "a dog"}} */
function address() {
  const [name, query] = location.hash.replace(/^#\//, "").split("?");
  return { name: views[name] ? name : "search", state: Object.fromEntries(new URLSearchParams(query ?? "")) };
}

function go(name, state) {
  const query = new URLSearchParams(state).toString();
  const hash = `#/${name}${query ? `?${query}` : ""}`;
  if (location.hash === hash) draw();
  else location.hash = hash;
}

function draw() {
  const { name, state } = address();
  clear_notice();
  for (const tab of document.querySelectorAll("#tabs a")) {
    if (tab.hash === `#/${name}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  document.title = `${t(`tab_${name}`)} · Sensorium`;
  const main = document.getElementById("main");
  const other = name === "search" ? (next) => go("search", next) : go;
  main.replaceChildren(views[name]({ state, go: other, index }));
}

function draw_theme() {
  const kept = localStorage.getItem("theme");
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  const button = document.getElementById("theme");
  button.textContent = dark ? "☀" : "☾";
  button.setAttribute("aria-label", t(dark ? "light" : "dark"));
  button.title = t(dark ? "light" : "dark");
}

function draw_frame() {
  translate(document.body);
  const button = document.getElementById("language");
  button.textContent = language() === "en" ? "中文" : "English";
  button.lang = language() === "en" ? "zh-CN" : "en";
  draw_theme();
}

async function switch_language() {
  const next = language() === "en" ? "zh" : "en";
  const done = await attempt(async () => {
    try {
      await load_language(next);
    } catch (error) {
      throw new ApiError("away", String(error.message));
    }
    return true;
  }, { again: switch_language });
  if (!done) return;
  localStorage.setItem("language", next);
  draw_frame();
  draw();
}

function switch_theme() {
  localStorage.setItem("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  draw_theme();
}

/** Whether there is an index; other failures are told. */
async function ask_server() {
  return attempt(async () => {
    await load_models();
    try {
      index = await api.stats();
    } catch (error) {
      if (error.kind !== "missing") throw error;
      index = null;
    }
    return true;
  }, { again: start });
}

async function start() {
  if (await ask_server()) draw();
}

function keys(event) {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
  const field = document.getElementById("q") ?? document.getElementById("question");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

await load_language(preferred_language());
draw_frame();
watch_page();
document.getElementById("language").addEventListener("click", switch_language);
document.getElementById("theme").addEventListener("click", switch_theme);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw_theme);
addEventListener("hashchange", () => {
  draw();
  document.getElementById("main").focus();
});
document.addEventListener("keydown", keys);
await start();
