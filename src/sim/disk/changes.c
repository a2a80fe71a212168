/* SPDX-License-Identifier: MIT */
/* sim/disk/changes.c: changes of one file: how each is undone, and done again. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The same file for reading. Not where the descriptor itself reads: the close of another one would
 * end the locks that the process has by fcntl(2). */
static int change_reader(int fd) {
    char again[64];
    int status = fcntl(fd, F_GETFL);
    if (status < 0 || (status & O_ACCMODE) != O_WRONLY) return fd;
    (void)snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
    return open(again, O_RDONLY | O_CLOEXEC);
}

/* Reads up to `n` bytes from `at` on; fewer at the end of the file. */
static uint64_t change_read(int fd, unsigned char *to, uint64_t n, uint64_t at) {
    uint64_t done = 0;
    int from = n > 0 ? change_reader(fd) : -1;
    while (from >= 0 && done < n) {
        ssize_t got = pread(from, to + done, (size_t)(n - done), (off_t)(at + done));
        if (got <= 0) break;
        done += (uint64_t)got;
    }
    if (from >= 0 && from != fd) (void)close(from);
    return done;
}

edoi_simchange *edoi_simchange_new(int fd, uint64_t size, bool is_cut, uint64_t at, uint64_t n) {
    uint64_t now_n = is_cut ? 0 : n, old_n = size > at ? size - at : 0;
    if (!is_cut && old_n > n) old_n = n;
    edoi_simchange *c = edoi_alloc(sizeof *c + (size_t)(now_n + old_n));
    if (!c) return NULL;
    *c = (edoi_simchange){ .is_cut = is_cut, .at = at, .n = now_n, .old_size = size };
    c->now = c->bytes;
    c->old = c->bytes + now_n;
    c->old_n = change_read(fd, c->old, old_n, at);
    return c;
}

void edoi_simchanges_free(edoi_simfiled *of) {
    for (edoi_simchange *c = of->first, *next; c; c = next) {
        next = c->next;
        edoi_free(c);
    }
    of->first = of->last = NULL;
}

/* ---- A file in memory ------------------------------------------------------------------------ */

/* New bytes are 0. */
static int bytes_set_size(edoi_simbytes *b, uint64_t size) {
    if (size > b->room) {
        unsigned char *more = edoi_realloc(b->bytes, (size_t)size);
        if (!more) return -ENOMEM;
        b->bytes = more;
        b->room = size;
    }
    if (size > b->n) memset(b->bytes + b->n, 0, (size_t)(size - b->n));
    b->n = size;
    return 0;
}

static int bytes_put(edoi_simbytes *b, uint64_t at, const unsigned char *from, uint64_t n) {
    int err = n > 0 && at + n > b->n ? bytes_set_size(b, at + n) : 0;
    if (err == 0 && n > 0) memcpy(b->bytes + at, from, (size_t)n);
    return err;
}

/* How many of `n` bytes of the change there are: one that keeps the length ends with the file. */
static uint64_t change_part(const edoi_simchange *c, const edoi_simbytes *b, uint64_t n) {
    uint64_t there = b->n > c->at ? b->n - c->at : 0;
    return c->keeps_length && there < n ? there : n;
}

/* Undoes the change. Bytes beyond the former end of the file become 0, if they still exist. */
static int change_undo(const edoi_simchange *c, edoi_simbytes *b) {
    uint64_t behind = c->at + c->old_n, end = c->at + c->n;
    int err = c->keeps_length ? 0 : bytes_set_size(b, c->old_size);
    if (end > b->n) end = b->n;
    if (err == 0 && end > behind) memset(b->bytes + behind, 0, (size_t)(end - behind));
    return err == 0 ? bytes_put(b, c->at, c->old, change_part(c, b, c->old_n)) : err;
}

/* Some sectors of it. */
static int change_tear(const edoi_simchange *c, edoi_simbytes *b, uint64_t (*random)(void *arg),
                       void *arg) {
    int err = 0;
    uint64_t behind = c->at + change_part(c, b, c->n);
    for (uint64_t at = c->at; at < behind && err == 0;) {
        uint64_t end = (at / EDOI_SIMDISK_SECTOR + 1) * EDOI_SIMDISK_SECTOR;
        if (end > behind) end = behind;
        if (random(arg) % 2 == 0) err = bytes_put(b, at, c->now + (at - c->at), end - at);
        at = end;
    }
    return err;
}

static int change_redo(const edoi_simchange *c, edoi_simbytes *b, uint64_t (*random)(void *arg),
                       void *arg) {
    uint64_t fate = random(arg) % 4;
    if (c->is_kept) return bytes_put(b, c->at, c->now, c->n);
    if (c->is_doomed || fate == 0) return 0;
    if (c->is_cut) return bytes_set_size(b, c->at);
    if (fate == 1) return change_tear(c, b, random, arg);
    return bytes_put(b, c->at, c->now, change_part(c, b, c->n));
}

int edoi_simchanges_lose(const edoi_simfiled *of, edoi_simbytes *b, uint64_t (*random)(void *arg),
                         void *arg) {
    int err = 0;
    for (const edoi_simchange *c = of->last; c && err == 0; c = c->prev) err = change_undo(c, b);
    for (const edoi_simchange *c = of->first; c && err == 0; c = c->next)
        err = change_redo(c, b, random, arg);
    return err;
}
