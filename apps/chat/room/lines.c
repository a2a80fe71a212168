/* SPDX-License-Identifier: MIT */
/* lines.c: see lines.h.
 *
 * inv. 1: a line is in the tree while somebody is in it. One that leaves counts until it has
 *         released its permit, so no permit is released in memory that was freed. */
#include "room/lines.h"

#include <edo/sem.h>

#include <assert.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct address_line {
    char address[EDO_ADDR_KEY_BYTES]; /* first; const */
    edo_sem free;
    size_t users_n; /* lock: the lines' */
};

void address_lines_init(address_lines *self, uint32_t at_once) {
    *self = (address_lines){ .at_once = at_once };
    pthread_mutex_init(&self->lock, NULL);
}

void address_lines_deinit(address_lines *self) {
    assert(!self->by_address);
    pthread_mutex_destroy(&self->lock);
}

static int line_by_address(const void *a, const void *b) {
    return memcmp(a, b, EDO_ADDR_KEY_BYTES);
}

/* Lock held. NULL without memory. */
static address_line *address_lines_add(address_lines *self, const char *address) {
    address_line *l = malloc(sizeof *l);
    if (!l) return NULL;
    *l = (address_line){ .free = EDO_SEM_INIT(self->at_once) };
    memcpy(l->address, address, sizeof l->address);
    if (tsearch(l, &self->by_address, line_by_address)) return l;
    free(l);
    return NULL;
}

/* The line of the address, in which the caller counts now. NULL without memory. */
static address_line *address_lines_find(address_lines *self, edo_str address) {
    char key[EDO_ADDR_KEY_BYTES] = { 0 };
    assert(address.len <= sizeof key);
    if (address.len > 0) memcpy(key, address.ptr, address.len);
    pthread_mutex_lock(&self->lock);
    address_line *const *node = tfind(key, &self->by_address, line_by_address);
    address_line *l = node ? *node : address_lines_add(self, key);
    if (l) l->users_n++;
    pthread_mutex_unlock(&self->lock);
    return l;
}

/* The caller does not count in the line any more. */
static void line_unref(address_lines *self, address_line *l) {
    pthread_mutex_lock(&self->lock);
    bool is_last = --l->users_n == 0;
    if (is_last) tdelete(l, &self->by_address, line_by_address);
    pthread_mutex_unlock(&self->lock);
    if (is_last) free(l);
}

int address_lines_enter(address_lines *self, edo_str address, address_line **out) {
    *out = NULL;
    address_line *l = address_lines_find(self, address);
    if (!l) return -ENOMEM;
    int err = edo_sem_acquire(&l->free, 1);
    if (err < 0) {
        line_unref(self, l);
    } else {
        *out = l;
    }
    return err;
}

void address_lines_leave(address_lines *self, address_line *of) {
    if (!of) return;
    edo_sem_release(&of->free, 1);
    line_unref(self, of);
}
