/* SPDX-License-Identifier: MIT */
/* Goal: a store of a program can be run through edo_test_store_suite(), and each rule that one
 * breaks is named.
 * Method: a table of sessions under a paused clock, and the same with one fault each, in a child
 * whose last words are read. Stores of edo's own run the suite in web/, redis/ and pg/. */
#include <edo/task.h>
#include <edo/test_store.h>

#include "inside.h"
#include "last_words.h"

#include <errno.h>
#include <string.h>

#define SESSIONS 16

/* ---- A store --------------------------------------------------------------------------------- */

typedef enum fault_of {
    NO_FAULT,
    FORGETS,         /* the last byte */
    LENDS,           /* one place for all that is loaded */
    IGNORES_ID,      /* but for its first digits */
    AGE_FROM_SAVE,   /* a save begins the age anew */
    TAKES_PLACES,    /* a new session replaces one of its id */
    BRINGS_BACK,     /* one that has ended is saved again */
    NEVER_ENDS,      /* with its time */
    TOUCHES_NOTHING, /* a touch says that it has */
    ASKS_FIRST,      /* whether there is one, and then waits */
    TEARS,           /* a save that is cancelled leaves nothing */
    STAYS            /* a removed session */
} fault_of;

typedef struct entry {
    bool is_used;
    char id[EDO_SESSION_ID_BYTES];
    edo_bytes data;
    edo_instant begun, used, ends;
} entry;

typedef struct table {
    fault_of fault;
    entry entries[SESSIONS];
} table;

static void entry_end(entry *e) {
    edo_bytes_unref(&e->data);
    *e = (entry){ .is_used = false };
}

static entry *find(table *t, edo_str id) {
    size_t digits = t->fault == IGNORES_ID ? 20 : sizeof t->entries[0].id;
    for (size_t i = 0; i < SESSIONS; i++) {
        entry *e = &t->entries[i];
        bool is_over = e->is_used && t->fault != NEVER_ENDS && edo_now().ns >= e->ends.ns;
        if (is_over) entry_end(e);
        if (e->is_used && memcmp(e->id, id.ptr, digits) == 0) return e;
    }
    return NULL;
}

static int table_load(void *store, edo_str id, edo_session_record *out) {
    const entry *e = find(store, id);
    if (!e) return -ENOENT;
    *out = (edo_session_record){ edo_bytes_ref(&e->data), edo_instant_since(edo_now(), e->begun),
                                 edo_instant_since(edo_now(), e->used) };
    static char place[64];
    if (((table *)store)->fault == LENDS && out->data.str.len <= sizeof place) {
        memcpy(place, out->data.str.ptr, out->data.str.len);
        edo_bytes_unref(&out->data);
        out->data = (edo_bytes){ .str = { place, e->data.str.len } };
    }
    return 0;
}

static int table_put(table *t, entry *e, edo_str data, edo_duration ttl) {
    edo_bytes copy = { 0 };
    if (t->fault == FORGETS && data.len > 0) data.len--;
    int err = edo_bytes_copy(&copy, data.ptr, data.len);
    if (err < 0) return err;
    edo_bytes_unref(&e->data);
    e->data = copy;
    e->is_used = true;
    e->used = edo_now();
    e->ends = edo_instant_add(e->used, ttl);
    return 0;
}

static int table_save(void *store, edo_str id, edo_str data, edo_duration age, edo_duration ttl,
                      bool is_new) {
    table *t = store;
    entry *e = find(t, id);
    if (t->fault == ASKS_FIRST && edo_yield() < 0) return -ECANCELED;
    if (t->fault == TEARS && e && !is_new) {
        e->is_used = false;
        int err = edo_yield();
        if (err < 0) edo_bytes_unref(&e->data);
        if (err < 0) return err;
    }
    if (e && is_new && t->fault != TAKES_PLACES) return -EEXIST;
    if (!e && !is_new && t->fault != BRINGS_BACK) return -ENOENT;
    for (size_t i = 0; !e && i < SESSIONS; i++)
        if (!t->entries[i].is_used) e = &t->entries[i];
    if (!e) return -ENOSPC;
    memcpy(e->id, id.ptr, sizeof e->id);
    if (is_new || t->fault == AGE_FROM_SAVE)
        e->begun = edo_instant_add(edo_now(), (edo_duration){ -age.ns });
    return table_put(t, e, data, ttl);
}

static int table_touch(void *store, edo_str id, edo_duration ttl) {
    entry *e = find(store, id);
    if (!e) return -ENOENT;
    if (((table *)store)->fault == TOUCHES_NOTHING) return 0;
    e->used = edo_now();
    e->ends = edo_instant_add(e->used, ttl);
    return 0;
}

static int table_remove(void *store, edo_str id) {
    entry *e = find(store, id);
    if (e && ((table *)store)->fault != STAYS) entry_end(e);
    return 0;
}

static const edo_session_store_ops table_ops = { .name = "table",
                                                 .load = table_load,
                                                 .save = table_save,
                                                 .touch = table_touch,
                                                 .remove = table_remove };

/* ---- The suite ------------------------------------------------------------------------------- */

static int runs_suite(void *arg) {
    table t = { .fault = *(fault_of *)arg };
    return edo_test_store_suite(&table_ops, &t, NULL);
}

static void a_sound_store_keeps_the_rules(void **state) {
    (void)state;
    fault_of none = NO_FAULT;
    assert_int_equal(inside(runs_suite, &none), 0);
    table t = { .fault = NO_FAULT };
    edo_session_store_ops ops = table_ops;
    const edo_test_store_opts bad = { .reserved = { 1 } };
    assert_int_equal(edo_test_store_suite(&table_ops, &t, &bad), -EINVAL);
    ops.touch = NULL;
    assert_int_equal(edo_test_store_suite(&ops, &t, NULL), -EINVAL);
}

static fault_of planted;

static int runs_planted(void *arg) {
    (void)arg;
    return inside(runs_suite, &planted);
}

static void broken_rules_are_named(void **state) {
    static const struct {
        fault_of fault;
        const char *says;
    } rows[] = {
        { FORGETS, "a session is there from its save to its end: are_equal" },
        { IGNORES_ID, "a session is there from its save to its end: " },
        { AGE_FROM_SAVE, "a session is there from its save to its end: age_is_right" },
        { LENDS, "a session is there from its save to its end: is_loaders" },
        { STAYS, "a session is there from its save to its end: " },
        { TAKES_PLACES, "a new session takes no place, and an ended one does not come back" },
        { BRINGS_BACK, "a new session takes no place, and an ended one does not come back" },
        { NEVER_ENDS, "a session ends with its time, which a save and a touch give anew" },
        { TOUCHES_NOTHING, "a session ends with its time, which a save and a touch give anew" },
        { ASKS_FIRST, "of many tasks that begin one session, one does: begun is 8, not 1" },
        { TEARS, "a call that is cancelled is done or not" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[4096];
        planted = rows[i].fault;
        int status = last_words(runs_planted, NULL, said, sizeof said);
        if (!is_abort(status) || !strstr(said, rows[i].says))
            fail_msg("%s: it said: %s", rows[i].says, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_rules_are_named), // first: it forks
        cmocka_unit_test(a_sound_store_keeps_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
