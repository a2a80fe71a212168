// SPDX-License-Identifier: MIT
// The line that is typed: text to say, or a command as in a terminal.
import { $, is_composing } from "./dom.js";

const HELP = `/nick NAME       change your name
/join ROOM       go to a room, or open it
/leave           leave this room
/rooms           the rooms, and how many are in each
/who             who is in this room
/msg NAME TEXT   tell one person only; a NAME of two words is in ""
/me TEXT         say what you do
//TEXT           say a text that begins with /
Shift and Enter begin a new line; \`code\` and \`\`\`blocks of it\`\`\` are shown as such.`;
const ROOM = /^[A-Za-z0-9_-]{1,24}$/;
// A command and what stands behind it. A text behind a new line keeps its indent.
const COMMAND = /^\s*\/(?!\/)(\S*)[^\S\n]*\n?(.*)$/s;
// Longer than the server's 2 s, since the sign before may have been late on its way, and shorter than
// others show it.
const TYPING_EVERY_MS = 3000;

// A name of several words is in quotes.
function unquoted(name) {
  return name.replace(/^"(.*)"$/, "$1");
}

// What is said of a text: all but blank lines around it, and blanks at its end.
export function said_of(text) {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}

// Whether a reader would see anything.
function is_visible(text) {
  return /[^\s\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);
}

export class Composer {
  // `does` has a function for each thing that a line may do.
  constructor(does) {
    this.does = does;
    this.alone = new Map([ // commands without arguments
      ["leave", () => this.take(() => does.leave())],
      ["who", () => does.who()],
      ["names", () => does.who()],
      ["rooms", () => does.rooms()],
      ["list", () => does.rooms()],
      ["help", () => does.help(HELP)],
    ]);
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
      if (event.key !== "Enter" || event.shiftKey || is_composing(event)) return;
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

  // Another tab has the session: what is typed here would be kept nowhere.
  close() {
    for (const part of $("composer").elements) part.disabled = true;
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
    const line = said_of(this.text);
    if (!is_visible(line)) return;
    clearTimeout(this.later);
    const wrong = this.run(line);
    if (wrong) this.does.complain(wrong);
    else if (said_of(this.text) === line) this.text = ""; // else another room's draft is there now
    this.does.drafted();
  }

  // A text that was not said is typed anew, before what is there.
  type_again(text, action) {
    const typed = (action ? "/me " : text.startsWith("/") ? "/" : "") + text;
    this.text = [typed, this.text].filter(Boolean).join("\n");
    this.field.focus();
    this.does.drafted();
  }

  // Returns what is wrong with the line, or nothing.
  run(line) {
    const command = line.match(COMMAND);
    if (!command) return void this.does.say(line.startsWith("//") ? line.slice(1) : line, false);
    const [, verb, rest] = command;
    const only = rest.trim(); // which takes one word, or none
    switch (verb) {
      case "me":
        return rest ? void this.does.say(rest, true) : "Usage: /me TEXT";
      case "nick":
        return only ? void this.does.nick(unquoted(only)) : "Usage: /nick NAME";
      case "join": {
        const room = only.replace(/^#/, "");
        return ROOM.test(room) ? void this.take(() => this.does.join(room)) : "Usage: /join ROOM";
      }
      case "msg": {
        const [, name, text] = rest.match(/^("[^"\n]*"|\S*)[^\S\n]*\n?(.*)$/s);
        return unquoted(name) ? void this.take(() => this.does.direct(unquoted(name), text))
          : "Usage: /msg NAME TEXT";
      }
      default: {
        const run = this.alone.get(verb);
        if (!run) return `There is no command /${verb}. To say it, type //${verb}`;
        return only ? `Usage: /${verb}` : void run();
      }
    }
  }
  // For commands that show another conversation: the line is not kept as a draft of this one.
  take(run) {
    this.text = "";
    run();
  }
}
