/* SPDX-License-Identifier: MIT */
/* web/ws/codec/deflate.c: compresses and expands messages by zlib. See deflate.h. */
#include "web/ws/codec/deflate.h"

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
#    define STEP      ((size_t)64 << 10) /* after each of these a fiber gives way */
#    define PIECE     ((size_t)32 << 10) /* expanded at once; then other tasks run */
#    define FREE      ((size_t)1 << 20)  /* to which the ratio does not apply: a pasted text */
#    define RATIO_MAX 100u
#    define FIRST     ((size_t)256)
#    define TAIL      "\0\0\xff\xff" /* the end of a sync flush, which is not sent */
#    define POOL_MAX  8              /* machines kept */

static size_t deflate_least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* A machine of zlib. Those in the pool are linked. */
typedef struct zmachine {
    z_stream z;
    struct zmachine *next;
    int bits, level; /* level -1: the machine inflates */
} zmachine;

/* ---- The pool -------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock; /* a leaf */
    zmachine *first;      /* the one used last */
    int n;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void machine_free(zmachine *m) {
    if (!m) return;
    (void)(m->level < 0 ? inflateEnd(&m->z) : deflateEnd(&m->z));
    free(m);
}

/* For a window of 8 bits zlib has no stream of its own: one of 9 whose matches reach back by one
 * byte is as good for a peer that keeps 256 bytes. */
static int zmachine_begin_deflate(z_stream *z, int bits, int level) {
    bool is_least = bits < (int)EDOI_WS_BITS_MIN;
    return deflateInit2(z, level, Z_DEFLATED, is_least ? -(int)EDOI_WS_BITS_MIN : -bits, MEMORY,
                        is_least ? Z_RLE : Z_DEFAULT_STRATEGY);
}

static zmachine *machine_new(int bits, int level) {
    zmachine *m = calloc(1, sizeof *m); // the pool outlives runtimes
    if (!m) return NULL;
    m->bits = bits;
    m->level = level;
    int made = level < 0 ? inflateInit2(&m->z, -bits) : zmachine_begin_deflate(&m->z, bits, level);
    if (made == Z_OK) return m;
    free(m);
    return NULL;
}

static zmachine *deflate_find(int bits, int level) {
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
    zmachine *m = deflate_find(bits, level);
    return m ? m : machine_new(bits, level);
}

/* Takes the machine that was used longest ago out of the pool. Called with its lock held. */
static zmachine *deflate_take_oldest(void) {
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
    zmachine *oldest = ++pool.n > POOL_MAX ? deflate_take_oldest() : NULL;
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

/* Returns the socket's own machine, or one of the pool. */
static zmachine *deflate_begin(void *kept, int bits, int level) {
    return kept ? kept : machine_get(bits, level);
}

/* Gives the machine back. After a failure no context is kept, since the conversation ends. */
static void deflate_end(void **kept, zmachine *m, bool keeps, int err) {
    if (keeps) *kept = err == 0 ? m : NULL; // else tasks that post may use `kept` at once
    if (!keeps || err < 0) machine_put(m);
}

/* ---- Compressing ----------------------------------------------------------------------------- */

/* Calls zlib once for some of the message, with all the room in the output. */
static int zmachine_step(zmachine *m, edo_str *in, edo_buf *out, size_t room, int how) {
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
        if (zmachine_step(m, &in, out, out->cap - out->len, Z_SYNC_FLUSH) == Z_STREAM_ERROR)
            return -EIO;
        if (in.len > 0) (void)edo_yield(); // the write notices a cancellation
    } while (in.len > 0 || m->z.avail_out == 0);
    out->len -= sizeof TAIL - 1;
    return 0;
}

static int level_of(const edoi_ws_deflate *d) {
    return d->level ? (int)deflate_least((size_t)d->level, LEVEL_MAX) : LEVEL;
}

int edoi_ws_compress(edoi_ws_deflate *d, edo_str message, edo_buf *out) {
    zmachine *m = deflate_begin(d->deflater, d->agreed.our_bits, level_of(d));
    if (!m) return -ENOMEM;
    int err = compress_all(m, message, out);
    deflate_end(&d->deflater, m, d->agreed.our_context, err);
    return err;
}

/* ---- Expanding ------------------------------------------------------------------------------- */

/* Returns how many bytes one step may make: at most the rest of the message's limit, and one more,
 * which shows that it is exceeded. Returns 0 without memory. */
static size_t deflate_room_for(edo_buf *out, size_t first, size_t most) {
    if (out->len == out->cap) {
        size_t rest = most + 1 - out->len;
        size_t more = deflate_least(out->len > 0 ? out->len : first, rest);
        if (rest - more <= PIECE) more = rest; // else the last byte would double the buffer
        if (edo_buf_reserve(out, more) < 0) return 0;
    }
    return deflate_least(deflate_least(out->cap - out->len, most + 1 - out->len), PIECE);
}

/* The bounds of an expanded message. */
typedef struct bounds {
    size_t most, ratio;
} bounds;

static bool bounds_is_too_much(const bounds *b, size_t used, size_t made) {
    return made > b->most || (made > FREE && made / b->ratio > used);
}

/* Room for four times the bytes: a power of two, as limits of messages are, so that doubling it
 * ends at the limit. */
static size_t deflate_first_room(size_t bytes) {
    size_t n = FIRST;
    while (n < PIECE && n / 4 < bytes) n *= 2;
    return n;
}

static void expand_next(edoi_ws_expansion *e, edo_str bytes, bool is_tail) {
    e->left = bytes;
    e->first = deflate_first_room(bytes.len);
    e->in_tail = is_tail;
}

/* Expands a piece. Returns 0, 1 if there is more, or a code. After a block that says it is the last
 * one zlib's stream begins anew. */
static int expand_piece(edoi_ws_expansion *e, const bounds *b, edo_buf *out) {
    zmachine *m = e->machine;
    for (;;) {
        size_t room = deflate_room_for(out, e->first, b->most);
        if (room == 0) return -ENOMEM;
        const char *from = e->left.ptr;
        int got = zmachine_step(m, &e->left, out, room, Z_SYNC_FLUSH);
        e->used += (size_t)(e->left.ptr - from);
        if (bounds_is_too_much(b, e->used, out->len)) return -EMSGSIZE;
        if (got == Z_STREAM_END) got = inflateReset(&m->z);
        if (got == Z_MEM_ERROR) return -ENOMEM;
        if (got != Z_OK && got != Z_BUF_ERROR) return -EILSEQ;
        bool goes_on = e->left.len > 0 || m->z.avail_out == 0;
        bool is_piece = e->left.len > 0 || room == PIECE;
        if (!goes_on && e->in_tail) return 0;
        if (!goes_on) expand_next(e, (edo_str){ TAIL, sizeof TAIL - 1 }, true);
        if (is_piece) return 1;
    }
}

int edoi_ws_expand(edoi_ws_deflate *d, edoi_ws_expansion *e, edo_str message, size_t most,
                   edo_buf *out) {
    const bounds b = { .most = deflate_least(most, SIZE_MAX - 1), // leaves room for one more
                       .ratio = d->ratio_max ? d->ratio_max : RATIO_MAX };
    if (!e->machine) {
        bool is_empty = message.len == 0;
        e->machine = deflate_begin(d->inflater, BITS_MAX, -1);
        if (!e->machine) return -ENOMEM;
        d->inflater = NULL; // the expansion owns it now
        e->used = 0;
        expand_next(e, is_empty ? (edo_str){ TAIL, sizeof TAIL - 1 } : message, is_empty);
    }
    int err = expand_piece(e, &b, out);
    if (err == 1) return 1;
    deflate_end(&d->inflater, e->machine, d->agreed.their_context, err);
    e->machine = NULL;
    return err;
}

void edoi_ws_expansion_deinit(edoi_ws_expansion *e) {
    machine_free(e->machine);
    e->machine = NULL;
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

int edoi_ws_expand(edoi_ws_deflate *d, edoi_ws_expansion *e, edo_str message, size_t most,
                   edo_buf *out) {
    (void)d, (void)e, (void)message, (void)most, (void)out;
    return -ENOTSUP;
}

void edoi_ws_expansion_deinit(edoi_ws_expansion *e) {
    (void)e;
}

#endif
