// SPDX-License-Identifier: MIT
// Words of others as nodes: links, code and the reader's own name are elements, all else is text.
// Nothing here makes markup of a string, so no message can be markup.
import { make } from "./dom.js";

// The marks of Chinese and Japanese: a sentence goes on behind them without a blank.
const WIDE_MARKS = String.raw`\u3001-\u3003\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff0e` +
  String.raw`\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d\uff5f-\uff64`;
// A block of code, code within a line, an address of the web. What is none of them stays text, as more
// than three backticks in a row.
const FENCE = "(?<!`)```(?!`)";
const PARTS = new RegExp(`${FENCE}\\n?([^]+?)\\n?${FENCE}|(?<!\`)\`([^\`\\n]+)\`(?!\`)|` +
  `(https?://[^\\s<>"\`\\p{Cc}\\p{Bidi_C}${WIDE_MARKS}]+)`, "giu");
// Characters that could make a line look as if somebody else had said it, or hide: as terminals
// show them (screen.c). Marks of direction (U+200E, U+200F, U+061C) are as harmless as a letter of their
// direction: their effect ends with the line.
const MISLEADING = /([\u0080-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069])/gu;
// At the end of a sentence, and not of the address in it.
const AT_END = /[\p{Terminal_Punctuation}\p{Quotation_Mark}*_\])\u2026]/u;

// A bracket at the end belongs to an address that has opened one.
function address_in(text) {
  let end = text.length;
  while (end > 0 && AT_END.test(text[end - 1])) end--;
  const count = (character) => text.slice(0, end).split(character).length;
  if (text[end] === ")" && count("(") > count(")")) end++;
  return text.slice(0, end);
}

function is_address(text) {
  try {
    return Boolean(new URL(text).host);
  } catch {
    return false;
  }
}

function link(address) {
  const element = make("a", "", address);
  element.href = address;
  element.target = "_blank";
  element.rel = "noopener noreferrer"; // it learns nothing of this page
  return element;
}

// What all forms of one name have in common, as the server compares them.
export const folded = (name) => name.normalize("NFKC").toLowerCase();

// The name as a word, and not in an address of mail, the name of a machine or a path.
function names(nick) {
  const literal = nick.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![A-Za-z0-9_/-]|[A-Za-z0-9][@.])${literal}(?![A-Za-z0-9_/-]|[@.][A-Za-z0-9])`, "iu");
}

// What the text is made of, in order: { kind, part } with the kind "words", "link", "code" or "block".
function parts_of(text) {
  const found = [];
  const add = (kind, part) => part !== "" && found.push({ kind, part });
  let at = 0;
  for (const part of text.matchAll(PARTS)) {
    const [whole, block, code, address] = part;
    const taken = address ? address_in(address) : whole;
    if (address && !is_address(taken)) continue;
    add("words", text.slice(at, part.index));
    if (address) add("link", taken);
    else add(block === undefined ? "code" : "block", block ?? code);
    at = part.index + taken.length;
  }
  add("words", text.slice(at));
  return found;
}

// Whether the text has that name as a word, which is none in an address or code.
export function mentions(text, nick) {
  return nick !== "" && parts_of(text).some(({ kind, part }) => kind === "words" && names(nick).test(part));
}

// What a reader takes for one character is never cut in two.
function characters_of(text) {
  return "Segmenter" in Intl ? Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
    : [...text];
}

// The text, or as much of its begin as has `most` units of UTF-16 with an ellipsis.
export function shortened(text, most) {
  if (text.length <= most) return text;
  let short = "";
  for (const character of characters_of(text)) {
    if (short.length + character.length >= most) break;
    short += character;
  }
  return `${short}\u2026`;
}

// What is no printable text, shown by its number.
const shown = (control) =>
  `<U+${control.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;

export function plain_text(text) {
  return text.replace(MISLEADING, shown);
}

// The same, as nodes. What a split finds is at the odd places.
function plain(text) {
  return text.split(MISLEADING)
    .map((part, i) => (i % 2 ? make("span", "control", shown(part)) : part))
    .filter((part) => part !== "");
}

function words(text, nick) {
  const found = [];
  for (let rest = text, at; nick && (at = rest.match(names(nick))); ) {
    found.push(...plain(rest.slice(0, at.index)), make("mark", "", at[0]));
    rest = rest.slice(at.index + at[0].length);
    text = rest;
  }
  return [...found, ...plain(text)];
}

// The nodes of a message; `nick`: the name that is marked, "": none.
export function nodes_of(text, nick) {
  return parts_of(text).flatMap(({ kind, part }) => kind === "words" ? words(part, nick)
    : kind === "link" ? link(part)
    : make("code", kind === "block" ? "block" : "", ...plain(part)));
}
