// SPDX-License-Identifier: MIT
"use strict";
// What is known of a row: a dialog, which Escape closes. It keeps what was there when it was opened; stacks are fetched on wish.

function stack_element(stack) {
  const frames = list(stack.frames).map((frame) =>
    make("li", frame.edo ? "edo" : "", frame.place ? `${frame.function ?? ""}  ${frame.place}` : frame.function ?? ""));
  const who = stack.task && number(stack.n) < 2 ? `task ${hex(stack.task)}` : plural(stack.n, "task");
  const waits = stack.awaits ? `, waits for ${span(stack.waitTenths)} in ${stack.awaits} ${stack.detail ?? ""}` : "";
  return make("div", "stack", make("p", "", `${stack.name ?? ""}: ${who}${waits}`),
    frames.length ? make("ol", "", ...frames) : make("p", "note", "It has no stack."));
}

async function show_stacks(place, request) {
  place.replaceChildren(make("p", "note", "Asking …"));
  try {
    const reply = await ask("Stacks", request);
    const rest = number(reply.rest) ? [make("p", "note", `${plural(reply.rest, "task")} more are not among them.`)] : [];
    place.replaceChildren(...list(reply.stacks).map(stack_element), ...rest);
    if (!list(reply.stacks).length) place.replaceChildren(make("p", "note", "No such task is there any more."));
  } catch (error) {
    place.replaceChildren(make("p", "note", error.message));
  }
}

// `rows` are [name, text]; `actions` are [name, function(place)], whose place is below them.
function open_details(title, rows, actions = []) {
  const place = make("div");
  place.setAttribute("role", "status");
  set_text($("details-head"), title);
  $("details-body").replaceChildren(make("dl", "", ...rows.filter(([, text]) => text !== "")
    .flatMap(([name, text]) => [make("dt", "", name), make("dd", "", text)])));
  $("details-more").replaceChildren(...actions.map(([name, run]) => button(name, () => run(place))), place);
  $("details").showModal();
}

$("details-close").addEventListener("click", () => $("details").close());
