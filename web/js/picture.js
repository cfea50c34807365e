// Pictures that the user gives: chosen, dropped anywhere on the page, or pasted. They are sent as they are: preparing them is the
// model's part, so that nothing is resized twice.

import { el } from "./dom.js";
import { show_problem } from "./notice.js";
import { t } from "./strings.js";

let receiver = null;

/** Who gets pictures that are dropped or pasted: a function of a list of files, or null. */
export function receive_pictures(f) {
  receiver = f;
}

const is_picture = (file) => file.type.startsWith("image/") || /\.(tiff?|bmp|webp|gif|png|jpe?g)$/i.test(file.name);

function give(files) {
  const pictures = [...files].filter(is_picture);
  if (pictures.length === 0) show_problem(t("no_picture"), [...files].map((f) => f.name).join(", "));
  else receiver?.(pictures);
}

/** Listens to drops and pastes on the whole page; called once. */
export function watch_page() {
  const veil = document.getElementById("drop");
  const has_files = (event) => receiver && [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!has_files(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    if (!has_files(event)) return;
    event.preventDefault();
    veil.hidden = true;
    give(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (!receiver || event.clipboardData.files.length === 0) return;
    event.preventDefault();
    give(event.clipboardData.files);
  });
}

/** A button that opens the system's dialog for files. */
export function choose_button(name, { multiple = false, id = "choose" } = {}) {
  const input = el("input", {
    type: "file", accept: "image/*,.tif,.tiff", multiple, class: "unseen", id, tabindex: "-1", "aria-hidden": "true",
    onchange: () => {
      if (input.files.length > 0) give(input.files);
      input.value = "";
    },
  });
  return el("span", {}, input, el("button", { type: "button", onclick: () => input.click() }, name));
}

/** A file's bytes as a data URI, which is how requests carry pictures. */
export function data_uri(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** A preview; formats that browsers cannot show are told by their name. */
export function preview(file, alt = "") {
  const address = URL.createObjectURL(file);
  const image = el("img", {
    src: address, alt,
    onload: () => URL.revokeObjectURL(address),
    onerror: () => image.replaceWith(el("span", { class: "words" }, file.name ?? t("picture"))),
  });
  return image;
}

/** A large place for one picture. `onchange` is called when it is set or taken away. */
export function picture_slot(onchange) {
  let file = null;
  const node = el("div", { class: "slot" });
  const draw = () => {
    node.classList.toggle("full", file !== null);
    node.replaceChildren(el("div", {},
      file ? preview(file, t("chosen_picture")) : el("p", { class: "soft" }, t("slot_hint")),
      el("div", { class: "row" },
        choose_button(file ? t("other_picture") : t("choose_picture")),
        file ? el("button", { type: "button", onclick: () => slot.set(null) }, t("take_away")) : null)));
  };
  const slot = {
    node,
    get file() { return file; },
    set(value) {
      file = value;
      draw();
      onchange?.(file);
    },
  };
  receive_pictures((files) => slot.set(files[0]));
  draw();
  return slot;
}
