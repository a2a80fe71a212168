// SPDX-License-Identifier: MIT
// The state that no reload, and no end of the browser, may lose: who one is, the rooms, the words that
// are not yet confirmed and those that are not yet sent. All tabs have it in common, since all of them
// are one person: of two, the one that has the connection writes it.

const KEY = "edo-chat";
const KEY_DIRECT = "edo-chat-direct"; // apart from the rest, which is written more often

// A browser may refuse to store anything: then a reload makes a new person.
function get(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function set(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // see above
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
  if (is_ours) set(key, JSON.stringify(value));
}

export function recall() {
  let kept = null;
  try {
    kept = JSON.parse(get(KEY));
  } catch {
    // somebody else's
  }
  return {
    session: random_name(),
    nick: "",
    rooms: [{ room: "general", read: null, life: null }],
    active: "#general",
    pending: [],
    drafts: [],
    ...kept,
  };
}

export function keep(state) {
  keep_shared(KEY, state);
}

// Words with one person are kept by nobody else: the server only passes them on.
export function recall_direct() {
  try {
    return JSON.parse(get(KEY_DIRECT)) || [];
  } catch {
    return [];
  }
}

export function keep_direct(conversations) {
  keep_shared(KEY_DIRECT, conversations);
}

export function recall_notices() {
  return get("edo-chat-notices") === "on";
}

export function keep_notices(are_wanted) {
  set("edo-chat-notices", are_wanted ? "on" : "off");
}
