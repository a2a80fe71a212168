/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a chain of bytes names what is broken. Method: bytes_chain.c is included; a
 * chain with bytes around two pieces, and one thing wrong with it. */
#include "broken.h"

#include "memory/bytes_chain.c"

typedef struct harm {
    const char *name;
    void (*fn)(edo_bytes_chain *c);
} harm;

static int walk_after(void *arg) {
    edo_bytes_chain c;
    static const char text[EDO_CHAIN_COPY_MAX + 1];
    edo_bytes_chain_init(&c);
    for (int i = 0; i < 2; i++) {
        edo_bytes piece;
        assert_int_equal(edo_bytes_copy(&piece, text, sizeof text), 0);
        assert_int_equal(edo_bytes_chain_append(&c, "own", 3), 0);
        assert_int_equal(edo_bytes_chain_push(&c, &piece), 0);
    }
    assert_int_equal(c.pieces_n, 2);
    chain_check(&c);
    ((harm *)arg)->fn(&c);
    chain_check(&c);
    return 0;
}

static void swap_the_pieces(edo_bytes_chain *c) {
    c->pieces[0].at = c->pieces[1].at;
    c->pieces[1].at = 3;
}

static void have_an_empty_piece(edo_bytes_chain *c) {
    c->pieces[1].bytes.str.len = 0;
}

static void put_a_piece_behind_the_end(edo_bytes_chain *c) {
    c->pieces[1].at = c->end + 1;
}

static void end_behind_the_room(edo_bytes_chain *c) {
    c->end = c->cap + 1;
}

static void lose_a_byte(edo_bytes_chain *c) {
    c->begin++;
}

static void lose_a_piece(edo_bytes_chain *c) {
    c->pieces_n--;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "bytes_chain inv. 1: ", swap_the_pieces },
        { "bytes_chain inv. 1: ", have_an_empty_piece },
        { "bytes_chain inv. 1: ", put_a_piece_behind_the_end },
        { "bytes_chain inv. 1: ", end_behind_the_room },
        { "bytes_chain inv. 2: ", lose_a_byte },
        { "bytes_chain inv. 2: ", lose_a_piece },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
