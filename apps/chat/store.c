/* SPDX-License-Identifier: MIT */
/* store.c: see store.h. */
#include "store.h"

int store_append(store *self, const store_message *batch, size_t n) {
    return n > 0 ? self->ops->append(self, batch, n) : 0;
}

int store_page(store *self, const name *room, uint64_t after, uint64_t before, size_t limit,
               store_found **out) {
    return self->ops->page(self, room, after, before, limit, out);
}

int store_find(store *self, const char *ref, size_t ref_bytes, store_found **out) {
    return self->ops->find(self, ref, ref_bytes, out);
}

int store_rooms(store *self, store_room **out, size_t *n) {
    return self->ops->rooms(self, out, n);
}

void store_free(store *self) {
    if (self) self->ops->free(self);
}
