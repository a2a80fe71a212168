// SPDX-License-Identifier: MIT
// The messages of one room, or with one person, and how they are shown.
//
// 1. `items` are in the order in which they are shown: by life of the room (`epoch`), then by
//    number; a note, and what was not sent, stands behind the message before it, and what is not yet
//    confirmed at the end.
// 2. A number of an epoch is shown once: `seen` has those that are.
// 3. Each conversation has a list of its own, which stays as it is while another one is shown: so a
//    screen reader is told what is added, and not what is looked at again.
//
// What was missed begins at a line. That line stays until others say something new that is not seen
// at once, or the user says something.
import { avatar, button, colour, day_name, day_of, make, time_element } from "./dom.js";
import { Gap } from "./gap.js";
import { mentions, nodes_of } from "./text.js";

const GROUP_MS = 300000; // messages of one author within this time stand together
const ITEMS_MAX = 600; // more are let go when nobody looks at them; the server has them
const NEAR = 60; // pixels from the end that count as the end
const NOTHING_YET = "Nothing has been said here yet.";
const NAMED = 3; // who have come are told by their names, if they are no more

const has_no_number = (item) => item.is_note || item.is_failed; // but that of the message before it
const before = (a, b) =>
  a.epoch !== b.epoch ? a.epoch < b.epoch
  : a.number !== b.number ? a.number < b.number
  : !has_no_number(a) && has_no_number(b);
const is_said = (item) => !item.is_note && !item.ref; // as the server has told

// Comings and goings as a text; each way has how many there were, and the first of them.
function moves_text({ joined, left, renamed }) {
  const told = ({ n, first }, does, all_do) => n === 0 ? []
    : [n > NAMED ? `${n} ${all_do}` : first.map((one) => one + does).join(", ")];
  return [...told(joined, " joined", "joined"), ...told(left, " left", "left"),
          ...told(renamed, "", "changed their names")].join(", ");
}

// A reason may say itself that it was not sent, or perhaps not.
const not_sent = (why) => /^(perhaps )?not (sent|said|delivered)\b/.test(why)
  ? why[0].toUpperCase() + why.slice(1) : `Not sent: ${why}`;

export class Conversation {
  constructor({ kind, name, on_older, on_scroll, my_name }) {
    Object.assign(this, { kind, name, my_name });
    this.id = ""; // of the person, once the server has told it
    this.is_former = false; // somebody else has the person's name
    this.items = [];
    this.seen = new Set();
    this.epoch = 0;
    this.life = null;
    this.last = 0; // number of the newest message that was received
    this.heard = 0; // of those that the server has told by itself: it tells all behind that
    this.since = null; // before one was told: after that number the server tells all; null: it knows nothing of this page
    this.read = null; // number of the last one that was looked at, once that is known
    this.unread_n = 0;
    this.mentions_n = 0; // of those that are unread
    this.before_n = 0; // number of the newest message when the page came: up to it nothing is live
    this.is_line_due = false; // none of those that were missed has come yet
    this.line = null; // "New", above the first message that was missed
    this.members = null; // { nick, id } of each, once they are known
    this.members_n = 0;
    this.typing = new Map(); // name: when it stops
    this.gaps = []; // what was missed, and is not shown yet
    this.unstored = new Set(); // numbers of messages that the server has not stored
    this.is_damaged = false; // some of what was said
    this.is_at_end = true;
    this.top = 0; // where it was scrolled to last
    this.older = button("quiet older", "Show older messages", () => on_older(this));
    this.older.hidden = true;
    this.missing = make("p", "unreadable"); // what of the past cannot be read
    this.missing.hidden = true;
    this.list = make("ol");
    this.log = make("div", "log", this.list);
    this.log.setAttribute("role", "log");
    this.log.setAttribute("aria-label", kind === "room" ? `#${name}` : `With ${name}`);
    this.empty = make("p", "empty", kind === "room" ? "What was said here comes with the connection." : NOTHING_YET);
    this.element = make("div", "conversation", this.older, this.missing, this.empty, this.log);
    this.element.tabIndex = 0; // so that the arrow keys scroll it
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Messages");
    this.element.hidden = true;
    this.element.addEventListener("scroll", () => {
      if (this.element.hidden) return; // it has no place then
      // Only a way up leaves the end: an event comes later than what it tells of, and what has taken
      // room from the conversation meanwhile (a keyboard, an alert) has moved nobody.
      const { scrollTop } = this.element;
      if (this.distance() < NEAR) this.is_at_end = true;
      else if (scrollTop < this.top) this.is_at_end = false;
      this.top = scrollTop;
      if (scrollTop < NEAR && !this.older.hidden) on_older(this);
      on_scroll(this);
    });
  }

  get label() {
    return this.kind === "room" ? `#${this.name}`
      : this.is_former ? `${this.name} (before)` : this.name;
  }

  // The room is there, and `newest` the number of its newest message. Another life is another count of
  // its messages: what is shown stays, and is older than all that comes.
  begin_life(life, newest) {
    if (this.life !== null && this.life !== life) {
      this.epoch++;
      this.last = this.heard = this.read = 0;
      if (this.since !== null) this.since = 0;
      this.seen.clear();
      this.unstored.clear();
      for (const gap of this.gaps.splice(0)) gap.end_life();
      this.older.hidden = true;
    }
    this.life = life;
    this.empty.textContent = NOTHING_YET;
    this.since ??= newest;
  }

  // The server tells again of what was missed and is not shown when the page comes back: a gap
  // within the new one is a part of it.
  add_gap(missing, does) {
    this.close_gaps((gap) => gap.is_within(missing));
    this.gaps.push(new Gap(this, missing, does));
  }

  // Those that are over lose their notes.
  close_gaps(is_over = (gap) => gap.renew()) {
    const over = new Set(this.gaps.filter(is_over));
    for (const { note } of over) this.take_out_note(note);
    this.gaps = this.gaps.filter((gap) => !over.has(gap));
  }

  // The number of the oldest message of this life; 0: none.
  oldest() {
    const item = this.items.find((i) => i.epoch === this.epoch && is_said(i));
    return item ? item.number : 0;
  }

  // Shows a message; returns whether it is new here. `message.ref` confirms what was shown at once.
  add(message, is_own) {
    const number = message.number;
    this.heard = Math.max(this.heard, number);
    const waiting = message.ref && this.items.find((item) => item.ref === message.ref);
    if (waiting) this.take_out(waiting);
    if (this.seen.has(number)) {
      if (waiting) waiting.element.remove(); // it came without its reference before
      return false;
    }
    this.seen.add(number);
    if (number > this.last) this.last = number;
    const item = waiting || this.make_item(message, is_own);
    if (waiting) this.confirm(waiting, message);
    item.epoch = this.epoch;
    item.number = number;
    this.insert(item);
    if (this.unstored.has(number)) this.mark([number], false);
    this.typing.delete(message.from);
    return true;
  }

  // Many at once, older than what is shown: the place that is looked at stays where it is. What was asked
  // for may be newer than what the server tells by itself, while it cannot read what stands between.
  add_older(messages, is_own) {
    const { heard } = this;
    const from_end = this.distance();
    const was_at_end = this.is_at_end;
    this.is_at_end = false; // the end is scrolled to once, and not for each of them
    this.log.setAttribute("aria-busy", "true"); // it is no news
    for (const message of messages) this.add(message, is_own(message));
    this.heard = heard;
    this.log.removeAttribute("aria-busy");
    this.close_gaps();
    if (was_at_end) return this.keep_end();
    this.element.scrollTop = this.element.scrollHeight - this.element.clientHeight - from_end;
  }

  // The user's newest words; they stay at the end until the server has given them a number.
  add_pending(pending, from) {
    const item = this.make_item({ ...pending, from }, true);
    item.order = pending.order;
    item.ref = pending.ref;
    item.element.classList.add("pending");
    item.delivery.hidden = false;
    this.draw_line(null);
    this.wait_for(item);
    this.to_end();
  }

  // It is sent, and not confirmed.
  wait_for(item) {
    item.is_failed = false;
    item.element.classList.remove("failed");
    item.delivery.replaceChildren("Sending …");
    this.place(item, Infinity, item.order);
  }

  confirm(item, message) {
    item.is_failed = false;
    item.element.classList.remove("pending", "failed");
    item.delivery.replaceChildren();
    item.delivery.hidden = true;
    item.ref = null;
    item.time = message.time;
    item.time_element.replaceWith((item.time_element = time_element(message.time)));
    item.text_element.replaceChildren(...nodes_of(this.words(message), ""));
  }

  // A mark may come before its message does.
  mark(numbers, is_stored) {
    const told = new Set(numbers);
    for (const number of told) is_stored ? this.unstored.delete(number) : this.unstored.add(number);
    for (const item of this.items)
      if (is_said(item) && item.epoch === this.epoch && told.has(item.number))
        this.show_stored(item, is_stored);
    if (this.is_at_end) this.to_end();
  }

  show_stored(item, is_stored) {
    item.element.classList.toggle("unstored", !is_stored);
    item.delivery.replaceChildren(...(is_stored ? [] : ["Not stored: shown only to those who are here"]));
    item.delivery.hidden = is_stored;
  }

  // Damage stays told: what was asked for later may be whole.
  tell_missing(missing) {
    const texts = {
      damaged: "Some of what was said here is damaged where it was kept, and cannot be shown.",
      unread: "What was said before cannot be read just now.",
    };
    if (this.is_damaged ||= missing === "damaged") missing = "damaged";
    this.missing.textContent = texts[missing] || "";
    this.missing.hidden = !texts[missing];
  }

  // The last messages, for recall() of another conversation with this person.
  kept(most) {
    return this.items.filter(is_said).slice(-most)
      .map(({ from, text, time, action, is_own }) => ({ from, text, time, action, is_own }));
  }

  recall(messages, unread_n) {
    for (const message of messages) this.add({ ...message, number: this.last + 1 }, message.is_own);
    this.unread_n = unread_n;
    if (unread_n > 0) this.draw_line(Math.max(this.last - unread_n, 0) + 1);
  }

  // It was not sent: it stays behind the message of the number `behind`, and what is said later stands
  // below. What can be done about it: [label, does].
  fail(ref, why, behind, ways) {
    const item = this.items.find((i) => i.ref === ref);
    if (!item) return;
    item.is_failed = true;
    item.element.classList.add("failed");
    item.delivery.replaceChildren(make("span", "", not_sent(why)),
      ...ways.map(([label, does]) => button("quiet", label, does)));
    this.place(item, this.epoch, behind);
    if (this.is_at_end) this.to_end();
  }

  keep_behind(ref, number) {
    const item = this.items.find((i) => i.ref === ref);
    if (item?.number < number) this.place(item, this.epoch, number);
  }

  // It is sent once more.
  send_again(ref) {
    const item = this.items.find((i) => i.ref === ref);
    this.wait_for(item);
    this.to_end();
  }

  discard(ref) {
    const item = this.items.find((one) => one.ref === ref);
    this.take_out(item);
    item.element.remove();
  }

  // Comings, goings and new names between two messages are one line, however many they are. One that has
  // come there and takes a name at once has come by that.
  move(way, text, from) {
    const newest = this.items.findLast((item) => item.epoch !== Infinity);
    const moves = newest?.moves || { joined: { n: 0, first: [] }, left: { n: 0, first: [] },
                                     renamed: { n: 0, first: [] } };
    const came_at = way === "renamed" ? moves.joined.first.indexOf(from) : -1;
    if (came_at >= 0) moves.joined.first[came_at] = text;
    else if (moves[way].n++ < NAMED) moves[way].first.push(way === "renamed" ? `${from} is now ${text}` : text);
    if (newest?.moves) {
      newest.element.firstElementChild.textContent = moves_text(moves);
      if (this.is_at_end) this.to_end();
    } else {
      this.note(moves_text(moves));
      this.items.findLast((item) => item.epoch !== Infinity).moves = moves;
    }
  }

  // The line "New" above the message of that number; null: away with it.
  draw_line(number) {
    this.line?.remove();
    this.line = null;
    const item = number === null ? null : this.items.find(
      (one) => one.epoch === this.epoch && is_said(one) && one.number === number);
    if (!item) return;
    this.line = make("div", "unread-line", make("span", "", "New"));
    item.day.after(this.line);
    if (this.is_at_end) this.to_end();
  }

  note(text, ...more) {
    const element = make("li", more.length ? "note missed" : "note", make("span", "", text), ...more);
    this.insert({ element, is_note: true, epoch: this.epoch, number: this.last, time: Date.now() });
    return element;
  }

  // Another day has begun.
  renew_days() {
    for (const { day, time } of this.items) day?.firstElementChild.replaceChildren(day_name(time));
  }

  take_out_note(element) {
    this.items = this.items.filter((item) => item.element !== element);
    element.remove();
  }

  words(message) {
    return message.action ? `${message.from} ${message.text}` : message.text;
  }

  make_item(message, is_own) {
    const day = make("div", "day", make("span", "", day_name(message.time)));
    day.hidden = true;
    const my_name = is_own ? "" : this.my_name();
    const text = make("p", "text", ...nodes_of(this.words(message), my_name));
    const time = time_element(message.time);
    const delivery = make("p", "delivery");
    delivery.hidden = true;
    const head = make("div", "head", make("span", `from ${colour(message.from)}`, message.from), time);
    const line = make("div", "line", avatar(message.from), make("div", "body", head, text), delivery);
    const element = make("li", is_own ? "own" : "", day, line);
    element.tabIndex = -1; // a click, or a finger, shows its time
    if (message.action) element.classList.add("action");
    if (mentions(message.text, my_name)) element.classList.add("mentioned");
    return { element, day, delivery, is_note: false, is_own, from: message.from, time: message.time,
             text: message.text, action: Boolean(message.action), time_element: time,
             text_element: text };
  }

  take_out(item) {
    const at = this.items.indexOf(item);
    if (at >= 0) this.items.splice(at, 1);
  }

  place(item, epoch, number) {
    this.take_out(item);
    this.insert(Object.assign(item, { epoch, number }));
  }

  insert(item) {
    const was_at_end = this.is_at_end;
    let at = this.items.length;
    while (at > 0 && before(item, this.items[at - 1])) at--;
    this.items.splice(at, 0, item);
    const next = this.items[at + 1];
    const place = next ? next.element : null;
    // An element that is where it belongs is not moved: a screen reader would read it again.
    if (!item.element.parentNode || item.element.nextElementSibling !== place)
      this.list.insertBefore(item.element, place);
    this.arrange(at);
    if (next) this.arrange(at + 1);
    this.empty.hidden = true;
    if (was_at_end) this.keep_end();
  }

  // Whether the item begins a day, or continues what its author has said.
  arrange(at) {
    const item = this.items[at];
    if (item.is_note) return;
    let above = at - 1;
    while (above >= 0 && this.items[above].is_note) above--;
    const previous = above >= 0 ? this.items[above] : null;
    item.day.hidden = previous !== null && day_of(previous.time) === day_of(item.time);
    const is_grouped = previous !== null && above === at - 1 && previous.from === item.from &&
                       item.day.hidden && item.time - previous.time < GROUP_MS;
    item.element.classList.toggle("grouped", is_grouped);
  }

  let_go() {
    if (this.items.length <= ITEMS_MAX || this.kind !== "room") return;
    const old = this.items.splice(0, this.items.length - ITEMS_MAX / 2);
    this.items.unshift(...old.filter((item) => item.ref)); // nobody else has what was not sent
    for (const item of old.filter((one) => !one.ref)) {
      item.element.remove();
      if (is_said(item) && item.epoch === this.epoch) this.seen.delete(item.number);
    }
    this.arrange(0);
    this.older.hidden = this.oldest() === 1;
  }

  distance() {
    const e = this.element;
    return e.scrollHeight - e.clientHeight - e.scrollTop;
  }

  // What was added is in sight.
  keep_end() {
    this.let_go();
    this.to_end();
  }

  to_end() {
    this.element.scrollTop = this.element.scrollHeight;
    this.top = this.element.scrollTop;
    this.is_at_end = true;
  }
}
