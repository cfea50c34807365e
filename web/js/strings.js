// What the page says, in English or Chinese. The sentences lie in /strings/LANGUAGE.json; both files have the same keys.

const languages = ["en", "zh"];
let table = {};
let current = "en";

/** The remembered language, else the browser's. */
export function preferred_language() {
  const kept = localStorage.getItem("language");
  if (languages.includes(kept)) return kept;
  return navigator.languages.some((l) => l.toLowerCase().startsWith("zh")) &&
    !navigator.languages[0].toLowerCase().startsWith("en") ? "zh" : "en";
}

export async function load_language(name) {
  const answer = await fetch(`/strings/${name}.json`);
  if (!answer.ok) throw new Error(`/strings/${name}.json: ${answer.status}`);
  table = await answer.json();
  current = name;
  document.documentElement.lang = name === "zh" ? "zh-CN" : "en";
}

export function language() {
  return current;
}

/** The sentence of a key, with {name} replaced by values. */
export function t(key, values = {}) {
  const text = table[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const number = (value, digits = 0, least = digits) =>
  new Intl.NumberFormat(current === "zh" ? "zh-CN" : "en", { maximumFractionDigits: digits, minimumFractionDigits: least }).format(value);

export const percent = (value, digits = 0) => number(100 * value, digits) + " %";

/** Fills every element that names its text: data-text, or data-label for the label alone. */
export function translate(root) {
  for (const node of root.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
}
