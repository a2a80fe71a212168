/* SPDX-License-Identifier: MIT */
/* orders_partner.c: a payment partner for `orders`, to be failed on demand. It takes each payment
 * once, however often it is asked, and says nothing before that is on the disk.
 *
 *     orders_partner FILE [HOST:PORT [SEED]]
 *     curl -X PUT http://127.0.0.1:8081/payments/4711 -d '{"amount":900}' …     taken, or declined
 *     curl -X DELETE http://127.0.0.1:8081/payments/4711                        given back
 *     curl -X PUT http://127.0.0.1:8081/mood -d '{"fail":0.05,"late":"3s"}' …   from now on
 *
 * A line of FILE is one thing that has happened: "taken KEY AMOUNT", "declined KEY AMOUNT",
 * "returned KEY 0". A payment that was given back is never taken: its line may come first. */
#include <edo/blocking.h>
#include <edo/edo.h>
#include <edo/fs.h>
#include <edo/map.h>
#include <edo/mutex.h>
#include <edo/notify.h>
#include <edo/web.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_MAX    64
#define AMOUNT_MAX 100000 /* more is declined */

/* ---- The ledger ------------------------------------------------------------------------------ */

typedef enum payment_state {
    PAYMENT_NONE,
    PAYMENT_TAKEN,
    PAYMENT_DECLINED,
    PAYMENT_RETURNED,
} payment_state;
EDO_DESCRIBE_ENUM(payment_state, EDO_UNIT(PAYMENT_NONE, "none"), EDO_UNIT(PAYMENT_TAKEN, "taken"),
                  EDO_UNIT(PAYMENT_DECLINED, "declined"), EDO_UNIT(PAYMENT_RETURNED, "returned"))
static const char *const words[] = { "none", "taken", "declined", "returned" };

/* One thread uses it. */
typedef struct ledger {
    int fd;
    off_t size;
    uint64_t written, synced; /* lines */
    edo_mutex sync;           /* one at a time, for all that was written before */
    edo_notify broken;        /* a sync has failed */
    edo_map payments;         /* a payment_state by its key */
} ledger;

/* A line is whole, or not there, but for the last one at a death. */
static int ledger_write(ledger *l, const char *key, payment_state state, int64_t amount) {
    char line[128];
    int n = snprintf(line, sizeof line, "%s %s %" PRId64 "\n", words[state], key, amount);
    if (write(l->fd, line, (size_t)n) != n) return ftruncate(l->fd, l->size), -EIO;
    l->size += n;
    l->written++;
    return 0;
}

static int sync_file(void *arg) {
    const ledger *l = arg;
    return fdatasync(l->fd) == 0 ? 0 : -errno;
}

/* After a sync that has failed a later one says nothing of what was written before: the kernel may
 * have dropped it. So that is the end. */
static int ledger_sync(ledger *l) {
    const uint64_t wanted = l->written;
    int err = edo_mutex_lock(&l->sync);
    if (err < 0) return err;
    if (l->synced < wanted) { // else the sync of another request was for this one, too
        const uint64_t written = l->written;
        err = edo_blocking(sync_file, l);
        if (err == 0) l->synced = written;
    }
    if (err < 0 && err != -ECANCELED) edo_notify_one(&l->broken);
    edo_mutex_unlock(&l->sync);
    return err;
}

static int ledger_read_line(ledger *l, edo_str text) {
    char line[128], word[16], key[KEY_MAX];
    (void)snprintf(line, sizeof line, "%.*s", (int)text.len, text.ptr);
    if (sscanf(line, "%15s %63s", word, key) != 2) return 0;
    payment_state *state = edo_map_add(&l->payments, edo_str_of(key));
    for (payment_state s = PAYMENT_TAKEN; state && s <= PAYMENT_RETURNED; s++)
        if (strcmp(word, words[s]) == 0) *state = s;
    return state ? 0 : -ENOMEM;
}

/* Notes the whole lines of a text, and how long they are. */
static int ledger_read(ledger *l, edo_str text) {
    int err = 0;
    for (size_t at = 0, n; err == 0 && at < text.len; at += n) {
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        if (!end) break;
        n = (size_t)(end - text.ptr) + 1 - at;
        err = ledger_read_line(l, (edo_str){ text.ptr + at, n });
        l->size += (off_t)n;
    }
    return err;
}

/* What is read may be in memory alone, if the program before this one has died: so it is written
 * anew, and synced with its name. */
static int ledger_open(ledger *l, const char *path) {
    edo_bytes before = { 0 };
    int err = edo_fs_read_all(&before, path);
    if (err == -ENOENT) err = 0;
    if (err == 0) err = ledger_read(l, before.str);
    if (err == 0) err = edo_fs_replace(path, before.str.ptr, (size_t)l->size);
    edo_bytes_unref(&before);
    if (err == 0) l->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (err == 0 && l->fd < 0) err = -errno;
    return err < 0 ? edo_fail(err, "%s", path) : 0;
}

/* ---- Failures on demand ---------------------------------------------------------------------- */

typedef struct mood {
    double fail; /* share of requests; of these a third each is refused, late, and dropped */
    edo_duration late;
} mood;
EDO_DESCRIBE(mood, EDO_FIELD(mood, fail, .max = 1), EDO_FIELD(mood, late, .preset = "3s"))

typedef struct partner {
    ledger ledger;
    mood mood;
    uint64_t random;
} partner;

typedef enum fate { FATE_GOOD, FATE_REFUSED, FATE_LATE, FATE_DROPPED } fate;

static uint32_t random_of(partner *p) { // Knuth's MMIX
    p->random = p->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(p->random >> 32);
}

static fate next_fate(partner *p) {
    if ((double)random_of(p) >= p->mood.fail * 4294967296.0) return FATE_GOOD;
    return FATE_REFUSED + random_of(p) % 3;
}

static int set_mood(edo_web *w) {
    partner *p = edo_web_state(w);
    mood m = { 0 };
    int err = edo_web_json(w, &m, &mood_desc);
    if (err < 0) return err;
    p->mood = m;
    return edo_web_reply_json(w, EDO_STATUS_OK, &m, &mood_desc);
}

/* ---- Payments -------------------------------------------------------------------------------- */

typedef struct amount {
    int64_t amount;
} amount;
EDO_DESCRIBE(amount, EDO_FIELD(amount, amount, .min = 0, .max = INT64_MAX))

typedef struct result {
    payment_state state;
} result;
EDO_DESCRIBE(result, EDO_FIELD_OF(result, state, payment_state_desc))

typedef struct route_key {
    char key[KEY_MAX];
} route_key;
EDO_DESCRIBE(route_key, EDO_FIELD(route_key, key, .min_len = 1, .pattern = "[a-zA-Z0-9_-]+"))

static int reply(edo_web *w, fate f, payment_state state) {
    partner *p = edo_web_state(w);
    edo_stream *out;
    int err = ledger_sync(&p->ledger);
    if (err == 0 && f == FATE_LATE) err = edo_sleep(p->mood.late);
    if (err == 0 && f == FATE_DROPPED) // a head, and then nothing
        err = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "application/json");
    if (err < 0 || f == FATE_DROPPED) return err < 0 ? err : -ECONNABORTED;
    return edo_web_reply_json(w, EDO_STATUS_OK, &(result){ state }, &result_desc);
}

/* The three requests: what they make of a payment. */
static int serve(edo_web *w, payment_state wanted, int64_t sum) {
    partner *p = edo_web_state(w);
    route_key key = { "" };
    int err = edo_web_params(w, &key, &route_key_desc);
    if (err < 0) return err;
    fate f = next_fate(p);
    if (f == FATE_REFUSED)
        return edo_web_reply_problem(w, EDO_STATUS_SERVICE_UNAVAILABLE, "not now");
    payment_state *state = edo_map_add(&p->ledger.payments, edo_str_of(key.key));
    if (!state) return -ENOMEM;
    bool is_new = wanted == PAYMENT_RETURNED ? *state != PAYMENT_RETURNED
                                             : wanted != PAYMENT_NONE && *state == PAYMENT_NONE;
    if (is_new) err = ledger_write(&p->ledger, key.key, wanted, sum);
    if (is_new && err == 0) *state = wanted;
    return err < 0 ? err : reply(w, f, *state);
}

static int take(edo_web *w) {
    amount sum = { 0 };
    int err = edo_web_json(w, &sum, &amount_desc);
    if (err < 0) return err;
    return serve(w, sum.amount > AMOUNT_MAX ? PAYMENT_DECLINED : PAYMENT_TAKEN, sum.amount);
}

static int give_back(edo_web *w) {
    return serve(w, PAYMENT_RETURNED, 0);
}

static int look(edo_web *w) {
    return serve(w, PAYMENT_NONE, 0);
}

/* ---- The program ----------------------------------------------------------------------------- */

static partner *partner_new(uint64_t seed) {
    partner *p = malloc(sizeof *p);
    if (p)
        *p = (partner){ .ledger = { .fd = -1,
                                    .sync = EDO_MUTEX_INIT,
                                    .broken = EDO_NOTIFY_INIT,
                                    .payments = { .value_size = sizeof(payment_state),
                                                  .owns_keys = true } },
                        .random = seed };
    return p;
}

static void partner_free(partner *p) {
    edo_map_deinit(&p->ledger.payments);
    if (p->ledger.fd >= 0) (void)close(p->ledger.fd);
    free(p);
}

static int await_fault(void *arg) {
    ledger *l = arg;
    int err = edo_notify_wait(&l->broken);
    return err < 0 ? err : edo_fail(-EIO, "the ledger is not kept: its disk fails");
}

/* Until its ledger is not kept. */
static int partner_serve(partner *p, const char *listen) {
    edo_router *r = edo_router_new();
    edo_router_put(r, "/payments/{key}", take);
    edo_router_delete(r, "/payments/{key}", give_back);
    edo_router_get(r, "/payments/{key}", look);
    edo_router_put(r, "/mood", set_mood);
    EDO_SCOPE(watch, NULL);
    edo_scope_spawn(&watch, await_fault, &p->ledger);
    int err = edo_web_serve(r, &(edo_web_opts){ .listen = listen, .announce = true, .state = p });
    return edo_scope_end(&watch, err);
}

static int app(void *arg) {
    char **args = arg;
    const char *listen = args[2] ? args[2] : "127.0.0.1:8081";
    partner *p = partner_new(args[2] && args[3] ? strtoull(args[3], NULL, 10) : 1);
    if (!p) return -ENOMEM;
    int err = ledger_open(&p->ledger, args[1]);
    if (err == 0) err = partner_serve(p, listen);
    if (err != -ETIMEDOUT) partner_free(p); // else a handler may still run
    return err;
}

int main(int argc, char **argv) {
    if (argc >= 2 && argc <= 4)
        return edo_main_with(app, argv, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
    (void)fprintf(stderr, "usage: %s FILE [HOST:PORT [SEED]]\n", argv[0]);
    return 2;
}
