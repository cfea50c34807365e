// The part of Markdown that model cards use: headings, paragraphs, lists, tables, code, bold, links. Everything else stays text;
// pictures and HTML are not taken over, since cards come from outside.

import { el } from "./dom.js";

function inline(text) {
  const parts = [];
  const pattern = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;
  let at = 0;
  for (const found of text.matchAll(pattern)) {
    parts.push(text.slice(at, found.index));
    const [whole, code, bold, name, address] = found;
    if (code) parts.push(el("code", {}, code));
    else if (bold) parts.push(el("strong", {}, bold));
    else parts.push(el("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, name));
    at = found.index + whole.length;
  }
  parts.push(text.slice(at));
  return parts;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((c) => c.trim());

function table(lines) {
  const [head, , ...rows] = lines.map(cells);
  return el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, head.map((c) => el("th", { scope: "col" }, inline(c))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((c) => el("td", {}, inline(c))))))));
}

const kKinds = [
  { begins: /^#{1,6}\s/, one: true, make: ([line]) => el(line.startsWith("# ") ? "h2" : "h3", {}, inline(line.replace(/^#+\s+/, ""))) },
  { begins: /^\s*[-*]\s/, make: (lines) => el("ul", {}, lines.map((l) => el("li", {}, inline(l.replace(/^\s*[-*]\s+/, ""))))) },
  { begins: /^\s*\d+\.\s/, make: (lines) => el("ol", {}, lines.map((l) => el("li", {}, inline(l.replace(/^\s*\d+\.\s+/, ""))))) },
  { begins: /^\s*\|/, make: (lines) => (lines.length > 2 ? table(lines) : el("p", {}, lines.join(" "))) },
];

/** A fragment of elements. */
export function markdown(source) {
  const all = source.replace(/^---\n[\s\S]*?\n---\n/, "").split("\n");
  const fragment = document.createDocumentFragment();
  for (let i = 0; i < all.length;) {
    if (all[i].trim() === "") { ++i; continue; }
    if (all[i].startsWith("```")) {
      const end = all.findIndex((line, j) => j > i && line.startsWith("```"));
      const stop = end < 0 ? all.length : end;
      fragment.append(el("pre", {}, all.slice(i + 1, stop).join("\n")));
      i = stop + 1;
      continue;
    }
    const kind = kKinds.find((k) => k.begins.test(all[i]));
    const belongs = (line) => kind ? kind.begins.test(line) : line.trim() !== "" && !line.startsWith("```") && !kKinds.some((k) => k.begins.test(line));
    let end = i + 1;
    while (!kind?.one && end < all.length && belongs(all[end])) ++end;
    const lines = all.slice(i, end);
    fragment.append(kind ? kind.make(lines) : el("p", {}, inline(lines.join(" "))));
    i = end;
  }
  return fragment;
}
