// SPDX-License-Identifier: MIT
// What the browser tells while nobody looks at the page: somebody has said the user's name, or wrote
// to the user alone. Only who has asked for it gets it.
import { $ } from "./dom.js";
import { recall_notices, keep_notices } from "./memory.js";
import { plain_text, shortened } from "./text.js";

const BODY_MAX = 200; // units of UTF-16

export class Notices {
  constructor(complain) {
    this.button = $("notify");
    this.complain = complain;
    this.button.hidden = !("Notification" in window);
    this.button.addEventListener("click", () => this.toggle());
    this.show();
  }

  is_on() {
    return !this.button.hidden && Notification.permission === "granted" && recall_notices();
  }

  async toggle() {
    const is_wanted = !this.is_on();
    const said = is_wanted ? await Notification.requestPermission() : "";
    if (is_wanted && said !== "granted") this.complain("The browser does not allow notifications.");
    keep_notices(is_wanted && said === "granted");
    this.show();
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.is_on()));
  }

  // A browser may have the constructor, and refuse it to pages: that of phones does.
  make(title, options) {
    try {
      return new Notification(title, options);
    } catch {
      this.complain("The browser does not allow notifications.");
      keep_notices(false);
      this.show();
      return null;
    }
  }

  // One for each conversation: the newest takes the place of the one before, and is told as that was.
  tell(where, message, on_click) {
    if (!document.hidden || !this.is_on()) return;
    const notice = this.make(where === message.from ? where : `${message.from} in ${where}`, {
      body: shortened(plain_text(message.text), BODY_MAX), tag: where, renotify: true, icon: "/icon.svg",
    });
    if (!notice) return;
    notice.onclick = () => {
      window.focus();
      notice.close();
      on_click();
    };
  }
}
