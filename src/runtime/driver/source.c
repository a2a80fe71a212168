/* SPDX-License-Identifier: MIT */
/* runtime/driver/source.c: readiness, its waiters, and the pool that sources come from.
 *
 * The ready word of a direction: bit 0 READY, bit 1 HUNG (a hang-up or urgent input was seen: a short
 * read does not show that there is no more), from bit 2 on the tick, which every event advances. It is
 * set under `mu` and cleared without: so wait(), which looks again under the lock, cannot miss an event,
 * and an operation that finds it set takes no lock.
 *
 * The pool is a list of chunks, each twice as large as the one before, that are never freed: an event
 * that comes late finds a source, and its generation tells that it is another one. */
#include "runtime/driver/source.h"

#include "base/alloc.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define READY    1u
#define HUNG     2u
#define TICK_ONE 4u

/* ---- The pool -------------------------------------------------------------------------------- */

#define CHUNK_FIRST 64u
#define CHUNKS      18u /* 16 million sources */
#define NO_INDEX    UINT32_MAX

static struct {
    edoi_lock mu;
    edo_atomic_ptr chunks[CHUNKS]; /* atomic: P1, P2; arrays of sources */
    uint32_t chunks_n;             /* lock: mu */
    uint32_t used;                 /* indices that were ever handed out; lock: mu */
    uint32_t free;                 /* the first free one + 1; 0: none; lock: mu */
} pool;

static uint32_t chunk_size(uint32_t chunk) {
    return CHUNK_FIRST << chunk;
}

/* The chunk of an index, and the index inside it. */
static uint32_t chunk_of(uint32_t index, uint32_t *inside) {
    uint32_t chunk = 63u - (uint32_t)EDOI_CLZ64((uint64_t)index / CHUNK_FIRST + 1u);
    *inside = index - CHUNK_FIRST * ((1u << chunk) - 1u);
    return chunk;
}

/* The source at an index; NULL if there never was one. */
static edoi_source *source_at(uint32_t index) {
    uint32_t inside, chunk = chunk_of(index, &inside);
    if (chunk >= CHUNKS) return NULL;
    // P1: pairs with P2: the chunk is filled with zeros before it is seen
    edoi_source *first = (edoi_source *)edoi_load_acq_ptr(&pool.chunks[chunk]);
    return first ? &first[inside] : NULL;
}

/* Adds the chunk number `chunk`, unless somebody else did meanwhile. */
static int pool_grow(uint32_t chunk) {
    if (chunk >= CHUNKS) return -ENOMEM;
    edoi_source *first = (edoi_source *)edoi_calloc(chunk_size(chunk), sizeof(edoi_source));
    if (!first) return -ENOMEM;
    edoi_lock_take(&pool.mu);
    bool mine = pool.chunks_n == chunk;
    if (mine) {
        edoi_store_rel_ptr(&pool.chunks[chunk], first); // P2: pairs with P1
        pool.chunks_n++;
    }
    edoi_lock_leave(&pool.mu);
    if (!mine) edoi_free(first);
    return 0;
}

static edoi_source *pool_get(void) {
    for (;;) {
        edoi_lock_take(&pool.mu);
        edoi_source *s = NULL;
        uint32_t index = NO_INDEX, chunk = 0;
        if (pool.free != 0) {
            index = pool.free - 1;
            s = source_at(index);
            pool.free = s->next_free;
        } else {
            uint32_t inside;
            chunk = chunk_of(pool.used, &inside);
            if (chunk < pool.chunks_n) index = pool.used++;
        }
        edoi_lock_leave(&pool.mu);
        if (s) return s;
        if (index != NO_INDEX) {
            s = source_at(index);
            s->index = index;
            return s;
        }
        if (pool_grow(chunk) < 0) return NULL;
    }
}

static void pool_put(edoi_source *s) {
    edoi_lock_take(&pool.mu);
    s->next_free = pool.free;
    pool.free = s->index + 1;
    edoi_lock_leave(&pool.mu);
}

/* ---- Waiters --------------------------------------------------------------------------------- */

/* A node that was woken points to itself; one that never waited has no waker. lock: the source's. */
static void note_woken(edo_wait_node *node) {
    node->prev = node;
}

static bool is_linked(const edo_wait_node *node) {
    return node->waker && node->prev != node;
}

/* The source is locked, and for a moment not while the wakes are delivered. */
static void make_ready(edoi_source *s, edoi_dir dir, uint32_t flags) {
    edoi_side *side = &s->side[dir];
    // relaxed: the lock orders those who set it
    uint32_t old = edoi_load_rlx_u32(&side->ready), new;
    do {
        new = (old | READY | flags) + TICK_ONE;
    } while (!edoi_cas_acqrel_u32(&side->ready, &old, new)); // R1: pairs with R2
    if (side->waiters.first) edoi_wait_wake_all(&s->mu, &side->waiters, note_woken);
}

void edoi_source_event(uint64_t token, uint32_t what) {
    edoi_source *s = source_at((uint32_t)token);
    if (EDO_NEVER(!s)) return;
    uint32_t generation = (uint32_t)(token >> 32);
    uint32_t hung = what & EDOI_EVENT_HUNG ? HUNG : 0;
    uint32_t more = what & EDOI_EVENT_URGENT ? HUNG : hung;
    edoi_lock_take(&s->mu);
    if (s->generation == generation && (more || what & EDOI_EVENT_READ))
        make_ready(s, EDOI_READ, more);
    // asked again: the lock was open while the readers were woken
    if (s->generation == generation && (hung || what & EDOI_EVENT_WRITE))
        make_ready(s, EDOI_WRITE, hung);
    edoi_lock_leave(&s->mu);
}

void edoi_source_forget_driver(edoi_driver *d) {
    edoi_lock_take(&pool.mu);
    uint32_t used = pool.used;
    edoi_lock_leave(&pool.mu);
    for (uint32_t i = 0; i < used; i++) {
        edoi_source *s = source_at(i);
        edoi_lock_take(&s->registering);
        edoi_lock_take(&s->mu);
        for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++) {
            if (s->side[dir].home != d) continue;
            s->side[dir].home = NULL;
            make_ready(s, dir, 0);
        }
        edoi_lock_leave(&s->mu);
        edoi_lock_leave(&s->registering);
    }
}

/* Where the direction may wait at once: 1 linked, 0 ready, a code, or -EINPROGRESS: register with `d`
 * first. The source is locked.
 *
 * A direction that is registered elsewhere moves to `d` when nobody waits for it: the driver it is
 * registered with may belong to a runtime that nobody drives any more. */
static int link_now(edoi_source *s, edoi_dir dir, edo_wait_node *node, edo_cx *cx,
                    const edoi_driver *d) {
    edoi_side *side = &s->side[dir];
    if (edoi_source_is_closed(s)) return -EDO_ECLOSED;
    if (edoi_source_ready(s, dir)) return 0;
    if (is_linked(node)) {
        edoi_wait_renew(node, edo_cx_waker(cx));
        return 1;
    }
    if (!side->home || (side->home != d && d && !edoi_wait_first(&side->waiters)))
        return -EINPROGRESS;
    edoi_wait_push(&side->waiters, node, edo_cx_waker(cx));
    return 1;
}

/* The directions that `d` reports. The source is locked. */
static uint32_t directions_at(const edoi_source *s, const edoi_driver *d) {
    return (s->side[EDOI_READ].home == d ? 1u << EDOI_READ : 0) |
           (s->side[EDOI_WRITE].home == d ? 1u << EDOI_WRITE : 0);
}

/* Registers the direction with `d` for the waiter `node`, which is linked first: the kernel tells at
 * once what is ready already. Both locks are held, `mu` not over the system calls; while
 * `registering` is held no driver that the source is registered with can go. */
static int register_for(edoi_source *s, edoi_dir dir, edo_wait_node *node, edo_cx *cx,
                        edoi_driver *d) {
    edoi_side *side = &s->side[dir];
    edoi_driver *old = side->home;
    uint32_t at_old = old ? directions_at(s, old) : 0, at_new = directions_at(s, d);
    uint64_t token = (uint64_t)s->generation << 32 | s->index;
    side->home = d;
    edoi_wait_push(&side->waiters, node, edo_cx_waker(cx));
    edoi_lock_leave(&s->mu);
    if (old) (void)edoi_driver_report(old, s->fd, token, at_old, at_old & ~(1u << dir));
    int err = edoi_driver_report(d, s->fd, token, at_new, at_new | 1u << dir);
    edoi_lock_take(&s->mu);
    if (err >= 0) return 1;
    if (is_linked(node)) edoi_wait_remove(&side->waiters, node);
    *node = (edo_wait_node){ 0 };
    side->home = NULL;
    make_ready(s, dir, 0); // who came meanwhile tries for itself
    return err;
}

int edoi_source_wait(edoi_source *s, edoi_dir dir, edo_wait_node *node, edo_cx *cx,
                     edoi_driver *d) {
    edoi_lock_take(&s->mu);
    int err = link_now(s, dir, node, cx, d);
    edoi_lock_leave(&s->mu);
    if (EDOI_LIKELY(err != -EINPROGRESS)) return err;
    if (!d) return -EDO_ENORUNTIME;
    edoi_lock_take(&s->registering);
    edoi_lock_take(&s->mu);
    err = link_now(s, dir, node, cx, d); // again: somebody else may have registered meanwhile
    if (err == -EINPROGRESS) err = register_for(s, dir, node, cx, d);
    edoi_lock_leave(&s->mu);
    edoi_lock_leave(&s->registering);
    return err;
}

void edoi_source_unwait(edoi_source *s, edoi_dir dir, edo_wait_node *node) {
    edoi_lock_take(&s->mu);
    if (is_linked(node)) edoi_wait_remove(&s->side[dir].waiters, node);
    edoi_lock_leave(&s->mu);
    *node = (edo_wait_node){ 0 };
}

/* ---- Readiness ------------------------------------------------------------------------------- */

uint32_t edoi_source_ready(const edoi_source *s, edoi_dir dir) {
    // R2: pairs with R1: what the event promises is there
    uint32_t word = edoi_load_acq_u32(&s->side[dir].ready);
    return word & READY ? word : 0;
}

void edoi_source_clear(edoi_source *s, edoi_dir dir, uint32_t tick) {
    if (tick == 0 || edoi_source_is_closed(s)) return;
    // R2: pairs with R1: fails if an event came since `tick` was read
    (void)edoi_cas_acqrel_u32(&s->side[dir].ready, &tick, tick & ~(READY | HUNG));
}

void edoi_source_drained(edoi_source *s, edoi_dir dir, uint32_t tick) {
    if (!(tick & HUNG)) edoi_source_clear(s, dir, tick);
}

void edoi_source_nudge(edoi_source *s, edoi_dir dir) {
    edoi_lock_take(&s->mu);
    make_ready(s, dir, 0);
    edoi_lock_leave(&s->mu);
}

/* ---- Life ------------------------------------------------------------------------------------ */

int edoi_source_new(edoi_source **out, int fd) {
    EDO_ASSERT(fd >= 0);
    edoi_source *s = pool_get();
    if (!s) return -ENOMEM;
    s->fd = fd;
    // under the lock: a late event of the memory's last user may look at the generation now
    edoi_lock_take(&s->mu);
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++) {
        EDO_ASSERT(!edoi_wait_first(&s->side[dir].waiters));
        EDO_ASSERT(!s->side[dir].home);
        uint32_t word = (edoi_load_rlx_u32(&s->side[dir].ready) & ~HUNG) + TICK_ONE;
        edoi_store_rel_u32(&s->side[dir].ready, word | READY); // R1: pairs with R2
    }
    edoi_store_rel_u32(&s->closed, 0); // R3: pairs with R4
    edoi_lock_leave(&s->mu);
    *out = s;
    return 0;
}

void edoi_source_close(edoi_source *s) {
    edoi_lock_take(&s->mu);
    edoi_store_rel_u32(&s->closed, 1); // R3: pairs with R4
    make_ready(s, EDOI_READ, HUNG);
    make_ready(s, EDOI_WRITE, HUNG);
    edoi_lock_leave(&s->mu);
    (void)shutdown(s->fd, SHUT_RDWR); // ENOTSOCK is fine: free() closes whatever it is
}

void edoi_source_free(edoi_source *s) {
    if (!s) return;
    edoi_lock_take(&s->mu);
    EDO_ASSERT(!edoi_wait_first(&s->side[EDOI_READ].waiters));
    EDO_ASSERT(!edoi_wait_first(&s->side[EDOI_WRITE].waiters));
    s->generation++; // inv. 2; the close below takes it out of epoll
    s->side[EDOI_READ].home = s->side[EDOI_WRITE].home = NULL;
    int fd = s->fd;
    s->fd = -1;
    edoi_lock_leave(&s->mu);
    (void)close(fd);
    pool_put(s);
}

int edoi_source_fd(const edoi_source *s) {
    return s->fd;
}

bool edoi_source_is_closed(const edoi_source *s) {
    return edoi_load_acq_u32(&s->closed) != 0; // R4: pairs with R3
}
