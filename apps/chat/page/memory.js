// SPDX-License-Identifier: MIT
// The state that a reload of the page must not lose: the name and rooms of this tab, and its words
// that are not yet confirmed. A tab has its own; a new tab begins with the name that was used last.

const KEY = "edo-chat";
const KEY_DIRECT = "edo-chat-direct"; // apart from the rest, which is written more often

// A browser may refuse to store anything: then a reload makes a new person.
function get(storage, key) {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

function set(storage, key, text) {
  try {
    window[storage].setItem(key, text);
  } catch {
    // see above
  }
}

// 132 random bits of letters and digits, "-" and "_".
export function random_name() {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return [...crypto.getRandomValues(new Uint8Array(22))].map((byte) => alphabet[byte & 63]).join("");
}

export function recall() {
  let kept = null;
  try {
    kept = JSON.parse(get("sessionStorage", KEY));
  } catch {
    // somebody else's
  }
  return {
    session: random_name(),
    nick: get("localStorage", "edo-chat-nick") || "",
    rooms: [{ room: "general", read: null, life: null }],
    active: "#general",
    pending: [],
    ...kept,
  };
}

export function keep(state) {
  set("sessionStorage", KEY, JSON.stringify(state));
}

// Words with one person are kept by nobody else: the server only passes them on.
export function recall_direct() {
  try {
    return JSON.parse(get("sessionStorage", KEY_DIRECT)) || [];
  } catch {
    return [];
  }
}

export function keep_direct(conversations) {
  set("sessionStorage", KEY_DIRECT, JSON.stringify(conversations));
}

export function keep_nick(nick) {
  set("localStorage", "edo-chat-nick", nick);
}

export function recall_notices() {
  return get("localStorage", "edo-chat-notices") === "on";
}

export function keep_notices(are_wanted) {
  set("localStorage", "edo-chat-notices", are_wanted ? "on" : "off");
}
