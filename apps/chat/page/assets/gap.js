// SPDX-License-Identifier: MIT
// What was missed in a room between two numbers: a note in its place that can be asked to show it. It
// stays until all of it is shown, since the server tells a part at a time, and may have some of it
// only later: it is asked for from the newest to the oldest, and then again from the newest.
import { button, plural } from "./dom.js";

const MOST = 200; // messages that the server tells at once

export class Gap {
  // ask({ before, limit }, gap) asks the server; on_none(): it has nothing of it that is not shown.
  constructor(conversation, { missed, after, before }, { ask, on_none }) {
    Object.assign(this, { conversation, missed, after, end: before, before, on_none });
    this.is_all = false; // nobody knows how many there were (`missed` is 0), and its begin has come
    this.button = button("quiet", "Show them", () =>
      ask({ before: this.before, limit: Math.min(this.before - this.after - 1, MOST) }, this));
    this.note = conversation.note(this.text(), this.button);
  }

  // How many of its messages are not shown; at most, if nobody knows how many there were.
  lacking() {
    const shown = [...this.conversation.seen].filter((number) => this.has(number));
    return (this.missed || this.end - this.after - 1) - shown.length;
  }

  text() {
    return `You missed ${this.missed ? plural(this.lacking(), "message") : "many messages"}: ` +
      "too much came at once, or while you were away.";
  }

  has(number) {
    return number > this.after && number < this.end;
  }

  is_within({ after, before }) {
    return this.after >= after && this.end <= before;
  }

  // The reply has come, and is not yet shown.
  fill(messages, more) {
    const of_it = messages.filter(({ number }) => this.has(number));
    if (of_it.every(({ number }) => this.conversation.seen.has(number))) this.on_none();
    const is_begin_known = !more || (messages.length > 0 && messages[0].number <= this.after + 1);
    this.is_all = is_begin_known && !this.missed;
    if (is_begin_known) this.before = this.end; // what still lacks may be stored anywhere in it
    else if (of_it.length > 0) this.before = of_it[0].number;
  }

  // After messages were shown: returns whether nothing lacks any more.
  renew() {
    this.note.firstElementChild.textContent = this.text();
    return this.is_all || this.lacking() <= 0;
  }

  // The room has begun anew: numbers mean other messages.
  end_life() {
    this.button.remove();
  }
}
