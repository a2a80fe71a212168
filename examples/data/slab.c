/* SPDX-License-Identifier: MIT */
/* slab.c: objects that are dear to make, lent to one request at a time and used again. */
#include <edo/edo.h>
#include <edo/slab.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { REQUESTS = 1000, AT_ONCE = 4, TEXT_BYTES = 64 * 1024 };

/* What a request writes its answer into. */
typedef struct scratch {
    char *text;
    size_t used;
} scratch;

static int scratch_construct(void *arg, void *object) {
    scratch *s = object;
    (void)arg;
    *s = (scratch){ .text = malloc(TEXT_BYTES) };
    return s->text ? 0 : -ENOMEM;
}

static void scratch_reset(void *arg, void *object) {
    scratch *s = object;
    (void)arg;
    s->used = 0; // the buffer stays
}

static void scratch_destruct(void *arg, void *object) {
    scratch *s = object;
    (void)arg;
    free(s->text);
}

static int answer(void *arg) {
    edo_slab *pool = arg;
    scratch *s = edo_slab_get(pool);
    if (!s) return -ENOMEM;
    s->used = (size_t)snprintf(s->text, TEXT_BYTES, "%s", "an answer");
    int err = edo_sleep(edo_ms(10)); // sends it
    edo_slab_put(pool, s);           // on every path, once
    return err;
}

static int serve(edo_slab *pool) {
    EDO_SCOPE(all, &(edo_scope_opts){ .at_once = AT_ONCE });
    for (int i = 0; i < REQUESTS; i++) edo_scope_spawn(&all, answer, pool);
    return edo_scope_end(&all, 0);
}

static int root(void *arg) {
    (void)arg;
    edo_slab *pool;
    const edo_slab_opts opts = { .name = "scratch",
                                 .kept_max = 100,
                                 .construct = scratch_construct,
                                 .reset = scratch_reset,
                                 .destruct = scratch_destruct };
    int err = edo_slab_new(&pool, sizeof(scratch), &opts);
    if (err < 0) return err;
    err = serve(pool);

    edo_slab_stats now;
    edo_slab_get_stats(pool, &now);
    printf("%d requests, %d buffers made, %d in use\n", REQUESTS, (int)now.made, (int)now.in_use);
    printf("%d freed after the burst\n", (int)edo_slab_trim(pool));
    edo_slab_free(pool);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
