/* SPDX-License-Identifier: MIT */
/* cached.c: prices from a shop that is slow, and for a while down: they are asked for once while
 * they are fresh, replaced in the background when they grow old, and served old while the shop is
 * down. */
#include <edo/cache.h>
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct shop {
    edo_cache *prices;
    int questions_n;
    bool is_down;
} shop;

/* Pretends to ask the shop. */
static int ask_shop(void **value, edo_str article, void *arg) {
    shop *s = arg;
    (void)article;
    int err = edo_sleep(edo_ms(10));
    if (err < 0) return err;
    if (s->is_down) return -ECONNREFUSED;
    int *price = edo_rc_new(sizeof *price, NULL);
    if (!price) return -ENOMEM;
    *price = 100 + ++s->questions_n;
    *value = price;
    return 0;
}

static int show(shop *s, const char *when) {
    void *price;
    int err = edo_cache_get_or_load(s->prices, &price, EDO_STR("tea"), ask_shop, s);
    if (err < 0) return err;
    printf("%s: %d\n", when, *(int *)price);
    edo_rc_unref(price);
    return 0;
}

static int show_all(shop *s) {
    int err = show(s, "first");
    if (err == 0) err = show(s, "again");
    if (err == 0) err = edo_sleep(edo_ms(250)); // the price is 200 ms old at most when it is fresh
    if (err == 0) err = show(s, "old");
    if (err == 0) err = edo_sleep(edo_ms(50)); // meanwhile the next one is loaded
    if (err == 0) err = show(s, "replaced");
    s->is_down = true;
    if (err == 0) err = edo_sleep(edo_ms(1000));
    if (err == 0) err = show(s, "shop is down");
    return err;
}

static int root(void *arg) {
    shop s = { .is_down = false };
    (void)arg;
    int err = edo_cache_new(&s.prices, &(edo_cache_opts){ .name = "prices",
                                                          .ttl = edo_ms(200),
                                                          .stale_while = edo_ms(500),
                                                          .stale_if_error = edo_minutes(10) });
    if (err == 0) err = show_all(&s);
    edo_cache_unref(s.prices);
    return err;
}

int main(void) {
    // time passes as soon as nobody has anything to do, so that no busy machine disturbs
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
