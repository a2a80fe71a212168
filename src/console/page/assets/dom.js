// SPDX-License-Identifier: MIT
"use strict";
// Small makers of elements, and how numbers are written. What the program says becomes the text of a node and nothing
// else, so no name of a task can be markup.

const $ = (id) => document.getElementById(id);

// An element with a class, and children: elements, or texts.
function make(tag, classes, ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...children);
  return element;
}

function button(text, on_click) {
  const element = make("button", "", text);
  element.type = "button";
  element.addEventListener("click", on_click);
  return element;
}

function drawing(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Text that stays as it is costs nothing.
function set_text(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Numbers of 64 bits are strings in JSON, and what is 0 is left out.
const number = (value) => Number(value ?? 0);
const list = (value) => value ?? [];

// The id of a task as dumps and edo console write it; it may need all 64 bits.
const hex = (id) => BigInt(id ?? 0).toString(16);

const thousands = new Intl.NumberFormat("en-GB");
const count = (value) => thousands.format(number(value));
const plural = (n, one, many = `${one}s`) => `${count(n)} ${number(n) === 1 ? one : many}`;

// Tenths of a second; -1: not known.
function span(tenths) {
  const t = number(tenths);
  if (t < 0) return "not known";
  if (t < 600) return `${(t / 10).toFixed(1)} s`;
  const minutes = Math.floor(t / 600), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (hours === 0) return `${minutes} min ${Math.floor(t / 10) % 60} s`;
  return days === 0 ? `${hours} h ${minutes % 60} min` : `${days} d ${hours % 24} h`;
}

function nanoseconds(value) {
  const ns = number(value);
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e9).toFixed(1)} s`;
}

const bytes = (value) => {
  const n = number(value);
  return n < 1 << 20 ? `${(n / 1024).toFixed(0)} KiB` : `${(n / (1 << 20)).toFixed(1)} MiB`;
};
const percent = (share) => `${Math.round(100 * share)} %`;

// Rows of a histogram: [name, n].
function draw_bars(element, rows) {
  const most = Math.max(1, ...rows.map(([, n]) => n));
  if (element.children.length !== rows.length)
    element.replaceChildren(...rows.map(() => {
      const row = make("div", "", make("span", "name"), drawing("svg", { "aria-hidden": "true" },
        drawing("rect", { height: "100%", rx: 3 })), make("span", "count"));
      row.setAttribute("role", "listitem");
      return row;
    }));
  rows.forEach(([name, n], i) => {
    const [title, bar, total] = element.children[i].children;
    set_text(title, name);
    set_text(total, count(n));
    bar.firstChild.setAttribute("width", `${100 * n / most}%`);
  });
}
