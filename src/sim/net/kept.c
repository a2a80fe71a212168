/* SPDX-License-Identifier: MIT */
/* sim/net/kept.c: see kept.h. A list is copied on write: sockets that a listener accepts share its
 * list until one of them changes it. */
#include "sim/net/kept.h"

typedef struct kept_option {
    int level, name, value;
} kept_option;

struct edoi_simkept {
    uint32_t refs, n;
    kept_option options[];
};

edoi_simkept *edoi_simkept_share(edoi_simkept *k) {
    if (k) k->refs++;
    return k;
}

void edoi_simkept_unref(edoi_simkept *k) {
    if (k && --k->refs == 0) edoi_free(k);
}

static kept_option *kept_option_at(edoi_simkept *k, int level, int name) {
    for (uint32_t i = 0; k && i < k->n; i++)
        if (k->options[i].level == level && k->options[i].name == name) return &k->options[i];
    return NULL;
}

/* A list of `n` options for one socket, which begins with the options of `from` (may be NULL). */
static edoi_simkept *kept_copy(const edoi_simkept *from, uint32_t n) {
    edoi_simkept *k = (edoi_simkept *)edoi_calloc(1, sizeof *k + n * sizeof k->options[0]);
    if (!k) return NULL;
    k->refs = 1;
    k->n = n;
    for (uint32_t i = 0; from && i < from->n; i++) k->options[i] = from->options[i];
    return k;
}

int edoi_simkept_set(edoi_simsock *s, int level, int name, int value) {
    const kept_option *former = kept_option_at(s->kept, level, name);
    uint32_t n = s->kept ? s->kept->n : 0;
    if (former && former->value == value) return 0;
    if (!former || s->kept->refs > 1) {
        edoi_simkept *k = kept_copy(s->kept, former ? n : n + 1);
        if (!k) return -ENOMEM;
        if (!former) k->options[n] = (kept_option){ level, name, value };
        edoi_simkept_unref(s->kept);
        s->kept = k;
    }
    kept_option_at(s->kept, level, name)->value = value;
    return 0;
}

int edoi_simkept_get(const edoi_simsock *s, int level, int name, int value) {
    const kept_option *o = kept_option_at(s->kept, level, name);
    return o ? o->value : value;
}
