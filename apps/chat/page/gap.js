// SPDX-License-Identifier: MIT
// What was missed in a room between two numbers: a note in its place that can be asked to show it. It
// stays until all of it has come, since the server tells a part at a time, and may have some of it
// only later.
import { button, plural } from "./dom.js";

const MOST = 200; // messages that the server tells at once

export class Gap {
  // ask({ before, limit }) returns whether the server was asked; on_none(): it has nothing of it.
  constructor(conversation, { missed, after, before }, { ask, on_none }) {
    Object.assign(this, { conversation, after, before, on_none });
    this.left = missed; // 0: nobody knows how many
    this.is_asked = false;
    this.button = button("quiet", "Show them", () => {
      this.is_asked = ask({ before: this.before, limit: Math.min(this.left || MOST, MOST) });
    });
    this.note = conversation.note(this.text(), this.button);
  }

  text() {
    return `You missed ${this.left ? plural(this.left, "message") : "many messages"}: ` +
      "too much came at once, or while you were away.";
  }

  has(number) {
    return number > this.after && number < this.before;
  }

  // The reply has come, and is not yet shown. Returns whether nothing lacks any more.
  fill(messages, more) {
    this.is_asked = false;
    const of_it = messages.filter(({ number }) => this.has(number));
    if (of_it.length === 0) this.on_none();
    const new_n = of_it.filter(({ number }) => !this.conversation.seen.has(number)).length;
    const is_begin_known = !more || (messages.length > 0 && messages[0].number <= this.after + 1);
    if (this.left > 0 ? new_n >= this.left : is_begin_known) {
      this.conversation.take_out_note(this.note);
      return true;
    }
    if (this.left > 0) this.left -= new_n;
    // Once its begin has come, what lacks may be stored late anywhere in it: all of it is asked for.
    if (of_it.length > 0 && !is_begin_known) this.before = of_it[0].number;
    this.note.firstElementChild.textContent = this.text();
    return false;
  }

  // The room has begun anew: numbers mean other messages.
  end() {
    this.button.remove();
  }
}
