/* SPDX-License-Identifier: MIT */
/* Goal: batches, transactions and scripts: each command has its own reply or error, nothing comes
 * between the parts of a transaction, a script's text is sent only where it is not known.
 * Method: a server in memory that knows as much of Redis as the case needs. */
#include "peer.h"
#include "poll_by_hand.h"

/* ---- Batches --------------------------------------------------------------------------------- */

/* "BAD" is an error, "MULTI" begins a transaction that lists what it got. */
static int serve_tx(peer *p, peer_conn *c) {
    int queued_n = -1, rc;
    bool is_bad = false;
    (void)p;
    while ((rc = peer_recv(c)) == 1) {
        char text[64];
        if (peer_got(c, "MULTI")) {
            queued_n = 0;
            is_bad = false;
            rc = peer_say(c, "+OK\r\n");
        } else if (peer_got(c, "EXEC")) {
            (void)snprintf(text, sizeof text, "*%d\r\n", queued_n);
            rc = peer_say(c, is_bad ? "-EXECABORT discarded\r\n" : text);
            for (int i = 0; i < queued_n && rc == 0 && !is_bad; i++)
                rc = peer_say(c, i == 1 ? "-WRONGTYPE no\r\n" : "+DONE\r\n");
            queued_n = -1;
        } else if (peer_got(c, "BAD")) {
            is_bad = true;
            rc = peer_say(c, "-ERR unknown command\r\n");
        } else if (queued_n >= 0) {
            queued_n++;
            rc = peer_say(c, "+QUEUED\r\n");
        } else {
            rc = peer_echo(c);
        }
        if (rc < 0) break;
    }
    return rc;
}

static int batches(void *arg) {
    (void)arg;
    peer p = { .serve = serve_tx };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply = NULL;
    edo_redis_batch b = { 0 };
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_pipeline(r, &reply, &b), -EINVAL);
    edo_redis_batch_add(&b, "ECHO %s", "one");
    edo_redis_batch_add(&b, "BAD");
    edo_redis_batch_add(&b, "ECHO %b", "t\r\n", (size_t)3);
    CHECK_EQ(edo_redis_batch_count(&b), 3);
    CHECK_EQ(edo_redis_pipeline(r, &reply, &b), 0);
    CHECK_EQ(edo_redis_reply_count(reply), 3);
    CHECK(edo_str_equal(edo_redis_reply_text(edo_redis_reply_at(reply, 0)), EDO_STR("one")));
    CHECK_EQ(edo_redis_reply_kind(edo_redis_reply_at(reply, 1)), EDO_REDIS_ERROR);
    CHECK(edo_str_equal(edo_redis_reply_text(edo_redis_reply_at(reply, 2)), EDO_STR("t\r\n")));
    edo_redis_reply_free(reply);
    CHECK_EQ(edo_redis_pipeline(r, NULL, &b), -EDO_EREDIS); // nobody would see it else
    CHECK(strcmp(edo_redis_get_error(), "ERR") == 0);
    edo_redis_batch_deinit(&b);
    CHECK_EQ(edo_redis_batch_count(&b), 0);
    peer_close(&p, r);
    return 0;
}

static void each_command_of_a_batch_has_its_reply(void **state) {
    (void)state;
    assert_int_equal(inside(batches, NULL), 0);
}

static int bad_batches(void *arg) {
    (void)arg;
    peer p = { .serve = serve_tx };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_batch b = { 0 };
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_batch_add(&b, "MULTI"), -ENOTSUP);
    CHECK_EQ(edo_redis_batch_add(&b, "GET a"), -ENOTSUP); // the first failure is kept
    CHECK_EQ(edo_redis_pipeline(r, NULL, &b), -ENOTSUP);
    CHECK_EQ(edo_redis_tx(r, NULL, &b), -ENOTSUP);
    edo_redis_batch_deinit(&b);
    CHECK_EQ(edo_redis_batch_add(&b, "BLPOP k 0"), 0); // in a transaction it does not block
    CHECK_EQ(edo_redis_pipeline(r, NULL, &b), -ENOTSUP);
    CHECK_EQ(edo_redis_tx(r, NULL, &b), 0);
    edo_redis_batch_deinit(&b);
    CHECK_EQ(edo_redis_batch_add(&b, "GET %y"), -EINVAL);
    edo_redis_batch_deinit(&b);
    CHECK_EQ(p.commands_n, 3);
    peer_close(&p, r);
    return 0;
}

static void what_has_no_place_in_a_batch_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(bad_batches, NULL), 0);
}

/* ---- Transactions ---------------------------------------------------------------------------- */

static int transactions(void *arg) {
    (void)arg;
    peer p = { .serve = serve_tx };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply = NULL;
    edo_redis_batch b = { 0 };
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_redis_batch_add(&b, "SET a 1");
    edo_redis_batch_add(&b, "LPUSH a 2");
    edo_redis_batch_add(&b, "SET c 3");
    CHECK_EQ(edo_redis_tx(r, &reply, &b), 0);
    CHECK_EQ(edo_redis_reply_count(reply), 3);
    CHECK_EQ(edo_redis_reply_kind(edo_redis_reply_at(reply, 0)), EDO_REDIS_STATUS);
    CHECK_EQ(edo_redis_reply_kind(edo_redis_reply_at(reply, 1)), EDO_REDIS_ERROR);
    edo_redis_reply_free(reply);
    CHECK_EQ(edo_redis_tx(r, NULL, &b), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "WRONGTYPE") == 0);
    edo_trail_clear();
    edo_redis_batch_add(&b, "BAD");
    reply = NULL;
    CHECK_EQ(edo_redis_tx(r, &reply, &b), -EDO_EREDIS); // nothing was done
    CHECK(strcmp(edo_redis_get_error(), "ERR") == 0 && !reply);
    edo_redis_batch_deinit(&b);
    peer_close(&p, r);
    return 0;
}

static void transaction_is_done_or_refused_as_a_whole(void **state) {
    (void)state;
    assert_int_equal(inside(transactions, NULL), 0);
}

typedef struct refusing {
    int from; /* this MULTI and all later ones are refused */
    int multis_n, sets_n;
} refusing;

/* Does what comes at once, unless a transaction keeps it. */
static int serve_refusing(peer *p, peer_conn *c) {
    refusing *f = p->arg;
    int queued_n = -1, rc;
    while ((rc = peer_recv(c)) == 1) {
        char text[64];
        if (peer_got(c, "MULTI")) {
            bool refuses = queued_n >= 0 || ++f->multis_n >= f->from;
            if (!refuses) queued_n = 0;
            rc = peer_say(c, refuses ? "-NOPERM no\r\n" : "+OK\r\n");
        } else if (peer_got(c, "EXEC")) {
            (void)snprintf(text, sizeof text, "*%d\r\n", queued_n);
            rc = peer_say(c, queued_n < 0 ? "-ERR EXEC without MULTI\r\n" : text);
            for (int i = 0; i < queued_n && rc == 0; i++, f->sets_n++) rc = peer_say(c, "+OK\r\n");
            queued_n = -1;
        } else if (queued_n >= 0) {
            queued_n++;
            rc = peer_say(c, "+QUEUED\r\n");
        } else {
            f->sets_n += peer_got(c, "SET");
            rc = peer_echo(c);
        }
        if (rc < 0) break;
    }
    return rc;
}

static int calls_beside(void *r) {
    edo_redis_reply *reply;
    int err = edo_redis_cmd(r, &reply, "ECHO beside");
    if (err < 0) return err;
    CHECK(edo_str_equal(edo_redis_reply_text(reply), EDO_STR("beside")));
    edo_redis_reply_free(reply);
    return 0;
}

static int refused_multi(void *arg) {
    (void)arg;
    refusing f = { .from = 3 };
    peer p = { .serve = serve_refusing, .arg = &f };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r, *own;
    edo_redis_reply *reply = NULL;
    edo_redis_batch b = { 0 };
    edo_scope s;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_acquire(&own, r), 0);
    edo_redis_batch_add(&b, "SET a 1");
    edo_redis_batch_add(&b, "SET b 2");
    CHECK_EQ(edo_redis_tx(own, NULL, &b), 0);
    CHECK_EQ(edo_redis_tx(own, NULL, &b), 0);
    CHECK_EQ(f.sets_n, 4);
    CHECK_EQ(edo_redis_tx(own, &reply, &b), -EDO_EREDIS); // it asks each time
    CHECK(strcmp(edo_redis_get_error(), "NOPERM") == 0 && !reply);
    edo_trail_clear();
    CHECK_EQ(edo_redis_cmd(own, NULL, "ECHO x"), 0);
    for (int i = 0; i < 2; i++) {
        edo_scope_begin(&s, NULL);
        edo_scope_spawn(&s, calls_beside, r);
        CHECK_EQ(edo_redis_tx(r, &reply, &b), -EDO_EREDIS);
        edo_trail_clear();
        CHECK_EQ(edo_scope_end(&s, 0), 0);
    }
    CHECK_EQ(f.sets_n, 4);
    f.from = 1000;
    for (int i = 0; i < 3; i++) {
        edo_scope_begin(&s, NULL);
        for (int k = 0; k < 5; k++) edo_scope_spawn(&s, calls_beside, r);
        CHECK_EQ(edo_redis_tx(r, &reply, &b), 0);
        CHECK_EQ(edo_redis_reply_count(reply), 2);
        edo_redis_reply_free(reply);
        CHECK_EQ(edo_scope_end(&s, 0), 0);
    }
    CHECK_EQ(f.sets_n, 10);
    CHECK_EQ(edo_redis_cmd(own, NULL, "MULTI"), 0);
    CHECK_EQ(edo_redis_tx(own, NULL, &b), -EDO_EREDIS); // one is there
    edo_trail_clear();
    CHECK_EQ(edo_redis_cmd(own, &reply, "EXEC"), 0);
    CHECK_EQ(edo_redis_reply_count(reply), 0);
    edo_redis_reply_free(reply);
    edo_redis_batch_deinit(&b);
    edo_redis_close(own);
    peer_close(&p, r);
    return 0;
}

static void nothing_is_done_where_multi_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(refused_multi, NULL), 0);
}

/* The first two EXEC find that a key was changed. */
static int serve_watch(peer *p, peer_conn *c) {
    int *execs_n = p->arg, rc;
    while ((rc = peer_recv(c)) == 1) {
        if (peer_got(c, "EXEC"))
            rc = peer_say(c, ++*execs_n <= 2 ? "*-1\r\n" : "*1\r\n:8\r\n");
        else
            rc = peer_say(c, peer_got(c, "GET") ? "$1\r\n7\r\n" : "+OK\r\n");
        if (rc < 0) break;
    }
    return rc;
}

static int reads_and_adds(void *arg, edo_redis *own, edo_redis_batch *tx) {
    edo_redis_reply *reply;
    int *calls_n = arg, err = edo_redis_cmd(own, &reply, "GET n");
    ++*calls_n;
    if (err < 0) return err;
    edo_redis_batch_add(tx, "SET n %d", (int)edo_redis_reply_int(reply) + 1);
    edo_redis_reply_free(reply);
    return 0;
}

static int selects_at_first(void *arg, edo_redis *own, edo_redis_batch *tx) {
    int err = *(int *)arg == 0 ? edo_redis_cmd(own, NULL, "SELECT 1") : 0;
    return err < 0 ? err : reads_and_adds(arg, own, tx);
}

static int adds_nothing(void *arg, edo_redis *own, edo_redis_batch *tx) {
    (void)own;
    (void)tx;
    return *(int *)arg;
}

static int watches(void *arg) {
    (void)arg;
    int execs_n = 0, calls_n = 0, result = 0;
    peer p = { .serve = serve_watch, .arg = &execs_n };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply;
    edo_str keys[] = { EDO_STR("n") };
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_run_tx(r, &reply, keys, 1, reads_and_adds, &calls_n), 0);
    CHECK_EQ(calls_n, 3);
    CHECK_EQ(edo_redis_reply_int(edo_redis_reply_at(reply, 0)), 8);
    edo_redis_reply_free(reply);
    CHECK_EQ(edo_redis_run_tx(r, &reply, keys, 1, adds_nothing, &result), 0);
    CHECK(!reply);
    result = -ENOENT;
    CHECK_EQ(edo_redis_run_tx(r, &reply, keys, 1, adds_nothing, &result), -ENOENT);
    result = -EAGAIN; // that is not about a key
    int before = p.commands_n;
    CHECK_EQ(edo_redis_run_tx(r, &reply, keys, 1, adds_nothing, &result), -EAGAIN);
    CHECK_EQ(p.commands_n - before, 1);
    CHECK_EQ(edo_redis_run_tx(r, &reply, keys, 0, adds_nothing, &result), -EINVAL);
    execs_n = 1; // one more finds a key changed
    calls_n = 0;
    CHECK_EQ(edo_redis_run_tx(r, NULL, keys, 1, selects_at_first, &calls_n), 0);
    CHECK_EQ(calls_n, 2);
    WAIT_FOR(p.alive_n == 1); // it is not kept: it has another database
    execs_n = -100;
    calls_n = 0;
    edo_trail_clear();
    CHECK_EQ(edo_redis_run_tx(r, &reply, keys, 1, reads_and_adds, &calls_n), -EAGAIN);
    CHECK_EQ(execs_n, -84);
    WAIT_FOR(p.alive_n == 1); // their own connections have ended
    peer_close(&p, r);
    return 0;
}

static void transaction_is_tried_again_if_a_key_changes(void **state) {
    (void)state;
    assert_int_equal(inside(watches, NULL), 0);
}

/* As serve_watch(), but no key changes; the connection ends after the number of EXEC that `p->arg`
 * points to. */
static int serve_until(peer *p, peer_conn *c) {
    int *execs_n = p->arg, rc;
    while ((rc = peer_recv(c)) == 1) {
        bool is_exec = peer_got(c, "EXEC");
        rc = peer_say(c, is_exec ? "*1\r\n:8\r\n" : peer_got(c, "GET") ? "$1\r\n7\r\n" : "+OK\r\n");
        if (rc < 0 || (is_exec && --*execs_n == 0)) break;
    }
    return rc;
}

static int selects_and_adds(void *arg, edo_redis *own, edo_redis_batch *tx) {
    int err = edo_redis_cmd(own, NULL, "SELECT 1");
    return err < 0 ? err : reads_and_adds(arg, own, tx);
}

static int runs(void *r) {
    int calls_n = 0;
    edo_str key = EDO_STR("n");
    return edo_redis_run_tx(r, NULL, &key, 1, reads_and_adds, &calls_n);
}

static int keeps(void *arg) {
    (void)arg;
    int execs_n = 10, calls_n = 0, result = -EIO;
    peer p = { .serve = serve_until, .arg = &execs_n };
    edo_redis_opts opts = peer_opts(&p);
    edo_str key = EDO_STR("n");
    edo_redis *r;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    for (int i = 0; i < 9; i++) CHECK_EQ(runs(r), 0);
    CHECK(p.conns_n == 2 && p.alive_n == 2);
    CHECK_EQ(runs(r), 0); // after which it ends
    CHECK_EQ(runs(r), 0); // whether that was seen
    CHECK_EQ(p.conns_n, 3);
    execs_n = 1;
    CHECK_EQ(runs(r), 0);
    WAIT_FOR(p.alive_n == 1); // or was
    CHECK_EQ(runs(r), 0);
    CHECK_EQ(p.conns_n, 4);
    // what is not as it was is not kept
    CHECK_EQ(edo_redis_run_tx(r, NULL, &key, 1, selects_and_adds, &calls_n), 0);
    WAIT_FOR(p.alive_n == 1);
    CHECK_EQ(runs(r), 0);
    CHECK_EQ(p.conns_n, 5);
    CHECK_EQ(edo_redis_run_tx(r, NULL, &key, 1, adds_nothing, &result), -EIO);
    WAIT_FOR(p.alive_n == 1);
    // each has its own, of which one is kept
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 3; i++) edo_scope_spawn(&s, runs, r);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(p.conns_n, 8);
    WAIT_FOR(p.alive_n == 2);
    peer_close(&p, r);
    return 0;
}

static void connection_of_a_transaction_is_kept_for_the_next_one(void **state) {
    (void)state;
    assert_int_equal(inside(keeps, NULL), 0);
}

/* ---- Scripts --------------------------------------------------------------------------------- */

#define SCRIPT "return ARGV[1]"

static int serve_scripts(peer *p, peer_conn *c) {
    int *texts_n = p->arg, rc;
    while ((rc = peer_recv(c)) == 1) {
        bool is_text = peer_got(c, "EVAL");
        CHECK_EQ(c->parts_n, 5);
        CHECK(edo_str_equal(c->parts[2], EDO_STR("1")));
        if (is_text) {
            ++*texts_n;
            CHECK(edo_str_equal(c->parts[1], EDO_STR(SCRIPT)));
        } else {
            CHECK(peer_got(c, "EVALSHA"));
            CHECK(edo_str_equal(c->parts[1], EDO_STR("098e0f0d1448c0a81dafe820f66d460eb09263da")));
        }
        rc = is_text || *texts_n > 0 ? peer_echo(c)
                                     : peer_say(c, "-NOSCRIPT No matching script\r\n");
        if (rc < 0) break;
    }
    return rc;
}

static int scripts(void *arg) {
    (void)arg;
    int texts_n = 0;
    peer p = { .serve = serve_scripts, .arg = &texts_n };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply;
    edo_str keys[] = { EDO_STR("k") }, args[] = { EDO_STR("a b\r\n") };
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    (void)edo_fail(-ENOENT, "the caller's");
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_redis_script(r, &reply, SCRIPT, keys, 1, args, 1), 0);
        CHECK(edo_str_equal(edo_redis_reply_text(reply), args[0]));
        edo_redis_reply_free(reply);
        CHECK(edo_trail_find(-ENOENT) && !edo_trail_find(-EDO_EREDIS));
    }
    edo_trail_clear();
    CHECK_EQ(texts_n, 1);
    peer_close(&p, r);
    return 0;
}

static void script_is_sent_where_it_is_not_known(void **state) {
    (void)state;
    assert_int_equal(inside(scripts, NULL), 0);
}

/* ---- Pages ----------------------------------------------------------------------------------- */

/* Three pages, of which the second is empty; behind "fail" an error. */
static int serve_pages(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1) {
        bool has_key = !peer_got(c, "SCAN");
        edo_str cursor = c->parts[1 + has_key];
        if (has_key) CHECK(edo_str_equal(c->parts[1], EDO_STR("a key")));
        CHECK_EQ(c->parts_n, has_key ? 3 : 6);
        if (!has_key) CHECK(edo_str_equal(c->parts[3], EDO_STR("a:*")));
        if (edo_str_equal(cursor, EDO_STR("0")))
            rc = peer_say(c, "*2\r\n$2\r\n17\r\n*2\r\n$3\r\na:1\r\n$3\r\na:2\r\n");
        else if (has_key)
            rc = peer_say(c, "-WRONGTYPE no\r\n");
        else if (edo_str_equal(cursor, EDO_STR("17")))
            rc = edo_sleep(edo_ms(100)) < 0 ? -1 : peer_say(c, "*2\r\n$1\r\n5\r\n*0\r\n");
        else
            rc = peer_say(c, "*2\r\n$1\r\n0\r\n*1\r\n$3\r\na:3\r\n");
        if (rc < 0) break;
    }
    return rc;
}

static int pages(void *arg) {
    (void)arg;
    peer p = { .serve = serve_pages };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_str key;
    char seen[16] = "";
    int rc = 1;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_redis_scan_opts keys = { .match = EDO_STR("a:*"), .count = 2 };
    edo_seq *s = edo_seq_from_redis_scan(r, &keys);
    CHECK(s != NULL);
    while (rc == 1) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(70)); // the second page takes longer
        rc = edo_deadline_end(&d, edo_seq_next(s, &key));
        if (rc == 1) (void)strncat(seen, key.ptr, key.len);
        if (rc != -ETIMEDOUT) continue;
        edo_trail_clear();
        rc = edo_seq_next(s, &key);
        if (rc == 1) (void)strncat(seen, key.ptr, key.len);
    }
    CHECK_EQ(rc, 0);
    CHECK(strcmp(seen, "a:1a:2a:3") == 0);
    edo_seq_free(s);
    s = edo_seq_from_redis_scan(
        r, &(edo_redis_scan_opts){ .command = "SSCAN", .key = EDO_STR("a key") });
    CHECK_EQ(edo_seq_next(s, &key), 1);
    CHECK_EQ(edo_seq_next(s, &key), 1);
    CHECK_EQ(edo_seq_next(s, &key), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "WRONGTYPE") == 0);
    edo_trail_clear();
    CHECK_EQ(edo_seq_next(s, &key), 0);
    edo_seq_free(s);
    s = edo_seq_from_redis_scan(r, &(edo_redis_scan_opts){ .key = EDO_STR("a key") });
    CHECK_EQ(edo_seq_next(s, &key), -EINVAL); // and not all keys
    edo_trail_clear();
    edo_seq_free(s);
    peer_close(&p, r);
    return 0;
}

static void scan_is_a_sequence_over_its_pages(void **state) {
    (void)state;
    assert_int_equal(inside(pages, NULL), 0);
}

/* A reader that gives up when its page has come, before it has looked. The sanitizer counts. */
static int leaves_a_page(void *arg) {
    (void)arg;
    peer p = { .serve = serve_pages };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_str key;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_seq *s = edo_seq_from_redis_scan(
        r, &(edo_redis_scan_opts){ .command = "SSCAN", .key = EDO_STR("a key") });
    for (int i = 0; i < 2; i++) {
        edo_seq_next_future next;
        hand_waker w = HAND_WAKER;
        edo_future *f = edo_seq_next_init(&next, s, &key);
        CHECK_EQ(hand_poll(f, &w), EDO_PENDING);
        WAIT_FOR(hand_woken(&w) == 1);
        edo_drop(f);
    }
    CHECK_EQ(edo_seq_next(s, &key), 1);
    CHECK(edo_str_equal(key, EDO_STR("a:1")));
    edo_seq_free(s);
    peer_close(&p, r);
    return 0;
}

static void page_that_nobody_looks_at_is_asked_for_again(void **state) {
    (void)state;
    assert_int_equal(inside(leaves_a_page, NULL), 0);
}

/* ---- A connection of one's own --------------------------------------------------------------- */

/* BLPOP waits for ever. */
static int serve_blocking(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1)
        if (!peer_got(c, "BLPOP") && (rc = peer_say(c, "+OK\r\n")) < 0) break;
    return rc;
}

static int own_connection(void *arg) {
    (void)arg;
    peer p = { .serve = serve_blocking };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r, *own;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_acquire(&own, r), 0);
    CHECK_EQ(edo_redis_cmd(own, NULL, "MULTI"), 0);
    CHECK_EQ(edo_redis_cmd(own, NULL, "SUBSCRIBE c"), -ENOTSUP);
    edo_deadline d;
    edo_deadline_begin(&d, edo_minutes(10)); // no other limit is on it
    edo_instant begun = edo_now();
    CHECK_EQ(edo_deadline_end(&d, edo_redis_cmd(own, NULL, "BLPOP k 0")), -ETIMEDOUT);
    CHECK_EQ(ms_since(begun), 600000);
    CHECK_EQ(edo_redis_cmd(own, NULL, "PING"), -EDO_ECLOSED); // the server would still take from k
    WAIT_FOR(p.alive_n == 1);
    edo_redis_close(own);
    CHECK_EQ(edo_redis_cmd(r, NULL, "PING"), 0);
    peer_close(&p, r);
    return 0;
}

static void blocking_call_that_is_cut_short_ends_its_connection(void **state) {
    (void)state;
    assert_int_equal(inside(own_connection, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_of_a_batch_has_its_reply),
        cmocka_unit_test(what_has_no_place_in_a_batch_is_refused),
        cmocka_unit_test(transaction_is_done_or_refused_as_a_whole),
        cmocka_unit_test(nothing_is_done_where_multi_is_refused),
        cmocka_unit_test(transaction_is_tried_again_if_a_key_changes),
        cmocka_unit_test(connection_of_a_transaction_is_kept_for_the_next_one),
        cmocka_unit_test(script_is_sent_where_it_is_not_known),
        cmocka_unit_test(scan_is_a_sequence_over_its_pages),
        cmocka_unit_test(page_that_nobody_looks_at_is_asked_for_again),
        cmocka_unit_test(blocking_call_that_is_cut_short_ends_its_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
