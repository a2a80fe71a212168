// SPDX-License-Identifier: MIT
"use strict";
// Tasks, grouped by the site that spawned them, or one by one: the program sends the oldest ones.

const STATES = { WAITS: "waits", RUNS: "runs", QUEUED: "is queued", ENDED: "has ended" };
const AGES = [["below 1 s", 10], ["to 10 s", 100], ["to 1 min", 600], ["to 10 min", 6000], ["to 1 h", 36000], ["above", Infinity]];

const state_of = (task) => STATES[task.state ?? "WAITS"] + (task.cancelled ? ", cancelled" : "");
const first_await = (site) => [...list(site.awaits)].sort((a, b) => number(b.n) - number(a.n))[0] ?? {};
// What #open_task() has rows for; every other text of a task gets a row of its own.
const TOLD = new Set(["id", "runtime", "name", "state", "cancelled", "machine", "ageTenths", "waitTenths", "awaits", "detail", "place", "worker"]);
const rest_of = (task) => Object.entries(task).filter(([key, value]) => !TOLD.has(key) && typeof value === "string")
  .map(([key, value]) => [key[0].toUpperCase() + key.slice(1), value]);
const name_of = (row) => row.name || "without a name";

class Tasks {
  #update = {};
  #is_single = false;
  #site = "";
  #refilter;
  #sites;
  #tasks;

  // `refilter(site)` has the program send single tasks of that site alone.
  constructor(refilter) {
    this.#refilter = refilter;
    this.#sites = new Table($("tasks-table"), "Tasks by the site that spawned them", [
      { title: "Site", value: (s) => s.name ?? "", show: name_of },
      { title: "Tasks", value: (s) => number(s.n), show: (s) => count(s.n) },
      { title: "Wait", value: (s) => number(s.waits), show: (s) => count(s.waits), hides: "middle" },
      { title: "Run", value: (s) => number(s.runs), show: (s) => count(s.runs), hides: "wide" },
      { title: "Queued", value: (s) => number(s.queued), show: (s) => count(s.queued), hides: "wide" },
      { title: "Ended", value: (s) => number(s.ended), show: (s) => count(s.ended), hides: "wide" },
      { title: "Oldest", value: (s) => number(s.oldestTenths), show: (s) => span(s.oldestTenths) },
      { title: "Most wait in", value: (s) => first_await(s).what ?? "", show: (s) => first_await(s).what ?? "", hides: "middle" },
      { title: "At", value: (s) => first_await(s).place ?? "", show: (s) => first_await(s).place ?? "", hides: "wide" },
    ], { key: (s) => s.name ?? "", open: (s) => this.#open_site(s), by: "Tasks" });
    this.#tasks = new Table($("tasks-table"), "Single tasks", [
      { title: "Task", value: (t) => t.name ?? "", show: name_of },
      { title: "Id", value: (t) => number(t.id), show: (t) => (number(t.id) ? hex(t.id) : ""), hides: "middle" },
      { title: "State", value: (t) => t.state ?? "", show: state_of, hides: "middle" },
      { title: "Age", value: (t) => number(t.ageTenths), show: (t) => span(t.ageTenths) },
      { title: "Waits", value: (t) => number(t.waitTenths), show: (t) => (t.awaits ? span(t.waitTenths) : "") },
      { title: "In", value: (t) => t.awaits ?? "", show: (t) => t.awaits ?? "", hides: "middle" },
      { title: "For", value: (t) => t.detail ?? "", show: (t) => t.detail ?? "", hides: "wide" },
      { title: "At", value: (t) => t.place ?? "", show: (t) => t.place ?? "", hides: "wide" },
    ], { key: (t) => `${t.runtime ?? 0}/${t.id ?? 0}/${t.name ?? ""}`, open: (t) => this.#open_task(t), by: "Age" });
    $("by-site").addEventListener("click", () => this.#choose(false));
    $("by-task").addEventListener("click", () => this.#choose(true));
    $("search").addEventListener("input", () => this.draw());
    $("all-sites").addEventListener("click", () => {
      this.#only("");
      $("by-task").focus();
    });
    this.#choose(false);
  }

  #choose(is_single) {
    this.#is_single = is_single;
    $("by-site").setAttribute("aria-pressed", String(!is_single));
    $("by-task").setAttribute("aria-pressed", String(is_single));
    this.draw();
  }

  #only(site) {
    this.#site = site;
    $("only").hidden = site === "";
    set_text($("only").firstElementChild, `Only tasks of ${site}`);
    this.#refilter(site);
  }

  #open_site(site) {
    const awaits = list(site.awaits).map((a) =>
      [`${plural(a.n, "waits", "wait")} in`, `${a.what ?? ""}${a.place ? ` at ${a.place}` : ""}, the longest for ${span(a.oldestTenths)}`]);
    if (number(site.awaitsRest)) awaits.push([plural(site.awaitsRest, "waits", "wait"), "in others"]);
    open_details(name_of(site), [
      ["Tasks", count(site.n)], ["Wait", count(site.waits)], ["Run", count(site.runs)], ["Queued", count(site.queued)],
      ["Ended, not joined", count(site.ended)], ["Cancelled", count(site.cancelled)], ["Oldest", span(site.oldestTenths)], ...awaits,
    ], [
      ["Show its tasks", () => {
        $("details").close();
        this.#choose(true);
        this.#only(site.name ?? "");
        $("all-sites").focus();
      }],
      ["Show stacks", (place) => show_stacks(place, { site: site.name ?? "" })],
    ]);
  }

  #open_task(task) {
    open_details(name_of(task), [
      ["Id", number(task.id) ? hex(task.id) : "not known"], ["Runtime", String(task.runtime ?? 0)], ["State", state_of(task)],
      ["Kind", task.machine ? "state machine" : "fiber"], ["Age", span(task.ageTenths)],
      ["Waits", task.awaits ? `${span(task.waitTenths)} in ${task.awaits}` : ""], ["For", task.detail ?? ""], ["At", task.place ?? ""],
      ["Worker", number(task.worker ?? -1) < 0 || (task.state ?? "WAITS") !== "RUNS" ? "" : String(task.worker ?? 0)],
      ...rest_of(task),
    ], number(task.id) ? [["Show its stack", (place) => show_stacks(place, { task: String(task.id) })]] : []);
  }

  update(update) {
    this.#update = update;
  }

  #matches(row, more) {
    const wanted = $("search").value.trim().toLowerCase();
    return !wanted || [row.name, row.awaits, row.detail, row.place, number(row.id) ? hex(row.id) : "", ...more]
      .some((text) => typeof text === "string" && text.toLowerCase().includes(wanted));
  }

  #note(n) {
    const u = this.#update, parts = [];
    const every = number(u.tasksEvery);
    if (this.#is_single) {
      const all = this.#site ? number(list(u.sites).find((s) => (s.name ?? "") === this.#site)?.n) : number(u.tasksAll);
      if (list(u.tasks).length < all) parts.push(`The oldest ${count(list(u.tasks).length)} of ${plural(all, "task")} are here.`);
    } else if (number(u.sitesRest)) parts.push(`${plural(u.sitesRest, "task")} are of sites that have no row.`);
    if (every > 1) parts.push(`Ages and waits are those of one task in ${count(every)}.`);
    if ($("search").value.trim()) parts.push(`${plural(n, "row matches", "rows match")}.`);
    return parts.join(" ");
  }

  #draw_ages() {
    const waiting = list(this.#update.tasks).filter((t) => (t.state ?? "WAITS") === "WAITS" && number(t.waitTenths) >= 0);
    let from = 0;
    draw_bars($("ages"), AGES.map(([name, to]) => {
      const n = waiting.filter((t) => number(t.waitTenths) >= from && number(t.waitTenths) < to).length;
      from = to;
      return [name, n];
    }));
    const all = number(this.#update.tasksAll);
    set_text($("ages-note"), list(this.#update.tasks).length < all ? `Of the oldest ${plural(list(this.#update.tasks).length, "task")}.` : "");
  }

  draw() {
    const u = this.#update;
    const rows = this.#is_single
      ? list(u.tasks).filter((t) => this.#matches(t, []))
      : list(u.sites).filter((s) => this.#matches(s, list(s.awaits).flatMap((a) => [a.what, a.place])));
    this.#sites.element.hidden = this.#is_single;
    this.#tasks.element.hidden = !this.#is_single;
    (this.#is_single ? this.#tasks : this.#sites).update(rows);
    set_text($("tasks-note"), this.#note(rows.length));
    this.#draw_ages();
  }
}
