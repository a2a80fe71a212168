// SPDX-License-Identifier: MIT
// The lists beside the conversation, and the drawers that they are on a small screen. An entry that
// stays is changed in its place, so that the focus is not lost when something is counted.
import { $, avatar, make, plural } from "./dom.js";

// Makes the list's entries those of `wanted`: each with an `id`, a text that tells it from others in
// the list, and parts. make_entry(one) returns a button, fill(button, one) sets what changes.
function reconcile(list, wanted, make_entry, fill) {
  const present = new Map([...list.children].map((item) => [item.dataset.id, item]));
  let place = list.firstElementChild;
  for (const one of wanted) {
    let item = present.get(one.id);
    if (!item) {
      item = make("li", "", make_entry(one));
      item.dataset.id = one.id;
    }
    present.delete(one.id);
    fill(item.firstElementChild, one);
    if (item === place) place = place.nextElementSibling;
    else list.insertBefore(item, place);
  }
  for (const item of present.values()) item.remove();
}

function entry(on_click, ...parts) {
  const element = make("button", "", ...parts);
  element.type = "button";
  element.addEventListener("click", on_click);
  return element;
}

const badge_of = (unread) => unread > 99 ? "99+" : unread || "";
const mention_of = (mentions) => mentions ? `@${mentions}` : "";

// What is shown, in its order: whoever speaks to the page says what there is to see.
export function name_of_entry(label, { unread, mentions, members }) {
  const about = members === null ? "" : `, ${plural(members, "member")}`;
  if (unread === 0) return label + about;
  const named = mentions ? `, ${mention_of(mentions)} with your name` : "";
  return `${label}${named}, ${badge_of(unread)} unread ${unread === 1 ? "message" : "messages"}${about}`;
}

function fill_conversation(element, { conversation, is_active, members }) {
  const unread = conversation.unread_n;
  element.conversation = conversation; // another person may have the name now
  const mentions = conversation.mentions_n;
  const [name, count, mention, badge] =
    element.querySelectorAll(".name, .count, .mentions, .badge");
  name.textContent = conversation.label;
  count.textContent = members ?? "";
  count.hidden = unread > 0;
  mention.textContent = mention_of(mentions);
  mention.hidden = mentions === 0;
  badge.textContent = badge_of(unread);
  badge.hidden = unread === 0;
  element.classList.toggle("has-unread", unread > 0);
  if (is_active) element.setAttribute("aria-current", "true");
  else element.removeAttribute("aria-current");
  element.setAttribute("aria-label", name_of_entry(conversation.label, { unread, mentions, members }));
}

export function show_rooms({ conversations, active, public_rooms, show, join }) {
  const all = [...conversations.values()];
  const of = (kind) => all.filter((c) => c.kind === kind).map((conversation) => ({
    id: conversation.label.toLowerCase(),
    conversation,
    is_active: conversation === active,
    members: kind === "room" ? conversation.members_n : null,
  }));
  const make_entry = ({ conversation }) => entry((event) => show(event.currentTarget.conversation),
    ...(conversation.kind === "direct" ? [avatar(conversation.name, "small")] : []),
    make("span", "name"), make("span", "count"), make("span", "mentions"), make("span", "badge"));
  reconcile($("room-list"), of("room"), make_entry, fill_conversation);
  reconcile($("direct-list"), of("direct"), make_entry, fill_conversation);
  $("direct-title").hidden = $("direct-list").childElementCount === 0;

  const others = public_rooms.filter(({ room }) => !conversations.has(`#${room.toLowerCase()}`))
    .map(({ room, members }) => ({ id: room.toLowerCase(), room, members }));
  reconcile($("other-list"), others,
    ({ room }) => entry(() => join(room), make("span", "name", `#${room}`), make("span", "count")),
    (element, { room, members }) => {
      element.querySelector(".count").textContent = members;
      element.setAttribute("aria-label", `Join #${room}, ${plural(members, "member")}`);
    });
  $("other-title").hidden = others.length === 0;
  $("unread-elsewhere").hidden = !all.some((c) => c !== active && c.unread_n > 0);
}

export function show_members({ active, is_me, talk_to }) {
  const members = [...(active.members || [])].sort((a, b) => a.nick.localeCompare(b.nick));
  $("members-title").textContent = `Members (${active.members_n})`;
  reconcile($("member-list"), members.map((member) => ({ id: `${member.nick} ${member.id}`, member })),
    ({ member }) => entry(() => is_me(member.nick) || talk_to(member), avatar(member.nick, "small"),
      make("span", "name", member.nick), make("span", "count soft")),
    (element, { member: { nick } }) => {
      element.disabled = is_me(nick);
      element.querySelector(".count").textContent = is_me(nick) ? "you" : "";
      element.title = is_me(nick) ? "" : `Write to ${nick} alone`;
    });
}

export class Drawers {
  constructor() {
    this.opened = null; // the button that opened one
    for (const opener of [$("open-rooms"), $("open-members")])
      opener.addEventListener("click", () => this.open(opener));
    for (const closer of [$("scrim"), ...document.querySelectorAll(".close")])
      closer.addEventListener("click", () => this.close());
    // In a wider window they are columns (chat.css). A keyboard on the screen makes it only lower.
    for (const width of ["760px", "1080px"])
      matchMedia(`(min-width: ${width})`).addEventListener("change", () => this.close());
  }

  open(opener) {
    this.opened = opener;
    const drawer = $(opener.getAttribute("aria-controls"));
    drawer.classList.add("open");
    opener.setAttribute("aria-expanded", "true");
    $("scrim").hidden = false;
    document.querySelector("main").inert = document.querySelector(".bar").inert = true;
    (drawer.querySelector("ul button:not(:disabled)") ?? drawer.querySelector(".close")).focus();
  }

  close() {
    const opener = this.opened;
    if (!opener) return;
    this.opened = null;
    $(opener.getAttribute("aria-controls")).classList.remove("open");
    opener.setAttribute("aria-expanded", "false");
    $("scrim").hidden = true;
    document.querySelector("main").inert = document.querySelector(".bar").inert = false;
    opener.focus();
  }
}
