// SPDX-License-Identifier: MIT
"use strict";
// A table whose rows are sorted by a column, and keep their elements from look to look. It draws ROWS rows and more on wish: so its cost
// does not grow with the program. One row at a time is reached by Tab, the others by arrows.

const ROWS = 200;

// A column: `title`; `value(row)` to sort by, a number or a string, also of an empty row; `show(row)`, the text, or `draw(cell, row)`;
// `hides`, "wide" or "middle": the width below which it is left out; `warns(row)`.
const classes_of = (column) => `${typeof column.value({}) === "number" && !column.draw ? "number" : ""} ${column.hides ?? ""}`;

class Table {
  #columns;
  #key;
  #open;
  #rows = [];
  #limit = ROWS;
  #elements = new Map();
  #by;
  #down = true;
  #body = make("tbody");
  #more = button("", () => this.#show_more());
  #heads;

  // `key(row)` tells rows apart; `open(row)` is called when its first cell is pressed, unless it is undefined.
  constructor(place, caption, columns, { key, open, by }) {
    this.#columns = columns;
    this.#key = key;
    this.#open = open;
    this.#by = columns.find((column) => column.title === by) ?? columns[0];
    this.#down = typeof this.#by.value({}) === "number";
    this.#heads = columns.map((column) => this.#head(column));
    const title = make("caption", "unseen", caption);
    const table = make("table", "", title, make("thead", "", make("tr", "", ...this.#heads)), this.#body);
    const scroll = make("div", "scroll", table);
    this.#more.className = "more";
    this.#body.addEventListener("keydown", (event) => this.#move(event));
    this.#body.addEventListener("focusin", (event) => this.#reach(event.target));
    this.element = make("div", "", scroll, this.#more);
    place.append(this.element);
    this.#show_order();
  }

  #head(column) {
    const is_number = typeof column.value({}) === "number";
    const head = make("th", classes_of(column), button(column.title, () => {
      this.#down = column === this.#by ? !this.#down : is_number;
      this.#by = column;
      this.#show_order();
      this.draw();
    }));
    head.scope = "col";
    return head;
  }

  #show_order() {
    this.#heads.forEach((head, i) => {
      if (this.#columns[i] === this.#by) head.setAttribute("aria-sort", this.#down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }

  #show_more() {
    const first = this.#limit;
    this.#limit += ROWS;
    this.draw();
    this.#body.rows[first]?.querySelector("button")?.focus();
  }

  update(rows) {
    this.#rows = rows;
    this.draw();
  }

  #sorted() {
    const { value } = this.#by, way = this.#down ? -1 : 1;
    const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b));
    return [...this.#rows].sort((a, b) => way * compare(value(a), value(b)) || this.#key(a).localeCompare(this.#key(b)));
  }

  #make_row(key) {
    const element = make("tr");
    for (const column of this.#columns)
      element.append(make("td", classes_of(column)));
    if (this.#open) {
      const opener = button("", () => this.#open(element.edo_row));
      opener.tabIndex = -1;
      element.cells[0].append(opener);
    }
    this.#elements.set(key, element);
    return element;
  }

  #fill(element, row) {
    element.edo_row = row;
    this.#columns.forEach((column, i) => {
      const cell = element.cells[i];
      if (column.draw) column.draw(cell, row);
      else set_text(i === 0 && this.#open ? cell.firstChild : cell, column.show(row));
      if (column.warns) cell.classList.toggle("warn", Boolean(column.warns(row)));
    });
  }

  draw() {
    const focused = this.#body.contains(document.activeElement) ? document.activeElement : null;
    const rows = this.#sorted(), drawn = rows.slice(0, this.#limit), keys = new Set(drawn.map(this.#key));
    for (const [key, element] of this.#elements)
      if (!keys.has(key)) {
        element.remove();
        this.#elements.delete(key);
      }
    let at = this.#body.firstChild;
    for (const row of drawn) {
      const key = this.#key(row);
      const element = this.#elements.get(key) ?? this.#make_row(key);
      this.#fill(element, row);
      if (element === at) at = at.nextSibling;
      else this.#body.insertBefore(element, at);
    }
    this.#more.hidden = rows.length <= this.#limit;
    set_text(this.#more, `Show more: ${count(rows.length - this.#limit)} rows are left out`);
    this.#keep_focus(focused);
  }

  // An element that moves loses the focus; one that has gone gives it to the first row.
  #keep_focus(focused) {
    const first = this.#body.querySelector("td button");
    if (!this.#body.querySelector("td button[tabindex='0']") && first) first.tabIndex = 0;
    if (!focused || document.activeElement === focused) return;
    (focused.isConnected ? focused : first)?.focus({ preventScroll: true });
  }

  #reach(target) {
    for (const other of this.#body.querySelectorAll("td button[tabindex='0']")) other.tabIndex = -1;
    target.tabIndex = 0;
  }

  #move(event) {
    const all = [...this.#body.querySelectorAll("td button")], at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, to))].focus();
  }
}
