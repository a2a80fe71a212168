// SPDX-License-Identifier: MIT
"use strict";
// What edo has reported since the program began, and a look for what is wrong now.

const REPORTS = [
  ["deadlocks", "deadlock", "deadlocks"],
  ["abandoned", "lock that its holder left behind", "locks that their holders left behind"],
  ["lasting", "lock held for too long", "locks held for too long"],
  ["standing", "group of tasks that stands", "groups of tasks that stand"],
  ["turned", "pair of locks taken in both orders", "pairs of locks taken in both orders"],
];

class Faults {
  #found = {};

  constructor() {
    $("look-faults").addEventListener("click", () => this.#look());
  }

  async #look() {
    const place = $("faults");
    if ($("look-faults").ariaDisabled) return; // one look at a time; the button keeps the focus
    $("look-faults").setAttribute("aria-disabled", "true");
    place.replaceChildren(make("p", "note", "Looking for two seconds …"));
    try {
      const reply = await ask("Faults", {}), faults = list(reply.faults).map((fault) => make("li", "", fault));
      place.replaceChildren(faults.length ? make("ul", "", ...faults) : make("p", "", "Nothing was found."),
        ...(reply.note ? [make("p", "note", reply.note)] : []));
    } catch (error) {
      place.replaceChildren(make("p", "note", error.message));
    }
    $("look-faults").removeAttribute("aria-disabled");
  }

  update(update) {
    this.#found = update.found ?? {};
  }

  draw() {
    const rows = REPORTS.filter(([name]) => number(this.#found[name])).map(([name, one, many]) => plural(this.#found[name], one, many));
    set_text($("found"), rows.length ? `Reported since the program began: ${rows.join(", ")}.` : "Nothing has been reported since the program began.");
  }
}
