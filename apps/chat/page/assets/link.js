// SPDX-License-Identifier: MIT
// The connection: it is made again whenever it is lost, sooner at first and then more rarely. What
// is said over it, and what must be said again, is not known here.

const FIRST_MS = 400;
const MOST_MS = 15000;
const SILENCE_MS = 25000; // then the server is asked for something
const REPLY_MS = 10000; // and must have sent anything by then
const TAKEN_OVER = 4001; // another page uses this session
const MOVED = 4002; // this server ends, and another one goes on
const MOVED_MS = 100; // servers send their pages away one after the other
const TOO_LONG = 1009; // the message that was sent
const REFUSED_MOST = 3; // tries that did not come to a connection; then it is asked why

const ENDS = "this server ends"; // of its problem; that of all others is that they are too many

// Why no WebSocket comes about. A server to which requests pass says of this one that it lacks the upgrade,
// which something on the way has taken out then; or why it takes nobody. All else is no server.
async function reason() {
  try {
    const reply = await fetch("/ws", { cache: "no-store", signal: AbortSignal.timeout(REPLY_MS) });
    if (reply.status === 426) return "blocked";
    const is_problem = reply.headers.get("content-type")?.startsWith("application/problem+json");
    if (!is_problem || (reply.status !== 429 && reply.status !== 503)) return "offline";
    return (await reply.json()).detail === ENDS ? "ends" : "full";
  } catch {
    return "offline";
  }
}

export class Link {
  // hello(): the first message. on_message(object). on_state("connecting" | "open" | "waiting" |
  // "taken", ms until the next try). on_why("offline" | "blocked" | "full" | "ends"): why it does not come
  // about for long. on_too_long(): the connection was ended since a message is so.
  constructor({ hello, on_message, on_state, on_why, on_too_long }) {
    Object.assign(this, { hello, on_message, on_state, on_why, on_too_long });
    this.refused_n = 0; // tries since the last one that came to a connection
    this.opened_n = 0; // those that did
    this.is_asked_why = false;
    this.tries = 0;
    this.is_open = false;
    this.is_greeting = false;
    this.unanswered_n = 0; // hellos that servers may still be busy with
    this.socket = null;
    this.retry = 0;
    this.watch = 0;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  connect() {
    clearTimeout(this.retry);
    this.retry = 0;
    this.on_state("connecting");
    this.refused_n++; // until it is open
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.socket = socket;
    this.is_open = false;
    this.listen_for(REPLY_MS);
    socket.onopen = () => this.greet(socket);
    socket.onmessage = (event) => this.receive(socket, event.data);
    socket.onclose = (event) => this.lost(socket, event.code);
  }

  greet(socket) {
    this.refused_n = 0;
    this.opened_n++;
    this.is_greeting = true;
    socket.send(JSON.stringify(this.hello()));
  }

  receive(socket, data) {
    if (socket !== this.socket) return;
    this.listen_for(SILENCE_MS);
    const message = JSON.parse(data);
    if (message.type === "welcome") {
      this.is_open = true;
      this.is_greeting = false;
      this.tries = 0;
      this.on_state("open");
    }
    this.on_message(message);
  }

  // A network that is gone closes nothing: silence is the only sign.
  listen_for(ms) {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (ms === SILENCE_MS && this.send({ type: "rooms" })) this.listen_for(REPLY_MS);
      else this.give_up();
    }, ms);
  }

  give_up() {
    const socket = this.socket;
    socket.onclose = null; // it may come minutes later
    socket.close();
    this.lost(socket, 0);
  }

  lost(socket, code) {
    if (socket !== this.socket) return;
    clearTimeout(this.watch);
    this.socket = null;
    this.is_open = false;
    this.unanswered_n += this.is_greeting;
    this.is_greeting = false;
    if (code === TAKEN_OVER && !this.was_by_itself()) return this.on_state("taken");
    if (code === TOO_LONG) this.on_too_long();
    if (code === MOVED && this.tries++ === 0) { // nothing is lost, so nothing is shown
      this.retry = setTimeout(() => this.connect(), Math.random() * MOVED_MS);
      return;
    }
    const most = Math.min(MOST_MS, FIRST_MS * 2 ** this.tries++);
    const ms = Math.round(most / 2 + Math.random() * most / 2); // pages do not all come at once
    this.on_state("waiting", ms);
    if (this.refused_n >= REFUSED_MOST) this.ask_why();
    this.retry = setTimeout(() => this.connect(), ms);
  }

  // One request at a time. If there was a connection meanwhile, the reply is about a time before it.
  async ask_why() {
    if (this.is_asked_why) return;
    this.is_asked_why = true;
    const { opened_n } = this;
    const why = await reason();
    this.is_asked_why = false;
    if (this.opened_n === opened_n && this.refused_n >= REFUSED_MOST) this.on_why(why);
  }

  // A server whose database did not respond may have taken the session only now, for a hello of
  // this page that was given up long ago: so one time for each it is not another page that has it.
  was_by_itself() {
    if (this.unanswered_n === 0) return false;
    this.unanswered_n--;
    return true;
  }

  // Something says that it may work now.
  hurry() {
    if (!this.retry) return;
    this.tries = 0;
    this.connect();
  }

  // Returns whether it was sent; it may still be lost on its way.
  send(message) {
    if (!this.is_open) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }
}
