/* SPDX-License-Identifier: MIT */
/* outbox.c: see outbox.h. */
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes place for `bytes` more behind `end`. */
static bool reserve(outbox *self, size_t bytes) {
    if (self->bytes && self->room - self->end >= bytes) return true;
    if (self->begin > 0) {
        memmove(self->bytes, self->bytes + self->begin, self->end - self->begin);
        self->end -= self->begin;
        self->begin = 0;
        if (self->room - self->end >= bytes) return true;
    }
    size_t wanted = self->room ? self->room : 256;
    while (wanted - self->end < bytes) wanted *= 2;
    char *grown = realloc(self->bytes, wanted);
    if (!grown) return false;
    self->bytes = grown;
    self->room = wanted;
    return true;
}

void outbox_add(outbox *self, const char *text, size_t bytes) {
    if (outbox_bytes(self) >= self->most || !reserve(self, bytes)) {
        self->missed++;
        return;
    }
    memcpy(self->bytes + self->end, text, bytes);
    self->end += bytes;
}

const char *outbox_front(const outbox *self) {
    return self->bytes ? self->bytes + self->begin : NULL;
}

size_t outbox_bytes(const outbox *self) {
    return self->end - self->begin;
}

void outbox_wrote(outbox *self, size_t bytes) {
    self->begin += bytes;
    if (self->begin < self->end) return;
    outbox_deinit(self);
    if (self->missed == 0) return;
    char note[64];
    int n = snprintf(note, sizeof note, "* you missed %llu messages\n",
                     (unsigned long long)self->missed);
    self->missed = 0;
    outbox_add(self, note, (size_t)n);
}

bool outbox_is_empty(const outbox *self) {
    return outbox_bytes(self) == 0;
}

bool outbox_is_ample(const outbox *self) {
    return outbox_bytes(self) < OUTBOX_AMPLE;
}

void outbox_end(outbox *self) {
    outbox_deinit(self);
    self->most = 0;
}

void outbox_deinit(outbox *self) {
    free(self->bytes);
    self->bytes = NULL;
    self->begin = self->end = self->room = 0;
}
