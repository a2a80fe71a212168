// SPDX-License-Identifier: MIT
// The state that no reload, and no end of the browser, may lose: who one is, the rooms, the words that
// are not yet confirmed and those that are not yet sent. All tabs have it in common, since all of them
// are one person: of two, the one that has the connection writes it.

const KEY = "edo-chat";
const KEY_NAMES = "edo-chat-names"; // that wait to be taken: pages of before know none among what waits
const KEY_DIRECT = "edo-chat-direct"; // apart from the rest, which is written more often
const DIRECT_MOST = 512 * 1024; // characters of all conversations: what is in them others have said
const EACH_MOST = 64 * 1024; // of one

// A browser may refuse to store anything: then a reload makes a new person.
function get(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

// Returns whether it is kept.
function set(key, text) {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false; // see above
  }
}

// 132 random bits of letters and digits, "-" and "_".
export function random_name() {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return [...crypto.getRandomValues(new Uint8Array(22))].map((byte) => alphabet[byte & 63]).join("");
}

// Another tab has it now.
let is_ours = true;
export function leave_to_others() {
  is_ours = false;
}

function keep_shared(key, value) {
  return !is_ours || set(key, JSON.stringify(value));
}

function get_value(key) {
  try {
    return JSON.parse(get(key));
  } catch {
    return null; // somebody else's
  }
}

// What waits to be sent, in order.
export function recall_pending() {
  return [...(get_value(KEY)?.pending ?? []), ...(get_value(KEY_NAMES) ?? [])].sort((a, b) => a.order - b.order);
}

export function recall() {
  return {
    session: random_name(),
    nick: "",
    told: 0, // the number of what one was told alone last
    rooms: [{ room: "general", read: null, life: null }],
    active: "#general",
    drafts: [],
    ...get_value(KEY),
    pending: recall_pending(),
  };
}

// Where there is no room for both, who one is matters more than what others have said. A name for which a
// dialog is open is not taken after a reload.
export function keep({ pending, ...rest }) {
  const state = { ...rest, pending: pending.filter((one) => !one.nick) };
  keep_shared(KEY_NAMES, pending.filter((one) => one.nick && !one.is_dialogs));
  if (keep_shared(KEY, state)) return;
  set(KEY_DIRECT, "[]");
  keep_shared(KEY, state);
}

// Words with one person are kept by nobody else: the server only passes them on.
export function recall_direct() {
  return get_value(KEY_DIRECT) || [];
}

// The newest messages, for which there is room.
function newest_of(conversation, most) {
  const messages = [];
  let length = JSON.stringify({ ...conversation, messages }).length;
  for (const message of conversation.messages.toReversed()) {
    length += JSON.stringify(message).length + 1;
    if (length > most) break;
    messages.unshift(message);
  }
  return { ...conversation, messages };
}

// The conversations in which something was said last come first; one in which nothing was said yet the
// user has opened.
export function keep_direct(conversations) {
  const time_of = ({ messages }) => messages.at(-1)?.time ?? Number.MAX_SAFE_INTEGER;
  const kept = new Map();
  let left = DIRECT_MOST;
  for (const one of conversations.toSorted((a, b) => time_of(b) - time_of(a))) {
    const newest = newest_of(one, Math.min(left, EACH_MOST));
    left -= JSON.stringify(newest).length + 1;
    if (left < 0) break;
    kept.set(one, newest);
  }
  keep_shared(KEY_DIRECT, conversations.filter((one) => kept.has(one)).map((one) => kept.get(one)));
}

export function recall_notices() {
  return get("edo-chat-notices") === "on";
}

export function keep_notices(are_wanted) {
  set("edo-chat-notices", are_wanted ? "on" : "off");
}
