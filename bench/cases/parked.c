/* SPDX-License-Identifier: MIT */
/* Question: what does a task cost that only waits, in time and in memory?
 * Guards: bytes a parked task: header 48, frame 16, leaf 48; what the kernel adds in page tables;
 * that a million stacks fit into the map limit; and the wake of them all.
 *
 * What the tasks share is static, so that a frame holds the wait alone. */
#include "cases/bench.h"

#include <edo/notify.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

static struct {
    edo_notify go, all_parked, all_done;
    atomic_uint_fast64_t parked_n, done_n;
    uint64_t n;
    int64_t before_kb, tables_before_kb;
} park;

/* Memory that the kernel uses for this process's page tables; 0 if it does not say. */
static int64_t page_tables_kb(void) {
    FILE *status = fopen("/proc/self/status", "re");
    int64_t kb = 0;
    char line[256];
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmPTE: %" SCNd64, &kb) == 1) break;
    if (status) (void)fclose(status);
    return kb;
}

/* Mappings, which vm.max_map_count limits. */
static uint64_t maps_n(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    uint64_t n = 0;
    for (int c; maps && (c = getc(maps)) != EOF;) n += c == '\n';
    if (maps) (void)fclose(maps);
    return n;
}

static void begin(bench *b) {
    park.go = park.all_parked = park.all_done = (edo_notify)EDO_NOTIFY_INIT;
    atomic_init(&park.parked_n, 0);
    atomic_init(&park.done_n, 0);
    park.n = b->n;
    park.before_kb = bench_rss_kb();
    park.tables_before_kb = page_tables_kb();
    bench_start(b);
}

static void note_parked(bench *b) {
    bench_stop(b, b->n);
    b->rss_kb = bench_rss_kb() - park.before_kb;
    if (b->rss_kb < 0) b->rss_kb = 0;
    int64_t tables_kb = page_tables_kb() - park.tables_before_kb;
    bench_add_extra(b, "bytes_per", (double)b->rss_kb * 1024 / (double)b->n);
    bench_add_extra(b, "page_table_bytes_per", (double)tables_kb * 1024 / (double)b->n);
    bench_add_extra(b, "maps", (double)maps_n());
    bench_start(b);
    edo_notify_all(&park.go);
}

static void note_woken(bench *b) {
    bench_add_extra(b, "wake_ns", (double)(bench_wall_ns() - b->start_ns) / (double)b->n);
}

static void count_parked(void) {
    if (atomic_fetch_add(&park.parked_n, 1) + 1 == park.n) edo_notify_one(&park.all_parked);
}

static void count_done(void) {
    if (atomic_fetch_add(&park.done_n, 1) + 1 == park.n) edo_notify_one(&park.all_done);
}

EDO_ASYNC(parked, edo_notify_wait_future wait;) {
    EDO_BEGIN;
    (void)edo_notify_wait_init(&self->wait, &park.go); // before: a notification counts from here
    count_parked();
    EDO_AWAIT(&self->wait.base);
    count_done();
    EDO_END;
}

static void spawn_parked(void) {
    parked one;
    bench_must(edo_spawn_future_detached(parked_init(&one)));
}

EDO_ASYNC(parking, bench *b; edo_notify_wait_future wait;) {
    EDO_BEGIN;
    begin(self->b);
    for (uint64_t i = 0; i < self->b->n; i++) spawn_parked();
    EDO_AWAIT(edo_notify_wait_init(&self->wait, &park.all_parked));
    note_parked(self->b);
    EDO_AWAIT(edo_notify_wait_init(&self->wait, &park.all_done));
    note_woken(self->b);
    EDO_END;
}
BENCH_STATE(parked_mem, parking, .wait = { .notify = NULL })

static int parked_fiber(void *arg) {
    (void)arg;
    edo_notify_wait_future wait;
    (void)edo_notify_wait_init(&wait, &park.go);
    count_parked();
    int err = edo_await(&wait.base);
    count_done();
    return err;
}

int parked_mem_fiber(void *arg) {
    bench *b = arg;
    begin(b);
    for (uint64_t i = 0; i < b->n; i++) bench_must(edo_spawn_detached(parked_fiber, NULL));
    bench_must(edo_notify_wait(&park.all_parked));
    note_parked(b);
    bench_must(edo_notify_wait(&park.all_done));
    note_woken(b);
    return 0;
}
