// SPDX-License-Identifier: MIT
// "Your name": it stays open until the server has said yes, and says why it has not.
import { $ } from "./dom.js";
import { random_name } from "./memory.js";

export const NAME_WAITS = "The name is taken after what you have said is sent.";

export class NameDialog {
  // ask(nick, ref) returns "sent", "waits": for what was said before; or null without a connection;
  // take_back(ref) asks no more for it;
  // my_name(): the present one; on_welcomed(): a newcomer has chosen a name, or none.
  constructor({ ask, take_back, my_name, on_welcomed }) {
    Object.assign(this, { ask_for: ask, take_back, my_name, on_welcomed });
    this.asked = null; // { nick, ref }: that is asked for, and there was no reply
    this.dialog = $("nick-dialog");
    $("change-nick").addEventListener("click", () => this.open(this.my_name()));
    $("nick-cancel").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.closed());
    $("nick-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask($("nick").value);
    });
  }

  // Somebody is here for the first time.
  welcome() {
    if (this.dialog.open) return;
    this.show_welcome(true);
    this.open("");
  }

  show_welcome(is_wanted) {
    $("nick-welcome").hidden = !is_wanted;
    $("nick-cancel").textContent = is_wanted ? "Not now" : "Cancel";
    $("nick-save").textContent = is_wanted ? "Use this name" : "Change";
    $("nick").placeholder = is_wanted ? this.my_name() : "";
  }

  open(name) {
    this.complain("");
    $("nick").value = name;
    this.dialog.showModal();
    $("nick").focus();
    $("nick").select();
  }

  closed() {
    this.give_up();
    if ($("nick-welcome").hidden) return;
    this.show_welcome(false);
    this.on_welcomed();
  }

  complain(text) {
    $("nick-fault").textContent = text;
    $("nick").setAttribute("aria-invalid", String(text !== ""));
  }

  ask(nick) {
    this.give_up(); // the one before
    if (nick === this.my_name()) return this.dialog.close();
    this.complain("");
    this.asked = { nick, ref: random_name() };
    const how = this.ask_for(nick, this.asked.ref);
    if (how === "waits") $("nick-fault").textContent = NAME_WAITS; // the name has no fault
    if (!how) this.lost();
  }

  // What was not sent yet is not to be sent later: nobody would expect it.
  give_up() {
    const { asked } = this;
    this.asked = null;
    if (asked) this.take_back(asked.ref);
  }

  lost() {
    if (!this.asked) return;
    this.give_up();
    this.complain("There is no connection. Try again in a moment.");
  }

  renamed(to) {
    if (this.asked?.nick === to) this.dialog.close();
  }

  // Returns whether the fault was about the name that was asked for.
  refused(ref, text) {
    if (!this.asked || this.asked.ref !== ref) return false;
    this.asked = null;
    this.complain(text);
    return true;
  }
}
