// SPDX-License-Identifier: MIT
// Rooms to which the user comes, until the server has told of them. An error does not say to which request
// it belongs, so if one is refused for now all of these are asked for again.
const AGAIN_MS = 2000;
const REFUSALS = new Set(["too_many_rooms", "bad_room"]);

export class Joins {
  // `send` sends a message, `rooms` returns the conversations in rooms, and `close` closes one.
  constructor({ send, rooms, close }) {
    Object.assign(this, { send, close });
    this.coming = () => rooms().filter((one) => one.life === null);
    this.timer = 0;
  }

  // Is the user still to come to the room of that name?
  has(name) {
    return this.coming().some((one) => one.name === name);
  }

  ask({ name }) {
    this.send({ type: "join", room: name });
  }

  // The server has refused something, perhaps only for now. Returns whether rooms are asked for again.
  fail(code, is_for_now) {
    const coming = this.coming();
    if (REFUSALS.has(code)) coming.forEach(this.close);
    if (!is_for_now || coming.length === 0) return false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.coming().forEach((one) => this.ask(one)), AGAIN_MS);
    return true;
  }
}
