/* SPDX-License-Identifier: MIT */
/* store_found.c: see store_found.h. Texts are gathered in one buffer, which moves when it grows, so
 * a row knows them by their place until the end. */
#include "store_found.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct gathered {
    store_message message;  /* without its texts */
    size_t text_at, ref_at; /* in the texts */
} gathered;

/* Makes room for `more` elements in an array of `*max`, of which `n` are used. */
static int grow(void **array, size_t *max, size_t n, size_t more, size_t bytes_each) {
    if (n + more <= *max) return 0;
    size_t wanted = 2 * (n + more);
    void *moved = realloc(*array, wanted * bytes_each);
    if (!moved) return -ENOMEM;
    *array = moved;
    *max = wanted;
    return 0;
}

/* Copies a text, with a NUL; returns its place. */
static size_t keep(gathering *self, const char *text, size_t bytes) {
    size_t at = self->bytes;
    if (bytes > 0) memcpy(self->texts + at, text, bytes);
    self->texts[at + bytes] = '\0';
    self->bytes += bytes + 1;
    return at;
}

int gathering_add(gathering *self, const store_message *m) {
    void *rows = self->rows, *texts = self->texts;
    int err = grow(&rows, &self->rows_max, self->n, 1, sizeof *self->rows);
    self->rows = rows;
    if (err == 0)
        err = grow(&texts, &self->bytes_max, self->bytes, m->text_bytes + m->ref_bytes + 2, 1);
    self->texts = texts;
    if (err < 0) return err;
    gathered *row = &self->rows[self->n++];
    row->message = *m;
    row->text_at = keep(self, m->text, m->text_bytes);
    row->ref_at = keep(self, m->ref, m->ref_bytes);
    return 0;
}

int gathering_end(gathering *self, size_t limit, store_found **out) {
    size_t n = self->n < limit ? self->n : limit;
    store_found *found = malloc(sizeof *found + n * sizeof(store_message) + self->bytes);
    if (found) {
        char *texts = (char *)&found->messages[n];
        if (self->bytes > 0) memcpy(texts, self->texts, self->bytes);
        for (size_t i = 0; i < n; i++) {
            const gathered *row = &self->rows[n - 1 - i];
            found->messages[i] = row->message;
            found->messages[i].text = texts + row->text_at;
            found->messages[i].ref = texts + row->ref_at;
        }
        found->n = n;
        found->has_more = self->n > limit;
        *out = found;
    }
    gathering_drop(self);
    return found ? 0 : -ENOMEM;
}

void gathering_drop(gathering *self) {
    free(self->rows);
    free(self->texts);
    *self = (gathering){ 0 };
}
