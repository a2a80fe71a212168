// SPDX-License-Identifier: MIT
// "Your name": it stays open until the server has said yes, and says why it has not.
import { $ } from "./dom.js";
import { random_name } from "./memory.js";

export class NameDialog {
  // send(message) returns whether there is a connection; my_name(): the present one.
  constructor({ send, my_name }) {
    Object.assign(this, { send, my_name });
    this.asked = null; // { nick, ref }: the server was asked, and has not replied
    this.dialog = $("nick-dialog");
    $("change-nick").addEventListener("click", () => this.open());
    $("nick-cancel").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => (this.asked = null));
    $("nick-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask($("nick").value);
    });
  }

  open() {
    this.complain("");
    $("nick").value = this.my_name();
    this.dialog.showModal();
    $("nick").select();
  }

  complain(text) {
    $("nick-fault").textContent = text;
    $("nick").setAttribute("aria-invalid", String(text !== ""));
  }

  ask(nick) {
    if (nick === this.my_name()) return this.dialog.close();
    this.complain("");
    this.asked = { nick, ref: random_name() };
    if (!this.send({ type: "nick", ...this.asked })) this.lost();
  }

  lost() {
    if (!this.asked) return;
    this.asked = null;
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
