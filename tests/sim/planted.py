#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""planted.py [--list] [--seeds N] [--later] FOLDER [FAULT...]: which faults do the worlds of tests/sim find?

A copy of the tree in FOLDER gets one fault at a time: a text in one file is replaced by another, as somebody tired
could write it, and a review could pass it. Then one world runs with the seeds 1 to N (2000), until one of them fails.
Each seed that has found a fault is run without it, too: it has to hold then; with --later another call does that.

FAULTs are names of the table below, without them all. What was found is kept in FOLDER: a fault has one turn, and
another one if it was not found with fewer seeds. The last lines are a table of all that was found so far. The status is
1 if a text is not in its file once, if a seed fails without its fault, or if less than 27 of 30 faults were found. --list
only looks for the texts."""
import argparse
import collections
import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SHARE = 27 / 30
# No warnings as errors: what a fault leaves out may have been the only use of something.
CONFIGURE = ["cmake", "--preset", "debug", "-DEDO_WERROR=OFF", "-DEDO_MODELS=OFF"]
# The target of a world, and its program with its arguments.
WORLDS = {"register": ("sim_register", ["bin/examples/sim_register"]),
          "one": ("sim_register", ["bin/examples/sim_register", "--", "--alone"]),
          "orders": ("integration-sim", ["tests/integration-sim", "--", "orders"]),
          "gateway": ("integration-sim-gateway", ["tests/integration-sim-gateway"]),
          "chat": ("integration-sim-chat", ["tests/integration-sim-chat"])}

# `old` stands once in the file, and is replaced by `new`.
Fault = collections.namedtuple("Fault", "name world file what old new")
FAULTS = [
    # ---- Waking, and what is given back ------------------------------------------------------------------------------
    Fault("mutex_of_the_gone", "chat", "src/sync/mutex.c", "who leaves when the mutex is just its own keeps it",
          "        if (held) edo_mutex_unlock(m);\n", ""),
    Fault("permits_of_the_gone", "chat", "src/sync/sem.c", "who leaves when its permits have just come keeps them",
          "            sem_give(s, f->have); // releases the lock\n",
          "            sem_give(s, edoi_granted(&f->node) ? 0 : f->have); // releases the lock\n"),
    Fault("sender_gone_unsaid", "chat", "src/sync/channel/oneshot.c", "a sender that goes without a value wakes nobody",
          "        if (seen & RX_WAIT) oneshot_wake_receiver(c, next);\n        return seen & CLOSED ? -EDO_ECLOSED : 0;",
          "        return seen & CLOSED ? -EDO_ECLOSED : 0;"),
    Fault("close_unsaid", "chat", "src/sync/channel/mpsc.c", "a receiver that waits is not woken by the close",
          "        if (edoi_slots_ended(&c->s)) wake = mpsc_wake_receiver(c);\n", ""),

    # ---- Files -------------------------------------------------------------------------------------------------------
    Fault("file_unsynced", "register", "src/fs/whole.c", "a file that is replaced is not synced",
          "    if (err == 0 && fsync(fd) < 0) err = -errno;\n", ""),
    Fault("folder_unsynced", "register", "src/fs/whole.c", "its new name is not synced",
          "    return err < 0 ? err : sync_dir(name);\n", "    return err;\n"),
    Fault("name_before_bytes", "one", "src/fs/whole.c", "the file gets its name before its bytes are synced",
          "    int err = whole_close_file(fd, whole_fill(w, fd, keeps ? &old : NULL));\n"
          "    if (err == 0 && edo_blocking_cancelled()) err = -ECANCELED;\n"
          "    if (err == 0 && rename(name, w->path) < 0) err = -errno;\n",
          "    int err = rename(name, w->path) < 0 ? -errno : 0;\n"
          "    err = whole_close_file(fd, err < 0 ? err : whole_fill(w, fd, keeps ? &old : NULL));\n"),
    Fault("failed_sync_passes", "one", "src/fs/whole.c", "a sync that fails is taken for one that has not",
          "    if (err == 0 && fsync(fd) < 0) err = -errno;\n", "    if (err == 0) (void)fsync(fd);\n"),

    # ---- The register ------------------------------------------------------------------------------------------------
    Fault("shown_before_kept", "one", "examples/testing/sim_register.c", "a node shows what it is about to keep",
          "    if (v->tag > n->now.tag) err = edo_fs_replace(n->file, v, sizeof *v);\n"
          "    if (err == 0 && v->tag > n->now.tag) n->now = *v;\n",
          "    const bool is_newer = v->tag > n->now.tag;\n"
          "    if (is_newer) n->now = *v;\n"
          "    if (is_newer) err = edo_fs_replace(n->file, v, sizeof *v);\n"),
    Fault("tag_of_nobody", "register", "examples/testing/sim_register.c", "the tags of two who write at once are equal",
          "((now.tag >> 8) + 1) << 8 | c->number, value", "((now.tag >> 8) + 1) << 8, value"),
    Fault("keeps_unlocked", "one", "examples/testing/sim_register.c", "two versions are kept at once, in any order",
          "    int err = edo_mutex_lock(&n->keeping);\n"
          "    if (err < 0) return err;\n"
          "    if (v->tag > n->now.tag) err = edo_fs_replace(n->file, v, sizeof *v);\n"
          "    if (err == 0 && v->tag > n->now.tag) n->now = *v;\n"
          "    edo_mutex_unlock(&n->keeping);\n",
          "    int err = 0;\n"
          "    if (v->tag > n->now.tag) err = edo_fs_replace(n->file, v, sizeof *v);\n"
          "    if (err == 0 && v->tag > n->now.tag) n->now = *v;\n"),

    # ---- Orders ------------------------------------------------------------------------------------------------------
    Fault("answer_before_sync", "orders", "examples/databases/orders_partner.c", "a payment is confirmed before its sync",
          "    int err = ledger_sync(&p->ledger);\n", "    int err = 0;\n"),
    Fault("sync_of_later_lines", "orders", "examples/databases/orders_partner.c",
          "a sync counts for what was written while it ran",
          "        if (err == 0) l->synced = written;\n",
          "        if (err == 0) l->synced = l->written;\n"),
    Fault("torn_line_stays", "orders", "examples/databases/orders_partner.c",
          "after a crash lines go on behind half of one, and behind what was not synced",
          "    if (err == 0) err = edo_fs_replace(path, before.str.ptr, (size_t)l->size);\n",
          "    if (err == 0 && l->size == 0) err = edo_fs_replace(path, \"\", 0);\n"),
    Fault("return_unnoted", "orders", "examples/databases/orders_partner.c",
          "what is given back before it was taken is not noted",
          "*state != PAYMENT_RETURNED\n", "*state == PAYMENT_TAKEN\n"),
    Fault("given_up_is_undone", "orders", "examples/databases/orders/saga.c",
          "an order that is given up counts as paid back",
          "        return s->store.ops->move(s->store.self, o, ORDER_UNDOING);\n",
          "        return s->store.ops->move(s->store.self, o, ORDER_UNDONE);\n"),
    Fault("unanswered_is_undone", "orders", "examples/databases/orders/saga.c",
          "an order is undone though the partner has not answered",
          "    return err < 0 ? err : s->store.ops->move(s->store.self, o, ORDER_UNDONE);\n",
          "    return err == -ECANCELED ? err : s->store.ops->move(s->store.self, o, ORDER_UNDONE);\n"),
    Fault("refusal_is_answer", "orders", "examples/databases/orders/payments.c", "a status of failure is taken for an answer",
          "    if (err == 0) *(payment_state *)response = answer.state;\n",
          "    if (err == -EDO_ESTATUS) err = 0;\n    if (err == 0) *(payment_state *)response = answer.state;\n"),
    Fault("moved_from_any_state", "orders", "tests/sim/orders_store.c", "an order is moved whatever it is by now",
          "\"update orders set state = ?3 where key = ?1 and state = ?2\",\n",
          "\"update orders set state = ?3 where key = ?1 and state <> ?3\",\n"),
    Fault("undoing_has_no_errand", "orders", "tests/sim/orders_store.c", "nobody comes for an order that is being undone",
          "    if (n > 0 && c->to != ORDER_UNDOING) n = outbox_drop(tx, o);\n",
          "    if (n > 0) n = outbox_drop(tx, o);\n"),
    Fault("commits_unsynced", "orders", "tests/sim/orders_store.c", "a commit does not wait for the disk",
          "\"pragma synchronous = full\"", "\"pragma synchronous = normal\""),
    Fault("half_is_committed", "orders", "src/sqlite/tx.c", "what a failed transaction has done so far is committed",
          "    err = result < 0 ? result : edo_sqlite_commit(tx);\n    edoi_context_leave(&in);\n",
          "    err = edo_sqlite_commit(tx);\n    if (result < 0) err = result;\n    edoi_context_leave(&in);\n"),
    Fault("shut_for_ever", "orders", "src/service/breaker/circuit.c", "a breaker refuses though its time is over",
          "(state == EDO_BREAKER_OPEN && !is_over) ||", "state == EDO_BREAKER_OPEN ||"),

    # ---- The gateway -------------------------------------------------------------------------------------------------
    Fault("post_sent_again", "gateway", "src/client/send/send.c", "a POST is sent again when a kept connection has ended",
          "    return !k->now.body && edo_method_is_idempotent(k->now.method);\n", "    return !k->now.body;\n"),
    Fault("post_to_another", "gateway", "src/client/service/upstreams.c", "a POST that has left goes to another server, too",
          "    return (left == LEFT_NOTHING || may_repeat) &&\n", "    return (left == LEFT_NOTHING || left == LEFT_SOME) &&\n"),
    Fault("try_of_what_left", "gateway", "src/web/proxy/routes.c", "the proxy tries again what has left already",
          "    return !is_sent && !p->body.was_read &&", "    return !p->body.was_read &&"),
    Fault("rest_is_left", "gateway", "src/http/client/conn.c", "a connection with the rest of a response is used again",
          "    return x->body.is_over && x->body.failed == 0 && x->up.is_over;\n",
          "    return x->body.failed == 0 && x->up.is_over;\n"),
    Fault("window_stays_shut", "gateway", "src/http2/client/call/body.c",
          "what nobody reads of a response stays in the window of the connection",
          "        (void)nghttp2_session_consume(session, id, n);\n        return 0;\n", "        return 0;\n"),
    Fault("rest_without_end", "gateway", "src/service/balance/set.c", "nobody is told that a server rests, and until when",
          "    if (owed->ejected) edo_notify_one(&set->ejected);\n", ""),
    Fault("ill_for_ever", "gateway", "src/service/balance/set.c", "a server that was ill never gets well",
          "is_ill == record->is_ill ? 0 : record->checks + 1;", "is_ill ? record->checks + 1 : 0;"),
    Fault("trial_is_lost", "gateway", "src/service/breaker/circuit.c", "a trial that says nothing is not given back",
          "    c->trials.under_way--;\n    c->trials.left++;\n", "    c->trials.under_way--;\n"),
    Fault("no_limit", "gateway", "examples/http/gateway/plan.c", "the limit of a route is not passed on",
          "                                        .no_credentials = c->anonymous,\n"
          "                                        .timeout = c->timeout });\n",
          "                                        .no_credentials = c->anonymous });\n"),
    Fault("waits_for_a_call", "gateway", "examples/http/gateway/plan.c", "a breaker that nobody calls stays open",
          "                                    .half_open_by_time = true,\n", ""),

    # ---- The chat ----------------------------------------------------------------------------------------------------
    Fault("no_other_try", "chat", "apps/chat/storage/writes.c", "what was not stored waits for somebody to say something",
          "has_failed ? WRITES_RETRY_AFTER : edo_ns(EDO_FOREVER_NS)", "edo_ns(EDO_FOREVER_NS)"),
    Fault("stuck_for_ever", "chat", "apps/chat/storage/health.c", "a store that was slow once is not read any more",
          "    atomic_fetch_add(&self->ends_n, 1);\n    atomic_store(&self->stuck_since_ns, 0);\n",
          "    atomic_fetch_add(&self->ends_n, 1);\n"),
    Fault("failed_read_counts", "chat", "apps/chat/storage/reads.c", "a read that has failed holds the end up",
          "    edo_tracker_done(&self->under_way);\n    edo_rc_unref(r);\n    return err;\n",
          "    if (err == 0) edo_tracker_done(&self->under_way);\n    edo_rc_unref(r);\n    return err;\n"),
    Fault("permit_of_a_failure", "chat", "apps/chat/storage/reads.c", "a read that has failed keeps its permit",
          "    edo_sem_release(&self->rooms, 1);\n    return end_reading_news(self, &d, err);\n",
          "    if (err == 0) edo_sem_release(&self->rooms, 1);\n    return end_reading_news(self, &d, err);\n"),
    Fault("stored_soon", "chat", "apps/chat/message.c", "what waits for the disk is told as stored",
          "    return kept == KEPT_NOT_YET || kept == KEPT_UNSURE || kept == KEPT_NEVER;\n",
          "    return kept == KEPT_UNSURE || kept == KEPT_NEVER;\n"),
    Fault("numbers_again", "chat", "apps/chat/room/directory.c", "numbers of what was not stored are given again",
          "    uint64_t from = self->started_us > lost ? self->started_us : lost;\n", "    uint64_t from = stored;\n"),
    Fault("hole_unsaid", "chat", "apps/chat/person/past.c", "a history passes over what is not stored yet",
          "    if (has_unstored) lack = -EIO;\n", ""),
    Fault("unread_unsaid", "chat", "apps/chat/person/past.c", "a history that cannot be read ends",
          "    int lack = err < 0 ? -EIO : self->found->fault;\n", "    int lack = err < 0 ? 0 : self->found->fault;\n"),
    Fault("reader_of_a_failure", "chat", "apps/chat/person/past.c", "a page that was not read keeps its address's place",
          "    edo_keyed_mutex_unlock(in->of->readers, at);\n",
          "    if (err == 0) edo_keyed_mutex_unlock(in->of->readers, at);\n"),
    Fault("jump_told_twice", "chat", "apps/chat/room/room.c", "a page is told to lack what another node has shown it",
          "    if (m->missing_to > 0 && l->after >= m->missing_to) return false; // seen at another program\n", ""),
    Fault("ahead_at_once", "chat", "apps/chat/room/recall.c", "a message of another node is shown before those before it",
          "    if (!m || m->what.number > self->numbers.last + 1) return NULL;\n", "    if (!m) return NULL;\n"),
    Fault("jump_untold", "chat", "apps/chat/room/recall.c", "nobody is told what a room that was behind passes over",
          "        tell_jump(self, before);\n", ""),
    Fault("said_meanwhile", "chat", "apps/chat/person/user.c", "what is said while a page is shown the past is passed over",
          "        uint64_t until = u.until; // more may be said meanwhile\n"
          "        err = send_unseen(self, r, after, &u);\n",
          "        err = send_unseen(self, r, after, &u);\n"
          "        uint64_t until = room_numbers_now(r).last;\n"),
    Fault("again_before_others", "chat", "apps/chat/person/user.c", "what is told again overtakes what stands before it",
          "    if (is_here && reached == 0) reached = room_tell_pages(s->seat.room); // what stands before it\n", ""),
    Fault("said_twice", "chat", "apps/chat/person/visit.c", "what a session has said before the start is said again",
          "        u->may_have_said = first->session.len > 0;\n", ""),
    Fault("old_page_ends_new", "chat", "apps/chat/person/visit.c", "the end of a connection ends the one that came after it",
          "    if (visit_lock(u, connection) == 0) {\n", "    if (edo_mutex_lock(&u->using) == 0) {\n"),
    Fault("held_though_back", "chat", "apps/chat/person/sessions.c", "a session that is back is let go when its hold is over",
          "    if (is_here) sessions_take_out(self, u);\n", ""),
    Fault("late_answer", "chat", "apps/chat/person/lease.c", "a session goes by an answer that is not true any more",
          "    if (!claim_is_as_it_was(in, &self->what, &self->of)) return;\n", ""),
    Fault("hello_limit_stays", "chat", "apps/chat/page/page.c", "the limit for a hello ends a page that has said it",
          "    end_silence(&self->at.at->web->pages, self);\n    const visit v", "    const visit v"),
    Fault("lock_of_a_failure", "chat", "apps/chat/page/page.c", "a request that has failed keeps its session locked",
          "    edo_mutex_unlock(&self->user->using);\n    return err;\n",
          "    if (err >= 0) edo_mutex_unlock(&self->user->using);\n    return err;\n"),
]


# ---- The texts ---------------------------------------------------------------------------------------------------------
def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def tell_bad_texts():
    """Says which texts do not stand in their files once. Returns how many."""
    bad = [f for f in FAULTS if read(os.path.join(ROOT, f.file)).count(f.old) != 1]
    for fault in bad:
        print(f"{fault.name}: its text is not once in {fault.file}")
    return len(bad)


# ---- The copy ----------------------------------------------------------------------------------------------------------
class Copy:
    """A copy of the tree, with a build of its own."""

    def __init__(self, folder):
        self.tree = os.path.join(folder, "tree")
        self.build_dir = os.path.join(self.tree, "build", "debug")

    def refresh(self):
        """Copies what has changed, also what a fault has left there."""
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
        for name in names.decode().strip("\0").split("\0"):
            source, target = os.path.join(ROOT, name), os.path.join(self.tree, name)
            if not os.path.isfile(source):
                continue
            with open(source, "rb") as file:
                wanted = file.read()
            if os.path.exists(target):
                with open(target, "rb") as file:
                    if file.read() == wanted:
                        continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(wanted)
            os.chmod(target, os.stat(source).st_mode)
        subprocess.run(CONFIGURE, cwd=self.tree, check=True, stdout=subprocess.DEVNULL)

    def build(self, target):
        """Returns "", or what the compiler says."""
        done = subprocess.run(["cmake", "--build", "--preset", "debug", "-j2", "--target", target], cwd=self.tree,
                              capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stdout[-2000:]

    def run(self, world, seeds):
        """What edo sim says of these seeds of a world."""
        program = [os.path.join(self.build_dir, WORLDS[world][1][0]), *WORLDS[world][1][1:]]
        return subprocess.run([os.path.join(self.build_dir, "bin", "edo"), "sim", "--seeds", seeds, "--failures", "1",
                               "--no-shrink", "-j2", *program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False).stdout

    def plant(self, fault):
        path = os.path.join(self.tree, fault.file)
        write(path, read(path).replace(fault.old, fault.new))

    def mend(self, fault):
        write(os.path.join(self.tree, fault.file), read(os.path.join(ROOT, fault.file)))


def cause_of(said):
    """What a failure says of itself, in a line."""
    lines = [line[4:].strip() for line in said.split("\n") if line.startswith("  | ")]
    telling = [line for line in lines if re.search(r"seed \d+: |EDO_INV|inv\. \d|misuse|[Aa]ssert|one register", line)]
    first = re.search(r"^seed \d+ fails: (.*?)(, after .*)?$", said, re.M)
    return f"{first.group(1) if first else 'nothing'}: {(telling or lines[-1:] or [''])[0]}"[:200]


def try_fault(copy, fault, seeds_n):
    """Returns what becomes of one fault."""
    copy.plant(fault)
    try:
        wrong = copy.build(WORLDS[fault.world][0])
        said = "" if wrong else copy.run(fault.world, f"1..{seeds_n}")
    finally:
        copy.mend(fault)
    seed = re.search(r"^seed (\d+) fails", said, re.M)
    return {"seed": int(seed.group(1)) if seed else 0, "of": seeds_n, "holds": False,
            "said": wrong or (cause_of(said) if seed else said.strip()[-200:])}


# ---- All of them -------------------------------------------------------------------------------------------------------
def key_of(fault):
    return f"{fault.name} {hashlib.sha256(repr(fault).encode()).hexdigest()[:12]}"


def is_due(found, fault, seeds_n):
    """Whether it has its turn with so many seeds."""
    had = found.get(key_of(fault))
    return not had or (had["seed"] == 0 and had["of"] < seeds_n)


def run_all(copy, faults, found, seeds_n, keep):
    for fault in faults:
        if not is_due(found, fault, seeds_n):
            continue
        had = found[key_of(fault)] = try_fault(copy, fault, seeds_n)
        print(f"{fault.name}, {fault.world}: {had['seed'] or 'not found'}: {had['said']}", flush=True)
        keep()


def look_for_false(copy, faults, found):
    """Runs the seeds that have found something without the faults, once. Returns how many fail then, too."""
    false_n = 0
    for world, (target, _) in WORLDS.items():
        due = [f for f in faults if f.world == world and found[key_of(f)]["seed"] > 0 and not found[key_of(f)]["holds"]]
        wrong = copy.build(target) if due else ""
        if wrong:
            sys.exit(wrong)
        for fault in due:
            seed = found[key_of(fault)]["seed"]
            said = copy.run(world, f"{seed}..{seed}")
            found[key_of(fault)]["holds"] = re.search(r"^1 seeds, 0 fail, ", said, re.M) is not None
            if not found[key_of(fault)]["holds"]:
                print(f"{world}: the seed {seed} fails without a fault: {cause_of(said)}", flush=True)
                false_n += 1
    return false_n


def tell(found):
    """Prints the table. Returns whether enough were found."""
    had = [f for f in FAULTS if key_of(f) in found]
    for fault in had:
        print(f"| {fault.name}: {fault.what} | `{fault.file}` | {fault.world} | {found[key_of(fault)]['seed'] or '-'} |")
    found_n = sum(found[key_of(f)]["seed"] > 0 for f in had)
    print(f"{found_n} of {len(had)} faults found, {len(FAULTS)} are in the table")
    return found_n >= SHARE * len(had)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--later", action="store_true")
    parser.add_argument("folder")
    parser.add_argument("faults", nargs="*")
    args = parser.parse_args()
    unknown = set(args.faults) - {f.name for f in FAULTS}
    if unknown or tell_bad_texts() > 0:
        sys.exit(f"no such faults: {' '.join(sorted(unknown))}" if unknown else 1)
    if args.list:
        print(*(f"{f.name}: {f.what}" for f in FAULTS), sep="\n")
        return
    folder = os.path.abspath(args.folder)
    kept = os.path.join(folder, "found.json")
    os.makedirs(folder, exist_ok=True)
    one = os.open(folder, os.O_RDONLY)
    fcntl.flock(one, fcntl.LOCK_EX)  # one call at a time has the copy
    copy = Copy(folder)
    found = json.loads(read(kept)) if os.path.exists(kept) else {}
    chosen = [f for f in FAULTS if f.name in args.faults or not args.faults]
    copy.refresh()
    wrong = copy.build("edo-sim")
    if wrong:
        sys.exit(wrong)

    def keep():
        write(kept, json.dumps(found, indent=1))
    run_all(copy, chosen, found, args.seeds, keep)
    false_n = 0 if args.later else look_for_false(copy, [f for f in chosen if key_of(f) in found], found)
    keep()
    sys.exit(0 if tell(found) and false_n == 0 else 1)


if __name__ == "__main__":
    main()
