/* SPDX-License-Identifier: MIT */
/* plain.c: plain memory: who accessed each byte last, by the clocks of memory.c; and the
 * allocations, none of which is used twice in a run, so that a late access is always found.
 *
 * The compiler calls the functions at the end for each plain access of the code under test, as it
 * does for thread-sanitizer (-fsanitize=thread). */
#include "state.h"

#include <stdio.h>
#include <string.h>

#define ARENA 0

/* The cell of `at`, and behind it those of the bytes that follow; each may be of another run. */
static cell *cells_from(const void *at) {
    const char *p = at;
    for (unsigned i = 0; i < REGIONS_N; i++) {
        const region *r = &ck->regions[i];
        if (p >= r->from && p < r->to) return &r->cells[p - r->from];
    }
    return NULL;
}

static cell *of_this_run(cell *c) {
    if (c->run != ck->run) *c = (cell){ .run = ck->run };
    return c;
}

cell *cell_of(const void *at) {
    cell *c = cells_from(at);
    return c ? of_this_run(c) : NULL;
}

/* ---- Allocations ----------------------------------------------------------------------------- */

static block *block_of(const void *at) {
    const region *arena = &ck->regions[ARENA];
    const char *p = at;
    if (p < arena->from || p >= arena->to) return NULL;
    unsigned n = ck->unit_block[(size_t)(p - arena->from) / UNIT_BYTES];
    if (n == 0) fail("access to memory that was never allocated");
    return &ck->blocks[n - 1];
}

static bool knows(unsigned n, unsigned clock) {
    return n == ck->now || me()->now.clock[n] >= clock;
}

static void touch(const char *at, size_t bytes) {
    block *b = block_of(at);
    if (!b) return;
    if (b->freed) fail("use after free: T%u had freed these %zu bytes", b->freed_by, b->bytes);
    if (at + bytes > b->at + b->bytes) fail("access beyond the end of %zu bytes", b->bytes);
    if (!knows(b->thread, b->clock))
        fail("race: access to memory that T%u allocates, not ordered after that", b->thread);
    b->touched[ck->now] = me()->now.clock[ck->now];
}

void *arena_get(size_t bytes, size_t align, bool mapped) {
    if (align < UNIT_BYTES) align = UNIT_BYTES;
    size_t from = (ck->arena_used + align - 1) & ~(align - 1);
    size_t to = (from + bytes + UNIT_BYTES) & ~(UNIT_BYTES - 1);
    if (to > ARENA_BYTES || ck->blocks_n == BLOCKS_MAX) fail("the model is too large: ARENA_BYTES");
    ck->arena_used = to;
    block *b = &ck->blocks[ck->blocks_n++];
    char *at = ck->regions[ARENA].from + from;
    *b = (block){ .at = at, .bytes = bytes, .thread = (uint8_t)ck->now, .mapped = mapped };
    b->clock = ck->forked ? me()->now.clock[ck->now] : 0;
    for (size_t unit = from / UNIT_BYTES; unit < to / UNIT_BYTES; unit++)
        ck->unit_block[unit] = (uint16_t)ck->blocks_n;
    return at;
}

void arena_put(void *at) {
    if (!at) return;
    block *b = block_of(at);
    if (!b || b->at != at) fail("free of memory that was not allocated");
    if (b->freed) fail("free twice: T%u had freed these %zu bytes", b->freed_by, b->bytes);
    for (unsigned n = 0; n < ck->threads_n; n++)
        if (!knows(n, b->touched[n]))
            fail("race: freed, not ordered after the last access of T%u", n);
    b->freed = true;
    b->freed_by = (uint8_t)ck->now;
}

unsigned edoi_model_mappings(void) {
    unsigned n = 0;
    for (unsigned i = 0; i < ck->blocks_n; i++) n += ck->blocks[i].mapped && !ck->blocks[i].freed;
    return n;
}

/* ---- Races ----------------------------------------------------------------------------------- */

static EDOI_NORETURN void race(const char *mine, const char *theirs, unsigned n, unsigned clock,
                               const void *pc) {
    ck->race_clock = (uint16_t)clock;
    ck->race_thread = n;
    ck->race_pc = pc;
    fail("race: %s, not ordered after the %s of T%u", mine, theirs, n);
}

static void check_atomics(const location *l, bool write, const void *pc) {
    for (unsigned n = 0; n < ck->threads_n; n++) {
        if (!knows(n, l->written[n]))
            race(write ? "plain write" : "plain read", "atomic write", n, l->written[n], pc);
        if (write && !knows(n, l->read[n])) race("plain write", "atomic read", n, l->read[n], pc);
    }
}

void plain_read(const void *at, size_t bytes, const void *pc) {
    cell *cells = cells_from(at);
    if (!cells) return;
    touch(at, bytes);
    if (!ck->forked) return;
    for (size_t i = 0; i < bytes; i++) {
        cell *c = of_this_run(&cells[i]);
        if (!knows(c->writer, c->wrote)) race("plain read", "write", c->writer, c->wrote, pc);
        if (c->location) check_atomics(&ck->locations[c->location - 1u], false, pc);
        c->read[ck->now] = me()->now.clock[ck->now];
    }
}

static void write_byte(cell *c, const void *pc) {
    if (!knows(c->writer, c->wrote)) race("plain write", "write", c->writer, c->wrote, pc);
    for (unsigned n = 0; n < ck->threads_n; n++)
        if (!knows(n, c->read[n])) race("plain write", "read", n, c->read[n], pc);
    if (c->location) check_atomics(&ck->locations[c->location - 1u], true, pc);
    c->writer = (uint8_t)ck->now;
    c->wrote = ck->forked ? me()->now.clock[ck->now] : 0;
    memset(c->read, 0, sizeof c->read);
    if (c->location) forget_location(c->location - 1u);
}

void plain_write(const void *at, size_t bytes, const void *pc) {
    cell *cells = cells_from(at);
    if (!cells) return;
    touch(at, bytes);
    for (size_t i = 0; i < bytes; i++) {
        cell *c = of_this_run(&cells[i]);
        if (ck->forked || c->location) write_byte(c, pc);
    }
}

void atomic_check(location *l, bool write) {
    touch(l->at, l->bytes);
    if (ck->forked) {
        cell *cells = cells_from(l->at);
        for (unsigned i = 0; i < l->bytes; i++) {
            const cell *c = of_this_run(&cells[i]);
            if (!knows(c->writer, c->wrote))
                race(write ? "atomic write" : "atomic read", "write", c->writer, c->wrote, NULL);
            for (unsigned n = 0; n < ck->threads_n && write; n++)
                if (!knows(n, c->read[n])) race("atomic write", "read", n, c->read[n], NULL);
        }
    }
    (write ? l->written : l->read)[ck->now] = me()->now.clock[ck->now];
}

void sync_check(const void *at) {
    touch(at, 1);
}

void edoi_model_retire(void *at, size_t bytes) {
    plain_write(at, bytes, EDOI_CALLER());
}

/* ---- What the compiler calls ----------------------------------------------------------------- */

static bool is_watched(void) {
    return ck && ck->running;
}

#define READS(name, bytes)                                                                         \
    void name(const void *at);                                                                     \
    void name(const void *at) {                                                                    \
        if (is_watched()) plain_read(at, bytes, EDOI_CALLER());                                    \
    }
#define WRITES(name, bytes)                                                                        \
    void name(void *at);                                                                           \
    void name(void *at) {                                                                          \
        if (is_watched()) plain_write(at, bytes, EDOI_CALLER());                                   \
    }
#define ACCESSES(bytes)                                                                            \
    READS(__tsan_read##bytes, bytes)                                                               \
    WRITES(__tsan_write##bytes, bytes)                                                             \
    READS(__tsan_unaligned_read##bytes, bytes)                                                     \
    WRITES(__tsan_unaligned_write##bytes, bytes)                                                   \
    READS(__tsan_volatile_read##bytes, bytes)                                                      \
    WRITES(__tsan_volatile_write##bytes, bytes)

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

#define RANGE(name, access)                                                                        \
    void name(void *at, size_t bytes);                                                             \
    void name(void *at, size_t bytes) {                                                            \
        if (is_watched() && bytes) access(at, bytes, EDOI_CALLER());                               \
    }
RANGE(__tsan_read_range, plain_read)
RANGE(__tsan_write_range, plain_write)

/* What else it calls means nothing here. */
#define NOTHING(name)                                                                              \
    void name(void);                                                                               \
    void name(void) {}
NOTHING(__tsan_init)
NOTHING(__tsan_func_exit)

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller) {
    (void)caller;
}
