/* SPDX-License-Identifier: MIT */
/* recorder/region.c: see region.h. */
#include "recorder/region.h"

#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "recorder/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE UINT64_C(4096) /* parts begin at multiples of it; the machine's may be larger */

edoi_recorder_region edoi_recorder_region_of;

static edoi_lock rings_lock; /* leaf: which rings are taken */
static edoi_lock sites_lock; /* leaf: who enters a site */

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

edoi_recorder_ring *edoi_recorder_ring_at(uint32_t i) {
    const edoi_recorder_region *r = &edoi_recorder_region_of;
    return (edoi_recorder_ring *)(void *)((char *)r->head + rings_at() +
                                          i * ring_bytes(r->mask + 1));
}

/* In a signal's handler, too. */
static void name_program(char *to, size_t bytes) {
    char path[256];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    memcpy(to, name, strnlen(name, bytes - 1)); // in memory that is 0
}

/* Everything of the head but its magic, which makes it valid. */
static void recorder_head_fill(edoi_recorder_head *h, uint32_t rings_n, uint64_t events_n) {
    const edoi_recorder_clock *c = &edoi_recorder_clock_of;
    memset(h, 0, sizeof *h);
    h->version = EDOI_RECORDER_VERSION;
    h->order = EDOI_RECORDER_ORDER;
    h->pid = (uint32_t)getpid();
    h->events_n = (uint32_t)events_n;
    h->rings_n = rings_n;
    h->sites_n = EDOI_RECORDER_SITES;
    h->ticks_per_s = c->per_s;
    h->began_ns = c->began_ns;
    h->began_wall_ns = c->began_wall_ns;
    h->sites_at = sites_at();
    h->rings_at = rings_at();
    h->ring_bytes = ring_bytes(events_n);
    name_program(h->program, sizeof h->program);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* A file that the last run of the program has left is kept. What is no file, as /dev/null, and what
 * is somebody else's is not touched. */
static int keep_before(const char *file) {
    char before[1536];
    struct stat about;
    if (lstat(file, &about) < 0) return errno == ENOENT ? 0 : -errno;
    if (S_ISLNK(about.st_mode)) return -ELOOP;
    if (!S_ISREG(about.st_mode)) return -EINVAL;
    if (about.st_uid != geteuid()) return -EPERM;
    int n = snprintf(before, sizeof before, "%s.before", file);
    if (n < 0 || (size_t)n >= sizeof before) return -ENAMETOOLONG;
    return rename(file, before) < 0 ? -errno : 0;
}

/* All of it is on the disk's account before an event is written: a store to a page without room
 * would end the process. */
static int file_make(const char *file, uint64_t bytes) {
    int err = keep_before(file);
    if (err < 0) return err;
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -errno;
    err = posix_fallocate(fd, 0, (off_t)bytes);
    if (err == 0) return fd;
    (void)close(fd);
    (void)unlink(file);
    return -err;
}

static void file_remember(int fd) {
    struct stat about = { .st_dev = 0 };
    if (fd >= 0) (void)fstat(fd, &about); // of an open file this cannot fail
    edoi_store_rlx_u64(&edoi_recorder_region_of.device, about.st_dev);
    edoi_store_rlx_u64(&edoi_recorder_region_of.inode, about.st_ino);
}

/* Maps it, at `at` if that is not NULL. */
static int region_map(void **out, void *at, uint64_t bytes, const char *file) {
    int fd = file ? file_make(file, bytes) : -1;
    if (file && fd < 0) return fd;
    int how = (file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS) | (at ? MAP_FIXED : 0);
    void *memory = mmap(at, bytes, PROT_READ | PROT_WRITE, how, fd, 0);
    int err = memory == MAP_FAILED ? -errno : 0;
    if (err == 0) file_remember(fd);
    if (fd >= 0) (void)close(fd);
    if (err < 0 && file) (void)unlink(file);
    if (err == 0) *out = memory;
    return err;
}

/* In front of the rings, which begin anew. What rings say of themselves is kept. */
static int region_move(const char *file) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    uint64_t kept_n = rings_at();
    char *kept = edoi_alloc(kept_n + r->rings_n * sizeof(edoi_recorder_ring));
    if (!kept) return -ENOMEM;
    edoi_recorder_ring *rings = (edoi_recorder_ring *)(void *)(kept + kept_n);
    memcpy(kept, r->head, kept_n);
    for (uint32_t i = 0; i < r->rings_n; i++)
        memcpy(&rings[i], edoi_recorder_ring_at(i), sizeof *rings);
    void *memory;
    int err = region_map(&memory, r->head, r->bytes, file);
    for (uint32_t i = 0; err == 0 && i < r->rings_n; i++) {
        edoi_recorder_ring *to = edoi_recorder_ring_at(i);
        edoi_store_rlx_u32(&to->whose, edoi_load_rlx_u32(&rings[i].whose));
        to->index = rings[i].index;
        to->runtime = rings[i].runtime;
        memcpy(to->name, rings[i].name, sizeof to->name);
    }
    if (err == 0) memcpy(r->head, kept, kept_n);
    edoi_free(kept);
    return err;
}

/* Empty memory that is no file's in place of what there is. Only system calls: in a signal's
 * handler, and in the child of a fork, whose parent's threads may have held any lock. False: the
 * kernel has none, and nothing has changed. */
static bool region_empty(void) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    void *memory = mmap(r->head, r->bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (memory == MAP_FAILED) return false;
    recorder_head_fill(r->head, r->rings_n, r->mask + 1);
    memcpy(r->head->magic, EDOI_RECORDER_MAGIC, sizeof r->head->magic);
    edoi_store_rlx_u32(&edoi_recorder_ring_at(0)->whose, EDOI_RECORDER_OTHERS);
    return true;
}

bool edoi_recorder_is_lost(const void *at) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    uintptr_t from = (uintptr_t)r->head, here = (uintptr_t)at;
    if (!r->head || here < from || here - from >= r->bytes) return false;
    // relaxed: another thread that faults meanwhile comes here again until the memory is there
    return edoi_swap_rlx_u64(&r->inode, 0) == 0 || region_empty();
}

/* In the child of a fork the file is the parent's: the child has memory of its own. */
static void region_begin_child(void) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    sites_lock = (edoi_lock){ 0 };
    if (!r->head) return;
    if (!region_empty()) _exit(1); // what is there is not ours
    file_remember(-1);
    for (uint32_t i = 0; i < r->rings_n; i++) {
        r->writers[i].is_taken = i == 0;
        memset(r->writers[i].known, 0, sizeof r->writers[i].known);
    }
}

EDOI_ON_FORK(.lock = &rings_lock, .child = region_begin_child);

static int region_new(uint32_t rings_n, uint64_t events_n, const char *file) {
    edoi_recorder_region *r = &edoi_recorder_region_of;
    uint64_t bytes = rings_at() + rings_n * ring_bytes(events_n);
    edoi_recorder_writer *writers = edoi_calloc(rings_n, sizeof *writers);
    if (!writers) return -ENOMEM;
    void *memory;
    int err = region_map(&memory, NULL, bytes, file);
    if (err < 0) {
        edoi_free(writers);
        return err;
    }
    edoi_recorder_clock_begin();
    r->head = memory;
    r->bytes = bytes;
    r->mask = events_n - 1;
    r->rings_n = rings_n;
    r->sites = (edoi_recorder_site *)(void *)((char *)memory + sites_at());
    for (uint32_t i = 0; i < rings_n; i++) writers[i].ring = edoi_recorder_ring_at(i);
    r->writers = writers;
    writers[0].is_taken = true;
    edoi_store_rlx_u32(&writers[0].ring->whose, EDOI_RECORDER_OTHERS);
    recorder_head_fill(r->head, rings_n, events_n);
    memcpy(r->head->magic, EDOI_RECORDER_MAGIC, sizeof r->head->magic);
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
    if (!r->head) return region_new(rings_n + 1, ring_power_of_two(events_n), file);
    bool is_other = (rings_n > 0 && rings_n + 1 != r->rings_n) ||
                    (events_n > 0 && ring_power_of_two(events_n) != r->mask + 1);
    if (is_other) return -EBUSY;
    return file ? region_move(file) : 0;
}

/* ---- Rings ----------------------------------------------------------------------------------- */

/* A ring that nobody has used, or else the first that nobody uses. */
static edoi_recorder_writer *find_free(void) {
    const edoi_recorder_region *r = &edoi_recorder_region_of;
    edoi_recorder_writer *found = NULL;
    for (uint32_t i = 1; i < r->rings_n; i++) {
        if (r->writers[i].is_taken) continue;
        if (!found) found = &r->writers[i];
        if (edoi_load_rlx_u64(&r->writers[i].ring->head) == 0) return &r->writers[i];
    }
    return found;
}

edoi_recorder_writer *edoi_recorder_claim(uint32_t index, uint64_t runtime, const char *name) {
    if (!edoi_recorder_region_of.head) return NULL;
    edoi_lock_acquire(&rings_lock);
    edoi_recorder_writer *w = find_free();
    if (w) w->is_taken = true;
    edoi_lock_release(&rings_lock);
    if (!w) return NULL;
    edoi_recorder_ring *ring = w->ring;
    // relaxed: a reader that mixes up two workers of one ring shows a wrong name
    edoi_store_rlx_u64(&ring->from, edoi_load_rlx_u64(&ring->head));
    edoi_store_rlx_u32(&ring->whose, EDOI_RECORDER_WORKER);
    ring->index = index;
    ring->runtime = runtime;
    (void)snprintf(ring->name, sizeof ring->name, "%s", name);
    return w;
}

void edoi_recorder_release(edoi_recorder_writer *w) {
    if (!w) return;
    edoi_lock_acquire(&rings_lock);
    w->is_taken = false;
    edoi_lock_release(&rings_lock);
}

/* ---- Sites ----------------------------------------------------------------------------------- */

static uint32_t site_slot(uint64_t site) {
    return (uint32_t)((site * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % EDOI_RECORDER_SITES;
}

/* The place of `site`, or the one where it would go; NULL: it is not there, and the table is
 * full. */
static edoi_recorder_site *site_find(uint64_t site) {
    for (uint32_t i = 0, at = site_slot(site); i < EDOI_RECORDER_SITES; i++) {
        edoi_recorder_site *s = &edoi_recorder_region_of.sites[(at + i) % EDOI_RECORDER_SITES];
        uint64_t has = edoi_load_rlx_u64(&s->at);
        if (has == site || has == 0) return s;
    }
    return NULL;
}

void edoi_recorder_enter(uint64_t site) {
    const edoi_recorder_site *there = site_find(site);
    if (site == 0 || !there || edoi_load_rlx_u64(&there->at) == site) return;
    edoi_lock_acquire(&sites_lock);
    edoi_recorder_site *s = site_find(site);
    if (s && edoi_load_rlx_u64(&s->at) == 0) {
        const char *text = (const char *)(uintptr_t)site;
        size_t n = strnlen(text, sizeof s->text - 1);
        memcpy(s->text, text, n);
        s->text[n] = '\0';
        // RS1: pairs with RS1 in recorder_site_text: the text is there
        edoi_store_rel_u64(&s->at, site);
    }
    edoi_lock_release(&sites_lock);
}

void edoi_recorder_know_slowly(edoi_recorder_writer *w, uint64_t site) {
    w->known[site / 8 % EDOI_RECORDER_KNOWN] = site;
    edoi_recorder_enter(site);
}

const char *edoi_recorder_site_text(uint64_t site) {
    const edoi_recorder_site *s = site == 0 ? NULL : site_find(site);
    // RS1: pairs with RS1 in recorder_enter
    return s && edoi_load_acq_u64(&s->at) == site ? s->text : NULL;
}
