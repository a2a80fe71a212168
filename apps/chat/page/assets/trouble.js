// SPDX-License-Identifier: MIT
// One banner for all that does not work just now: the connection, the server's database, other servers.
import { $ } from "./dom.js";

// Why there is no connection; see link.js.
const NO_CONNECTION = {
  offline: "There is no connection. What you write is sent once there is one again.",
  blocked: "The server is there, but the connection that the chat needs (a WebSocket) does not come about: a proxy or a " +
    "firewall on the way may refuse it. What you write is sent once it passes.",
  full: "The server takes no more connections just now. What you write is sent once it does.",
  ends: "This server ends. What you write is sent once it, or another one, is there.",
};
const NO_STORE = "The server's database does not respond. What you say is shown to others once it does.";
const NO_NODES = "Other servers of this chat cannot be reached. What is said there comes later, and who is there is " +
  "not in the lists.";

export class Trouble {
  is_lost = false; // the connection
  why = "offline";
  store = true; // what the server has
  nodes = true;

  // What a server does not tell is there.
  note_server({ store = true, nodes = true } = {}) {
    Object.assign(this, { store, nodes });
    this.show();
  }

  note_link(is_lost) {
    this.is_lost = is_lost;
    if (!is_lost) this.why = "offline";
    this.show();
  }

  note_why(why) {
    this.why = why;
    this.show();
  }

  // Another tab has the session: what is wrong is its matter.
  end() {
    $("trouble").replaceChildren();
    $("state").classList.add("lost");
  }

  // Of a server that is not reached nobody knows what it has.
  text() {
    if (this.is_lost) return NO_CONNECTION[this.why];
    return [...(this.store ? [] : [NO_STORE]), ...(this.nodes ? [] : [NO_NODES])].join(" ");
  }

  show() {
    const text = this.text();
    if ($("trouble").textContent !== text) $("trouble").textContent = text;
    const word = this.is_lost ? "Offline" : text ? "Limited" : "Connected";
    if ($("state").textContent !== word) $("state").textContent = word;
    $("state").classList.toggle("lost", text !== "");
  }
}
