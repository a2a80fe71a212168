/* SPDX-License-Identifier: MIT */
/* sqlite_call.c: see sqlite_call.h. */
#include "store/sqlite_call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int keep_text(void *arg, const edo_trail_entry *line) {
    *(const char **)arg = line->text;
    return 0;
}

/* The first line says what has failed, and the others where. */
void sqlite_take_words(char out[EDO_TRAIL_TEXT_MAX], int err) {
    const char *first = "";
    if (edo_trail_find(err)) (void)edo_trail_each(keep_text, &first);
    (void)snprintf(out, EDO_TRAIL_TEXT_MAX, "%s", first);
    edo_trail_clear();
}

static int code_of(int err) {
    const edo_sqlite_error *e;
    switch (err) {
    case -EDO_ESQL:
        e = edo_sqlite_get_error();
        return e && e->kind == EDO_SQLITE_UNIQUE ? -EEXIST : -EIO;
    case -EDO_EVALUE: return -EILSEQ; // a column that the chat has not written so
    default: return err;
    }
}

static int tell_damaged(sqlite_call *c, int err) {
    char where[STORE_DAMAGE_BYTES];
    bool is_found =
        damage_has_place(&c->self->damage) && damage_text(&c->self->damage, where, sizeof where);
    (void)snprintf(c->fault, sizeof c->fault, "the file is damaged%s%s%s", is_found ? " (" : "",
                   is_found ? where : "", is_found ? ")" : "");
    return err;
}

int call_fault(sqlite_call *c, int err) {
    sqlite_store *self = c->self;
    int code = code_of(err), unwanted = SEARCH_UNWANTED;
    char words[EDO_TRAIL_TEXT_MAX];
    if (err >= 0) return err;
    sqlite_take_words(words, err);
    if (code == -EILSEQ) {
        damage_guess(&self->damage, self->path, "some of it is not what was written");
        (void)atomic_compare_exchange_strong(&self->search, &unwanted, SEARCH_WANTED);
        return tell_damaged(c, code);
    }
    if (*words) (void)snprintf(c->fault, sizeof c->fault, "%s: %s", words, edo_strerror(code));
    return code;
}

int call_refuse(sqlite_call *c, int err, const char *why) {
    (void)snprintf(c->fault, sizeof c->fault, "%s", why);
    return err;
}
