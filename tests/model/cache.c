/* SPDX-License-Identifier: MIT */
/* Goal: callers with one key load once between them, what a load has read before a remove is not
 * there after it, and each value ends once, also when entries push out each other. */
#include "model.h"

#include "base/atomic.h"

#include <edo/cache.h>

static edo_cache *cache;
static edo_atomic_u32 source, loads_n, alive_n; // what loads read, how many there were

static void value_end(void *value) {
    (void)value;
    (void)edoi_sub_rlx_u32(&alive_n, 1);
}

static int loads(void **value, edo_str key, void *arg) {
    (void)key, (void)arg;
    uint32_t *made = edo_rc_new(sizeof *made, value_end);
    MODEL_CHECK(made != NULL);
    (void)edoi_add_rlx_u32(&alive_n, 1);
    (void)edoi_add_rlx_u32(&loads_n, 1);
    *made = edoi_load_rlx_u32(&source);
    *value = made;
    return 0;
}

static uint32_t get(const char *key) {
    void *value = NULL;
    MODEL_CHECK(edo_cache_get_or_load(cache, &value, edo_str_of(key), loads, NULL) == 0);
    uint32_t read = *(uint32_t *)value;
    edo_rc_unref(value);
    return read;
}

static void begin(size_t entries_max) {
    const edo_cache_opts opts = { .entries_max = entries_max, .ttl = { EDO_FOREVER_NS } };
    edoi_store_rlx_u32(&source, 1);
    MODEL_CHECK(edo_cache_new(&cache, &opts) == 0);
}

static void over(void) {
    edo_cache_unref(cache);
    MODEL_CHECK(edoi_load_rlx_u32(&alive_n) == 0);
}

static void reads(void *key) {
    MODEL_CHECK(get(key) == 1);
}

static void two_callers_load_once(void) {
    static char key[] = "k";
    begin(10);
    edoi_model_start(reads, key);
    reads(key);
    edoi_model_wait();
    MODEL_CHECK(edoi_load_rlx_u32(&loads_n) == 1);
    over();
}

static void changes(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&source, 2);
    (void)edo_cache_remove(cache, EDO_STR("k"));
    MODEL_CHECK(get("k") == 2);
}

/* A call that begins after the remove reads what came before it, whatever a load had read. */
static void nothing_old_after_a_remove(void) {
    begin(10);
    edoi_model_start(changes, NULL);
    (void)get("k");
    edoi_model_wait();
    MODEL_CHECK(get("k") == 2);
    over();
}

static void entries_push_out_each_other(void) {
    static char a[] = "a", b[] = "b";
    begin(1);
    edoi_model_start(reads, a);
    reads(b);
    edoi_model_wait();
    MODEL_CHECK(edo_cache_get_stats(cache).entries == 1);
    over();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(two_callers_load_once),
        MODEL(nothing_old_after_a_remove),
        MODEL(entries_push_out_each_other),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
