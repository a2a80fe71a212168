/* SPDX-License-Identifier: MIT */
/* carrier.c: see carrier.h. Its tasks:
 *
 *     publish_run()   publishes what waits in the queue, many messages in one piece
 *     beat_run()      each second puts a beat into the queue, and looks whether the last came back
 *     listen_run()    has the subscription: to the program's own channel, that of all programs, and
 *                     those of rooms that have members. hear_run() reads it; while the channels
 *                     change it is cancelled, since one task at a time uses a subscription
 *     company_run()   tells the others who is here, and lets them go that are silent: company.h
 *
 * Channels are "edo-chat:STORE:room:NAME", with the name in lower case, "edo-chat:STORE:by:RUN" and
 * "edo-chat:STORE:all". Those of Redis are the same in all its databases, so the store's identity
 * is in them. */
#include "node/carrier.h"

#include "node/carried.h"
#include "node/company.h"
#include "node/direct.h"
#include "node/hearing.h"
#include "storage/storage.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/mpsc.h>
#include <edo/redis.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARRIER_QUEUE 4096 /* messages that wait to be published; what finds no room is not */
#define CARRIER_BATCH 128  /* that are published in one piece */
#define CARRIER_BYTES ((int_fast64_t)16 << 20) /* of the texts of those that wait */
#define WHY_BYTES     256
#define CHANNEL_BYTES (STORE_IDENTITY_BYTES + NAME_BYTES_MAX + 24)

#define CARRIER_NOTICES (CARRIER_QUEUE / 2) /* of these; what is lost of them is asked for */

static const edo_duration beat_every = EDO_S(1), silence_max = EDO_MS(2500), pause = EDO_S(1),
                          rest_max = EDO_MS(500), farewell_max = EDO_MS(300),
                          changes_for = EDO_MS(50); // of rooms: they are followed together

/* What is to be published: a share of a message; or a text for a program; or a notice for a room,
 * or for all if that has no name; neither: a beat. */
typedef struct parcel {
    message *said;
    edo_buf text;
    uint64_t program; /* 0: the text is a notice */
    name where;
} parcel;

struct carrier {
    room_carrier ways;       /* const */
    edo_redis *redis;        /* const */
    directory *in;           /* const */
    question *asks;          /* const */
    char run[21];            /* const; tells this program from others */
    char own[CHANNEL_BYTES]; /* const; its channel */
    char all[CHANNEL_BYTES]; /* const; that of all programs */

    edo_mpsc_tx *queue;
    edo_mpsc_rx *work;
    edo_notify followed;         /* the rooms that have members may be others */
    hearing_tellers tellers;     /* tell rooms what was heard */
    direct *letters;             /* const */
    company *company;            /* const; who is in rooms elsewhere */
    atomic_bool carries;         /* written by beat_run() and hear_run() */
    atomic_int_fast64_t beat_ns; /* when a beat came back last */
    atomic_uint_fast64_t published_n, heard_n, unpublished_n;
    atomic_int_fast64_t queued_bytes; /* of the texts of what is in the queue */
    atomic_int notices_n;             /* that are there */

    pthread_mutex_t lock; /* of each change of `carries`, so that the question knows the last one */
    char why[WHY_BYTES];  /* lock: lock; the last failure since a beat came back, or "" */

    parcel batch[CARRIER_BATCH]; /* of publish_run() */

    /* Of the task that has the subscription. */
    edo_redis_sub *sub;
    name *rooms; /* that are subscribed to, sorted */
    size_t rooms_n;
};

static void parcel_drop(void *elem) {
    parcel *p = elem;
    edo_rc_unref(p->said);
    edo_buf_deinit(&p->text);
}

/* ---- Whether it carries ---------------------------------------------------------------------- */

/* beat_run() and hear_run() may do so at once. */
static void note_carries(carrier *self, bool carries) {
    pthread_mutex_lock(&self->lock);
    bool was = atomic_exchange(&self->carries, carries);
    if (was != carries) {
        question_note_carried(self->asks, carries); // what was missed is asked for
        company_note_carried(self->company, carries);
    }
    pthread_mutex_unlock(&self->lock);
    if (carries && !was) edo_info("Redis carries what is said to other nodes");
}

static void set_why(carrier *self, const char *why) {
    pthread_mutex_lock(&self->lock);
    (void)snprintf(self->why, sizeof self->why, "%s", why);
    pthread_mutex_unlock(&self->lock);
}

static void copy_why(carrier *self, char out[WHY_BYTES]) {
    pthread_mutex_lock(&self->lock);
    (void)snprintf(out, WHY_BYTES, "%s", self->why[0] ? self->why : "it is silent");
    pthread_mutex_unlock(&self->lock);
}

/* Redis has failed with that, whose trail ends here: it is told if Redis is silent for long. */
static void note_failure(carrier *self, int err) {
    char why[WHY_BYTES];
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    if (err != -ECANCELED) set_why(self, why);
    edo_trail_clear();
}

static void note_beat(carrier *self) {
    atomic_store(&self->beat_ns, edo_now().ns);
    if (carrier_carries(self)) return;
    set_why(self, "");
    note_carries(self, true);
}

/* Told once in each silence. */
static void tell_silence(carrier *self) {
    char why[WHY_BYTES];
    copy_why(self, why);
    edo_warn("Redis does not carry what is said, so PostgreSQL is asked each second: %s", why);
}

static bool is_silent(const carrier *self) {
    return edo_now().ns - atomic_load(&self->beat_ns) > silence_max.ns;
}

/* ---- Publishing ------------------------------------------------------------------------------ */

static void channel_of(const name *of, char out[CHANNEL_BYTES], const char *where) {
    char key[NAME_BYTES_MAX + 1];
    name_key(of, key);
    (void)snprintf(out, CHANNEL_BYTES, "edo-chat:%s:room:%s", where, key);
}

static const char *store_of(const carrier *self) {
    return storage_identity(self->in->storage);
}

/* Returns whether the queue has room for as many bytes more, which it has then. */
static bool queue_takes(carrier *self, int_fast64_t bytes) {
    if (atomic_fetch_add(&self->queued_bytes, bytes) + bytes <= CARRIER_BYTES) return true;
    atomic_fetch_sub(&self->queued_bytes, bytes);
    return false;
}

static int_fast64_t parcel_bytes(const parcel *p) {
    return (int_fast64_t)(p->said ? p->said->what.text.len : p->text.len);
}

/* Returns whether there was room for it. Owns: takes what is in it then. */
static bool put_parcel(carrier *self, const parcel *p) {
    int_fast64_t bytes = parcel_bytes(p);
    if (!queue_takes(self, bytes)) return false;
    bool is_in = edo_mpsc_try_send(self->queue, p) == 0;
    if (!is_in) atomic_fetch_sub(&self->queued_bytes, bytes);
    return is_in;
}

/* Called with a room's lock held. */
static void carrier_kept(void *arg, message *m) {
    carrier *self = arg;
    const parcel p = { .said = edo_rc_ref(m) };
    if (put_parcel(self, &p)) return;
    edo_rc_unref(p.said);
    atomic_fetch_add(&self->unpublished_n, 1);
}

/* As of a direct_publish. While Redis is silent, too: what is told of letters that were published
 * before is said once, and Redis may only be slow. */
static int carrier_publish(void *arg, uint64_t program, edo_buf *text) {
    carrier *self = arg;
    const parcel p = { .text = *text, .program = program };
    if (program == 0 || !put_parcel(self, &p)) return -EHOSTUNREACH;
    *text = (edo_buf){ 0 };
    return 0;
}

static int carrier_tell(void *arg, const letter *what) {
    const carrier *self = arg;
    return carrier_carries(self) ? direct_tell(self->letters, what) : -EHOSTUNREACH;
}

static void carrier_give_back(void *arg, const returned *what) {
    const carrier *self = arg;
    direct_give_back(self->letters, what);
}

static bool parcel_is_notice(const parcel *p) {
    return !p->said && p->program == 0 && p->text.len > 0;
}

/* As of company_ways. Messages have room beside them. */
static void carrier_publish_notice(void *arg, const name *where, edo_buf *text) {
    carrier *self = arg;
    parcel p = { .text = *text };
    if (where) p.where = *where;
    if (atomic_fetch_add(&self->notices_n, 1) < CARRIER_NOTICES && put_parcel(self, &p)) return;
    atomic_fetch_sub(&self->notices_n, 1);
    parcel_drop(&p);
}

static void channel_of_program(char out[CHANNEL_BYTES], const char *where, uint64_t program) {
    (void)snprintf(out, CHANNEL_BYTES, "edo-chat:%s:by:%" PRIu64, where, program);
}

static void channel_of_parcel(const carrier *self, const parcel *p, char out[CHANNEL_BYTES]) {
    if (p->said) {
        channel_of(&p->said->what.room, out, store_of(self));
    } else if (p->program > 0) {
        channel_of_program(out, store_of(self), p->program);
    } else if (*p->where.text) {
        channel_of(&p->where, out, store_of(self));
    } else {
        (void)snprintf(out, CHANNEL_BYTES, "%s", parcel_is_notice(p) ? self->all : self->own);
    }
}

/* A beat is an empty text. Without memory a message is not published. */
static void add_parcel(const carrier *self, edo_redis_batch *to, edo_buf *text, const parcel *p) {
    char channel[CHANNEL_BYTES];
    const edo_buf *what = p->said ? text : &p->text;
    text->len = 0;
    if (p->said && carried_print(text, p->said, self->run) < 0) return;
    channel_of_parcel(self, p, channel);
    (void)edo_redis_batch_add(to, "PUBLISH %s %b", channel, what->len > 0 ? what->ptr : "",
                              what->len);
}

/* Messages that cannot be published are read from the store by others. */
static int publish(carrier *self, parcel *parcels, int n) {
    edo_redis_batch batch = { 0 };
    edo_buf text = { 0 };
    uint64_t messages_n = 0;
    for (int i = 0; i < n; i++) {
        messages_n += parcels[i].said != NULL;
        atomic_fetch_sub(&self->notices_n, parcel_is_notice(&parcels[i]));
        atomic_fetch_sub(&self->queued_bytes, parcel_bytes(&parcels[i]));
        add_parcel(self, &batch, &text, &parcels[i]);
        parcel_drop(&parcels[i]);
    }
    int err = edo_redis_pipeline(self->redis, NULL, &batch);
    atomic_fetch_add(err < 0 ? &self->unpublished_n : &self->published_n, messages_n);
    edo_redis_batch_deinit(&batch);
    edo_buf_deinit(&text);
    return err;
}

/* What is in the queue at the end, as of those who have just gone: while Redis responds, and not
 * for long. */
static void publish_rest(carrier *self) {
    EDO_SHIELD(sh, rest_max);
    int n = 1, err = 0;
    while (n > 0 && err == 0) {
        n = 0;
        while (n < CARRIER_BATCH && edo_mpsc_try_recv(self->work, &self->batch[n]) == 0) n++;
        if (n > 0) err = publish(self, self->batch, n);
    }
    (void)edo_shield_end(&sh, err);
}

/* `arg` is the carrier; a task's function. */
static int publish_run(void *arg) {
    carrier *self = arg;
    int n;
    while ((n = edo_mpsc_recv_many(self->work, self->batch, CARRIER_BATCH)) > 0) {
        int err = publish(self, self->batch, n);
        if (err < 0) note_failure(self, err);
    }
    publish_rest(self);
    return n;
}

/* `arg` is the carrier; a task's function. */
static int beat_run(void *arg) {
    carrier *self = arg;
    int err = 0;
    bool is_told = false;
    while (err == 0) {
        const parcel beat = { .said = NULL };
        (void)edo_mpsc_try_send(self->queue, &beat); // a queue that is full is silent, too
        err = edo_sleep(beat_every);
        bool is_to_tell = err == 0 && is_silent(self);
        if (is_to_tell) note_carries(self, false);
        if (is_to_tell && !is_told) tell_silence(self);
        is_told = is_to_tell;
    }
    return err;
}

/* ---- Hearing --------------------------------------------------------------------------------- */

static void hear_message(carrier *self, edo_str text, edo_arena *of) {
    saying what;
    edo_str by;
    if (carried_read(text, of, &what, &by) < 0) {
        edo_debug("what another node has published is no message");
        return;
    }
    if (edo_str_equal(by, edo_str_of(self->run))) return;
    atomic_fetch_add(&self->heard_n, 1);
    hearing_take(self->in, &what, &self->tellers);
}

static void carrier_hear(carrier *self, const edo_redis_message *m, edo_arena *of) {
    bool is_own = edo_str_equal(m->channel, edo_str_of(self->own));
    if (!is_own) {
        if (!company_hear(self->company, m->data, of)) hear_message(self, m->data, of);
    } else if (m->data.len == 0) {
        note_beat(self);
    } else {
        direct_hear(self->letters, m->data, of);
    }
}

/* `arg` is the carrier; a task's function. */
static int hear_run(void *arg) {
    carrier *self = arg;
    edo_redis_message m;
    edo_arena texts = { 0 };
    int rc = 1;
    while (rc == 1) {
        rc = edo_redis_sub_next(self->sub, &m);
        if (rc == 1) {
            carrier_hear(self, &m, &texts);
            edo_arena_reset(&texts);
        } else if (rc == -EDO_ELAGGED) {
            question_ask_soon(self->asks);
            company_note_lost(self->company);
            rc = 1;
        }
    }
    edo_arena_deinit(&texts);
    return rc == 0 ? -EDO_ECLOSED : rc;
}

static void carrier_followed(void *arg) {
    edo_notify_one(&((carrier *)arg)->followed);
}

/* Channels of rooms that have members now, or have none any more. */
typedef struct channels {
    edo_str *names;
    char (*texts)[CHANNEL_BYTES];
    const name **rooms; /* of the same */
    size_t n;
} channels;

static void channels_free(channels *self) {
    free(self->names);
    free(self->texts);
    free(self->rooms);
}

/* There is room for `most`. */
static int channels_make(channels *out, size_t most) {
    *out = (channels){ .names = calloc(most + 1, sizeof *out->names),
                       .texts = calloc(most + 1, sizeof *out->texts),
                       .rooms = calloc(most + 1, sizeof *out->rooms) };
    return out->names && out->texts && out->rooms ? 0 : -ENOMEM;
}

static void channels_add(channels *self, const carrier *of, const name *where) {
    char *text = self->texts[self->n];
    channel_of(where, text, store_of(of));
    self->rooms[self->n] = where;
    self->names[self->n++] = edo_str_of(text);
}

/* Those of the wanted rooms that are not subscribed to, and of those that are, and are not wanted.
 * Both lists of rooms are sorted. */
static void compare_rooms(const carrier *self, const name *wanted, size_t n, channels *come,
                          channels *go) {
    size_t i = 0, old = 0;
    while (i < n || old < self->rooms_n) {
        int order = i == n                 ? 1
                    : old == self->rooms_n ? -1
                                           : name_compare(&wanted[i], &self->rooms[old]);
        if (order < 0) channels_add(come, self, &wanted[i]);
        if (order > 0) channels_add(go, self, &self->rooms[old]);
        i += order <= 0;
        old += order >= 0;
    }
}

/* After a failure the subscription is made anew. What was said in a new room meanwhile is asked
 * for. */
static int subscribe_to(carrier *self, const name *wanted, size_t n) {
    channels come = { .n = 0 }, go = { .n = 0 };
    int err = channels_make(&come, n);
    if (err == 0) err = channels_make(&go, self->rooms_n);
    if (err == 0) compare_rooms(self, wanted, n, &come, &go);
    if (err == 0) err = edo_redis_sub_add_many(self->sub, come.names, come.n);
    if (err == 0) err = edo_redis_sub_remove_many(self->sub, go.names, go.n);
    for (size_t i = 0; err == 0 && i < come.n; i++)
        company_note_followed(self->company, come.rooms[i]);
    if (come.n > 0) question_ask_soon(self->asks);
    channels_free(&come);
    channels_free(&go);
    return err;
}

/* Subscribes to the rooms that have members, and to no others. */
static int follow_rooms(carrier *self) {
    size_t n;
    name *wanted = directory_followed_names(self->in, &n);
    if (!wanted) return -ENOMEM;
    int err = subscribe_to(self, wanted, n);
    free(self->rooms);
    self->rooms = wanted;
    self->rooms_n = n;
    return err;
}

/* Hears until the rooms change, and a moment longer: many people come and go at once. */
static int hear_until_change(carrier *self) {
    EDO_SCOPE(hearing, NULL);
    edo_scope_spawn(&hearing, hear_run, self);
    int err = edo_notify_wait(&self->followed);
    if (err == 0) err = edo_sleep(changes_for);
    if (err == 0) edo_scope_cancel(&hearing);
    return edo_scope_end(&hearing, err);
}

/* With a subscription. */
static int listen_until_failure(carrier *self) {
    int err = edo_redis_sub_add(self->sub, edo_str_of(self->own));
    if (err == 0) err = edo_redis_sub_add(self->sub, edo_str_of(self->all));
    if (err == 0) company_note_lost(self->company);
    while (err == 0) {
        err = follow_rooms(self);
        if (err == 0) err = hear_until_change(self);
    }
    free(self->rooms);
    self->rooms = NULL;
    self->rooms_n = 0;
    return err;
}

/* `arg` is the carrier; a task's function. */
static int listen_run(void *arg) {
    carrier *self = arg;
    int err = 0;
    while (err != -ECANCELED) {
        err = edo_redis_sub_open(&self->sub, self->redis, NULL);
        if (err == 0) {
            err = listen_until_failure(self);
            edo_redis_sub_close(self->sub);
        }
        if (err == -ECANCELED) break;
        note_failure(self, err);
        err = edo_sleep(pause);
    }
    return err;
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* The program ends: its people leave their rooms at the others at once, and not when it has been
 * silent for a while. */
static void say_farewell(carrier *self) {
    edo_redis_batch batch = { 0 };
    edo_buf text = { 0 };
    if (!carrier_carries(self) || company_print_end(self->company, &text) < 0) return;
    EDO_SHIELD(sh, edo_ns(-1));
    EDO_DEADLINE(d, farewell_max);
    int err = edo_redis_batch_add(&batch, "PUBLISH %s %b", self->all, text.ptr, text.len);
    if (err == 0) err = edo_redis_pipeline(self->redis, NULL, &batch);
    err = edo_deadline_end(&d, err);
    (void)edo_shield_end(&sh, 0);
    if (err < 0) note_failure(self, err);
    edo_redis_batch_deinit(&batch);
    edo_buf_deinit(&text);
}

int carrier_run(void *arg) {
    carrier *self = arg;
    EDO_SCOPE(tasks, NULL);
    atomic_store(&self->beat_ns, edo_now().ns); // it has a while to begin
    edo_scope_spawn(&tasks, publish_run, arg);
    edo_scope_spawn(&tasks, beat_run, arg);
    edo_scope_spawn(&tasks, listen_run, arg);
    edo_scope_spawn(&tasks, company_run, self->company);
    int err = edo_scope_end(&tasks, 0);
    say_farewell(self);
    note_carries(self, false); // the store is asked each second
    if (err != -ECANCELED) edo_warn("Redis carries nothing from now on: %s", edo_strerror(err));
    return err;
}

/* Its number in the store, which no other program has had. */
static void carrier_name_run(carrier *self) {
    (void)snprintf(self->run, sizeof self->run, "%" PRIu64, storage_program(self->in->storage));
    channel_of_program(self->own, store_of(self), storage_program(self->in->storage));
    (void)snprintf(self->all, sizeof self->all, "edo-chat:%s:all", store_of(self));
}

int carrier_open(carrier **out, const char *url, directory *in, question *asks) {
    static const edo_redis_opts redis = {
        .lazy = true, .tries = 1, .name = "edo-chat", .slow = EDO_NS(-1)
    }; // a silence is told once
    static const edo_mpsc_opts queue = { .drop = parcel_drop, .name = "chat.carrier" };
    carrier *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->ways =
        (room_carrier){ carrier_kept, carrier_followed, carrier_tell, carrier_give_back, self };
    self->in = in;
    self->asks = asks;
    self->followed = (edo_notify)EDO_NOTIFY_INIT;
    pthread_mutex_init(&self->lock, NULL);
    carrier_name_run(self);
    int err = hearing_begin(&self->tellers);
    if (err == 0) err = direct_open(&self->letters, in, &self->ways, carrier_publish, self);
    if (err == 0)
        err = edo_mpsc_new(&self->queue, &self->work, sizeof(parcel), CARRIER_QUEUE, &queue);
    const company_ways ways = { carrier_publish_notice, self };
    uint64_t program = storage_program(in->storage);
    if (err == 0) err = company_open(&self->company, in, program, &ways, &self->tellers);
    if (err == 0) err = edo_redis_connect(&self->redis, edo_str_of(url), &redis);
    if (err < 0) {
        carrier_close(self);
        return err;
    }
    directory_set_carrier(in, &self->ways);
    *out = self;
    return 0;
}

void carrier_close(carrier *self) {
    if (!self) return;
    hearing_end(&self->tellers);
    direct_close(self->letters);
    company_close(self->company);
    edo_redis_close(self->redis);
    edo_mpsc_tx_unref(self->queue);
    edo_mpsc_rx_free(self->work);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

bool carrier_carries(const carrier *self) {
    return atomic_load(&self->carries);
}

int carrier_check(carrier *self) {
    char why[WHY_BYTES];
    if (carrier_carries(self)) return 0;
    copy_why(self, why);
    return edo_fail(-ETIMEDOUT, "Redis does not carry what is said: %s", why);
}

uint64_t carrier_published_n(const carrier *self) {
    return atomic_load(&self->published_n);
}

uint64_t carrier_heard_n(const carrier *self) {
    return atomic_load(&self->heard_n);
}

uint64_t carrier_contradicted_n(const carrier *self) {
    return atomic_load(&self->tellers.contradicted_n);
}

uint64_t carrier_unpublished_n(const carrier *self) {
    return atomic_load(&self->unpublished_n);
}

size_t carrier_unnamed_n(const carrier *self) {
    return company_unnamed_n(self->company);
}
