// SPDX-License-Identifier: MIT
// What was said and is not confirmed goes to the server in the order in which it was said: of each
// conversation one message at a time. If many went at once, one that is refused for now, as too many
// came, would be said behind those that came after it. Another name that one takes goes behind all that
// was said before it, and before all that comes after: each is said under the name that one had.
const REPLY_MS = 12000; // the reply to what was said in a room is lost then; it is said once also if sent again

export class Outbox {
  // `pending` has all of them, in order, with names (`nick`) between them; `conversation_of` tells where
  // one goes; `send` sends it, and returns whether there is a connection; `is_done` tells whether one has
  // that name already, `settle` takes what has that reference out, and `keep` keeps all over a reload.
  constructor({ pending, conversation_of, send, is_done, settle, keep }) {
    Object.assign(this, { pending, conversation_of, send, is_done, settle, keep });
    this.sent = new Map(); // of references, on their way or refused for now, to the timers of these; 0: none
    this.held = new Set(); // references of what is said, and comes behind what the server cannot read yet
  }

  // Sends what may go now.
  next() {
    const begun = new Set(); // conversations of which something is not confirmed
    for (const one of this.pending) {
      const conversation = !one.nick && this.conversation_of(one);
      if (one.nick) {
        if (begun.size > 0) return;
        return this.is_done(one) ? this.settle(one.ref) : this.put(one);
      }
      if (one.fault || !conversation || this.held.has(one.ref)) continue; // no conversation: it was left
      if (!begun.has(conversation)) this.put(one);
      begun.add(conversation);
    }
  }

  // Unless it is on its way. What was sent to a person is not known by its reference, so that is kept.
  put(one) {
    if (this.sent.has(one.ref) || !this.send(one)) return;
    this.sent.set(one.ref, 0);
    if (!one.to) return this.later(one, REPLY_MS);
    one.is_on_way = true;
    this.keep();
  }

  // It was refused for now: it is sent again after that time, and those behind it wait.
  later(one, ms) {
    if (!this.sent.has(one.ref)) return;
    if (one.to) one.is_on_way = false;
    clearTimeout(this.sent.get(one.ref));
    this.sent.set(one.ref, setTimeout(() => this.go_on(one), ms));
  }

  // It is said, and comes by itself: those behind it may go. What is sent anew is as if it were not.
  hold(one) {
    if (!this.sent.has(one.ref)) return;
    clearTimeout(this.sent.get(one.ref));
    this.sent.delete(one.ref);
    this.held.add(one.ref);
    this.next();
  }

  // It is not on its way any more: it is confirmed or given up, or is to be sent anew.
  go_on(one) {
    clearTimeout(this.sent.get(one.ref));
    this.sent.delete(one.ref);
    this.held.delete(one.ref);
    if (one.to) one.is_on_way = false;
    this.next();
  }

  // Messages of a conversation were missed, perhaps the reply to the one that is on its way, or what was to
  // come by itself.
  missed(conversation) {
    const all = this.pending.filter((one) => this.conversation_of(one) === conversation);
    for (const { ref } of all) this.held.delete(ref);
    const one = all.find(({ ref }) => this.sent.has(ref));
    if (one) this.go_on(one);
    else this.next();
  }

  // There is a new connection, on which nothing was sent. Returns the messages to persons that may have
  // arrived by the one before; of those that a page of an older version has kept nobody knows.
  begin() {
    for (const timer of this.sent.values()) clearTimeout(timer);
    this.sent.clear();
    this.held.clear();
    const lost = this.pending.filter((one) => one.to && !one.fault && one.is_on_way !== false);
    for (const one of lost) one.is_on_way = false;
    return lost;
  }
}
