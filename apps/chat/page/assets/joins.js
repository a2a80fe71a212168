// SPDX-License-Identifier: MIT
// Rooms to which the user comes, until the server has told of them. One that is refused for now is asked for
// again, later each time; after some tries the user is told, and may try again.
import { button } from "./dom.js";
import { random_name } from "./memory.js";

const FIRST_MS = 2000; // before the second try, at most
const MOST_MS = 30000;
const TRIES_MOST = 8; // two minutes or so
const REFUSED = "The server does not let you into this room just now.";

// What the server tells behind comes by itself.
const place_of = ({ name, since, heard, life }) =>
  ({ room: name, ...(since !== null && { after: heard || since, life }) });

export class Joins {
  // `send` sends a message and returns whether there is a connection, `rooms` returns the conversations in
  // rooms, `refuse` closes one to which the server lets nobody, or shows the fault with what was said there
  // and returns that it stays, and `complain` tells the user.
  constructor({ send, rooms, refuse, complain }) {
    Object.assign(this, { send, rooms, refuse, complain });
    this.coming = new Map(); // conversations: { ref, tries_n, timer, note }; of what was asked for last
    this.greeted = new Set(); // those of the last hello
    this.is_hello_refused = false; // some of them; the error that says why has not come
  }

  // Is the user still to come to this room?
  has(conversation) {
    return this.coming.has(conversation);
  }

  // The rooms of a hello, by which the user is to come to all of them.
  greet() {
    for (const one of [...this.coming.keys(), ...this.rooms()]) this.end(one);
    for (const one of this.rooms()) this.coming.set(one, {});
    this.greeted = new Set(this.rooms());
    return this.rooms().map(place_of);
  }

  // The reply to the hello has come: where the user is not by that it is still to come.
  welcomed() {
    const left = [...this.coming.keys()];
    this.is_hello_refused = left.some((one) => this.greeted.has(one));
    for (const one of left) this.begin(one);
  }

  begin(conversation) {
    this.end(conversation);
    this.coming.set(conversation, { tries_n: 0 });
    this.ask(conversation);
  }

  ask(conversation) {
    const one = this.coming.get(conversation);
    one.ref = random_name();
    one.tries_n++;
    this.send({ type: "join", ...place_of(conversation), ref: one.ref });
  }

  // The user is there, or has left: another conversation in a room of that name is another join.
  end(conversation) {
    const one = this.coming.get(conversation);
    if (!one) return;
    clearTimeout(one.timer);
    if (one.note) conversation.take_out_note(one.note);
    this.coming.delete(conversation);
  }

  // The server has refused a request, perhaps only for now. Returns whether that is known of here, and the
  // user need not hear of it.
  fail(ref, fault, is_for_now) {
    if (!ref && this.is_hello_refused) {
      this.is_hello_refused = false;
      return is_for_now;
    }
    const [conversation, one] = [...this.coming].find(([, other]) => ref && other.ref === ref) ?? [];
    if (!one) return false;
    if (!is_for_now) {
      if (this.refuse(conversation, fault)) this.offer(conversation, one); // what is said there waits on
      return false;
    }
    const most = Math.min(MOST_MS, FIRST_MS * 2 ** (one.tries_n - 1));
    const ms = Math.round(most / 2 + Math.random() * most / 2); // pages do not all come at once
    if (one.tries_n < TRIES_MOST) one.timer = setTimeout(() => this.ask(conversation), ms);
    else this.give_up(conversation, one);
    return true;
  }

  offer(conversation, one) {
    one.note = conversation.note(REFUSED, button("quiet", "Try again", () => this.begin(conversation)));
  }

  give_up(conversation, one) {
    this.offer(conversation, one);
    this.complain(`The server does not let you into #${conversation.name} just now.`);
  }
}
