/* SPDX-License-Identifier: MIT */
/* Goal: the table has what was added and not taken out, whatever the hashes, and its walk names an
 * invariant that does not hold. Method: random operations against a list of what is there, then
 * tables with one fault each. */
#include "base/table.h"

#include "last_words.h"

#include <string.h>

#define ITEMS       64u
#define CHAINS_MOST 64u

typedef struct item {
    uint32_t key;
    edoi_table_link link;
    bool is_there;
} item;

static uint64_t random_bits(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static item *item_of(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, item, link);
}

static bool has_key(edoi_table_link *l, const void *key) {
    return item_of(l)->key == *(const uint32_t *)key;
}

static const item *find(const edoi_table *t, uint64_t hash, uint32_t key) {
    edoi_table_link *l = edoi_table_find(t, hash, has_key, &key);
    return l ? item_of(l) : NULL;
}

static void has_what_is_there(const edoi_table *t, const item *items, uint64_t hashes) {
    edoi_table_check(t);
    for (uint32_t i = 0; i < ITEMS; i++)
        assert_ptr_equal(find(t, i % hashes, i), items[i].is_there ? &items[i] : NULL);
}

static void finds_what_was_added_and_not_taken_out(void **state) {
    static edoi_table_link *chains[2][CHAINS_MOST];
    (void)state;
    for (uint64_t hashes = 1; hashes <= ITEMS; hashes *= 4) { // that few hashes have all the items
        item items[ITEMS];
        edoi_table t;
        uint64_t seed = hashes;
        memset(chains, 0, sizeof chains);
        edoi_table_init(&t, chains[0], 1);
        for (uint32_t i = 0; i < ITEMS; i++) items[i] = (item){ .key = i };
        for (int n = 0; n < 2000; n++) {
            uint32_t i = (uint32_t)(random_bits(&seed) % ITEMS);
            if (items[i].is_there)
                edoi_table_remove(&t, &items[i].link);
            else
                edoi_table_add(&t, &items[i].link, i % hashes);
            items[i].is_there = !items[i].is_there;
            if (edoi_table_is_full(&t)) {
                edoi_table_link **other = t.chains == chains[0] ? chains[1] : chains[0];
                edoi_table_link **former = edoi_table_move(&t, other, t.chains_n * 2);
                memset((void *)former, 0, sizeof chains[0]);
            }
            has_what_is_there(&t, items, hashes);
        }
    }
}

static bool is_any(edoi_table_link *l, const void *compared) {
    (void)l;
    ++*(size_t *)(uintptr_t)compared;
    return false;
}

static void keys_are_compared_only_where_their_hashes_are_equal(void **state) {
    edoi_table_link *chains[2] = { NULL, NULL };
    edoi_table_link links[4];
    edoi_table t;
    size_t compared = 0;
    (void)state;
    edoi_table_init(&t, chains, EDO_COUNT(chains));
    for (uint64_t i = 0; i < EDO_COUNT(links); i++)
        edoi_table_add(&t, &links[i], i == 2 ? 9 : 1); // both in chain 1
    assert_null(edoi_table_find(&t, 3, is_any, &compared));
    assert_int_equal(compared, 0);
    assert_null(edoi_table_find(&t, 1, is_any, &compared));
    assert_int_equal(compared, 3);
}

static void chains_are_a_power_of_two_and_enough(void **state) {
    (void)state;
    assert_int_equal(edoi_table_chains_for(0, 1), 1);
    assert_int_equal(edoi_table_chains_for(16, 16), 16);
    assert_int_equal(edoi_table_chains_for(17, 16), 32);
    assert_int_equal(edoi_table_chains_for(1000, 1), 1024);
}

#ifdef EDO_DEBUG
typedef struct fault {
    const char *name, *says;
    size_t chains_n, links_n;
    uint64_t hash; /* of the one link, in chain 1 */
    bool is_circle;
} fault;

static const fault faults[] = {
    { "three chains", "table inv. 1: ", 3, 1, 1, false },
    { "no chain", "table inv. 1: ", 0, 0, 1, false },
    { "a link in another chain", "table inv. 2: ", 4, 1, 2, false },
    { "a link too many", "table inv. 3: ", 4, 0, 1, false },
    { "a link too few", "table inv. 3: ", 4, 2, 1, false },
    { "a circle", "table inv. 3: ", 4, 1, 1, true },
};

static int check_broken(void *arg) {
    const fault *f = arg;
    edoi_table_link link = { NULL, f->hash }, *chains[4] = { NULL, &link, NULL, NULL };
    if (f->is_circle) link.next = &link;
    const edoi_table t = { chains, f->chains_n, f->links_n };
    edoi_table_check(&t);
    return 0;
}

static void walk_names_the_invariant_that_does_not_hold(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(faults); i++) {
        char said[512];
        fault f = faults[i];
        int status = last_words(check_broken, &f, said, sizeof said);
        if (!is_abort(status) || !strstr(said, f.says)) fail_msg("%s: %s", f.name, said);
    }
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added_and_not_taken_out),
        cmocka_unit_test(keys_are_compared_only_where_their_hashes_are_equal),
        cmocka_unit_test(chains_are_a_power_of_two_and_enough),
#ifdef EDO_DEBUG
        cmocka_unit_test(walk_names_the_invariant_that_does_not_hold),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
