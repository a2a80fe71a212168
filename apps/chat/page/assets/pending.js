// SPDX-License-Identifier: MIT
// What was said and is not confirmed, with the names that one takes, in order. Until a page has a connection
// another tab may have one, which has sent some of it since, and has kept what became of that.

export const next_order = (pending) => pending.length ? pending[pending.length - 1].order + 1 : 1;

// As the server is told of it.
export const request_of = ({ ref, text, to_id, nick, room, to, action }) =>
  nick ? { type: "nick", nick, ref }
    : room ? { type: "say", room, text, ref, ...(action && { action: true }) }
      : { type: "direct", to, text, ref, ...(to_id && { to_id }) };

// What was kept when the page came.
export class Recalled {
  constructor(pending) {
    this.others = new Set(pending.map((one) => one.ref)); // said elsewhere
    this.known = new Set(this.others); // all that were ever here
    this.failed = new Set(pending.filter((one) => one.fault).map((one) => one.ref)); // as is known here
  }

  // Makes `pending` what it is by `kept`, which was kept since, and by what was done here. Returns what the
  // other tab has settled, what was said there, and what has failed there.
  renew(pending, kept) {
    for (const one of pending) this.known.add(one.ref);
    const there = new Map(kept.map((one) => [one.ref, one]));
    const settled = pending.filter(({ ref }) => this.others.has(ref) && !there.has(ref));
    const said = kept.filter(({ ref }) => !this.known.has(ref));
    const failed = pending.filter(({ ref }) => there.get(ref)?.fault && this.others.has(ref) && !this.failed.has(ref));
    for (const one of pending)
      if (this.others.has(one.ref) && there.has(one.ref)) one.is_on_way = there.get(one.ref).is_on_way;
    for (const one of failed) one.fault = there.get(one.ref).fault;
    for (const { ref } of failed) this.failed.add(ref);
    for (const { ref } of said) this.others.add(ref);
    const all = [...pending.filter((one) => !settled.includes(one)), ...said].sort((a, b) => a.order - b.order);
    pending.splice(0, pending.length, ...all);
    return { settled, said, failed };
  }
}
