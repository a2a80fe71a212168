/* SPDX-License-Identifier: MIT */
/* service/discover/discover.c: endpoints, and the source of a fixed list. */
#include <edo/discover.h>

#include "base/memory/alloc.h"

#include <errno.h>
#include <string.h>

static int endpoint_text(char *to, size_t room, const char *text) {
    size_t n = strlen(text);
    if (n >= room) return -ENAMETOOLONG;
    memcpy(to, text, n + 1);
    return 0;
}

int edo_endpoint_init(edo_endpoint *out, const char *address, const char *key, uint32_t weight) {
    edo_endpoint e = { .weight = weight };
    if (!address[0]) return -EINVAL;
    int err = endpoint_text(e.address, sizeof e.address, address);
    if (err == 0 && key) err = endpoint_text(e.key, sizeof e.key, key);
    if (err == 0) *out = e;
    return err;
}

/* ---- A list ---------------------------------------------------------------------------------- */

typedef struct list_seq {
    edo_seq base;
    size_t next, n;
    edo_endpoint at[];
} list_seq;

static edo_polled list_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    list_seq *self = (list_seq *)(void *)s;
    (void)cx;
    *result = self->next < self->n;
    if (*result)
        *(edo_endpoint_change *)item =
            (edo_endpoint_change){ .what = EDO_ENDPOINT_ADDED, .endpoint = self->at[self->next++] };
    return EDO_READY;
}

static void list_drop(edo_seq *s) {
    edoi_free(s);
}

static edo_seq_size list_size(const edo_seq *s) {
    const list_seq *self = (const list_seq *)(const void *)s;
    return (edo_seq_size){ self->n - self->next, self->n - self->next };
}

edo_seq *edo_discover_list(const edo_endpoint *endpoints, size_t n) {
    static const edo_seq_ops ops = {
        .poll_next = list_poll, .drop = list_drop, .name = "edo_discover_list", .size = list_size
    };
    if (n > (SIZE_MAX - sizeof(list_seq)) / sizeof *endpoints) return NULL;
    list_seq *self = edoi_alloc(sizeof *self + n * sizeof *endpoints);
    if (!self) return NULL;
    self->next = 0;
    self->n = n;
    if (n > 0) memcpy(self->at, endpoints, n * sizeof *endpoints);
    return edo_seq_init(&self->base, &ops, sizeof(edo_endpoint_change));
}
