// SPDX-License-Identifier: MIT
// Small makers of elements. Words of others become text of a node and nothing else, so no
// message can be markup.

export const $ = (id) => document.getElementById(id);

// An element with a class, and children: elements, or texts.
export function make(tag, classes, ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function button(classes, text, on_click) {
  const element = make("button", classes, text);
  element.type = "button";
  element.addEventListener("click", on_click);
  return element;
}

// The key belongs to an input method, as the Enter that confirms its candidate. Safari tells of its end
// before of that key, which has this code still.
export function is_composing(event) {
  return event.isComposing || event.keyCode === 229;
}

// A name has one of eight colours, the same on every page.
export function colour(name) {
  let hash = 2166136261;
  for (const character of name.toLowerCase()) hash = Math.imul(hash ^ character.codePointAt(0), 16777619) >>> 0;
  return `c${((hash ^ (hash >>> 13)) >>> 0) % 8}`;
}

export function avatar(name, classes = "") {
  const element = make("span", `avatar ${colour(name)} ${classes}`, name.slice(0, 1));
  element.setAttribute("aria-hidden", "true");
  return element;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const long_day = new Intl.DateTimeFormat(undefined, {
  weekday: "long", day: "numeric", month: "long", year: "numeric",
});

export function time_element(ms) {
  const date = new Date(ms);
  const element = make("time", "", clock.format(date));
  element.dateTime = date.toISOString();
  element.title = whole.format(date);
  return element;
}

// A number that tells days apart, in the reader's time zone; of a time in ms or a Date.
export function day_of(ms) {
  const date = new Date(ms);
  return date.getFullYear() * 400 + date.getMonth() * 31 + date.getDate();
}

// "Today" is another day after midnight.
export class Today {
  day = day_of(Date.now());

  // Calls does() if it is another one than at the last look.
  look(does) {
    if (day_of(Date.now()) === this.day) return;
    this.day = day_of(Date.now());
    does();
  }
}

// The day before has another length where clocks are changed.
export function day_name(ms) {
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day_of(ms) === day_of(today)) return "Today";
  if (day_of(ms) === day_of(yesterday)) return "Yesterday";
  return long_day.format(new Date(ms));
}

export function plural(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}
