/* SPDX-License-Identifier: MIT */
/* redis_seats.c: what a service does with Redis: a cache, a round trip for several commands, the
 * last seats sold once, a script, a wait for work, a walk over keys.
 *
 *     redis_seats [URL] */
#include <edo/edo.h>
#include <edo/redis.h>
#include <errno.h>
#include <stdio.h>

/* ---- A cache --------------------------------------------------------------------------------- */

static int show_program(edo_redis *r, const char *day) {
    edo_redis_reply *kept;
    int err = edo_redis_cmd(r, &kept, "GET program.%s", day);
    if (err < 0) return err;
    if (edo_redis_reply_kind(kept) == EDO_REDIS_TEXT) {
        printf("%s, kept: %s\n", day, edo_redis_reply_text(kept).ptr);
    } else {
        const edo_str made = EDO_STR("19:30 Hamlet"); // which takes long, as a rule
        printf("%s, made: %s\n", day, made.ptr);
        err = edo_redis_cmd(r, NULL, "SET program.%s %b EX %d", day, made.ptr, made.len, 60);
    }
    edo_redis_reply_free(kept);
    return err;
}

/* ---- Several commands ------------------------------------------------------------------------ */

static int open_sale(edo_redis *r) {
    edo_redis_batch b = { 0 };
    edo_redis_reply *all;
    edo_redis_batch_add(&b, "SET seats %d", 5);
    edo_redis_batch_add(&b, "DEL sold");
    edo_redis_batch_add(&b, "INCR sales");
    int err = edo_redis_pipeline(r, &all, &b); // one round trip; a failure of an add is told here
    edo_redis_batch_deinit(&b);
    if (err < 0) return err;
    printf("sale %lld\n", (long long)edo_redis_reply_int(edo_redis_reply_at(all, 2)));
    edo_redis_reply_free(all);
    return 0;
}

/* ---- A step that depends on what is there ---------------------------------------------------- */

typedef struct buyer {
    edo_redis *r;
    int number;
    bool has_seat;
} buyer;

static int take_seat(void *arg, edo_redis *own, edo_redis_batch *tx) {
    const buyer *b = arg;
    edo_redis_reply *left;
    int err = edo_redis_cmd(own, &left, "GET seats");
    if (err < 0) return err;
    if (edo_redis_reply_int(left) > 0) { // else nothing is added, and nothing done
        edo_redis_batch_add(tx, "DECR seats");
        edo_redis_batch_add(tx, "RPUSH sold %d", b->number);
    }
    edo_redis_reply_free(left);
    return 0;
}

static int buy(void *arg) {
    static const edo_str keys[] = { { "seats", 5 } };
    buyer *b = arg;
    edo_redis_reply *done;
    int err = edo_redis_run_tx(b->r, &done, keys, 1, take_seat, b); // again if another was faster
    if (err < 0) return err;
    b->has_seat = edo_redis_reply_kind(done) == EDO_REDIS_ARRAY;
    edo_redis_reply_free(done);
    return 0;
}

static int sell(edo_redis *r) {
    buyer all[20];
    int seats = 0;
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 20; i++) {
        all[i] = (buyer){ .r = r, .number = i };
        edo_scope_spawn(&s, buy, &all[i]);
    }
    int err = edo_scope_end(&s, 0);
    for (int i = 0; i < 20; i++) seats += all[i].has_seat;
    if (err == 0) printf("%d of 20 have a seat\n", seats);
    return err;
}

/* ---- The same in the server ------------------------------------------------------------------ */

/* A seat that was sold is free again; one that was not sold is none. */
static int give_back(edo_redis *r, edo_str number) {
    static const char script[] =
        "if redis.call('LREM', KEYS[2], 1, ARGV[1]) == 0 then return -1 end "
        "return redis.call('INCR', KEYS[1])";
    static const edo_str keys[] = { { "seats", 5 }, { "sold", 4 } };
    edo_redis_reply *left;
    int err = edo_redis_script(r, &left, script, keys, 2, &number, 1);
    if (err < 0) return err;
    printf("given back: %lld\n", (long long)edo_redis_reply_int(left));
    edo_redis_reply_free(left);
    return 0;
}

/* ---- What waits ------------------------------------------------------------------------------ */

static int print_tickets(edo_redis *r) {
    edo_redis *own; // a connection for this task: others do not wait behind BLPOP
    edo_redis_reply *next;
    int n = 0, err = edo_redis_acquire(&own, r);
    if (err < 0) return err;
    EDO_DEADLINE(d, edo_ms(50));
    while ((err = edo_redis_cmd(own, &next, "BLPOP sold 0")) == 0) { // 0: for ever
        n++;
        edo_redis_reply_free(next);
    }
    err = edo_deadline_end(&d, err);
    edo_redis_close(own);
    printf("%d tickets printed\n", n);
    return err == -ETIMEDOUT ? 0 : err;
}

/* ---- Keys, and errors ------------------------------------------------------------------------ */

static int count_programs(edo_redis *r) {
    const edo_redis_scan_opts opts = { .match = EDO_STR("program.*") };
    edo_str key;
    int rc, n = 0;
    edo_seq *keys = edo_seq_from_redis_scan(r, &opts); // in pages, so nobody is held up
    while ((rc = edo_seq_next(keys, &key)) == 1) n++;
    edo_seq_free(keys);
    if (rc == 0) printf("%d programs\n", n);
    return rc;
}

static int ask_wrongly(edo_redis *r) {
    int err = edo_redis_cmd(r, NULL, "RPUSH program.monday late");
    if (err == -EDO_EREDIS) printf("refused: %s\n", edo_redis_get_error());
    err = edo_redis_cmd(r, NULL, "BLPOP sold 0"); // on the connection that all share
    if (err == -ENOTSUP) printf("has no place here\n");
    return 0;
}

static int app(void *url) {
    edo_redis *r;
    int err = edo_redis_connect(&r, edo_str_of(url), &(edo_redis_opts){ .name = "seats" });
    if (err < 0) return err;
    err = show_program(r, "monday");
    if (err == 0) err = show_program(r, "monday");
    if (err == 0) err = open_sale(r);
    if (err == 0) err = sell(r);
    if (err == 0) err = give_back(r, EDO_STR("99"));
    if (err == 0) err = print_tickets(r);
    if (err == 0) err = count_programs(r);
    if (err == 0) err = ask_wrongly(r);
    edo_redis_close(r);
    return err;
}

int main(int argc, char **argv) {
    char local[] = "redis://127.0.0.1";
    return edo_main(app, argc > 1 ? argv[1] : local);
}
