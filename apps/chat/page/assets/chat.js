// SPDX-License-Identifier: MIT
// The chat's page: what the server says (docs/book/27-the-chat-on-the-web.md) becomes what is shown,
// and what the user does becomes what the server is told.
//     link.js           the connection, made again when it is lost
//     conversation.js   what was said in one room, or with one person
//     gap.js            what was missed in a room, until it is shown
//     sidebars.js       the lists of rooms, people and members, and the drawers
//     composer.js       the line that is typed, and its commands
//     outbox.js         the order in which what was said goes to the server
//     pending.js        what was said and is not confirmed
//     histories.js      requests for what was said before
//     joins.js          rooms to which the user comes
//     memory.js         what survives a reload
//     trouble.js        the banner that says what does not work
//     roster.js         when the server is asked anew who is in a room
//     words.js          errors of the server as sentences
//     name_dialog.js    "Your name"
//     text.js           words of others as links, code and names
//     notices.js        what the browser tells while nobody looks at the page
//     dom.js            makers of elements
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { $, button, colour, is_composing, Today } from "./dom.js";
import { Gap } from "./gap.js";
import { Histories } from "./histories.js";
import { Joins } from "./joins.js";
import { Link } from "./link.js";
import { keep, keep_direct, leave_to_others, random_name, recall, recall_direct, recall_pending } from "./memory.js";
import { NameDialog, NAME_WAITS } from "./name_dialog.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { next_order, Recalled, request_of } from "./pending.js";
import { Roster } from "./roster.js";
import { Drawers, show_members, show_rooms } from "./sidebars.js";
import { folded, mentions } from "./text.js";
import { Trouble } from "./trouble.js";
import { sentence, typing_text } from "./words.js";

const HISTORY_N = 50;
const HISTORY_MOST = 200; // that the server tells at once
const TYPING_MS = 5000; // after a sign of it somebody types
const AGAIN_MS = 2000; // after "too fast"
const ALERT_MS = 7000;
const MEMBERS_MOST = 1000; // that the server names
const DIRECT_KEPT = 100; // messages with one person that a reload shows again

const memory = recall();
const conversations = new Map(); // by key()
const pending = memory.pending;
let recalled = new Recalled(pending); // null: this tab has had the connection
let me = memory.nick;
let wanted = ""; // the name that the server gives later: it cannot look it up just now
let active = null;
let public_rooms = []; // of the last "rooms"

const key = (kind, name) => (kind === "room" ? "#" : "@") + folded(name);
const room_of = (name) => conversations.get(key("room", name));
const is_me = (name) => folded(name) === folded(me);
const rooms = () => [...conversations.values()].filter((c) => c.kind === "room");

const link = new Link({
  hello: () => ({
    type: "hello",
    session: memory.session,
    nick: wanted || me,
    told: memory.told, rooms: joins.greet(),
  }),
  on_message: (message) => {
    if (is_told_again(message)) return;
    handlers[message.type]?.(message);
    confirm(message);
  },
  on_state: show_state,
  on_why: (why) => trouble.note_why(why),
  on_too_long: () => fail_longest(),
});

// What one is told alone has numbers of its own, and comes until the server hears that it is here.
const is_alone = (message) => !message.room && message.number;
const is_told_again = (message) => is_alone(message) && message.number <= memory.told;
function confirm(message) {
  if (!is_alone(message)) return;
  memory.told = message.number;
  remember();
  link.send({ type: "got", number: message.number });
}

// ---- Conversations ------------------------------------------------------------------------------

function open_conversation(kind, name) {
  let conversation = conversations.get(key(kind, name));
  if (conversation) return conversation;
  conversation = new Conversation({
    kind, name, on_older: ask_for_older, on_scroll: look_at, my_name: () => me,
  });
  conversations.set(key(kind, name), conversation);
  $("conversations").append(conversation.element);
  return conversation;
}

// A conversation with one person is with that person, of `id`, and not with whoever has the name.
// One whose name another person has taken keeps it, and says so.
const key_of = (c) => key(c.kind, c.name) + (c.is_former ? ` ${c.id}` : "");

// What waits to be sent goes with it.
function move(conversation, name, is_former) {
  const waiting = pending.filter((one) => conversation_of(one) === conversation);
  conversations.delete(key_of(conversation));
  Object.assign(conversation, { name, is_former });
  conversations.set(key_of(conversation), conversation);
  const { id } = conversation;
  for (const one of waiting) Object.assign(one, { to: name, ...(id && { to_id: id }) });
}

// A person who was written to by a name turns out to be known: what was said and typed by that name
// goes to where the rest is.
function merge(there, known) {
  const drafts = [known, there].map((c) => c === active ? composer.text : c.draft);
  known.draft = drafts.filter(Boolean).join("\n");
  const moved = pending.filter((one) => conversation_of(one) === there);
  conversations.delete(key_of(there));
  there.element.remove();
  move(known, there.name, false);
  for (const one of moved) {
    one.to_id = known.id;
    show_pending(one);
  }
  if (active === there) show(known);
  else if (active === known) composer.text = known.draft;
}

const tell_of_new_owner = (conversation) =>
  conversation.note(`${conversation.name} is somebody else now: this is a new conversation.`);

// Without an id, that of whoever has the name now.
function direct_with(name, id) {
  const known = id && [...conversations.values()].find((c) => c.id === id);
  const there = conversations.get(key("direct", name));
  if (known && known === there) return known;
  const is_new_owner = Boolean(id && there?.id && there.id !== id);
  if (is_new_owner) move(there, name, true);
  if (known && there && !is_new_owner) merge(there, known);
  else if (known) move(known, name, false);
  const conversation = known || open_conversation("direct", name);
  conversation.id = id || conversation.id;
  if (is_new_owner) tell_of_new_owner(conversation);
  return conversation;
}

// A name that was typed is that of the conversation with it, or else of the person who is known by it:
// of a name that nobody has here the server knows.
const id_of = (name) => rooms().flatMap((c) => c.members || [])
  .find(({ nick }) => folded(nick) === folded(name))?.id;
const direct_to = (name) => conversations.get(key("direct", name)) || direct_with(name, id_of(name));

// The server has said that somebody else has the name of the person to whom `one` goes.
function part_from_name(one) {
  const conversation = conversation_of(one);
  const is_with_name = conversation?.id === one.to_id && !conversation.is_former &&
                       folded(conversation.name) === folded(one.to);
  if (!is_with_name) return;
  move(conversation, conversation.name, true);
  tell_of_new_owner(open_conversation("direct", conversation.name));
  remember_direct();
  refresh();
}

function close_conversation(conversation) {
  joins.end(conversation);
  conversations.delete(key_of(conversation));
  conversation.element.remove();
  if (conversation.kind === "direct") remember_direct();
  if (active === conversation) show(room_of("general") || [...conversations.values()][0]);
  refresh();
}

function show(conversation) {
  if (active && active !== conversation) {
    active.element.hidden = true;
    active.draft = composer.text;
  }
  if (active !== conversation) composer.text = conversation.draft || "";
  active = conversation;
  conversation.element.hidden = false;
  if (conversation.is_at_end) conversation.to_end();
  if (conversation.kind === "room" && !joins.has(conversation) && !conversation.members)
    link.send({ type: "members", room: conversation.name });
  look_at(conversation);
  refresh();
}

// The user sees the end of a conversation: nothing in it is unread.
function look_at(conversation) {
  if (conversation !== active) return;
  const is_seen = conversation.is_at_end && !document.hidden;
  show_newer();
  if (!is_seen || (conversation.unread_n === 0 && conversation.read >= conversation.last)) return;
  conversation.unread_n = conversation.mentions_n = 0;
  show_newer();
  // After a reload what was read is known before anything of it has come again.
  if (conversation.last > 0) conversation.read = Math.max(conversation.read, conversation.last);
  if (conversation.kind === "direct") remember_direct();
  refresh();
}

function show_newer() {
  $("newer").hidden = active.is_at_end || active.unread_n === 0;
}

function step(by) {
  const all = [...conversations.values()];
  show(all[(all.indexOf(active) + by + all.length) % all.length]);
}

function ask_for_older(conversation) {
  if (conversation.kind !== "room") return;
  histories.ask(conversation, { before: conversation.oldest(), limit: HISTORY_N }, conversation);
}

const histories = new Histories((message) => link.send(message));
const joins = new Joins({ send: (message) => link.send(message), rooms, refuse: refuse_room, complain });

// What was said in a room to which one does not come is shown there, with the reason: so that stays.
function refuse_room(conversation, fault) {
  const unsent = pending.filter((one) => conversation_of(one) === conversation);
  for (const one of unsent) if (!one.fault) fail_pending(one, fault);
  if (unsent.length === 0) close_conversation(conversation);
  else remember();
  return unsent.length > 0;
}

function join(name) {
  const known = room_of(name);
  const conversation = known || open_conversation("room", name);
  if (!known) joins.begin(conversation); // without a connection "hello" says so
  show(conversation);
}

function leave(conversation) {
  if (conversation.kind === "room") {
    if (rooms().length === 1) return complain("This is the only room that you are in.");
    if (pending.some((one) => !one.fault && conversation_of(one) === conversation))
      return complain("What you have said here is still on its way.");
    link.send({ type: "leave", room: conversation.name });
  }
  close_conversation(conversation);
}

// ---- What the user says -------------------------------------------------------------------------

function say(conversation, text, action) {
  const one = {
    ref: random_name(), text, action, time: Date.now(),
    order: next_order(pending),
    ...(conversation.kind === "room" ? { room: conversation.name }
      : { to: conversation.name, is_on_way: false, ...(conversation.id && { to_id: conversation.id }) }),
  };
  pending.push(one);
  remember();
  show_pending(one);
  outbox.next();
}

// The name goes behind what was said before. Returns as what the dialog asks for.
function take_name(nick, ref, is_dialogs) {
  if (!link.is_open) return null;
  pending.push({ nick, ref, order: next_order(pending), is_dialogs });
  remember();
  outbox.next();
  return outbox.sent.has(ref) ? "sent" : "waits";
}

function change_name(nick) {
  const how = take_name(nick, random_name(), false);
  if (how !== "sent") complain(how ? NAME_WAITS : "There is no connection.");
}

const conversation_of = (one) => one.nick ? null : one.room ? room_of(one.room)
  : one.to_id && [...conversations.values()].find((c) => c.id === one.to_id) ||
    conversations.get(key("direct", one.to));

function show_pending(one) {
  const conversation = conversation_of(one) ||
    open_conversation(one.room ? "room" : "direct", one.room || one.to);
  conversation.add_pending(one, me);
  if (one.fault) fail_pending(one, one.fault); // before a reload
}

// Nothing before it is known what another tab has sent.
const outbox = new Outbox({
  pending, conversation_of, send: (one) => !recalled && !joins.has(conversation_of(one)) && link.send(request_of(one)),
  is_done: ({ nick }) => nick === me, settle, keep: remember,
});

// What other tabs have sent and said since this one came. Of one person nobody keeps it but they.
function renew_pending() {
  const { settled, said, failed } = recalled.renew(pending, recall_pending());
  const is_told = ({ to, text }) => to && recall_direct().some((c) =>
    folded(c.name) === folded(to) && c.messages.some((one) => one.is_own && one.text === text));
  for (const one of settled) {
    const there = conversation_of(one);
    if (is_told(one)) there?.add({ ...one, from: me, number: there.last + 1 }, true);
    else there?.discard(one.ref);
  }
  for (const one of said) if (!one.nick) show_pending(one);
  for (const one of failed) fail_pending(one, one.fault);
}

function settle(ref) {
  const at = pending.findIndex((one) => one.ref === ref);
  if (at < 0) return null;
  const [one] = pending.splice(at, 1);
  outbox.go_on(one);
  remember();
  return one;
}

const IS_FOR_EDIT = new Set(["too_long", "bad_text"]); // the same would be refused again

function fail_pending(one, fault) {
  const conversation = conversation_of(one);
  if (!conversation) return settle(one.ref);
  one.fault = fault;
  // It stays where it was when it failed, also over a reload; what is said with one person is counted
  // anew by each page.
  if (one.room) one.behind ??= conversation.last;
  const discard = () => {
    conversation.discard(one.ref);
    settle(one.ref);
  };
  const again = () => {
    one.fault = one.behind = null;
    conversation.send_again(one.ref);
    outbox.next();
  };
  const edit = () => {
    discard();
    composer.type_again(one.text, one.action);
  };
  // To another person it is another message.
  const to_new_owner = () => {
    discard();
    const there = open_conversation("direct", one.to);
    show(there);
    say(there, one.text, false);
  };
  const way = fault.code === "another" ? ["Send to the one who has the name now", to_new_owner]
    : IS_FOR_EDIT.has(fault.code) ? ["Edit", edit] : ["Try again", again];
  conversation.fail(one.ref, fault.text, one.behind ?? conversation.last, [way, ["Discard", discard]]);
  outbox.go_on(one);
}

// The server ends a connection by which a message comes that is far too long: it would do so again.
function fail_longest() {
  const sent = pending.filter((one) => one.text && !one.fault && outbox.sent.has(one.ref)).sort((a, b) => b.text.length - a.text.length);
  if (sent.length > 0) fail_pending(sent[0], { code: "too_long", text: "this text is too long" });
}

// First of all after a "welcome", which may let something be sent: the server knows by the reference what it
// has had. A direct message is not kept there, so it is for the user to say it again if it was sent. Returns
// those.
function begin_pending() {
  if (recalled) renew_pending();
  recalled = null;
  const lost = outbox.begin();
  for (const one of lost) one.fault = { text: "the connection was lost, so it may have arrived or not." };
  return lost;
}

function send_all_pending(lost) {
  for (const one of lost) fail_pending(one, one.fault);
  outbox.next();
}

// "Too fast" is for later, as with what is said.
function fail_name(one, code, text) {
  if (code === "too_fast") return outbox.later(one, AGAIN_MS);
  const told = sentence(code, text);
  if (!name_dialog.refused(one.ref, told)) complain(told);
  settle(one.ref);
}

// The reply to "/who" or "/rooms" is to be noted where the user has asked.
const asked = { members: null, rooms: null };
function ask_and_note(message) {
  if (!message) return active.note("Only the two of you are here.");
  if (!link.send(message)) return complain("There is no connection.");
  asked[message.type] = active;
}

function note_reply(type, text) {
  asked[type]?.note(text);
  asked[type] = null;
}

const composer = new Composer({
  say: (text, action) => say(active, text, action),
  drafted: () => {
    active.draft = composer.text;
    remember();
  },
  who: () => ask_and_note(active.kind === "room" ? { type: "members", room: active.name } : null),
  rooms: () => ask_and_note({ type: "rooms" }),
  help: (text) => active.note(text).classList.add("table"),
  nick: change_name,
  join,
  leave: () => leave(active),
  direct: (to, text) => {
    const conversation = direct_to(to);
    show(conversation);
    if (text) say(conversation, text, false);
  },
  typing: () => active.kind === "room" && link.send({ type: "typing", room: active.name }),
  complain,
});

// ---- What the server says -----------------------------------------------------------------------

function meet(name, { last, members, life }) {
  const conversation = open_conversation("room", name);
  joins.end(conversation);
  const was_known = conversation.life !== null;
  if (was_known && conversation.life !== life)
    conversation.note("This room has begun anew: what was said while you were away is not kept.");
  const has_no_past = conversation.since > 0 && conversation.last === 0; // it was lost on its way
  conversation.begin_life(life, last);
  conversation.before_n = last;
  conversation.is_line_due = true;
  conversation.members_n = members;
  conversation.members = null;
  if (conversation.read === null) conversation.read = was_known ? 0 : last;
  if (conversation.last === 0 && last > 0) conversation.older.hidden = false;
  if (has_no_past) ask_for_older(conversation);
  if (conversation === active) link.send({ type: "members", room: name });
  // What became of these while the page was away the server tells with them.
  if (conversation.unstored.size > 0)
    histories.ask(conversation, { before: Math.max(...conversation.unstored) + 1, limit: HISTORY_MOST },
                  conversation.unstored);
}

// The first one that was missed gets the line above it: what was said while the page was away is
// missed, too, although it is seen as soon as it comes.
function count_news(conversation, message, is_seen) {
  const is_live = message.number > conversation.before_n;
  const begins = conversation.unread_n === 0 && (is_live ? !is_seen : conversation.is_line_due);
  if (begins || is_live) conversation.is_line_due = false;
  if (begins) conversation.draw_line(message.number);
  if (is_seen) return;
  conversation.unread_n++;
  const is_mention = mentions(message.text, me);
  if (is_mention) conversation.mentions_n++;
  if (is_mention || conversation.kind === "direct")
    notices.tell(conversation.label, message, () => choose(conversation));
}

// What was said after it, and was not sent, stays behind it.
function keep_behind(conversation, message) {
  const at = pending.findIndex((one) => one.ref === message.ref);
  const later = at < 0 ? [] : pending.slice(at + 1).filter((one) => one.fault);
  for (const one of later) {
    if (conversation_of(one) !== conversation) continue;
    if (one.room) one.behind = Math.max(one.behind, message.number);
    conversation.keep_behind(one.ref, message.number);
  }
}

function receive(conversation, message) {
  const was_at_end = conversation.is_at_end;
  const is_own = Boolean(message.ref) || is_me(message.from);
  if (message.ref) keep_behind(conversation, message);
  if (message.ref) settle(message.ref);
  if (!conversation.add(message, is_own)) return;
  conversation.close_gaps();
  if (conversation.oldest() <= 1) conversation.older.hidden = true;
  const is_seen = conversation === active && was_at_end && !document.hidden;
  const is_news = !is_own && message.number > (conversation.read ?? 0);
  if (is_news) count_news(conversation, message, is_seen);
  if (conversation === active) show_newer();
  if (is_seen) conversation.read = Math.max(conversation.read, conversation.last);
  refresh();
}

// A name leaves, and a member comes; null: nobody.
function change_member(room, leaves, comes) {
  const conversation = room_of(room);
  if (!conversation) return null;
  if (conversation.members) {
    conversation.members = conversation.members.filter(
      ({ nick }) => nick !== leaves && nick !== comes?.nick);
    if (comes) conversation.members.push(comes);
  }
  conversation.members_n += (comes ? 1 : 0) - (leaves ? 1 : 0);
  conversation.typing.delete(leaves);
  refresh();
  return conversation;
}

function rename(from, to, id) {
  if (is_me(from)) {
    me = to;
    wanted = "";
    name_dialog.renamed(to);
    const asked = pending.find((one) => one.nick === to);
    if (asked) settle(asked.ref);
    remember();
  }
  const there = conversations.get(key("direct", from));
  if (there && !there.id) there.id = id;
  if (![...conversations.values()].some((c) => id && c.id === id)) return;
  direct_with(to, id);
  remember_direct();
}

const roster = new Roster({
  ask: (room) => link.send({ type: "members", room }), active: () => active,
});

const handlers = {
  welcome({ session, nick, wanted: later = "", told, rooms: list }) {
    memory.session = session;
    if (told < memory.told) memory.told = 0; // the server counts anew
    const is_newcomer = me === "";
    const lost = begin_pending();
    const has_asked = pending.some((one) => one.nick === nick); // by the connection before
    if (later && later !== wanted)
      active.note(`The name ${later} cannot be looked up just now: you are ${nick} until it can.`);
    if (me && !later && !has_asked && !is_me(nick))
      active.note(`The name ${me} is taken by somebody else now: you are ${nick}.`);
    me = nick;
    wanted = later;
    name_dialog.renamed(me);
    asked.members = asked.rooms = null;
    histories.clear();
    trouble.note_server(); // what it lacks comes behind this
    for (const conversation of rooms()) conversation.typing.clear();
    for (const one of list) meet(one.room, one);
    joins.welcomed();
    remember();
    send_all_pending(lost);
    refresh();
    if (is_newcomer && composer.text === "") name_dialog.welcome();
  },
  message(message) {
    const conversation = room_of(message.room);
    if (conversation) receive(conversation, message);
    else settle(message.ref);
  },
  direct(message) {
    const { from, to, ref, from_id, to_id } = message;
    const is_own = Boolean(ref) || is_me(from);
    const conversation = direct_with(is_own ? to : from, is_own ? to_id : from_id);
    receive(conversation, { ...message, number: conversation.last + 1 });
    remember_direct();
  },
  undelivered({ to, to_id, messages }) {
    const what = messages === 1 ? "Your last message" : `${messages} of your messages`;
    direct_with(to, to_id).note(`${what} may not have come: ${to} has gone.`);
  },
  history({ room, messages, more: has_more, missing, ref }) {
    const conversation = room_of(room);
    const whose = histories.take(ref);
    if (!conversation) return;
    const more = has_more || missing === "unread"; // it may be asked for again
    conversation.tell_missing(missing);
    if (whose instanceof Gap) whose.fill(messages, more);
    conversation.add_older(messages, (message) => is_me(message.from));
    for (const one of messages) if (one.ref) settle(one.ref);
    conversation.mark(messages.filter((one) => !one.unstored).map((one) => one.number), true);
    if (whose instanceof Gap) return;
    const is_oldest = messages.length === 0 || messages[0].number === conversation.oldest();
    if (is_oldest) conversation.older.hidden = !more || conversation.oldest() <= 1;
  },
  joined({ room, nick, id, ...more }) {
    if (is_me(nick)) {
      if ("last" in more && room_of(room)) meet(room, more); // else it was left meanwhile
      outbox.next(); // what was said here meanwhile
      return refresh();
    }
    change_member(room, null, { nick, id })?.move("joined", nick);
  },
  left({ room, nick }) {
    if (!is_me(nick)) change_member(room, nick, null)?.move("left", nick);
  },
  renamed({ room, from, to, id }) {
    const is_own = is_me(from);
    rename(from, to, id);
    const conversation = room ? change_member(room, from, { nick: to, id }) : null;
    if (is_own) conversation?.note(`You are now ${to}`);
    else conversation?.move("renamed", to, from);
    refresh();
  },
  members({ room, nicks, ids }) {
    const conversation = room_of(room);
    if (!conversation) return;
    conversation.members = nicks.map((nick, at) => ({ nick, id: ids[at] }));
    if (asked.members === conversation) note_reply("members", `Here: ${nicks.join(", ")}`);
    conversation.members_n = Math.max(nicks.length, nicks.length < MEMBERS_MOST ? 0 : conversation.members_n);
    refresh();
  },
  rooms({ rooms: list }) {
    public_rooms = list;
    note_reply("rooms", list.map((one) => `#${one.room} (${one.members})`).join(", "));
    for (const { room, members } of list) {
      const conversation = room_of(room);
      if (conversation) conversation.members_n = members;
    }
    roster.look();
    refresh();
  },
  // People of other servers are in the lists again soon, or no more.
  state(told) {
    const had_nodes = trouble.nodes;
    trouble.note_server(told);
    if (trouble.nodes !== had_nodes) roster.hurry();
  },
  typing({ room, nick }) {
    const conversation = room_of(room);
    if (!conversation || is_me(nick)) return;
    conversation.typing.set(nick, Date.now() + TYPING_MS);
    show_typing();
  },
  unstored({ room, numbers }) {
    room_of(room)?.mark(numbers, false);
  },
  stored({ room, numbers }) {
    room_of(room)?.mark(numbers, true);
  },
  lagged({ room, ...missing }) {
    const conversation = room_of(room);
    conversation?.add_gap(missing, {
      ask: (of, gap) => histories.ask(conversation, of, gap),
      on_none: () => complain("The server does not have them, or not yet."),
    });
    if (conversation) outbox.missed(conversation);
  },
  error({ code, text, ref, said }) {
    const one = pending.find((other) => other.ref === ref);
    const is_for_now = code === "too_fast" || code === "try_later";
    if (one?.nick) return fail_name(one, code, text);
    if (one) {
      if (code === "another") part_from_name(one);
      return said ? outbox.hold(one) : is_for_now ? outbox.later(one, AGAIN_MS) : fail_pending(one, { code, text });
    }
    if (joins.fail(ref, { code, text }, is_for_now)) return;
    // An error without a reference may be that of any request: each may be asked again.
    if (ref) histories.take(ref);
    else histories.clear();
    complain(sentence(code, text));
  },
};

// ---- Showing ------------------------------------------------------------------------------------

let alert_timer = 0;
function complain(text) {
  $("alert").textContent = text;
  clearTimeout(alert_timer);
  alert_timer = setTimeout(() => $("alert").replaceChildren(), ALERT_MS);
}

const trouble = new Trouble();

// The first try is no trouble yet.
function show_state(state) {
  const line = $("state");
  const is_lost = state === "waiting" || state === "connecting" && trouble.is_lost;
  if (state === "open" || is_lost) trouble.note_link(is_lost);
  if (state !== "open" && state !== "connecting") name_dialog.lost();
  if (state !== "taken") return;
  leave_to_others();
  composer.close();
  trouble.end();
  line.replaceChildren("Open in another tab. ", button("quiet", "Use it here", () => location.reload()));
}

function show_typing() {
  const now = Date.now();
  for (const [name, until] of active.typing) if (until <= now) active.typing.delete(name);
  const names = [...active.typing.keys()];
  const text = typing_text(names);
  if ($("typing").textContent !== text) $("typing").textContent = text;
}

function show_title() {
  const is_room = active.kind === "room";
  $("title").textContent = active.label;
  $("subtitle").textContent = is_room ? "" : is_me(active.name) ? "Only you see this."
    : "Only the two of you see this.";
  $("members-n").textContent = active.members_n;
  $("leave").hidden = is_room && active.name.toLowerCase() === "general";
  $("leave").textContent = is_room ? "Leave" : "Close";
  document.body.classList.toggle("direct", !is_room);
  composer.label = `Message to ${active.label}`;
  const sum = (of) => [...conversations.values()].reduce((n, c) => n + of(c), 0);
  const unread = sum((c) => c.unread_n), mentioned = sum((c) => c.mentions_n);
  document.title = `${unread ? `(${unread}) ` : ""}${mentioned ? `@${mentioned} ` : ""}` +
    `${active.label} – edo-chat`;
}

// All that is not a message is drawn again at most once a frame. A timer stands in for a page that
// is not visible, to which no frames come.
let is_due = false;
function draw() {
  if (!is_due) return;
  is_due = false;
  show_title();
  show_typing();
  show_rooms({ conversations, active, public_rooms, show: choose, join: choose_room });
  show_members({ active, is_me, talk_to });
  $("my-nick").textContent = me || "…";
  $("my-avatar").className = `avatar small ${colour(me)}`;
  $("my-avatar").textContent = me.slice(0, 1);
  remember();
}

function refresh() {
  if (is_due) return;
  is_due = true;
  if (document.hidden) setTimeout(draw, 50);
  else requestAnimationFrame(draw);
}

function remember() {
  if (recalled) renew_pending();
  keep({
    session: memory.session, nick: wanted || me, pending,
    rooms: rooms().map((c) => ({ room: c.name, read: c.read, life: c.life })),
    active: active ? key_of(active) : "#general",
    drafts: [...conversations].filter(([, c]) => c.draft).map(([name, c]) => [name, c.draft]),
  });
}

function remember_direct() {
  keep_direct([...conversations.values()].filter((c) => c.kind === "direct")
    .map((c) => ({ name: c.name, id: c.id, is_former: c.is_former, unread_n: c.unread_n, messages: c.kept(DIRECT_KEPT) })));
}

const drawers = new Drawers();
const notices = new Notices(complain);
const name_dialog = new NameDialog({
  ask: (nick, ref) => take_name(nick, ref, true), take_back: settle, my_name: () => me, on_welcomed: () => composer.focus(),
});

function choose(conversation) {
  drawers.close();
  show(conversation);
  composer.focus();
}

function choose_room(name) {
  drawers.close();
  join(name);
  composer.focus();
}

// With the person in the list, and not with who has the name later.
function talk_to({ nick, id }) {
  choose(direct_with(nick, id));
  remember_direct();
}

// ---- The page's own controls --------------------------------------------------------------------

$("leave").addEventListener("click", () => leave(active));
$("newer").addEventListener("click", () => {
  active.to_end();
  look_at(active);
});
$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("join-name").value.trim().replace(/^#/, "");
  if (!name) return;
  $("join-name").value = "";
  choose_room(name);
});
document.addEventListener("visibilitychange", () => {
  look_at(active);
  draw(); // the frame that was to do it may not come before the page is looked at again
});
document.addEventListener("keydown", (event) => {
  if (is_composing(event)) return;
  if (event.key === "Escape") drawers.close();
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  step(event.key === "ArrowUp" ? -1 : 1);
});
addEventListener("pagehide", remember);
// A browser would show a file that is dropped here in the place of the page. Text may be dropped.
for (const type of ["dragover", "drop"])
  addEventListener(type, (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
const today = new Today();
setInterval(() => {
  today.look(() => conversations.forEach((one) => one.renew_days()));
  if (active) show_typing();
}, 1000);
new ResizeObserver(() => active?.is_at_end && active.to_end()).observe($("conversations"));

for (const { room, read, life } of memory.rooms)
  Object.assign(open_conversation("room", room), { read, life });
for (const { name, id, is_former, unread_n, messages } of recall_direct()) {
  const conversation = open_conversation("direct", name);
  conversation.id = id;
  if (is_former) move(conversation, name, true);
  conversation.recall(messages, unread_n);
}
for (const [name, draft] of memory.drafts)
  if (conversations.has(name)) conversations.get(name).draft = draft;
for (const one of pending) if (!one.nick) show_pending(one);
show(conversations.get(memory.active) || [...conversations.values()][0]);
link.connect();
