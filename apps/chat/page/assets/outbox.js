// SPDX-License-Identifier: MIT
// What was said and is not confirmed goes to the server in the order in which it was said: of each
// conversation one message at a time. If many went at once, one that is refused for now, as too many
// came, would be said behind those that came after it.
const REPLY_MS = 12000; // the reply to what was said in a room is lost then; it is said once also if sent again

export class Outbox {
  // `pending` has all of them, in order; `conversation_of` tells where one goes; `send` sends it, and
  // returns whether there is a connection.
  constructor({ pending, conversation_of, send }) {
    Object.assign(this, { pending, conversation_of, send });
    this.sent = new Map(); // of references, on their way or refused for now, to the timers of these; 0: none
  }

  // Sends the first one of a conversation, unless that is on its way.
  next(conversation) {
    if (!conversation) return; // it was left
    const first = this.pending.find((one) => !one.fault && this.conversation_of(one) === conversation);
    if (!first || this.sent.has(first.ref) || !this.send(first)) return;
    this.sent.set(first.ref, 0);
    if (first.room) this.later(first, REPLY_MS);
  }

  // It was refused for now: it is sent again after that time, and those behind it wait.
  later(one, ms) {
    if (!this.sent.has(one.ref)) return;
    clearTimeout(this.sent.get(one.ref));
    this.sent.set(one.ref, setTimeout(() => this.go_on(one), ms));
  }

  // It is not on its way any more: it is confirmed or given up, or is to be sent anew.
  go_on(one) {
    clearTimeout(this.sent.get(one.ref));
    this.sent.delete(one.ref);
    this.next(this.conversation_of(one));
  }

  // Messages of a conversation were missed, perhaps the reply to the one that is on its way.
  missed(conversation) {
    const one = this.pending.find((other) => this.sent.has(other.ref) && this.conversation_of(other) === conversation);
    if (one) this.go_on(one);
  }

  // There is a new connection, on which nothing was sent.
  begin() {
    for (const timer of this.sent.values()) clearTimeout(timer);
    this.sent.clear();
    for (const conversation of new Set(this.pending.map(this.conversation_of))) this.next(conversation);
  }
}
