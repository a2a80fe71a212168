/* SPDX-License-Identifier: MIT */
/* base/table.h: the hash table: chains of links, which lie in what is kept.
 *
 *     chains[0] -> NULL
 *     chains[1] -> link -> link -> NULL      of four chains: their hashes are 4 n + 1
 *     …
 *
 * inv. 1: the number of chains is a power of two.
 * inv. 2: a link is in the chain that its hash names.
 * inv. 3: the chains have `links_n` links in all.
 *
 * A table allocates nothing. Its user gives it the chains, and more of them as it gets fuller;
 * without memory the chains get longer. Keys from outside are hashed with a secret
 * (base/siphash.h), so that nobody can choose keys that share a chain.
 *
 * Threads: as the user's lock has it. All functions are inline, for libedo-http and libedo-client,
 * which see only the public functions of libedo. */
#ifndef EDOI_BASE_TABLE_H
#define EDOI_BASE_TABLE_H

#include <edo/base.h>

typedef struct edoi_table_link {
    struct edoi_table_link *next; /* in its chain; free for the user when it is in none */
    uint64_t hash;                /* const while it is in a chain */
} edoi_table_link;

typedef struct edoi_table {
    edoi_table_link **chains; /* borrowed */
    size_t chains_n, links_n;
} edoi_table;

/* How many chains there are at least, so that `n` links have one each; at least `least`, which is a
 * power of two, as the result is. */
EDOI_INLINE size_t edoi_table_chains_for(size_t n, size_t least) {
    while (least < n) least *= 2;
    return least;
}

/* Borrows the chains, which are all NULL, until it is given others or is not used any more. */
EDOI_INLINE void edoi_table_init(edoi_table *t, edoi_table_link **chains, size_t chains_n) {
    *t = (edoi_table){ .chains = chains, .chains_n = chains_n };
}

EDOI_INLINE edoi_table_link **edoi_table_chain(const edoi_table *t, uint64_t hash) {
    return &t->chains[hash & (t->chains_n - 1)];
}

/* Is the key of a link, whose hash is that of `key`, the wanted one? */
typedef bool edoi_table_has_key_fn(edoi_table_link *l, const void *key);

/* Finds the link of a key; NULL: it is not there. */
EDOI_INLINE edoi_table_link *edoi_table_find(const edoi_table *t, uint64_t hash,
                                             edoi_table_has_key_fn *has_key, const void *key) {
    edoi_table_link *l = *edoi_table_chain(t, hash);
    while (l && (l->hash != hash || !has_key(l, key))) l = l->next;
    return l;
}

/* Adds a link. The table does not look whether its key is there. */
EDOI_INLINE void edoi_table_add(edoi_table *t, edoi_table_link *l, uint64_t hash) {
    edoi_table_link **chain = edoi_table_chain(t, hash);
    *l = (edoi_table_link){ .next = *chain, .hash = hash };
    *chain = l;
    t->links_n++;
}

/* Takes the link out to which `*at` points, `at` being in a chain; returns it. */
EDOI_INLINE edoi_table_link *edoi_table_take(edoi_table *t, edoi_table_link **at) {
    edoi_table_link *l = *at;
    *at = l->next;
    t->links_n--;
    return l;
}

/* Takes a link out, which is in the table. */
EDOI_INLINE void edoi_table_remove(edoi_table *t, const edoi_table_link *l) {
    edoi_table_link **at = edoi_table_chain(t, l->hash);
    while (*at != l) at = &(*at)->next;
    (void)edoi_table_take(t, at);
}

/* Are there more links than chains, so that the table should be given twice as many? */
EDOI_INLINE bool edoi_table_is_full(const edoi_table *t) {
    return t->links_n > t->chains_n;
}

/* Moves all links to other chains, which are all NULL, and returns the former ones. */
EDOI_INLINE edoi_table_link **edoi_table_move(edoi_table *t, edoi_table_link **chains,
                                              size_t chains_n) {
    edoi_table former = *t;
    edoi_table_init(t, chains, chains_n);
    for (size_t i = 0; i < former.chains_n; i++) {
        for (edoi_table_link *l = former.chains[i], *next; l; l = next) {
            next = l->next;
            edoi_table_add(t, l, l->hash);
        }
    }
    return former.chains;
}

/* Walks the table and asserts its invariants; for tests. */
void edoi_table_check(const edoi_table *t);

#endif
