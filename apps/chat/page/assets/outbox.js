// SPDX-License-Identifier: MIT
// What was said and is not confirmed goes to the server in the order in which it was said: of each
// conversation one message at a time. If many went at once, one that is refused for now, as too many
// came, would be said behind those that came after it.
export class Outbox {
  // `pending` has all of them, in order; `conversation_of` tells where one goes; `send` sends it, and
  // returns whether there is a connection.
  constructor({ pending, conversation_of, send }) {
    Object.assign(this, { pending, conversation_of, send });
    this.sent = new Set(); // references: on their way, or refused for now
  }

  // Sends the first one of a conversation, unless that is on its way.
  next(conversation) {
    const first = this.pending.find((one) => !one.fault && this.conversation_of(one) === conversation);
    if (first && !this.sent.has(first.ref) && this.send(first)) this.sent.add(first.ref);
  }

  // It was refused for now: it is sent again after that time, and those behind it wait.
  later(one, ms) {
    setTimeout(() => this.sent.has(one.ref) && this.go_on(one), ms);
  }

  // It is not on its way any more: it is confirmed or given up, or is to be sent anew.
  go_on(one) {
    this.sent.delete(one.ref);
    this.next(this.conversation_of(one));
  }

  // There is a new connection, on which nothing was sent.
  begin() {
    this.sent.clear();
    for (const conversation of new Set(this.pending.map(this.conversation_of))) this.next(conversation);
  }
}
