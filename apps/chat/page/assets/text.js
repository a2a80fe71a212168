// SPDX-License-Identifier: MIT
// Words of others as nodes: links, code and the reader's own name are elements, all else is text.
// Nothing here makes markup of a string, so no message can be markup.
import { make } from "./dom.js";

// A block of code, code within a line, an address of the web. What is none of them stays text.
const PARTS = /```\n?([^]+?)\n?```|`([^`\n]+)`|(https?:\/\/[^\s<>"`\p{Cc}\p{Bidi_C}]+)/giu;
// Characters that could make a line look as if somebody else had said it, or hide: as terminals
// show them (screen.c).
const MISLEADING = /([\u0080-\u009f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069])/gu;
const AT_END = ".,;:!?'\"*_])"; // of a sentence, and not of the address in it

// A bracket at the end belongs to an address that has opened one.
function address_in(text) {
  let end = text.length;
  while (end > 0 && AT_END.includes(text[end - 1])) end--;
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

function names(nick) {
  return new RegExp(`(?<![A-Za-z0-9_-])${nick}(?![A-Za-z0-9_-])`, "i");
}

// Whether the text has that name as a word. A name is letters, digits, "_" and "-".
export function mentions(text, nick) {
  return nick !== "" && names(nick).test(text);
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
  const found = [];
  let at = 0;
  for (const part of text.matchAll(PARTS)) {
    const [whole, block, code, address] = part;
    const taken = address ? address_in(address) : whole;
    if (address && !is_address(taken)) continue;
    found.push(...words(text.slice(at, part.index), nick));
    if (address) found.push(link(taken));
    else found.push(make("code", block === undefined ? "" : "block", ...plain(block ?? code)));
    at = part.index + taken.length;
  }
  return [...found, ...words(text.slice(at), nick)];
}
