// SPDX-License-Identifier: MIT
"use strict";
// The service edo.console.v1.Look by the Connect protocol with JSON. A message of a stream has a head of five bytes: flags and
// its length. The last one has the flag 2, and says how the stream has ended.

const HEAD = 5, LAST = 2;
const SERVICE = "edo.console.v1.Look/";

// A failure of a call; `code` is that of Connect, as "unauthenticated".
class Refused extends Error {
  constructor(code, message) {
    super(message || code);
    this.code = code;
  }
}

// Stays in this tab: a link with it would be kept in the history.
const token = {
  get: () => sessionStorage.getItem("edo-console-token") ?? "",
  set: (value) => sessionStorage.setItem("edo-console-token", value),
};

function post(method, type, body, signal) {
  const headers = { "content-type": type, "connect-protocol-version": "1" };
  if (token.get()) headers.authorization = `Bearer ${token.get()}`;
  return fetch(SERVICE + method, { method: "POST", headers, body, signal, cache: "no-store", redirect: "error" });
}

async function refusal(response) {
  if (response.status === 401) return new Refused("unauthenticated", "The token is not right.");
  const said = await response.json().catch(() => ({}));
  return new Refused(said.code ?? `http ${response.status}`, said.message ?? said.detail);
}

// A call with one reply.
async function ask(method, request) {
  const response = await post(method, "application/json", JSON.stringify(request));
  if (!response.ok) throw await refusal(response);
  return response.json();
}

function framed(message) {
  const text = new TextEncoder().encode(JSON.stringify(message));
  const frame = new Uint8Array(HEAD + text.length);
  new DataView(frame.buffer).setUint32(1, text.length);
  frame.set(text, HEAD);
  return frame;
}

// Bytes as they come, and whole messages of them as [flags, object].
class Messages {
  #pieces = [];
  #n = 0;

  push(piece) {
    this.#pieces.push(piece);
    this.#n += piece.length;
  }

  // The first `n` bytes, or undefined as long as there are fewer.
  #peek(n) {
    if (this.#n < n) return undefined;
    if (this.#pieces[0].length < n) {
      const all = new Uint8Array(this.#n);
      let at = 0;
      for (const piece of this.#pieces) {
        all.set(piece, at);
        at += piece.length;
      }
      this.#pieces = [all];
    }
    return this.#pieces[0].subarray(0, n);
  }

  next() {
    const head = this.#peek(HEAD);
    const size = head && HEAD + new DataView(head.buffer, head.byteOffset).getUint32(1);
    // Pieces are put together once, when all of a message is there.
    const message = size === undefined ? undefined : this.#peek(size);
    if (!message) return undefined;
    const text = new TextDecoder().decode(message.subarray(HEAD));
    const flags = message[0];
    this.#pieces[0] = this.#pieces[0].subarray(size);
    this.#n -= size;
    if (this.#pieces[0].length === 0) this.#pieces.shift();
    return [flags, text === "" ? {} : JSON.parse(text)];
  }
}

// Calls `on_update` with each look until the stream ends, which is always a failure, or `signal` is aborted.
async function watch(request, signal, on_update) {
  const response = await post("Watch", "application/connect+json", framed(request), signal);
  if (!response.ok) throw await refusal(response);
  const reader = response.body.getReader(), messages = new Messages();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Refused("unavailable", "The program has ended the connection.");
    messages.push(value);
    for (let message; (message = messages.next()) !== undefined;) {
      const [flags, said] = message;
      if (flags & LAST) throw new Refused(said.error?.code ?? "unavailable", said.error?.message);
      on_update(said);
    }
  }
}

// Watches for ever: after a failure it tries again, later each time up to five seconds.
class Link {
  #on;
  #abort = new AbortController();
  #request = {};
  #runs = false;

  // `on.update(update)`, `on.state(name, why)` of "connecting", "live", "lost", "paused", "door".
  constructor(on) {
    this.#on = on;
  }

  open(request) {
    this.close();
    this.#request = request;
    this.#abort = new AbortController();
    this.#runs = true;
    void this.#run(this.#abort.signal);
  }

  close() {
    this.#runs = false;
    this.#abort.abort();
  }

  get runs() {
    return this.#runs;
  }

  async #run(signal) {
    for (let pause = 500; !signal.aborted; pause = Math.min(5000, 2 * pause)) {
      try {
        await watch(this.#request, signal, (update) => {
          if (signal.aborted) return;
          pause = 250;
          this.#on.state("live");
          this.#on.update(update);
        });
      } catch (error) {
        if (signal.aborted) return;
        if (error.code === "unauthenticated") {
          this.#runs = false;
          this.#on.state("door");
          return;
        }
        this.#on.state("lost", error instanceof Refused ? error.message : "The program is not reached.");
      }
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}
