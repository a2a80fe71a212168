// SPDX-License-Identifier: MIT
// Requests for what was said before that have no reply yet: for whom, by reference. A gap is for itself,
// older messages are for their conversation, and what became of those that were not stored is for the set
// of these.
import { random_name } from "./memory.js";

export class Histories {
  // send(message) returns whether there is a connection.
  constructor(send) {
    this.send = send;
    this.asked = new Map();
  }

  // Nobody has two requests at once.
  ask(conversation, of, whose) {
    if ([...this.asked.values()].includes(whose)) return;
    const ref = random_name();
    if (this.send({ type: "history", room: conversation.name, ...of, ref })) this.asked.set(ref, whose);
  }

  take(ref) {
    const whose = this.asked.get(ref);
    this.asked.delete(ref);
    return whose;
  }

  clear() {
    this.asked.clear();
  }
}
