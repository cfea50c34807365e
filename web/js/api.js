// The server's routes, as /openapi.json describes them. Every failure is an ApiError.

/** kind: away (no answer), key, busy, late, missing, refused (the request was wrong), failed (the server's fault). */
export class ApiError extends Error {
  constructor(kind, message, { status = 0, code = "", retry_s = 0 } = {}) {
    super(message);
    Object.assign(this, { kind, status, code, retry_s });
  }
}

let key = sessionStorage.getItem("key") ?? "";

/** The key is kept until the browser's window closes. */
export function set_key(value) {
  key = value;
  sessionStorage.setItem("key", value);
}

export const has_key = () => key !== "";

function kind_of(status) {
  if (status === 401 || status === 403) return "key";
  if (status === 404) return "missing";
  if (status === 429 || status === 503) return "busy";
  if (status === 408 || status === 504) return "late";
  return status >= 500 ? "failed" : "refused";
}

async function failure(answer) {
  const body = await answer.text();
  let error = {};
  try {
    error = JSON.parse(body).error ?? {};
  } catch {
    // not ours: a proxy's page, perhaps
  }
  return new ApiError(kind_of(answer.status), error.message ?? `HTTP ${answer.status}`, {
    status: answer.status,
    code: error.code ?? "",
    retry_s: Number(answer.headers.get("Retry-After")) || 0,
  });
}

async function send(method, path, body, signal) {
  const headers = {};
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("away", String(error.message));
  }
  if (!answer.ok) throw await failure(answer);
  return answer;
}

const get = async (path, signal) => (await send("GET", path, undefined, signal)).json();
const post = async (path, body, signal) => (await send("POST", path, body, signal)).json();

const item_path = (id) => `/v1/index/items/${encodeURIComponent(id)}`;

export const api = {
  models: () => get("/v1/models"),
  model: (id) => get(`/v1/models/${encodeURIComponent(id)}`),
  search: (query, signal) => post("/v1/search", query, signal),
  classify: (request, signal) => post("/v1/classify", request, signal),
  stats: () => get("/v1/index/stats"),
  items: (limit, after) => get(`/v1/index/items?limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ""}`),
  item: (id) => get(item_path(id)),
  add: (items) => post("/v1/index/items", { items }),
  remove: async (id) => (await send("DELETE", item_path(id))).json(),
  compact: () => post("/v1/index/compact", {}),

  /** An address for <img>. With a key the picture is fetched here, because <img> sends no header. */
  async picture_address(id) {
    const path = `${item_path(id)}/picture`;
    if (!key) return path;
    return URL.createObjectURL(await (await send("GET", path)).blob());
  },

  async picture_blob(id) {
    return (await send("GET", `${item_path(id)}/picture`)).blob();
  },

  /** Words of a chat completion as they come: an async generator of strings. */
  async *chat(request, signal) {
    const answer = await send("POST", "/v1/chat/completions", { ...request, stream: true }, signal);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      let part;
      try {
        part = await reader.read();
      } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new ApiError("away", String(error.message));
      }
      if (part.done) return;
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:")) continue;
        const data = line.slice(5).trim();
        if (data === "[DONE]") return;
        const event = JSON.parse(data);
        if (event.error) throw new ApiError("failed", event.error.message, { code: event.error.code ?? "" });
        yield event.choices?.[0]?.delta?.content ?? "";
      }
    }
  },
};
