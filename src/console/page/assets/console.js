// SPDX-License-Identifier: MIT
"use strict";
// The page as a whole: which view is shown, the state of the link, and what stands above all views. Only the view that is shown is drawn.

const TASKS_MAX = 500;
const LATE_MS = 4000; // without a look

const history_of_workers = new History();
const views = { tasks: new Tasks((site) => reopen(site)), locks: new Locks(), workers: new Workers(history_of_workers), open: new Open(),
                faults: new Faults() };
const link = new Link({ update: on_update, state: on_state });

let shown = "tasks", site_wanted = "", newest = null, heard = 0, is_due = false, said_alarm = "";

// ---- The summary --------------------------------------------------------------------------------

function summary_row(name, text, more) {
  return [make("dt", "", name), make("dd", "", text, ...(more ? [make("small", "", more)] : []))];
}

function draw_summary(u) {
  const sum = (of) => list(u.sites).reduce((total, site) => total + number(of(site)), 0);
  const groups = (name) => list(u.open).filter((o) => o.group === name).reduce((n, o) => n + number(o.n), 0);
  $("summary").replaceChildren(...[
    summary_row("Tasks", count(u.tasksAll), `${count(sum((s) => s.runs))} run, ${count(sum((s) => s.queued))} queued`),
    summary_row("Workers", percent(history_of_workers.mean()), `busy, of ${count(all_workers(u).length)}`),
    summary_row("Locks", u.locksWatched ? count(number(u.locksRest) + list(u.locks).length) : "not watched"),
    summary_row("Channels", count(groups("CHANNEL"))),
    summary_row("Connections", count(groups("CONNECTION"))),
    summary_row("One look", `${(number(u.lookUs) / 1000).toFixed(1)} ms`, `each ${(number(u.everyMs) / 1000).toFixed(1)} s`),
  ].map(([name, value]) => make("div", "", name, value)));
}

// Told once, not at each look: screen readers read it out.
function draw_alarm(u) {
  const n = list(u.cycles).length, text = n ? `${plural(n, "group")} of tasks ${n === 1 ? "waits" : "wait"} for each other.` : "";
  if (text === said_alarm) return;
  said_alarm = text;
  const link_to = make("a", "", "Look at locks");
  link_to.href = "#locks";
  $("alarm").replaceChildren(text, " ", link_to);
  $("alarm").hidden = text === "";
}

// ---- Drawing ------------------------------------------------------------------------------------

function draw() {
  is_due = false;
  if (!newest || document.hidden) return;
  set_text($("program"), `${newest.program ?? ""} (${newest.pid ?? 0})`);
  document.title = `${newest.program ?? ""}: edo console`;
  draw_summary(newest);
  draw_alarm(newest);
  views[shown].update(newest);
  views[shown].draw();
}

// However many looks have come, the page is drawn once for each frame of the screen.
function draw_soon() {
  if (is_due) return;
  is_due = true;
  requestAnimationFrame(draw);
}

function show(name) {
  shown = name;
  for (const other of Object.keys(views)) $(`view-${other}`).hidden = other !== name;
  for (const a of document.querySelectorAll("nav a"))
    if (a.hash === `#${name}`) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  draw_soon();
}

// ---- The link -----------------------------------------------------------------------------------

function reopen(site) {
  site_wanted = site;
  if (link.runs) open_link();
}

function open_link() {
  history_of_workers.clear();
  link.open({ tasksMax: TASKS_MAX, site: site_wanted });
}

function on_update(update) {
  if (newest && update.pid !== newest.pid) history_of_workers.clear();
  newest = update;
  heard = performance.now();
  history_of_workers.update(update);
  $("views").hidden = false;
  draw_soon();
}

function say_state(text, is_lost) {
  set_text($("state"), text);
  $("state").classList.toggle("lost", is_lost);
}

function on_state(name, why) {
  const texts = { live: "Live", paused: "Paused; the program goes on", door: "A token is needed", connecting: "Connecting" };
  say_state(name === "lost" ? `Lost: ${why} Trying again.` : texts[name], name === "lost");
  $("door").hidden = name !== "door";
  if (name !== "door") return;
  $("views").hidden = true;
  set_text($("refused"), token.get() ? "The token is not right." : "");
  token.set("");
  $("token").focus();
}

function pause() {
  const is_paused = link.runs;
  if (!is_paused && !$("door").hidden) return;
  if (is_paused) link.close();
  else open_link();
  on_state(is_paused ? "paused" : "connecting");
  $("pause").setAttribute("aria-pressed", String(is_paused));
}

// A program that is stopped keeps its connection.
setInterval(() => {
  const late = performance.now() - heard;
  if (link.runs && heard && late > LATE_MS + 2 * number(newest?.everyMs) && !$("state").textContent.startsWith("Lost"))
    say_state(`No look for ${Math.round(late / 1000)} s`, true);
}, 1000);

// ---- What the user does -------------------------------------------------------------------------

// What is no percent-encoding stands for itself: a token that is wrong is asked for.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// A link may bring the token: behind "#", which no server sees. It does not stay in the address.
function follow_address() {
  const name = location.hash.slice(1);
  if (name.startsWith("token=")) {
    token.set(decoded(name.slice("token=".length)));
    history.replaceState(null, "", `${location.pathname}#tasks`);
    return show("tasks");
  }
  if (Object.hasOwn(views, name)) show(name);
}

function on_key(event) {
  const is_field = event.target.matches("input") || event.altKey || event.ctrlKey || event.metaKey || $("details").open;
  if (is_field || !(event.key === "/" || event.key === "p")) return;
  event.preventDefault();
  if (event.key === "p") return pause();
  if (shown !== "tasks") location.hash = "#tasks";
  show("tasks");
  $("search").focus();
}

$("pause").addEventListener("click", pause);
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("main").focus();
});
$("door").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set($("token").value.trim());
  $("token").value = "";
  open_link();
});
document.addEventListener("keydown", on_key);
document.addEventListener("visibilitychange", draw_soon);
window.addEventListener("hashchange", follow_address);
show("tasks");
follow_address();
open_link();
