// SPDX-License-Identifier: MIT
// The line that is typed: text to say, or a command as in a terminal.
import { $ } from "./dom.js";

const HELP = `/nick NAME       change your name
/join ROOM       go to a room, or open it
/leave           leave this room
/rooms           the rooms, and how many are in each
/who             who is in this room
/msg NAME TEXT   tell one person only
/me TEXT         say what you do
//TEXT           say a text that begins with /
Shift and Enter begin a new line; \`code\` and \`\`\`blocks of it\`\`\` are shown as such.`;
const NAME = /^[A-Za-z0-9_-]{1,24}$/;
// Longer than the server's 2 s, since the sign before may have been late on its way, and shorter than
// others show it.
const TYPING_EVERY_MS = 3000;

export class Composer {
  // `does` has a function for each thing that a line may do.
  constructor(does) {
    this.does = does;
    this.typed_at = 0;
    this.later = 0; // a timer: what is typed too soon after the last sign of it is told then
    this.field = $("text");
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener("input", () => {
      this.fit();
      this.does.drafted();
      this.tell_typing();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
  }

  get text() {
    return this.field.value;
  }

  set text(text) {
    this.field.value = text;
    this.fit();
  }

  // As high as its lines, within the bound of the style sheet.
  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  set label(text) {
    $("text-label").textContent = text;
    this.field.placeholder = text;
  }

  // A phone would show its keyboard, and hide half of what was chosen.
  focus() {
    if (matchMedia("(hover: hover)").matches) this.field.focus();
  }

  tell_typing() {
    const wait = this.typed_at + TYPING_EVERY_MS - Date.now();
    clearTimeout(this.later);
    if (!this.text || this.text.startsWith("/")) return;
    if (wait > 0) {
      this.later = setTimeout(() => this.tell_typing(), wait);
      return;
    }
    this.typed_at = Date.now();
    this.does.typing();
  }

  submit() {
    const line = this.text.trim();
    if (!line) return;
    clearTimeout(this.later);
    const wrong = this.run(line);
    if (wrong) this.does.complain(wrong);
    else if (this.text.trim() === line) this.text = ""; // else another room's draft is there now
    this.does.drafted();
  }

  // Returns what is wrong with the line, or nothing.
  run(line) {
    if (!line.startsWith("/")) return void this.does.say(line, false);
    if (line.startsWith("//")) return void this.does.say(line.slice(1), false);
    const [, verb, rest] = line.match(/^\/(\S*)\s*(.*)$/s);
    const word = rest.split(/\s+/)[0].replace(/^#/, "");
    switch (verb) {
      case "me":
        return rest ? void this.does.say(rest, true) : "Usage: /me TEXT";
      case "nick":
        return NAME.test(word) ? void this.does.nick(word) : "Usage: /nick NAME";
      case "join":
        return NAME.test(word) ? void this.take(() => this.does.join(word)) : "Usage: /join ROOM";
      case "msg":
        return NAME.test(word)
          ? void this.take(() => this.does.direct(word, rest.slice(word.length).trim()))
          : "Usage: /msg NAME TEXT";
      case "leave":
        return void this.take(() => this.does.leave());
      case "who":
      case "names":
        return void this.does.who();
      case "rooms":
      case "list":
        return void this.does.rooms();
      case "help":
        return void this.does.help(HELP);
      default:
        return `There is no command /${verb}. To say it, type //${verb}`;
    }
  }

  // For commands that show another conversation: the line is not kept as a draft of this one.
  take(run) {
    this.text = "";
    run();
  }
}
