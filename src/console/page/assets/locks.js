// SPDX-License-Identifier: MIT
"use strict";
// Locks with who holds and who waits, and tasks that wait for each other, as a drawing: each points to the one that it waits for.

// How a task waits for the next one of a cycle, whose number is `next`.
const EDGES = {
  LOCK: (next) => `which ${next} holds`,
  BEHIND: (next) => `behind ${next}`,
  JOIN: (next) => `until ${next} ends`,
  SCOPE: (next) => `until ${next}, of its scope, ends`,
  PERMITS: (next) => `whose permits ${next} has`,
  PEER: (next) => `whose other end ${next} has`,
};
const HOLDERS = { HOLDS: "", HAS_ENDED: ", has ended with it", WAS_GIVEN: ", was given it and has not run since" };
const RADIUS = 105, NODE = 17, MIDDLE = 170, NAME = 16;

function point(i, n) {
  const turn = 2 * Math.PI * i / n - Math.PI / 2;
  return [MIDDLE + RADIUS * Math.cos(turn), MIDDLE + RADIUS * Math.sin(turn)];
}

// From the edge of a node to the edge of another one; to itself as a loop.
function arrow(i, n) {
  const [x, y] = point(i, n), [to_x, to_y] = point((i + 1) % n, n);
  if (n === 1) return `M${x - 9} ${y + 15} C${x - 60} ${y + 80} ${x + 60} ${y + 80} ${x + 11} ${y + 19}`;
  const length = Math.hypot(to_x - x, to_y - y), dx = (to_x - x) / length, dy = (to_y - y) / length;
  const bend = n === 2 ? 34 : 0; // two arrows between two nodes lie apart
  const from = [x + NODE * dx, y + NODE * dy], to = [to_x - (NODE + 7) * dx, to_y - (NODE + 7) * dy];
  return `M${from.join(" ")} Q${(x + to_x) / 2 - bend * dy} ${(y + to_y) / 2 + bend * dx} ${to.join(" ")}`;
}

// Of a cycle that `is_cut` the last task that is drawn waits for one that is not.
function cycle_drawing(edges, is_cut) {
  const n = edges.length;
  const head = drawing("marker", { id: "head", viewBox: "0 0 8 8", refX: 2, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" },
    drawing("path", { d: "M0 0 L8 4 L0 8 z" }));
  const nodes = edges.map((edge, i) => {
    const [x, y] = point(i, n), name = name_of(edge);
    const short = name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name;
    return drawing("g", {}, drawing("title", {}, name), drawing("circle", { cx: x, cy: y, r: NODE }),
      drawing("text", { x, y: y + 4.5 }, String(i + 1)),
      drawing("text", { x, y: y + (y > MIDDLE ? 34 : -24), class: "name" }, short));
  });
  const arrows = edges.slice(is_cut ? 1 : 0).map((_, i) => drawing("path", { d: arrow(i, n), "marker-end": "url(#head)" }));
  return drawing("svg", { viewBox: "0 30 340 286", role: "img", "aria-label": `${plural(n, "task")} in a circle: ${
    edges.map((edge) => name_of(edge)).join(", ")}` }, drawing("defs", {}, head), ...arrows, ...nodes);
}

function edge_text(edge, next) {
  const task = number(edge.task) ? ` (task ${hex(edge.task)})` : "", what = edge.what ? ` in ${edge.what}` : "";
  const object = edge.object ? ` for ${edge.object}` : "", taken = edge.takenAt ? `, taken at ${edge.takenAt}` : "";
  return `${name_of(edge)}${task} has waited for ${span(edge.tenths)}${what}${object}, ${EDGES[edge.kind ?? "LOCK"](next)}${taken}`;
}

function cycle_element(cycle) {
  const edges = list(cycle.edges), n = number(cycle.n) || edges.length;
  const is_cut = n > edges.length, next_of = (i) => is_cut && i + 1 === edges.length ? "a task that is not drawn" : (i + 1) % edges.length + 1;
  const left_out = is_cut ? [make("p", "note", `${plural(n - edges.length, "task")} more are not drawn.`)] : [];
  return make("div", "cycle", make("h3", "", `${plural(n, "task")} ${n === 1 ? "waits for itself" : "wait for each other"}`),
    cycle_drawing(edges, is_cut), make("ol", "", ...edges.map((edge, i) => make("li", "", edge_text(edge, next_of(i))))), ...left_out);
}

const holder_text = (h) => `${name_of(h)}${HOLDERS[h.state ?? "HOLDS"]}`;
const longest = (lock) => Math.max(-1, ...list(lock.waiters).map((w) => number(w.tenths)));

class Locks {
  #update = {};
  #table;
  #drawn = "";

  constructor() {
    this.#table = new Table($("locks-table"), "Locks", [
      { title: "Lock", value: (l) => l.address ?? "", show: (l) => l.address ?? "" },
      { title: "Waiting", value: (l) => number(l.waitersAll), show: (l) => count(l.waitersAll) },
      { title: "Longest", value: longest, show: (l) => (longest(l) < 0 ? "" : span(longest(l))) },
      { title: "They wait in", value: (l) => l.what ?? "", show: (l) => l.what ?? "", hides: "middle" },
      { title: "Held by", value: (l) => list(l.holders).map(holder_text).join(), show: (l) => list(l.holders).map(holder_text).join("; "),
        warns: (l) => list(l.holders).some((h) => h.state === "HAS_ENDED") },
      { title: "Taken at", value: (l) => list(l.holders)[0]?.takenAt ?? "", show: (l) => list(l.holders)[0]?.takenAt ?? "", hides: "wide" },
      { title: "Held for", value: (l) => number(list(l.holders)[0]?.tenths ?? -1),
        show: (l) => (list(l.holders).length ? span(l.holders[0].tenths) : ""), hides: "middle" },
    ], { key: (l) => l.address ?? "", open: (l) => this.#open(l), by: "Waiting" });
  }

  #open(lock) {
    open_details(`Lock ${lock.address ?? ""}`, [
      ["They wait in", lock.what ?? ""],
      ...list(lock.holders).map((h) => ["Held by", `${holder_text(h)}${number(h.task) ? ` (task ${hex(h.task)})` : ""} for ${span(h.tenths)}${
        h.takenAt ? `, taken at ${h.takenAt}` : ""}`]),
      ...list(lock.waiters).map((w) => ["Waits", `${name_of(w)}${number(w.task) ? ` (task ${hex(w.task)})` : ""} for ${span(w.tenths)}${
        w.what ? ` in ${w.what}` : ""}${w.mayEnd ? ", with a limit" : ""}`]),
      ["Waiting", count(lock.waitersAll)],
    ]);
  }

  update(update) {
    this.#update = update;
  }

  draw() {
    const u = this.#update, cycles = list(u.cycles), seen = JSON.stringify(cycles);
    if (seen !== this.#drawn) $("cycles").replaceChildren(...cycles.map(cycle_element));
    this.#drawn = seen;
    this.#table.element.hidden = !u.locksWatched;
    this.#table.update(list(u.locks));
    const rest = number(u.locksRest) ? ` ${plural(u.locksRest, "lock")} are in no row.` : "";
    set_text($("locks-note"), !u.locksWatched ? "Locks are not watched: start the program with EDO_WATCH=locks."
      : list(u.locks).length ? rest.trim() : "No lock is held or waited for.");
  }
}
