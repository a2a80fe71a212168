/* SPDX-License-Identifier: MIT */
/* health.c: see health.h. */
#include "storage/health.h"

#include "storage/faults.h"
#include "storage/writes.h"

#include <edo/base.h>
#include <edo/error.h>
#include <edo/log.h>

#include <errno.h>
#include <inttypes.h>

static const edo_duration slow_after = EDO_S(5); /* a call that takes longer: it is not well */
static const edo_duration look_slow_after = EDO_S(60); /* it may read all of the file */

/* ---- What is noted --------------------------------------------------------------------------- */

/* Told once, when all is known of it that can be. */
static void log_damage(health *self) {
    char where[STORE_DAMAGE_BYTES];
    if (atomic_exchange(&self->is_damage_logged, true)) return;
    store_damage(self->kept, where, sizeof where);
    edo_error_kv("the store's file is damaged: some of what was kept may be lost",
                 EDO_KV("where", where));
}

void health_tell_damage(health *self) {
    if (atomic_load(&self->is_damaged)) log_damage(self);
}

void health_note_fault(health *self, int err) {
    if (err == -EILSEQ) atomic_store(&self->is_damaged, true);
    if (err == -ENODATA && !atomic_exchange(&self->is_cut, true))
        edo_error("the store's log was cut off: some of what was stored is lost");
    if (err != -ESTALE || atomic_load(&self->is_gone)) return;
    edo_error("the store's file was deleted or replaced: nothing is kept any more");
    atomic_store(&self->is_gone, true); // last: the health tells what the log has
}

void health_warn(const char *what, int err) {
    const edo_trail_entry *last = edo_trail_find(err);
    const char *why = last ? last->text : edo_strerror(err);
    edo_warn_kv(what, EDO_KV("why", why));
}

void health_note_failure(health *self, int err) {
    health_note_fault(self, err);
    atomic_store(&self->failed_at_ns, edo_now().ns);
    if (!atomic_exchange(&self->is_failure_logged, true))
        health_warn("messages are not stored", err);
}

bool health_has_failures(const health *self) {
    return atomic_load(&self->is_failure_logged);
}

bool health_failures_rest(const health *self) {
    return edo_now().ns - atomic_load(&self->failed_at_ns) >= HEALTH_AGAIN_AFTER.ns;
}

void health_end_failures(health *self, uint64_t lost_n) {
    atomic_store(&self->is_failure_logged, false);
    edo_warn_kv("messages are stored again", EDO_KV("lost", lost_n));
}

/* Pairs with health_note_vain_wait(), whose thread sets the state and then looks at the count: this
 * one counts and then ends the state, so it does not stay when both come at once. */
void health_note_response(health *self) {
    atomic_fetch_add(&self->ends_n, 1);
    atomic_store(&self->stuck_since_ns, 0);
}

void health_note_vain_wait(health *self, edo_instant asked_at, uint64_t ends_n) {
    atomic_store(&self->stuck_since_ns, asked_at.ns);
    if (atomic_load(&self->ends_n) != ends_n) atomic_store(&self->stuck_since_ns, 0);
}

void health_note_read(health *self, int err, int fault) {
    health_note_fault(self, fault);
    int unread = err == 0 && fault == -EILSEQ ? 0 : fault; // what is damaged the health has
    int before = atomic_exchange(&self->read_err, unread);
    if (unread < 0 && before == 0) health_warn("the past was not read", unread);
}

/* A search for the place of a damage was asked for before the damage was noted. */
void health_look(health *self) {
    bool was_damaged = atomic_load(&self->is_damaged);
    atomic_store(&self->looking_since_ns, edo_now().ns);
    int err = store_check(self->kept);
    atomic_store(&self->looking_since_ns, 0);
    if (err == -ECANCELED) return;
    health_note_fault(self, err);
    if (was_damaged || err == -EILSEQ) log_damage(self);
    bool is_for_good = err == -EILSEQ || err == -ESTALE || err == -ENODATA;
    int before = atomic_exchange(&self->look_err, is_for_good ? 0 : err);
    if (err < 0 && !is_for_good && before == 0) health_warn("the store was not read", err);
}

/* ---- What is told ---------------------------------------------------------------------------- */

/* For how many seconds something has gone on that should not take longer than `most`; else 0. */
static int64_t seconds_since(const atomic_int_fast64_t *since_ns, edo_duration most) {
    int64_t begin_ns = atomic_load(since_ns);
    int64_t ns = begin_ns > 0 ? edo_now().ns - begin_ns : 0;
    return ns > most.ns ? ns / edo_s(1).ns : 0;
}

static void add_silence(const health *self, const health_news *others, faults *all) {
    const int64_t of_store_s[] = { seconds_since(others->writing_ns, slow_after),
                                   seconds_since(&self->stuck_since_ns, edo_ns(0)),
                                   seconds_since(&self->looking_since_ns, look_slow_after) };
    int64_t most_s = 0, of_disk_s = seconds_since(others->syncing_ns, slow_after);
    for (size_t i = 0; i < EDO_COUNT(of_store_s); i++)
        if (of_store_s[i] > most_s) most_s = of_store_s[i];
    if (most_s > 0)
        faults_add(all, -ETIMEDOUT, "the store has not responded for %" PRId64 " s", most_s);
    if (of_disk_s > 0)
        faults_add(all, -ETIMEDOUT,
                   "the disk has not responded for %" PRId64 " s, and may lack %" PRIu64
                   " messages",
                   of_disk_s, others->unsynced_n);
}

/* A store that gives numbers is a server, to which something is on its way most of the time: that
 * is no fault before it takes longer than people wait for it. */
static bool are_on_their_way(const health *self, const health_news *others) {
    int64_t begin_ns = atomic_load(others->writing_ns);
    int64_t ns = begin_ns > 0 ? edo_now().ns - begin_ns : 0;
    return store_gives_numbers(self->kept) && !others->is_failing && ns < WRITES_WAIT_MAX.ns;
}

int health_check(const health *self, const health_news *others) {
    bool is_unstored = others->unstored_n > 0 && !are_on_their_way(self, others);
    int read_err = atomic_load(&self->read_err), look_err = atomic_load(&self->look_err);
    faults all = { .err = 0 };
    if (atomic_load(&self->is_gone))
        return edo_fail(-ESTALE, "the store's file was deleted or replaced");
    if (atomic_load(&self->is_damaged)) {
        char where[STORE_DAMAGE_BYTES];
        store_damage(self->kept, where, sizeof where);
        faults_add(&all, -EILSEQ, "the store's file is damaged: %s", where);
    }
    if (atomic_load(&self->is_cut))
        faults_add(&all, -ENODATA, "the store's log was cut off: some of what was stored is lost");
    if (others->is_failing || is_unstored || others->lost_n > 0)
        faults_add(&all, -EIO, "messages are not stored: %" PRIu64 " yet, %" PRIu64 " for good",
                   others->unstored_n, others->lost_n);
    if (others->lost_names_n > 0)
        faults_add(&all, -EIO, "names are not kept: %" PRIu64, others->lost_names_n);
    if (read_err < 0 || look_err < 0)
        faults_add(&all, read_err < 0 ? read_err : look_err, "the store cannot be read");
    add_silence(self, others, &all);
    return all.err < 0 ? edo_fail(all.err, "%s", all.text) : 0;
}
