// Small helpers to build elements. Text only ever enters as text nodes.

/** An element: `el("button", {class: "main", onclick: f, "aria-label": "x"}, "text", child)`. null and false children are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** Says a sentence to screen readers. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}

/** A slider with its value beside its name; `read` turns the value into words. */
export function slider(id, name, { min, max, step, value, read, onchange }) {
  const output = el("output", { for: id }, read(value));
  const input = el("input", {
    id, type: "range", min: String(min), max: String(max), step: String(step), value: String(value),
    "aria-valuetext": read(value),
    oninput: () => {
      output.textContent = read(Number(input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    },
    onchange,
  });
  return { node: el("label", { for: id }, name, output, input), value: () => Number(input.value) };
}
