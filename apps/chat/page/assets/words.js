// SPDX-License-Identifier: MIT
// What the server says of an error, as a sentence for the one who reads it.
const SENTENCES = {
  bad_message: "The server has not understood the page: it may be of another version. Load the page again.",
  bad_room: "The name of a room has 1 to 24 letters A to Z, digits, _ or -",
  bad_nick: "A name is up to 64 bytes of letters and digits of one script, with single blanks, ', ., - or _ between them",
  too_fast: "That was too fast. Wait a moment, and try again.",
  nick_taken: "Somebody else has this name.",
  nick_reserved: "Nobody can have this name.",
  not_in_room: "You are not in this room any more.",
  too_many_rooms: "You are in as many rooms as one can be. Leave one first.",
};

// Of a code without a sentence here, as of a newer server, its text is made one.
export function sentence(code, text = "") {
  if (Object.hasOwn(SENTENCES, code)) return SENTENCES[code];
  const words = text.trim() || "The server could not do that";
  return words[0].toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
}

export const typing_text = (names) => names.length === 0 ? "" : names.length > 3 ? "Several people are typing …"
  : `${names.join(", ")} ${names.length === 1 ? "is" : "are"} typing …`;
