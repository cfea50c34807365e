// The line under the header that says what went wrong, and how a task that may fail is run.

import { ApiError, set_key } from "./api.js";
import { el } from "./dom.js";
import { t } from "./strings.js";

const place = () => document.getElementById("notice");
const kMostTries = 4;
let running = 0;

function mark_busy(step) {
  running += step;
  document.body.classList.toggle("busy", running > 0);
  document.getElementById("main").setAttribute("aria-busy", String(running > 0));
}

export function clear_notice() {
  place().hidden = true;
  place().replaceChildren();
}

/** Puts the line under the header, or into the dialog that covers the page. */
export function move_notice() {
  const dialog = document.querySelector("dialog[open] .body");
  if (dialog) dialog.prepend(place());
  else document.getElementById("main").before(place());
}

function show(kind, title, detail, ...more) {
  const notice = place();
  move_notice();
  notice.className = kind;
  notice.hidden = false;
  notice.replaceChildren(
    el("div", { class: "row" },
      el("div", {}, el("b", {}, title), detail ? el("small", {}, detail) : null),
      el("button", { type: "button", class: "quiet", onclick: clear_notice, "aria-label": t("dismiss") }, "✕")),
    ...more);
}

/** Says something that is no failure of the server's, such as a file that is no picture. */
export function show_problem(title, detail = "") {
  show("", title, detail);
}

function ask_for_key(again) {
  const input = el("input", { type: "password", autocomplete: "off", "aria-label": t("api_key"), placeholder: t("api_key") });
  const form = el("form", {
    onsubmit: (event) => {
      event.preventDefault();
      set_key(input.value.trim());
      clear_notice();
      again();
    },
  }, input, el("button", { class: "main" }, t("use_key")));
  show("wait", t("error_key"), t("error_key_detail"), form);
  input.focus();
}

export function show_error(error, again) {
  if (!(error instanceof ApiError)) {
    console.error(error);
    show("", t("error_page"), String(error.message ?? error));
  } else if (error.kind === "key") {
    ask_for_key(again);
  } else {
    const button = ["away", "late", "busy", "failed"].includes(error.kind)
      ? el("p", {}, el("button", { type: "button", onclick: () => { clear_notice(); again(); } }, t("try_again"))) : null;
    show("", t(`error_${error.kind}`), error.kind === "away" ? t("error_away_detail") : error.message, ...(button ? [button] : []));
  }
}

function wait(seconds, signal) {
  return new Promise((resolve, reject) => {
    let left = Math.max(1, Math.min(60, Math.ceil(seconds)));
    const say = () => show("wait", t("error_busy"), t("error_busy_detail", { s: left }));
    const timer = setInterval(() => {
      if (--left > 0) return say();
      clearInterval(timer);
      clear_notice();
      resolve();
    }, 1000);
    signal?.addEventListener("abort", () => {
      clearInterval(timer);
      clear_notice();
      reject(new DOMException("", "AbortError"));
    });
    say();
  });
}

/**
 * Runs `task`, an async function; waits and tries again while the server is busy, and says what went wrong otherwise, with a
 * button that calls `again`. Returns what the task returned, or undefined.
 */
export async function attempt(task, { again = () => attempt(task), signal } = {}) {
  mark_busy(1);
  clear_notice();
  try {
    for (let tries = 1; ; ++tries) {
      try {
        return await task();
      } catch (error) {
        if (error.kind !== "busy" || tries === kMostTries) throw error;
        await wait(error.retry_s || 1, signal);
      }
    }
  } catch (error) {
    if (error.name !== "AbortError") show_error(error, again);
    return undefined;
  } finally {
    mark_busy(-1);
  }
}
