// SPDX-License-Identifier: MIT
"use strict";
// What is open: channels, pools, connections, descriptors, by kind and maker.

const GROUPS = [["CHANNEL", "Channels"], ["CONNECTION", "Connections"], ["POOL", "Pools"], ["DESCRIPTOR", "Descriptors"], ["OTHER", "Other objects"]];

class Open {
  #update = {};
  #groups;

  constructor() {
    this.#groups = GROUPS.map(([group, title]) => {
      const head = make("h3", "", title);
      $("open-tables").append(head);
      const table = new Table($("open-tables"), title, [
        { title: "Name", value: (o) => o.name ?? "", show: (o) => o.name || o.kind || "" },
        { title: "Kind", value: (o) => o.kind ?? "", show: (o) => o.kind ?? "", hides: "middle" },
        { title: "State", value: (o) => o.state ?? "", show: (o) => o.state ?? "", hides: "middle" },
        { title: "Open", value: (o) => number(o.n), show: (o) => count(o.n) },
        { title: "Within", value: (o) => number(o.values), show: (o) => count(o.values), warns: (o) => number(o.limit) && number(o.most) >= number(o.limit) },
        { title: "Most", value: (o) => number(o.most), hides: "wide",
          show: (o) => (number(o.limit) ? `${count(o.most)} of ${count(o.limit)}` : count(o.most)) },
        { title: "Waiting", value: (o) => number(o.waiting), show: (o) => count(o.waiting) },
        { title: "Oldest", value: (o) => number(o.oldestTenths), show: (o) => span(o.oldestTenths), hides: "middle" },
      ], { key: (o) => `${o.kind ?? ""}\n${o.name ?? ""}\n${o.state ?? ""}`, by: "Open" });
      return { group, head, table };
    });
  }

  update(update) {
    this.#update = update;
  }

  draw() {
    const all = list(this.#update.open);
    for (const { group, head, table } of this.#groups) {
      const rows = all.filter((o) => (o.group ?? "OTHER") === group);
      head.hidden = table.element.hidden = rows.length === 0;
      table.update(rows);
    }
    const rest = number(this.#update.openRest);
    set_text($("open-note"), rest ? `${plural(rest, "object")} are in no row.` : all.length ? "" : "Nothing is open.");
  }
}
