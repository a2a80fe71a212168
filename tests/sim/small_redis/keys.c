/* SPDX-License-Identifier: MIT */
/* keys.c: see keys.h. */
#include "keys.h"

#include "inside.h"

#include <edo/str.h>
#include <edo/time.h>

#include <string.h>

int64_t small_now_ms(void) {
    const edo_wall now = edo_wall_now();
    return now.s * 1000 + now.ns / 1000000;
}

/* ---- Texts and items ------------------------------------------------------------------------- */

static void small_text_free(edo_str *text) {
    free((char *)(uintptr_t)text->ptr);
    *text = (edo_str){ 0 };
}

void small_text_set(edo_str *text, edo_str to) {
    char *copy = malloc(to.len + 1);
    CHECK(copy);
    if (to.len > 0) memcpy(copy, to.ptr, to.len);
    copy[to.len] = '\0';
    small_text_free(text);
    *text = (edo_str){ copy, to.len };
}

small_item *small_key_find(const small_key *key, edo_str text) {
    small_item *i;
    TAILQ_FOREACH(i, &key->items, next)
    if (edo_str_equal(i->text, text)) return i;
    return NULL;
}

small_item *small_key_add(small_key *key, edo_str text, bool in_front) {
    small_item *i = calloc(1, sizeof *i);
    CHECK(i);
    small_text_set(&i->text, text);
    if (in_front)
        TAILQ_INSERT_HEAD(&key->items, i, next);
    else
        TAILQ_INSERT_TAIL(&key->items, i, next);
    key->items_n++;
    return i;
}

void small_key_remove(small_key *key, small_item *item) {
    TAILQ_REMOVE(&key->items, item, next);
    key->items_n--;
    small_text_free(&item->text);
    small_text_free(&item->value);
    free(item);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

void small_keys_init(small_keys *self) {
    self->serials_n = 0;
    for (int db = 0; db < SMALL_DATABASES; db++) TAILQ_INIT(&self->all[db]);
}

void small_keys_clear(small_keys *self, int db) {
    small_key *k;
    while ((k = TAILQ_FIRST(&self->all[db]))) small_keys_remove(self, db, k);
}

void small_keys_deinit(small_keys *self) {
    for (int db = 0; db < SMALL_DATABASES; db++) small_keys_clear(self, db);
}

small_key *small_keys_find(small_keys *self, int db, edo_str name) {
    small_key *k;
    TAILQ_FOREACH(k, &self->all[db], next)
    if (edo_str_equal(k->name, name)) return k;
    return NULL;
}

small_key *small_keys_add(small_keys *self, int db, edo_str name, small_kind kind) {
    small_key *k = calloc(1, sizeof *k);
    CHECK(k);
    small_text_set(&k->name, name);
    small_text_set(&k->text, (edo_str){ 0 });
    k->kind = kind;
    k->serial = ++self->serials_n;
    TAILQ_INIT(&k->items);
    TAILQ_INSERT_TAIL(&self->all[db], k, next);
    return k;
}

void small_keys_remove(small_keys *self, int db, small_key *key) {
    small_item *i;
    while ((i = TAILQ_FIRST(&key->items))) small_key_remove(key, i);
    TAILQ_REMOVE(&self->all[db], key, next);
    small_text_free(&key->name);
    small_text_free(&key->text);
    free(key);
}

/* ---- Patterns -------------------------------------------------------------------------------- */

static edo_str behind(edo_str s, size_t n) {
    n = n < s.len ? n : s.len;
    return (edo_str){ s.ptr + n, s.len - n };
}

/* Does a byte match what begins with '['? `*p` is what is behind that, and then behind the ']'. */
static bool matches_class(edo_str *p, char c) {
    bool is_not = p->len > 0 && p->ptr[0] == '^', is_in = false;
    if (is_not) *p = behind(*p, 1);
    while (p->len > 0 && p->ptr[0] != ']') {
        if (p->ptr[0] == '\\' && p->len > 1) *p = behind(*p, 1);
        char from = p->ptr[0], to = from;
        if (p->len > 2 && p->ptr[1] == '-') {
            to = p->ptr[2];
            *p = behind(*p, 2);
        }
        is_in |= from <= to ? from <= c && c <= to : to <= c && c <= from;
        *p = behind(*p, 1);
    }
    *p = behind(*p, 1);
    return is_in != is_not;
}

/* Does the first byte match the first of a pattern, which is no '*'? It goes on behind that. */
static bool matches_one(edo_str *p, char c) {
    const char first = p->ptr[0];
    *p = behind(*p, 1);
    if (first == '?') return true;
    if (first == '[') return matches_class(p, c);
    if (first != '\\' || p->len == 0) return first == c;
    const char escaped = p->ptr[0];
    *p = behind(*p, 1);
    return escaped == c;
}

bool small_matches(edo_str pattern, edo_str name) {
    edo_str p = pattern, star = { 0 }, from = { 0 }; // behind the last '*', and where it was tried
    bool has_star = false;
    while (name.len > 0 || p.len > 0) {
        if (p.len > 0 && p.ptr[0] == '*') {
            star = p = behind(p, 1);
            from = name;
            has_star = true;
            continue;
        }
        if (name.len > 0 && p.len > 0 && matches_one(&p, name.ptr[0])) {
            name = behind(name, 1);
            continue;
        }
        if (!has_star || from.len == 0) return false;
        name = from = behind(from, 1);
        p = star;
    }
    return true;
}
