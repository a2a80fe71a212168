/* SPDX-License-Identifier: MIT */
/* web/ws/deflate.c: messages through zlib. See deflate.h. */
#include "web/ws/deflate.h"

#include <edo/task.h>

#include <errno.h>

#ifdef EDOI_HAVE_ZLIB

#    include <limits.h>
#    include <pthread.h>
#    include <stdlib.h>
#    include <zlib.h>

#    define BITS_MAX  15
#    define MEMORY    8
#    define LEVEL_MAX 9
#    define LEVEL     3 /* a third of the time of zlib's 6, for a tenth more bytes */
#    define STEP      ((size_t)64 << 10) /* between which a fiber gives way */
#    define PIECE     ((size_t)32 << 10) /* expanded at once; then others have their turn */
#    define FREE      ((size_t)1 << 20)  /* to which the ratio does not apply: a pasted text */
#    define RATIO_MAX 100u
#    define FIRST     ((size_t)256)
#    define TAIL      "\0\0\xff\xff" /* ends what a sync flush has written; left out on the way */
#    define POOL_MAX  8              /* machines kept */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* A machine of zlib. Those of the pool are linked. */
typedef struct zmachine {
    z_stream z;
    struct zmachine *next;
    int bits, level; /* level -1: it inflates */
} zmachine;

/* ---- The pool -------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock; /* a leaf */
    zmachine *first;      /* the one that was used last */
    int n;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void machine_free(zmachine *m) {
    if (!m) return;
    (void)(m->level < 0 ? inflateEnd(&m->z) : deflateEnd(&m->z));
    free(m);
}

static zmachine *machine_new(int bits, int level) {
    zmachine *m = calloc(1, sizeof *m); // the pool outlives runtimes
    if (!m) return NULL;
    m->bits = bits;
    m->level = level;
    int made = level < 0
                   ? inflateInit2(&m->z, -bits)
                   : deflateInit2(&m->z, level, Z_DEFLATED, -bits, MEMORY, Z_DEFAULT_STRATEGY);
    if (made == Z_OK) return m;
    free(m);
    return NULL;
}

static zmachine *find(int bits, int level) {
    zmachine *m = NULL;
    pthread_mutex_lock(&pool.lock);
    for (zmachine **at = &pool.first; *at; at = &(*at)->next) {
        if ((*at)->bits != bits || (*at)->level != level) continue;
        m = *at;
        *at = m->next;
        pool.n--;
        break;
    }
    pthread_mutex_unlock(&pool.lock);
    return m;
}

static zmachine *machine_get(int bits, int level) {
    zmachine *m = find(bits, level);
    return m ? m : machine_new(bits, level);
}

/* Takes the machine that was used the longest ago out of the pool. Called with its lock held. */
static zmachine *take_oldest(void) {
    zmachine **at = &pool.first;
    while ((*at)->next) at = &(*at)->next;
    zmachine *m = *at;
    *at = NULL;
    pool.n--;
    return m;
}

static void machine_put(zmachine *m) {
    if ((m->level < 0 ? inflateReset(&m->z) : deflateReset(&m->z)) != Z_OK) {
        machine_free(m);
        return;
    }
    pthread_mutex_lock(&pool.lock);
    m->next = pool.first;
    pool.first = m;
    zmachine *oldest = ++pool.n > POOL_MAX ? take_oldest() : NULL;
    pthread_mutex_unlock(&pool.lock);
    machine_free(oldest);
}

bool edoi_ws_can_deflate(void) {
    return true;
}

void edoi_ws_deflate_deinit(edoi_ws_deflate *d) {
    machine_free(d->deflater);
    machine_free(d->inflater);
    d->deflater = d->inflater = NULL;
}

/* The socket's own machine, or one of the pool. */
static zmachine *begin(void *kept, int bits, int level) {
    return kept ? kept : machine_get(bits, level);
}

/* After a failure no context is kept: the conversation ends. */
static void end(void **kept, zmachine *m, bool keeps, int err) {
    if (keeps) *kept = err == 0 ? m : NULL; // else tasks that post may be here at once
    if (!keeps || err < 0) machine_put(m);
}

/* ---- Compressing ----------------------------------------------------------------------------- */

/* Calls zlib once on some of the message, with all the room that there is. */
static int step(zmachine *m, edo_str *in, edo_buf *out, size_t room, int how) {
    size_t some = in->len < STEP ? in->len : STEP;
    m->z.next_in = (Bytef *)(uintptr_t)in->ptr; // zlib only reads it
    m->z.avail_in = (uInt)some;
    m->z.next_out = (Bytef *)out->ptr + out->len;
    m->z.avail_out = (uInt)room;
    int got = m->level < 0 ? inflate(&m->z, Z_SYNC_FLUSH)
                           : deflate(&m->z, some == in->len ? how : Z_NO_FLUSH);
    out->len += room - m->z.avail_out;
    in->ptr += some - m->z.avail_in;
    in->len -= some - m->z.avail_in;
    return got;
}

static int compress_all(zmachine *m, edo_str in, edo_buf *out) {
    do {
        int err = edo_buf_reserve(out, deflateBound(&m->z, in.len < STEP ? in.len : STEP) + 16);
        if (err < 0) return err;
        if (step(m, &in, out, out->cap - out->len, Z_SYNC_FLUSH) == Z_STREAM_ERROR) return -EIO;
        if (in.len > 0) (void)edo_yield(); // a cancellation is seen at the write
    } while (in.len > 0 || m->z.avail_out == 0);
    out->len -= sizeof TAIL - 1;
    return 0;
}

static int level_of(const edoi_ws_deflate *d) {
    return d->level ? (int)least((size_t)d->level, LEVEL_MAX) : LEVEL;
}

int edoi_ws_compress(edoi_ws_deflate *d, edo_str message, edo_buf *out) {
    zmachine *m = begin(d->deflater, d->agreed.our_bits, level_of(d));
    if (!m) return -ENOMEM;
    int err = compress_all(m, message, out);
    end(&d->deflater, m, d->agreed.our_context, err);
    return err;
}

/* ---- Expanding ------------------------------------------------------------------------------- */

/* Returns how many bytes one step may make: not more than the message may have, and one by which it
 * is found to have more. 0: no memory. */
static size_t room_for(edo_buf *out, size_t first, size_t most) {
    if (out->len == out->cap) {
        size_t more = least(out->len > 0 ? out->len : first, most + 1 - out->len);
        if (edo_buf_reserve(out, more) < 0) return 0;
    }
    return least(least(out->cap - out->len, most + 1 - out->len), PIECE);
}

/* What a message may become, and what was taken of it so far. */
typedef struct bounds {
    size_t most, ratio, used;
} bounds;

static bool is_too_much(const bounds *b, size_t made) {
    return made > b->most || (made > FREE && made / b->ratio > b->used);
}

/* A block that says it is the last one ends zlib's stream; the next one begins anew. */
static int expand_some(zmachine *m, edo_str in, bounds *b, edo_buf *out) {
    size_t first = least(4 * in.len + FIRST, PIECE), room;
    do {
        if ((room = room_for(out, first, b->most)) == 0) return -ENOMEM;
        const char *from = in.ptr;
        int got = step(m, &in, out, room, Z_SYNC_FLUSH);
        b->used += (size_t)(in.ptr - from);
        if (is_too_much(b, out->len)) return -EMSGSIZE;
        if (got == Z_STREAM_END) got = inflateReset(&m->z);
        if (got == Z_MEM_ERROR) return -ENOMEM;
        if (got != Z_OK && got != Z_BUF_ERROR) return -EILSEQ;
        if (in.len > 0 || room == PIECE)
            (void)edo_yield(); // a cancellation is seen at the next wait
    } while (in.len > 0 || m->z.avail_out == 0);
    return 0;
}

int edoi_ws_expand(edoi_ws_deflate *d, edo_str message, size_t most, edo_buf *out) {
    zmachine *m = begin(d->inflater, BITS_MAX, -1);
    if (!m) return -ENOMEM;
    bounds b = { .most = least(most, SIZE_MAX - 1), // one more has to be a number
                 .ratio = d->ratio_max ? d->ratio_max : RATIO_MAX };
    int err = message.len > 0 ? expand_some(m, message, &b, out) : 0;
    if (err == 0) err = expand_some(m, (edo_str){ TAIL, sizeof TAIL - 1 }, &b, out);
    end(&d->inflater, m, d->agreed.their_context, err);
    return err;
}

#else

bool edoi_ws_can_deflate(void) {
    return false;
}

void edoi_ws_deflate_deinit(edoi_ws_deflate *d) {
    (void)d;
}

int edoi_ws_compress(edoi_ws_deflate *d, edo_str message, edo_buf *out) {
    (void)d, (void)message, (void)out;
    return -ENOTSUP;
}

int edoi_ws_expand(edoi_ws_deflate *d, edo_str message, size_t most, edo_buf *out) {
    (void)d, (void)message, (void)most, (void)out;
    return -ENOTSUP;
}

#endif
