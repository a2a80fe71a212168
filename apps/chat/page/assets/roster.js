// SPDX-License-Identifier: MIT
// Who is in the room that is looked at: nobody tells who comes to a large room and goes, nor who is seen
// again when other servers are reached again. How many there are comes with the list of rooms: of
// another number than are known the server is asked who they are, at most once in a while.
const AGAIN_MS = 10000;
const NAMED_MOST = 1000; // that the server names

export class Roster {
  // ask(room) asks the server; active(): the conversation that is looked at.
  constructor({ ask, active }) {
    Object.assign(this, { ask, active });
    this.asked_at = -Infinity;
    this.timer = 0;
  }

  // How many there are is known anew.
  look() {
    const { name, members, members_n } = this.active();
    clearTimeout(this.timer);
    if (!members || members.length === members_n || members_n >= NAMED_MOST) return;
    const wait = this.asked_at + AGAIN_MS - Date.now();
    if (wait > 0) {
      this.timer = setTimeout(() => this.look(), wait);
      return;
    }
    this.asked_at = Date.now();
    this.ask(name);
  }

  // Many come at once: the next list is not waited for.
  hurry() {
    this.asked_at = -Infinity;
    this.look();
  }
}
