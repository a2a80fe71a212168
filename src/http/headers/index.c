/* SPDX-License-Identifier: MIT */
/* http/headers/index.c: a hash table over the fields of a large map.
 *
 * The names come from a peer, which could choose them so that all fall into one chain. The hash is
 * therefore keyed by random bytes, anew for each map: SipHash-1-3, of the names in lower case.
 * Fields of one name are a chain in their order; a chain keeps its last field, so that many fields
 * of one name are entered in constant time each. */
#include "http/headers/index.h"

#include "http/types/bytes_of.h"

#include <sys/random.h>

#define NONE UINT32_MAX

typedef struct header_chain {
    uint32_t first, last; /* numbers of fields, NONE */
} header_chain;

struct edoi_headers_index {
    uint64_t key[2];
    uint32_t mask;        /* number of chains - 1 */
    header_chain *chains; /* in this memory, behind `next` */
    uint32_t next[];      /* of field i: the next one of its chain, NONE */
};

static uint64_t turn(uint64_t x, int bits) {
    return x << bits | x >> (64 - bits);
}

static void round_of(uint64_t v[4]) {
    v[0] += v[1], v[1] = turn(v[1], 13) ^ v[0], v[0] = turn(v[0], 32);
    v[2] += v[3], v[3] = turn(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = turn(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = turn(v[1], 17) ^ v[2], v[2] = turn(v[2], 32);
}

static uint64_t hash_of(const uint64_t key[2], edo_str name) {
    uint64_t v[4] = { key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                      key[0] ^ UINT64_C(0x6c7967656e657261),
                      key[1] ^ UINT64_C(0x7465646279746573) };
    uint64_t word = 0;
    for (size_t i = 0; i < name.len; i++) {
        word |= (uint64_t)(unsigned char)edoi_lower(name.ptr[i]) << (8 * (i % 8));
        if (i % 8 < 7) continue;
        v[3] ^= word, round_of(v), v[0] ^= word;
        word = 0;
    }
    word |= (uint64_t)name.len << 56;
    v[3] ^= word, round_of(v), v[0] ^= word;
    v[2] ^= 0xff, round_of(v), round_of(v), round_of(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static header_chain *chain_of(const edoi_headers_index *x, edo_str name) {
    return &x->chains[hash_of(x->key, name) & x->mask];
}

bool edoi_header_names_equal(edo_str a, edo_str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && edoi_lower(a.ptr[i]) != edoi_lower(b.ptr[i])) return false;
    return true;
}

edoi_headers_index *edoi_headers_index_new(const edo_header *fields, uint32_t n, uint32_t cap) {
    uint32_t chains = EDOI_INDEX_FROM;
    while (chains < cap) chains *= 2;
    size_t next_bytes = (size_t)cap * sizeof(uint32_t);
    edoi_headers_index *x =
        edo_rc_new(sizeof *x + next_bytes + chains * sizeof(header_chain), NULL);
    if (!x) return NULL;
    // Without random bytes, at early boot, the address stands in.
    if (getrandom(x->key, sizeof x->key, GRND_NONBLOCK) != (ssize_t)sizeof x->key)
        x->key[0] = x->key[1] = (uint64_t)(uintptr_t)x * UINT64_C(0x9e3779b97f4a7c15);
    x->mask = chains - 1;
    x->chains = (header_chain *)(void *)(x->next + cap);
    for (uint32_t i = 0; i < chains; i++) x->chains[i] = (header_chain){ NONE, NONE };
    for (uint32_t i = 0; i < n; i++) edoi_headers_index_add(x, fields, i);
    return x;
}

void edoi_headers_index_add(edoi_headers_index *x, const edo_header *fields, uint32_t i) {
    header_chain *c = chain_of(x, fields[i].name);
    x->next[i] = NONE;
    if (c->last == NONE)
        c->first = i;
    else
        x->next[c->last] = i;
    c->last = i;
}

uint32_t edoi_headers_index_find(const edoi_headers_index *x, const edo_header *fields,
                                 edo_str name, uint32_t from) {
    // A field of this name before `from` is in the chain, so its next ones are behind it.
    uint32_t i = chain_of(x, name)->first;
    if (from > 0 && edoi_header_names_equal(fields[from - 1].name, name)) i = x->next[from - 1];
    while (i != NONE && (i < from || !edoi_header_names_equal(fields[i].name, name)))
        i = x->next[i];
    return i;
}
