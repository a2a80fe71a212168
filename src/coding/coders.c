/* SPDX-License-Identifier: MIT */
/* coding/coders.c: see coders.h. */
#include "coding/coders.h"

#include "base/assert.h"

#include <errno.h>

#define KEPT_MAX 16u

void edoi_coders_init(edoi_coders *c, bool decodes, int level, uint32_t max) {
    *c = (edoi_coders){ .decodes = decodes, .level = level, .max = max };
    (void)pthread_mutex_init(&c->lock, NULL); // this never fails without attributes
}

static void coder_end(edoi_coder *coder) {
    if (coder->state) coder->ops->free(coder->state);
    edo_rc_unref(coder);
}

void edoi_coders_deinit(edoi_coders *c) {
    for (int i = 0; i < EDOI_CODINGS_N; i++) {
        edoi_coder *next;
        for (edoi_coder *coder = c->kept[i]; coder; coder = next) {
            next = coder->next;
            coder_end(coder);
        }
    }
    (void)pthread_mutex_destroy(&c->lock);
}

bool edoi_coders_enter(edoi_coders *c) {
    (void)pthread_mutex_lock(&c->lock);
    bool has_place = c->bodies_n < c->max;
    if (has_place) c->bodies_n++;
    (void)pthread_mutex_unlock(&c->lock);
    return has_place;
}

void edoi_coders_leave(edoi_coders *c) {
    (void)pthread_mutex_lock(&c->lock);
    EDO_ASSERT(c->bodies_n > 0);
    c->bodies_n--;
    (void)pthread_mutex_unlock(&c->lock);
}

/* Takes a coder that was kept; NULL: there is none. */
static edoi_coder *coders_take_kept(edoi_coders *c, edoi_coding coding) {
    (void)pthread_mutex_lock(&c->lock);
    edoi_coder *coder = c->kept[coding];
    if (coder) {
        EDO_ASSERT(c->kept_n > 0 && coder->coding == coding);
        c->kept[coding] = coder->next;
        c->kept_n--;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return coder;
}

static edoi_coder *new_coder(const edoi_coders *c, edoi_coding coding) {
    edoi_coder *coder = edo_rc_new(sizeof *coder, NULL);
    if (!coder) return NULL;
    coder->ops = c->decodes ? edoi_decoder_of(coding) : edoi_encoder_of(coding);
    coder->coding = coding;
    coder->state = NULL;
    return coder;
}

int edoi_coders_get(edoi_coders *c, edoi_coder **out, edoi_coding coding) {
    edoi_coder *coder = coders_take_kept(c, coding);
    if (!coder) coder = new_coder(c, coding);
    if (coder && !coder->state) coder->state = coder->ops->make(c->level);
    if (coder && coder->state) {
        *out = coder;
        return 0;
    }
    if (coder) coder_end(coder);
    return -ENOMEM;
}

void edoi_coders_put(edoi_coders *c, edoi_coder *coder) {
    if (!coder->ops->reset || !coder->ops->reset(coder->state)) {
        coder->ops->free(coder->state);
        coder->state = NULL; // it is made anew for the next body
    }
    EDO_ASSERT(coder->coding < EDOI_CODINGS_N);
    (void)pthread_mutex_lock(&c->lock);
    bool keeps = c->kept_n < KEPT_MAX;
    if (keeps) {
        coder->next = c->kept[coder->coding];
        c->kept[coder->coding] = coder;
        c->kept_n++;
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (!keeps) coder_end(coder);
}
