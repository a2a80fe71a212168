/* SPDX-License-Identifier: MIT */
/* table.c: a tree that branches four ways by the bits of the names' hashes, from the top two on. A
 * hash is SipHash-1-3 of the name (https://www.aumasson.jp/siphash/siphash.pdf): short, and without
 * its key nobody finds names that make the tree deep.
 *
 * inv. 1: an entry lies on the way that the bits of its hash lead. So any entry may take the place
 *         of one above it. */
#include "table.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

int table_key_draw(table_key *out) {
    ssize_t n;
    do {
        n = getrandom(out, sizeof *out, 0);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0; // so few bytes come at once
}

static uint64_t rotated(uint64_t x, unsigned by) {
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4]) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotated(v[1], 13) ^ v[0];
    v[3] = rotated(v[3], 16) ^ v[2];
    v[0] = rotated(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotated(v[1], 17) ^ v[2];
    v[3] = rotated(v[3], 21) ^ v[0];
    v[2] = rotated(v[2], 32);
}

static uint64_t siphash(table_key key, const char *text, size_t bytes) {
    uint64_t v[4] = { key.words[0] ^ UINT64_C(0x736f6d6570736575),
                      key.words[1] ^ UINT64_C(0x646f72616e646f6d),
                      key.words[0] ^ UINT64_C(0x6c7967656e657261),
                      key.words[1] ^ UINT64_C(0x7465646279746573) };
    for (size_t at = 0; at <= bytes; at += 8) { // the last word has the length, too
        uint64_t word = 0;
        for (size_t i = 0; i < 8 && at + i < bytes; i++)
            word |= (uint64_t)(uint8_t)text[at + i] << (8 * i);
        if (at + 8 > bytes) word |= (uint64_t)bytes << 56;
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint32_t hash_of(const table *self, const name *n) {
    uint64_t hash = siphash(self->key, n->text, strlen(n->text));
    return (uint32_t)(hash ^ hash >> 32);
}

table_entry *table_find(const table *self, const name *wanted) {
    uint32_t hash = hash_of(self, wanted), way = hash;
    table_entry *e = self->top;
    while (e && (e->hash != hash || strcmp(e->name.text, wanted->text) != 0)) {
        e = e->below[way >> 30];
        way <<= 2; // names of the same hash are in a chain in the end
    }
    return e;
}

/* Where the way of `hash` leads to `entry`; NULL: to its end. */
static table_entry **place_of(table *self, uint32_t hash, const table_entry *entry) {
    table_entry **at = &self->top;
    for (uint32_t way = hash; *at != entry; way <<= 2) at = &(*at)->below[way >> 30];
    return at;
}

void table_add(table *self, table_entry *entry) {
    entry->hash = hash_of(self, &entry->name);
    memset(entry->below, 0, sizeof entry->below);
    *place_of(self, entry->hash, NULL) = entry;
    self->entries_n++;
}

/* The place of an entry below `at`, or at it, that has none below itself. */
static table_entry **lowest(table_entry **at) {
    for (;;) {
        table_entry *const *below = (*at)->below;
        size_t i = 0;
        while (i < 4 && !below[i]) i++;
        if (i == 4) return at;
        at = &(*at)->below[i];
    }
}

void table_remove(table *self, table_entry *entry) {
    table_entry **at = place_of(self, entry->hash, entry);
    table_entry **last = lowest(at), *heir = *last;
    *last = NULL;
    self->entries_n--;
    if (heir == entry) return;
    memcpy(heir->below, entry->below, sizeof heir->below);
    *at = heir; // inv. 1
}
