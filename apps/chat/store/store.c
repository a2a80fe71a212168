/* SPDX-License-Identifier: MIT */
/* store.c: see store.h. */
#include "store/store.h"

#include <edo/fault.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int store_append(store *self, const saying *batch, size_t n) {
    int err = edo_fault_point("chat.append");
    return err == 0 && n > 0 ? self->ops->append(self, batch, n) : err;
}

bool store_gives_numbers(const store *self) {
    return self->ops->order != NULL;
}

int store_order(store *self, const saying *batch, size_t n, place *places) {
    return n > 0 ? self->ops->order(self, batch, n, places) : 0;
}

int store_page(store *self, const name *room, uint64_t after, uint64_t before, size_t limit,
               store_found **out) {
    int err = edo_fault_point("chat.page");
    return err == 0 ? self->ops->page(self, room, after, before, limit, out) : err;
}

int store_find(store *self, edo_str ref, store_found **out) {
    return self->ops->find(self, ref, out);
}

int store_news(store *self, const store_asked *of, size_t n, store_new *out, size_t *done_n,
               store_found **found) {
    return self->ops->news ? self->ops->news(self, of, n, out, done_n, found) : -ENOTSUP;
}

int store_made_after(store *self, int64_t after_ms, store_made **out, size_t *n) {
    return self->ops->made ? self->ops->made(self, after_ms, out, n) : -ENOTSUP;
}

const char *store_identity(const store *self) {
    return self->ops->identity ? self->ops->identity(self) : "";
}

int store_rooms(store *self, store_room **out, size_t *n) {
    return self->ops->rooms(self, out, n);
}

int store_keep(store *self, const store_name *batch, size_t n) {
    return n > 0 ? self->ops->keep(self, batch, n) : 0;
}

int store_names(store *self, store_name **out, size_t *n) {
    return self->ops->names(self, out, n);
}

bool store_shares_people(const store *self) {
    return self->ops->move != NULL;
}

int store_renew(store *self, const store_terms *terms, uint64_t *program) {
    return self->ops->renew ? self->ops->renew(self, terms, program) : -ENOTSUP;
}

int store_move_people(store *self, const store_terms *terms, uint64_t program, store_move *batch,
                      size_t n) {
    if (!self->ops->move) return -ENOTSUP;
    return n > 0 ? self->ops->move(self, terms, program, batch, n) : 0;
}

int store_where(store *self, uint64_t program, store_move *of, size_t n) {
    if (!self->ops->where) return -ENOTSUP;
    return n > 0 ? self->ops->where(self, program, of, n) : 0;
}

int store_limit_people(store *self, const store_terms *terms, uint64_t program,
                       const store_move *who, size_t n) {
    return self->ops->limit ? self->ops->limit(self, terms, program, who, n) : -ENOTSUP;
}

int store_find_person(store *self, store_person *of) {
    return self->ops->find_person ? self->ops->find_person(self, of) : -ENOTSUP;
}

int store_sync(store *self) {
    return self->ops->sync(self);
}

int store_check(store *self) {
    return self->ops->check(self);
}

void store_damage(store *self, char *out, size_t bytes) {
    self->ops->damage(self, out, bytes);
}

void store_free(store *self) {
    if (self) self->ops->free(self);
}

/* ---- Gathering ------------------------------------------------------------------------------- */

/* Texts are gathered in one buffer, which moves when it grows, so a row knows them by their offset
 * until the end. */
typedef struct gathered {
    saying message;         /* without its texts */
    size_t text_at, ref_at; /* in the texts */
} gathered;

/* Copies a text, with a NUL; `*at` is its offset. */
static int gathering_keep(gathering *self, edo_str text, size_t *at) {
    *at = self->texts.len;
    int err = edo_buf_append(&self->texts, text.ptr, text.len);
    return err < 0 ? err : edo_buf_append(&self->texts, "", 1);
}

int gathering_add(gathering *self, const saying *m) {
    gathered row = { .message = *m };
    int err = gathering_keep(self, m->text, &row.text_at);
    if (err == 0) err = gathering_keep(self, m->ref, &row.ref_at);
    if (err == 0) err = edo_buf_append(&self->rows, &row, sizeof row);
    if (err == 0) self->n++;
    return err;
}

/* What may be read the next time is the news that others act on. */
void gathering_lack(gathering *self, int fault) {
    if (self->fault != -EIO) self->fault = fault;
}

int gathering_end(gathering *self, size_t limit, store_found **out) {
    size_t n = self->n < limit ? self->n : limit;
    store_found *found = malloc(sizeof *found + n * sizeof(saying) + self->texts.len);
    if (found) {
        char *texts = (char *)&found->messages[n];
        if (self->texts.len > 0) memcpy(texts, self->texts.ptr, self->texts.len);
        for (size_t i = 0; i < n; i++) {
            gathered row;
            memcpy(&row, self->rows.ptr + (n - 1 - i) * sizeof row, sizeof row);
            found->messages[i] = row.message;
            found->messages[i].text.ptr = texts + row.text_at;
            found->messages[i].ref.ptr = texts + row.ref_at;
        }
        found->n = n;
        found->has_more = self->n > limit;
        found->fault = self->fault;
        found->gap = self->gap;
        *out = found;
    }
    gathering_drop(self);
    return found ? 0 : -ENOMEM;
}

void gathering_drop(gathering *self) {
    edo_buf_deinit(&self->rows);
    edo_buf_deinit(&self->texts);
    *self = (gathering){ .n = 0 };
}
