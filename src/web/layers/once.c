/* SPDX-License-Identifier: MIT */
/* web/layers/once.c: see once.h. There is a table by id, and lists by age: owners are spread over
 * the lists, and where room is needed the list with the most bytes gives it. So a client that sends
 * many keys ends its own, and those of few others. */
#include "web/layers/once.h"

#include "base/assert.h"

#include <edo/base.h>
#include <edo/error.h>

#include <errno.h>
#include <string.h>

static uint64_t once_hash_of(const unsigned char *id) {
    uint64_t hash;
    memcpy(&hash, id, sizeof hash); // the id is a digest with a secret
    return hash;
}

static edoi_once_entry *entry_at(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, edoi_once_entry, link);
}

static size_t once_entry_bytes_of(const edoi_once_entry *e) {
    return sizeof *e + (e->response ? e->response->bytes : 0);
}

/* ---- Lists. Called with `lock` held ---------------------------------------------------------- */

static void once_list_newest(edoi_once *o, edoi_once_entry *e) {
    edoi_once_list *l = &o->lists[e->list];
    e->newer = NULL;
    e->older = l->newest;
    *(l->newest ? &l->newest->newer : &l->oldest) = e;
    l->newest = e;
    l->bytes += once_entry_bytes_of(e);
    o->bytes += once_entry_bytes_of(e);
}

static void once_unlist(edoi_once *o, edoi_once_entry *e) {
    edoi_once_list *l = &o->lists[e->list];
    EDO_INV("once inv. 2", l->bytes >= once_entry_bytes_of(e) && o->bytes >= l->bytes);
    *(e->newer ? &e->newer->older : &l->newest) = e->older;
    *(e->older ? &e->older->newer : &l->oldest) = e->newer;
    l->bytes -= once_entry_bytes_of(e);
    o->bytes -= once_entry_bytes_of(e);
}

static bool once_has_id(edoi_table_link *l, const void *id) {
    return memcmp(entry_at(l)->id, id, EDOI_SHA1_BYTES) == 0;
}

static edoi_once_entry *once_find(edoi_once *o, const unsigned char *id) {
    edoi_table_link *l = edoi_table_find(&o->entries, once_hash_of(id), once_has_id, id);
    return l ? entry_at(l) : NULL;
}

/* Takes an entry out, and puts it in front of those in `*gone`. */
static void once_take_out(edoi_once *o, edoi_once_entry *e, edoi_table_link **gone) {
    edoi_table_remove(&o->entries, &e->link);
    if (e->is_kept) once_unlist(o, e);
    e->link.next = *gone;
    *gone = &e->link;
}

static bool once_entry_is_over(const edoi_once_entry *e, edo_instant now) {
    return edo_instant_since(e->ends_at, now).ns <= 0;
}

static void once_sweep(edoi_once *o, uint32_t list, edo_instant now, edoi_table_link **gone) {
    const edoi_once_list *l = &o->lists[list];
    while (l->oldest && once_entry_is_over(l->oldest, now)) once_take_out(o, l->oldest, gone);
}

/* Takes out the oldest entry of the largest list. Returns false if nothing is kept. */
static bool once_make_room(edoi_once *o, edoi_table_link **gone) {
    const edoi_once_list *most = &o->lists[0];
    for (uint32_t i = 1; i < EDOI_ONCE_LISTS; i++)
        if (o->lists[i].bytes > most->bytes) most = &o->lists[i];
    EDO_INV("once inv. 2", !most->oldest == (most->bytes == 0));
    if (!most->oldest) return false;
    once_take_out(o, most->oldest, gone);
    return true;
}

/* Called without `lock`. */
static void once_free_all(edoi_table_link *gone) {
    while (gone) {
        edoi_once_entry *e = entry_at(gone);
        gone = gone->next;
        edo_rc_unref(e->response);
        edo_rc_unref(e);
    }
}

/* ---- The calls ------------------------------------------------------------------------------- */

edoi_once *edoi_once_new(uint32_t n_max, size_t bytes_max, edo_duration ttl) {
    size_t chains_n = edoi_table_chains_for(n_max, 16);
    edoi_once *o = edo_rc_new(sizeof *o + chains_n * sizeof o->chains[0], NULL);
    if (!o) return NULL;
    *o = (edoi_once){ .n_max = n_max, .bytes_max = bytes_max, .ttl = ttl };
    memset((void *)o->chains, 0, chains_n * sizeof o->chains[0]);
    edoi_table_init(&o->entries, o->chains, chains_n);
    pthread_mutex_init(&o->lock, NULL);
    return o;
}

void edoi_once_free(edoi_once *o) {
    edoi_table_link *gone = NULL;
    if (!o) return;
    while (once_make_room(o, &gone)) continue;
    EDO_INV("once inv. 2", o->bytes == 0);
    once_free_all(gone);
    pthread_mutex_destroy(&o->lock);
    edo_rc_unref(o);
}

/* Called with `lock` held. */
static int once_entry_look(const edoi_once_entry *e, const edoi_once_key *key,
                           edoi_once_response **response) {
    if (memcmp(e->print, key->print, sizeof e->print) != 0) return EDOI_ONCE_OTHER;
    if (!e->is_kept) return EDOI_ONCE_RUNS;
    if (!e->response) return EDOI_ONCE_LOST;
    *response = edo_rc_ref(e->response);
    return EDOI_ONCE_KEPT;
}

/* Adds `*fresh`, which becomes NULL, if the key is not there. Called with `lock` held. */
static int once_find_or_add(edoi_once *o, const edoi_once_key *key, edoi_once_entry **fresh,
                            edoi_once_response **response, edoi_table_link **gone) {
    edo_instant now = edo_now();
    once_sweep(o, key->list, now, gone);
    once_sweep(o, o->swept++ % EDOI_ONCE_LISTS, now, gone);
    const edoi_once_entry *e = once_find(o, key->id);
    if (e) return once_entry_look(e, key, response);
    if (o->entries.links_n >= o->n_max && !once_make_room(o, gone)) return -EDO_EOVERLOADED;
    edoi_table_add(&o->entries, &(*fresh)->link, once_hash_of(key->id));
    *fresh = NULL;
    return EDOI_ONCE_FIRST;
}

int edoi_once_begin(edoi_once *o, const edoi_once_key *key, edoi_once_entry **entry,
                    edoi_once_response **response) {
    edoi_table_link *gone = NULL;
    edoi_once_entry *fresh = edo_rc_new(sizeof *fresh, NULL);
    if (!fresh) return -ENOMEM;
    *fresh = (edoi_once_entry){ .list = key->list };
    memcpy(fresh->id, key->id, sizeof fresh->id);
    memcpy(fresh->print, key->print, sizeof fresh->print);
    *entry = fresh;
    pthread_mutex_lock(&o->lock);
    int what = once_find_or_add(o, key, &fresh, response, &gone);
    pthread_mutex_unlock(&o->lock);
    once_free_all(gone);
    edo_rc_unref(fresh);
    return what;
}

void edoi_once_end(edoi_once *o, edoi_once_entry *entry, edoi_once_response *response,
                   bool is_lost) {
    edoi_table_link *gone = NULL;
    edoi_once_response *too_large = NULL;
    if (response && response->bytes + sizeof *entry > o->bytes_max) {
        too_large = response;
        response = NULL;
        is_lost = true;
    }
    pthread_mutex_lock(&o->lock);
    EDO_INV("once inv. 1", !entry->is_kept && !entry->newer && !entry->older);
    if (response || is_lost) {
        entry->response = response;
        entry->is_kept = true;
        entry->ends_at = edo_instant_add(edo_now(), o->ttl);
        once_list_newest(o, entry);
        while (o->bytes > o->bytes_max) (void)once_make_room(o, &gone);
    } else {
        once_take_out(o, entry, &gone);
    }
    pthread_mutex_unlock(&o->lock);
    once_free_all(gone);
    edo_rc_unref(too_large);
}
