/* SPDX-License-Identifier: MIT */
/* by_number.c: what is known by a number, or by where it lies: maps with such keys. */
#include <edo/error.h>
#include <edo/map.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

typedef struct payment {
    uint64_t account;
    int64_t cents;
} payment;

static const payment payments[] = { { 4711, 1250 }, { 90000000001, 99 }, { 4711, -250 },
                                    { 12, 500 },    { 90000000001, 1 },  { 4711, 5 } };

/* Adds up what each account has. A new key has the value 0. */
static int add_up(edo_map *balances) {
    for (size_t i = 0; i < EDO_COUNT(payments); i++) {
        int64_t *cents = edo_map_add_by_number(balances, payments[i].account);
        if (!cents) return -ENOMEM;
        *cents += payments[i].cents;
    }
    return 0;
}

/* Forgets what is below `least`, and returns what all others have. */
static int64_t keep_from(edo_map *balances, int64_t least) {
    int64_t sum = 0;
    for (edo_map_at at = { 0 }; edo_map_next(balances, &at);) { // in no order
        const int64_t cents = *(int64_t *)at.value;
        if (cents < least) {
            printf("account %" PRIu64 " is closed\n", at.number);
            edo_map_remove_at(balances, &at);
        } else {
            sum += cents;
        }
    }
    return sum;
}

/* A set of addresses: which payments were seen? */
static int note_seen(edo_map *seen, const payment *p) {
    if (edo_map_has_by_number(seen, (uintptr_t)p)) return -EEXIST;
    return edo_map_put_by_number(seen, (uintptr_t)p, NULL);
}

int main(void) {
    edo_map balances = { .value_size = sizeof(int64_t), .by_number = true };
    edo_map seen = { .by_number = true };
    int err = add_up(&balances);
    if (err == 0) {
        const int64_t *cents = edo_map_get_by_number(&balances, 4711);
        printf("account 4711 has %" PRId64 " cents\n", cents ? *cents : 0);
        printf("account 4712 is %s\n",
               edo_map_has_by_number(&balances, 4712) ? "known" : "unknown");
        printf("the others have %" PRId64 " cents\n", keep_from(&balances, 200));
        err = note_seen(&seen, &payments[1]);
    }
    if (err == 1) printf("once: new\n");
    if (err >= 0 && note_seen(&seen, &payments[1]) == -EEXIST) printf("twice: seen before\n");
    edo_map_deinit(&seen);
    edo_map_deinit(&balances);
    if (err < 0) printf("failed: %s\n", edo_strerror(err));
    return err < 0;
}
