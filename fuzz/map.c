/* SPDX-License-Identifier: MIT */
/* fuzz/map.c: a map, told by the input what to do. Each byte is an operation on a key that the next
 * one names. Properties: the map has what a plain list has, and its walker finds nothing; a walk
 * visits each key once that is not removed before it comes there; in an arena as elsewhere. */
#include "fuzz.h"

#include "memory/map.h"

#include "numbered_keys.h"

#include <edo/test.h>

#define KEYS 256u

typedef struct model {
    edo_map map;
    bool is_there[KEYS];
    uint16_t values[KEYS];
    size_t n;
} model;

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\0a\0b\0c\1a\2b\3c\4\0\5\0"),
    FUZZ_SEED("\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10\0\11\3\1\3\2\3\3\0\12\0\13\0\14\4\2\7\0\0\1"),
    FUZZ_SEED("\6\40\0\1\3\1\0\2\3\2\0\3\3\3\0\4\3\4\0\5\3\5\0\6\3\6\0\7\3\7\0\10\3\10\0\11\3\11"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void forget(model *m, size_t i) {
    m->n -= m->is_there[i];
    m->is_there[i] = false;
}

/* Removes each `every`-th key that is visited, and the one behind it by number. */
static void walk(model *m, size_t every) {
    bool visited[KEYS] = { false };
    char text[NUMBERED_KEY_MAX];
    size_t n = 0;
    for (edo_map_at at = { 0 }; edo_map_next(&m->map, &at); n++) {
        uint32_t i = number_of_key(at.key), next = (i + 1) % KEYS;
        EDO_TEST_TRUE(m->is_there[i] && !visited[i]);
        EDO_TEST_TRUE(*(uint16_t *)at.value == m->values[i]);
        visited[i] = true;
        if (every == 0 || n % every != 0) continue;
        edo_map_remove_at(&m->map, &at);
        forget(m, i);
        EDO_TEST_EQ(edo_map_remove(&m->map, numbered_key(text, next), NULL), m->is_there[next]);
        forget(m, next);
    }
    for (size_t i = 0; i < KEYS; i++) EDO_TEST_TRUE(!m->is_there[i] || visited[i]);
}

static void put(model *m, uint32_t i, uint16_t value, bool by_add) {
    char text[NUMBERED_KEY_MAX];
    edo_str key = numbered_key(text, i);
    if (by_add) {
        uint16_t *at = edo_map_add(&m->map, key);
        EDO_TEST_TRUE(at && *at == (m->is_there[i] ? m->values[i] : 0));
        *at = value;
    } else {
        EDO_TEST_EQ(edo_map_put(&m->map, key, &value), !m->is_there[i]);
    }
    m->n += !m->is_there[i];
    m->is_there[i] = true;
    m->values[i] = value;
}

static void run(model *m, uint8_t what, uint32_t i) {
    char text[NUMBERED_KEY_MAX];
    uint16_t was = 0;
    switch (what % 8) {
    case 0:
    case 1: put(m, i, (uint16_t)(i * 3 + what), what % 8 == 1); break;
    case 2:
    case 3:
        EDO_TEST_EQ(edo_map_remove(&m->map, numbered_key(text, i), &was), m->is_there[i]);
        EDO_TEST_TRUE(!m->is_there[i] || was == m->values[i]);
        forget(m, i);
        break;
    case 4:
    case 5: walk(m, i % 4); break;
    case 6: EDO_TEST_OK(edo_map_reserve(&m->map, i)); break;
    default:
        if (i % 2)
            edo_map_clear(&m->map);
        else
            edo_map_deinit(&m->map);
        for (size_t k = 0; k < KEYS; k++) forget(m, k);
    }
}

static void check_map(const model *m) {
    char text[NUMBERED_KEY_MAX];
    EDO_TEST_EQ(m->map.len, m->n);
    if (m->map.marks) edoi_map_check(&m->map);
    for (uint32_t i = 0; i < KEYS; i++) {
        const uint16_t *value = edo_map_get(&m->map, numbered_key(text, i));
        EDO_TEST_EQ(value != NULL, m->is_there[i]);
        EDO_TEST_TRUE(!value || *value == m->values[i]);
    }
}

static void run_all(const uint8_t *data, size_t n, edo_arena *arena) {
    model m = { .map = { .value_size = sizeof(uint16_t), .owns_keys = true, .arena = arena } };
    for (size_t i = 0; i + 1 < n; i += 2) {
        run(&m, data[i], data[i + 1]);
        if (i % 32 == 0) check_map(&m);
    }
    check_map(&m);
    edo_map_deinit(&m.map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_arena arena = { 0 };
    run_all(data, n, NULL);
    run_all(data, n, &arena);
    edo_arena_deinit(&arena);
    return 0;
}
