/* SPDX-License-Identifier: MIT */
/* recorder/region.c: see region.h. */
#include "recorder/region.h"

#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "base/places.h"
#include "recorder/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE UINT64_C(4096) /* parts begin at multiples of it; the machine's may be larger */

edoi_recorder_region edoi_recorder_region_of;

static edoi_lock rings_lock; /* leaf: which rings are taken */
static edoi_lock sites_lock; /* leaf: who enters a site */

/* As they are in each place: those come and go. Their `at` is RS1. */
static edoi_recorder_site sites_kept[EDOI_RECORDER_SITES];

/* ---- Its parts ------------------------------------------------------------------------------- */

static uint64_t pages(uint64_t bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

static uint64_t sites_at(void) {
    return PAGE;
}

static uint64_t rings_at(void) {
    return sites_at() + pages(EDOI_RECORDER_SITES * sizeof(edoi_recorder_site));
}

static uint64_t ring_bytes(uint64_t events_n) {
    return pages(EDOI_RECORDER_RING_HEAD + events_n * sizeof(edoi_recorder_event));
}

edoi_recorder_ring *edoi_recorder_ring_at(const edoi_recorder_head *h, uint32_t i) {
    uint64_t at = rings_at() + i * ring_bytes(edoi_recorder_region_of.mask + 1);
    return (edoi_recorder_ring *)(void *)((char *)(uintptr_t)h + at);
}

edoi_recorder_site *edoi_recorder_sites(const edoi_recorder_head *h) {
    return (edoi_recorder_site *)(void *)((char *)(uintptr_t)h + sites_at());
}

/* Of a writer. */
static edoi_recorder_ring *ring_of(const edoi_recorder_writer *w) {
    return edoi_load_acq_ptr(&w->ring); // RS4: pairs with RS4 below
}

/* In a signal's handler, too. */
static void name_program(char *to, size_t bytes) {
    char path[256];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    memcpy(to, name, strnlen(name, bytes - 1)); // in memory that is 0
}

void edoi_recorder_head_fill(edoi_recorder_head *h) {
    const edoi_recorder_clock *c = &edoi_recorder_clock_of;
    const edoi_recorder_region *r = &edoi_recorder_region_of;
    memset(h, 0, sizeof *h);
    h->version = EDOI_RECORDER_VERSION;
    h->order = EDOI_RECORDER_ORDER;
    h->pid = (uint32_t)edoi_recorder_pid();
    h->events_n = (uint32_t)(r->mask + 1);
    h->rings_n = r->rings_n;
    h->sites_n = EDOI_RECORDER_SITES;
    h->ticks_per_s = c->per_s;
    h->began_ns = c->began_ns;
    h->began_wall_ns = c->began_wall_ns;
    h->sites_at = sites_at();
    h->rings_at = rings_at();
    h->ring_bytes = ring_bytes(r->mask + 1);
    name_program(h->program, sizeof h->program);
}

static void region_head_begin(edoi_recorder_head *h) {
    edoi_recorder_head_fill(h);
    memcpy(h->magic, EDOI_RECORDER_MAGIC, sizeof h->magic);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* The place that is in use. */
static edoi_recorder_place *place_now(void) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    const edoi_recorder_head *h = edoi_recorder_head_now();
    return &r->places[h && h == edoi_load_rlx_ptr(&r->places[1].at) ? 1 : 0];
}

const edoi_recorder_file *edoi_recorder_file_now(void) {
    return &place_now()->file;
}

/* Empty memory of no file in place of what there is: async-signal-safe. A thread that is still in
 * an event there ends it there. */
static bool place_empty(edoi_recorder_place *p) {
    void *at = edoi_load_rlx_ptr(&p->at);
    if (!at) return true;
    void *memory = mmap(at, edoi_recorder_region_of.bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (memory != MAP_FAILED) edoi_recorder_file_set(&p->file, -1);
    return memory != MAP_FAILED;
}

/* Maps the memory of a place that is not in use. */
static int place_map(edoi_recorder_place *p, const char *file) {
    uint64_t bytes = edoi_recorder_region_of.bytes;
    if (!place_empty(p)) return -ENOMEM; // its file is free, and may be wanted again
    int fd = file ? edoi_recorder_file_make(file, bytes, edoi_recorder_file_now()) : -1;
    if (file && fd < 0) return fd;
    void *at = edoi_load_rlx_ptr(&p->at);
    int how = (file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS) | (at ? MAP_FIXED : 0);
    void *memory = mmap(at, bytes, PROT_READ | PROT_WRITE, how, fd, 0);
    int err = memory == MAP_FAILED ? -errno : 0;
    if (err == 0 && file) err = edoi_recorder_file_name(file, edoi_recorder_file_now());
    if (err == 0) edoi_recorder_file_set(&p->file, fd);
    if (err < 0 && file) edoi_recorder_file_drop();
    if (fd >= 0) (void)close(fd);
    if (err == 0) edoi_store_rlx_ptr(&p->at, memory);
    if (err < 0 && memory != MAP_FAILED && !place_empty(p)) err = -ENOMEM;
    if (err < 0 && memory != MAP_FAILED && !at) (void)munmap(memory, bytes);
    return err;
}

static bool place_has(const edoi_recorder_place *p, const void *at) {
    uintptr_t from = (uintptr_t)edoi_load_rlx_ptr(&p->at), here = (uintptr_t)at;
    return from != 0 && here >= from && here - from < edoi_recorder_region_of.bytes;
}

/* ---- Making and moving it -------------------------------------------------------------------- */

/* The rings behind `h` say of themselves what their writers know, who write there from now on. */
static void rings_publish(edoi_recorder_head *h) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    for (uint32_t i = 0; i < r->rings_n; i++) {
        edoi_recorder_ring *to = edoi_recorder_ring_at(h, i);
        const edoi_recorder_writer *w = &r->writers[i];
        edoi_store_rlx_u32(&to->whose, w->whose);
        edoi_store_rlx_u32(&to->index, w->index);
        edoi_store_rlx_u64(&to->runtime, w->runtime);
        memcpy(to->name, w->name, sizeof to->name);
        edoi_store_rel_ptr(&r->writers[i].ring, to); // RS4: pairs with RS4 in put.h
    }
}

/* In a signal's handler, too: a thread that enters a site meanwhile writes the same. */
static void sites_publish(edoi_recorder_head *h) {
    edoi_recorder_site *to = edoi_recorder_sites(h);
    for (uint32_t i = 0; i < EDOI_RECORDER_SITES; i++) {
        uint64_t site = edoi_load_acq_u64(&sites_kept[i].at); // RS1: pairs with RS1 in site_put
        if (site == 0) continue;
        memcpy(to[i].text, sites_kept[i].text, sizeof to[i].text);
        edoi_store_rel_u64(&to[i].at, site); // RS1: as in site_put
    }
}

static void head_publish(edoi_recorder_head *h) {
    edoi_store_rel_ptr(&edoi_recorder_region_of.head, h); // RS4: pairs with RS4 in head_now
}

/* To the other place. What rings say of themselves is kept, and so are the sites. */
static int region_move(const char *file) {
    edoi_recorder_place *p = place_now() == &edoi_recorder_region_of.places[0]
                                 ? &edoi_recorder_region_of.places[1]
                                 : &edoi_recorder_region_of.places[0];
    int err = place_map(p, file);
    if (err < 0) return err;
    edoi_recorder_head *h = edoi_load_rlx_ptr(&p->at); // relaxed: this thread has stored it
    edoi_lock_acquire(&rings_lock);
    rings_publish(h);
    edoi_lock_release(&rings_lock);
    region_head_begin(h);
    edoi_lock_acquire(&sites_lock); // so that no site is entered here and then lost
    sites_publish(h);
    head_publish(h);
    edoi_lock_release(&sites_lock);
    return 0;
}

/* Replaces the memory in use by empty memory without a file. Makes only system calls, since it runs
 * in a signal handler, and in the child of a fork, whose parent's threads may have held any lock.
 * False: the kernel has no memory, and nothing has changed. */
static bool region_empty(void) {
    edoi_recorder_head *h = edoi_recorder_head_now();
    if (!place_empty(place_now())) return false;
    rings_publish(h);
    sites_publish(h);
    region_head_begin(h);
    head_publish(h);
    return true;
}

bool edoi_recorder_is_lost(const void *at) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    if (!edoi_recorder_head_now()) return false;
    for (size_t i = 0; i < EDO_COUNT(r->places); i++) {
        edoi_recorder_place *p = &r->places[i];
        if (!place_has(p, at)) continue;
        // relaxed: another thread that faults meanwhile comes here again until the memory is there
        if (edoi_swap_rlx_u32(&p->file.is_there, 0) == 0) return true;
        return p == place_now() ? region_empty() : place_empty(p);
    }
    return false;
}

static void writer_be_of_nobody(edoi_recorder_writer *w) {
    w->is_taken = false;
    w->whose = EDOI_RECORDER_NOBODY;
    w->index = 0;
    w->runtime = 0;
    memset(w->name, 0, sizeof w->name);
}

/* In the child of a fork the file is the parent's: the child has memory of its own. */
static void region_begin_child(void) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    sites_lock = (edoi_lock){ 0 };
    if (!edoi_recorder_head_now()) return;
    for (uint32_t i = 1; i < r->rings_n; i++) writer_be_of_nobody(&r->writers[i]);
    bool is_ours = region_empty();
    for (size_t i = 0; i < EDO_COUNT(r->places); i++) // also the lock of the one before
        if (&r->places[i] != place_now() && !place_empty(&r->places[i])) is_ours = false;
    if (!is_ours) _exit(1);
}

EDOI_ON_FORK(.lock = &rings_lock, .child = region_begin_child);

static int region_new(uint32_t rings_n, uint64_t events_n, const char *file) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    edoi_recorder_writer *writers = edoi_calloc(rings_n, sizeof *writers);
    if (!writers) return -ENOMEM;
    r->bytes = rings_at() + rings_n * ring_bytes(events_n);
    int err = place_map(&r->places[0], file);
    if (err < 0) {
        edoi_free(writers);
        return err;
    }
    edoi_recorder_clock_begin();
    r->mask = events_n - 1;
    r->rings_n = rings_n;
    r->writers = writers;
    writers[0].is_taken = true;
    writers[0].whose = EDOI_RECORDER_OTHERS;
    edoi_recorder_head *h = edoi_load_rlx_ptr(&r->places[0].at);
    rings_publish(h);
    region_head_begin(h);
    head_publish(h);
    return 0;
}

static uint64_t ring_power_of_two(uint64_t n) {
    uint64_t power = 2;
    while (power < n) power *= 2;
    return power;
}

int edoi_recorder_region_make(uint32_t rings_n, uint32_t events_n, const char *file) {
    const edoi_recorder_region *r = &edoi_recorder_region_of;
    if (rings_n >= EDOI_RECORDER_RINGS_MAX || events_n > EDOI_RECORDER_EVENTS_MAX) return -EINVAL;
    if (!edoi_recorder_head_now())
        return region_new(rings_n + 1, ring_power_of_two(events_n), file);
    bool is_other = (rings_n > 0 && rings_n + 1 != r->rings_n) ||
                    (events_n > 0 && ring_power_of_two(events_n) != r->mask + 1);
    if (is_other) return -EBUSY;
    return file ? region_move(file) : 0;
}

/* ---- Rings ----------------------------------------------------------------------------------- */

/* Returns a ring that was never used, or else the first that is not in use now. */
static edoi_recorder_writer *find_free(void) {
    const edoi_recorder_region *r = &edoi_recorder_region_of;
    edoi_recorder_writer *found = NULL;
    for (uint32_t i = 1; i < r->rings_n; i++) {
        if (r->writers[i].is_taken) continue;
        if (!found) found = &r->writers[i];
        if (edoi_load_rlx_u64(&ring_of(&r->writers[i])->head) == 0) return &r->writers[i];
    }
    return found;
}

/* Called with rings_lock held. */
static void writer_claim(edoi_recorder_writer *w, uint32_t index, uint64_t runtime,
                         const char *name) {
    edoi_recorder_ring *ring = ring_of(w);
    size_t n = strnlen(name, sizeof w->name - 1);
    w->is_taken = true;
    w->whose = EDOI_RECORDER_WORKER;
    w->index = index;
    w->runtime = runtime;
    memcpy(w->name, name, n);
    memset(w->name + n, 0, sizeof w->name - n);
    // relaxed: a reader that mixes up two workers of one ring shows a wrong name
    edoi_store_rlx_u64(&ring->from, edoi_load_rlx_u64(&ring->head));
    edoi_store_rlx_u32(&ring->whose, w->whose);
    edoi_store_rlx_u32(&ring->index, index);
    edoi_store_rlx_u64(&ring->runtime, runtime);
    memcpy(ring->name, w->name, sizeof ring->name);
}

edoi_recorder_writer *edoi_recorder_claim(uint32_t index, uint64_t runtime, const char *name) {
    if (!edoi_recorder_head_now()) return NULL;
    edoi_lock_acquire(&rings_lock); // also so that a move takes along what the ring says of itself
    edoi_recorder_writer *w = find_free();
    if (w) writer_claim(w, index, runtime, name);
    edoi_lock_release(&rings_lock);
    return w;
}

void edoi_recorder_release(edoi_recorder_writer *w) {
    if (!w) return;
    edoi_lock_acquire(&rings_lock);
    w->is_taken = false;
    edoi_lock_release(&rings_lock);
}

/* ---- Sites ----------------------------------------------------------------------------------- */

/* The place of `site`, or the one where it would go; NULL: it is not there, and the table is
 * full. */
static edoi_recorder_site *site_find(uint64_t site) {
    const uint32_t at =
        edoi_places_find(sites_kept, sizeof sites_kept[0], EDOI_RECORDER_SITES, site);
    return at < EDOI_RECORDER_SITES ? &sites_kept[at] : NULL;
}

/* Called with sites_lock held, when the site has not been in the table just now. */
static void site_put(uint64_t site) {
    edoi_recorder_site *s = site_find(site);
    if (!s || edoi_load_rlx_u64(&s->at) != 0) return;
    const char *text = (const char *)(uintptr_t)site;
    edoi_recorder_site *shown = edoi_recorder_sites(edoi_recorder_head_now()) + (s - sites_kept);
    size_t n = strnlen(text, sizeof s->text - 1);
    memcpy(s->text, text, n);
    s->text[n] = '\0';
    // RS1: pairs with RS1 in recorder_site_text: the text is there
    edoi_store_rel_u64(&s->at, site);
    memcpy(shown->text, s->text, sizeof shown->text);
    edoi_store_rel_u64(&shown->at, site); // RS1: pairs with RS1 in write_sites
    edoi_add_rlx_u32(&edoi_recorder_region_of.sites_n, 1);
}

void edoi_recorder_enter(uint64_t site) {
    // relaxed: a table that is full stays so, and is not searched
    if (edoi_load_rlx_u32(&edoi_recorder_region_of.sites_n) == EDOI_RECORDER_SITES) return;
    const edoi_recorder_site *there = site_find(site);
    if (site == 0 || !there || edoi_load_rlx_u64(&there->at) == site) return;
    edoi_lock_acquire(&sites_lock);
    site_put(site);
    edoi_lock_release(&sites_lock);
}

void edoi_recorder_know_slowly(edoi_recorder_writer *w, uint64_t site) {
    edoi_recorder_enter(site);
    edoi_store_rlx_u64(&w->known[site / 8 % EDOI_RECORDER_KNOWN], site);
}

const char *edoi_recorder_site_text(uint64_t site) {
    const edoi_recorder_site *s = site == 0 ? NULL : site_find(site);
    // RS1: pairs with RS1 in site_put
    return s && edoi_load_acq_u64(&s->at) == site ? s->text : NULL;
}
