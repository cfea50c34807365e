// What is in the index: counts, adding pictures with captions, looking through the items, removing them.

import { api } from "./api.js";
import { announce, el } from "./dom.js";
import { caption_of, item_grid } from "./items.js";
import { attempt } from "./notice.js";
import { choose_button, data_uri, preview, receive_pictures } from "./picture.js";
import { number, t } from "./strings.js";

const kPage = 24;
const kShown = ["items", "vectors", "type", "storage", "width", "memory_bytes", "disk_bytes"];

function show_value(name, value) {
  if (name.endsWith("_bytes")) return `${number(value / 1048576, 1)} MiB`;
  return typeof value === "number" ? number(value) : String(value);
}

function tiles(stats) {
  return el("dl", { class: "tiles", id: "stats" }, kShown.filter((name) => stats[name] !== undefined && stats[name] !== null).map((name) =>
    el("div", {}, el("dt", {}, t(`stat_${name}`)), el("dd", { "data-stat": name }, show_value(name, stats[name])))));
}

/** Adds one picture; its name serves as its id unless an item of that name is there already. */
async function add_picture({ file, caption }) {
  const item = { picture: await data_uri(file), metadata: {} };
  if (caption.value.trim()) item.metadata.caption = caption.value.trim();
  if (file.name) item.metadata.path = file.name;
  return attempt(() => api.add([item]));
}

function adder(refresh) {
  const pending = [];
  const list = el("ul", { class: "pending" });
  const draw = () => {
    list.replaceChildren(...pending.map((entry) => entry.node));
    send.disabled = pending.length === 0;
    send.textContent = t("add_n", { n: pending.length });
  };
  const take = (files) => {
    for (const file of files) {
      const caption = el("input", { type: "text", "aria-label": t("caption_of", { name: file.name }), placeholder: t("caption_hint") });
      const entry = { file, caption };
      entry.node = el("li", {}, preview(file), caption, el("button", { type: "button", class: "quiet", "aria-label": t("take_away"),
        onclick: () => { pending.splice(pending.indexOf(entry), 1); draw(); } }, "✕"));
      pending.push(entry);
    }
    draw();
  };
  const send = el("button", { class: "main", id: "add" });
  const form = el("form", { class: "card", onsubmit: async (event) => {
    event.preventDefault();
    let added = 0;
    send.disabled = true;
    while (pending.length > 0) {
      if (!await add_picture(pending[0])) break;  // what failed stays in the list, with the message above
      pending.shift();
      ++added;
      draw();
    }
    draw();
    if (added > 0) {
      announce(t("added", { n: added }));
      refresh();
    }
  } },
  el("h2", {}, t("add_items")), el("p", { class: "soft" }, t("add_intro")),
  el("div", { class: "row" }, choose_button(t("choose_pictures"), { multiple: true }), send), list);
  receive_pictures(take);
  draw();
  return form;
}

export function items_view({ go, index }) {
  if (!index) {
    receive_pictures(null);
    return el("div", { class: "card empty" }, el("h2", {}, t("no_index")), el("p", {}, t("no_index_detail")),
      el("pre", {}, "sensorium serve --model MODEL --index FOLDER"));
  }
  const counts = el("div");
  const list = el("div", { id: "items" });
  let shown = [];

  async function page(after) {
    const answer = await attempt(() => api.items(kPage, after), { again: () => page(after) });
    if (!answer) return;
    shown = after ? [...shown, ...answer.data] : answer.data;
    draw(answer.has_more);
  }
  function draw(more) {
    const actions = { like: (item) => go("search", { like: item.id, name: caption_of(item) }), removed: refresh };
    list.replaceChildren(
      shown.length > 0 ? item_grid(shown, actions) : el("div", { class: "card empty" }, el("p", {}, t("index_empty"))),
      more ? el("p", { class: "try" }, el("button", { type: "button", onclick: () => page(shown.at(-1).id) }, t("show_more"))) : "");
  }
  async function refresh() {
    const stats = await attempt(() => api.stats(), { again: refresh });
    if (!stats) return;
    counts.replaceChildren(tiles(stats));
    await page("");
  }
  refresh();
  return el("div", {}, el("h1", {}, t("tab_items")), counts, adder(refresh), list);
}
