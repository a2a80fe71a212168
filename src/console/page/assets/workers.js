// SPDX-License-Identifier: MIT
"use strict";
// Workers, and how busy each was at the last looks.

const WORKERS = { SLEEPS: "sleeps", TURNS: "between polls", POLLS: "polls", IN_PLACE: "blocks in place", UNDRIVEN: "is driven by no thread" };
const LOOKS = 120;
const POLLS = [["below 10 µs", 1e4], ["to 100 µs", 1e5], ["to 1 ms", 1e6], ["to 10 ms", 1e7], ["to 100 ms", 1e8], ["above", Infinity]];

// Shares of time, one for each look, oldest first; `undefined` is a look that had none before it.
class History {
  #rows = new Map();
  #before = null;

  clear() {
    this.#rows.clear();
    this.#before = null;
  }

  update(update) {
    const at = number(update.atMs), before = this.#before, now = { at, totals: new Map() }, past = at - (before?.at ?? at);
    for (const { key, worker } of all_workers(update)) {
      const busy = number(worker.busyNs), polls = number(worker.polls), was = before?.totals.get(key);
      now.totals.set(key, { busy, polls });
      const row = this.#rows.get(key) ?? [];
      row.push(was && past > 0 ? { share: Math.max(0, Math.min(1, (busy - was.busy) / (1e6 * past))),
                                   polls: Math.max(0, polls - was.polls) / (past / 1000) } : { share: 0, polls: 0 });
      if (row.length > LOOKS) row.shift();
      this.#rows.set(key, row);
    }
    for (const key of this.#rows.keys()) if (!now.totals.has(key)) this.#rows.delete(key);
    this.#before = now;
  }

  of(key) {
    return this.#rows.get(key) ?? [];
  }

  mean() {
    const last = [...this.#rows.values()].map((row) => row.at(-1)?.share ?? 0);
    return last.length ? last.reduce((a, b) => a + b, 0) / last.length : 0;
  }
}

const runtime_name = (runtime) => runtime.name || `runtime ${runtime.id ?? 0}`;
const all_workers = (update) => list(update.runtimes).flatMap((runtime) =>
  list(runtime.workers).map((worker, i) => ({ key: `${runtime.id ?? 0}/${i}`, name: `${runtime_name(runtime)} ${i}`, worker })));

// Bars of the shares, the newest at the right.
function draw_shares(cell, row, history) {
  if (!cell.firstChild) cell.append(drawing("svg", { class: "spark", viewBox: `0 0 ${LOOKS} 26`, preserveAspectRatio: "none", role: "img" },
    drawing("path", {})));
  const shares = history.of(row.key), from = LOOKS - shares.length, image = cell.firstChild;
  image.firstChild.setAttribute("d", shares.map(({ share }, i) =>
    (share > 0 ? `M${from + i} 26V${(26 - 25 * share).toFixed(1)}h1V26z` : "")).join(""));
  image.setAttribute("aria-label", `busy at the last ${plural(shares.length, "look")}; now ${percent(shares.at(-1)?.share ?? 0)}`);
}

class Workers {
  #update = {};
  #history;
  #workers;
  #runtimes;

  constructor(history) {
    this.#history = history;
    const last = (row) => history.of(row.key ?? "").at(-1);
    const of = (row) => row.worker ?? {};
    this.#workers = new Table($("workers-table"), "Workers", [
      { title: "Worker", value: (r) => r.name ?? "", show: (r) => r.name },
      { title: "Busy", value: (r) => last(r)?.share ?? 0, show: (r) => percent(last(r)?.share ?? 0), warns: (r) => (last(r)?.share ?? 0) > 0.95 },
      { title: "Last looks", value: (r) => history.of(r.key ?? "").reduce((sum, { share }) => sum + share, 0),
        draw: (cell, r) => draw_shares(cell, r, history) },
      { title: "State", value: (r) => of(r).state ?? "", show: (r) => WORKERS[of(r).state ?? "SLEEPS"], hides: "middle" },
      { title: "Polls", value: (r) => of(r).task ?? "", show: (r) => of(r).task ?? "", hides: "wide" },
      { title: "Queue", value: (r) => number(of(r).depth), show: (r) => count(of(r).depth) },
      { title: "Polls/s", value: (r) => last(r)?.polls ?? 0, show: (r) => count(Math.round(last(r)?.polls ?? 0)), hides: "middle" },
      { title: "Mean poll", value: (r) => number(of(r).meanPollNs), show: (r) => nanoseconds(of(r).meanPollNs), hides: "wide" },
      { title: "Fibers", value: (r) => number(of(r).fibers), show: (r) => count(of(r).fibers), hides: "wide" },
      { title: "Timers", value: (r) => number(of(r).timers), show: (r) => count(of(r).timers), hides: "wide" },
      { title: "Stolen", value: (r) => number(of(r).stolen), show: (r) => count(of(r).stolen), hides: "wide" },
    ], { key: (r) => r.key, open: (r) => this.#open(r), by: "Worker" });
    this.#runtimes = new Table($("runtimes-table"), "Runtimes", [
      { title: "Runtime", value: (r) => r.name ?? "", show: runtime_name },
      { title: "Tasks", value: (r) => number(r.tasks), show: (r) => count(r.tasks) },
      { title: "Workers", value: (r) => number(r.workersAll), show: (r) => count(r.workersAll) },
      { title: "Shared queue", value: (r) => number(r.globalDepth), show: (r) => count(r.globalDepth), hides: "middle" },
      { title: "Timers", value: (r) => number(r.timers), show: (r) => count(r.timers), hides: "middle" },
      { title: "Blocking threads", value: (r) => number(r.blockingThreads), hides: "middle",
        show: (r) => `${count(r.blockingThreads)}, ${count(r.blockingIdle)} idle` },
      { title: "Jobs that wait", value: (r) => number(r.blockingQueue), show: (r) => count(r.blockingQueue), hides: "wide" },
      { title: "Spawned", value: (r) => number(r.spawned), show: (r) => count(r.spawned), hides: "wide" },
      { title: "Forced yields", value: (r) => number(r.forcedYields), show: (r) => count(r.forcedYields), hides: "wide" },
      { title: "Stacks", value: (r) => number(r.stackBytes), show: (r) => bytes(r.stackBytes), hides: "wide" },
    ], { key: (r) => String(r.id ?? 0), by: "Tasks" });
  }

  #open({ key, name, worker }) {
    const last = this.#history.of(key).at(-1);
    open_details(name, [
      ["State", WORKERS[worker.state ?? "SLEEPS"]], ["Polls", worker.task ?? ""], ["Thread", number(worker.tid) ? String(worker.tid) : ""],
      ["Busy", percent(last?.share ?? 0)], ["Queue", count(worker.depth)], ["Fibers", count(worker.fibers)], ["Timers", count(worker.timers)],
      ["Mean poll", nanoseconds(worker.meanPollNs)], ["Polls in all", count(worker.polls)], ["Sleeps in all", count(worker.parks)],
      ["Sleeps that found nothing", count(worker.noops)], ["Overflows", count(worker.overflows)], ["Steals", count(worker.steals)],
      ["Tasks stolen", count(worker.stolen)], ["Scheduled here", count(worker.localSched)], ["Sent to others", count(worker.sent)],
    ]);
  }

  update(update) {
    this.#update = update;
  }

  draw() {
    const workers = all_workers(this.#update);
    this.#workers.update(workers);
    this.#runtimes.update(list(this.#update.runtimes));
    let from = 0;
    draw_bars($("polls"), POLLS.map(([name, to]) => {
      const n = workers.filter(({ worker: w }) => number(w.polls) && number(w.meanPollNs) >= from && number(w.meanPollNs) < to).length;
      from = to;
      return [name, n];
    }));
    const all = list(this.#update.runtimes).reduce((sum, r) => sum + number(r.workersAll), 0);
    const notes = workers.length < all ? [`${count(workers.length)} of ${plural(all, "worker")} are here.`] : [];
    const rest = number(this.#update.runtimesRest);
    if (rest) notes.push(`${plural(rest, "runtime is", "runtimes are")} in no row.`);
    set_text($("workers-note"), notes.join(" "));
  }
}
