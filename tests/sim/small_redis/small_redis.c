/* SPDX-License-Identifier: MIT */
/* small_redis.c: see small_redis.h. A task for each connection reads and does its commands; one
 * beside it writes what they have said, once the log has kept what that rests on; and one task
 * writes the log, for all. */
#include "small_redis.h"

#include "inside.h"
#include "server.h"

#include <edo/error.h>
#include <edo/str.h>
#include <edo/task.h>

#include <errno.h>

/* ---- A connection ---------------------------------------------------------------------------- */

/* `client` is a small_client; a task's function. */
static int client_write(void *client) {
    small_client *c = client;
    int err = 0;
    while (err == 0 && !(c->is_over && c->out.len == 0)) {
        if (c->out.len == 0) {
            err = edo_notify_wait(&c->has_out);
            continue;
        }
        const uint64_t after = c->out_after;
        edo_bytes bytes = edo_buf_freeze(&c->out);
        err = small_log_await(&c->of->log, after);
        if (err == 0) err = edo_write_all(c->s, bytes.str.ptr, bytes.str.len);
        edo_bytes_unref(&bytes);
        if (err > 0) err = 0;
    }
    return err;
}

static void client_unblock(small_client *c) {
    TAILQ_REMOVE(&c->of->blocked, c, next_blocked);
    small_command_free(&c->blocked);
    edo_notify_one(&c->unblocked);
}

/* Waits until it has what it waits for, its time is over, or it has gone. */
static int client_wait(small_client *c) {
    edo_notify_wait_future told;
    edo_fill_future fill;
    edo_sleep_future nap;
    edo_future *all[3];
    const char *bytes;
    size_t n = 0;
    const size_t wanted = edo_buf_reader_held(&c->in) + 1;
    all[n++] = edo_notify_wait_init(&told, &c->unblocked);
    if (wanted <= EDO_LINE_MAX) all[n++] = edo_fill_init(&fill, &c->in, &bytes, wanted);
    if (c->blocked_has_end) all[n++] = edo_sleep_at_init(&nap, c->blocked_until);
    int rc = edo_select_array(all, n, 0);
    if (rc < 0 || c->blocked.n == 0) return rc < 0 ? rc : 0;
    if (rc == 1 && wanted <= EDO_LINE_MAX) {
        int held = edo_result(&fill);
        return held < 0 ? held : (size_t)held < wanted ? -EDO_EEOF : 0;
    }
    if (rc > 0) { // the time is over
        say_no_array(&c->out);
        client_unblock(c);
        edo_notify_one(&c->has_out);
    }
    return 0;
}

static int client_read(small_client *c) {
    small_command command;
    int err = 0;
    while (err == 0 && !c->is_over) {
        if (c->blocked.n > 0) {
            err = client_wait(c);
            continue;
        }
        err = small_command_read(&command, &c->in);
        if (err == -EPROTO) {
            say_error(&c->out, "ERR Protocol error");
            c->is_over = true;
            err = 0;
        } else if (err == 0) {
            if (command.n > 0) small_do(c, &command);
            small_command_free(&command);
        }
        edo_notify_one(&c->has_out);
    }
    return err;
}

static void small_client_init(small_client *c, small_redis *of, edo_stream *s) {
    *c = (small_client){ .of = of, .s = s, .id = ++of->ids_n, .is_in = !of->opts->password };
    c->has_out = c->unblocked = (edo_notify)EDO_NOTIFY_INIT;
    TAILQ_INIT(&c->watched);
    TAILQ_INIT(&c->channels);
    TAILQ_INIT(&c->patterns);
    TAILQ_INSERT_TAIL(&of->clients, c, next);
}

static void small_client_deinit(small_client *c) {
    if (c->blocked.n > 0) client_unblock(c);
    small_leave_all(c);
    small_multi_end(c);
    TAILQ_REMOVE(&c->of->clients, c, next);
    edo_buf_deinit(&c->out);
    edo_buf_reader_deinit(&c->in);
}

static void small_client_free(small_client *c) {
    small_client_deinit(c);
    edo_close(c->s);
    free(c);
}

/* `client` is a small_client, which it frees; a task's function. What ends a connection ends no
 * other. */
static int client_run(void *client) {
    small_client *c = client;
    int err = edo_buf_reader_init(&c->in, c->s, NULL);
    EDO_SCOPE(both, NULL);
    edo_scope_spawn(&both, client_write, c);
    if (err == 0) err = client_read(c);
    (void)edo_scope_end(&both, err);
    small_client_free(c);
    return 0;
}

/* ---- Those that wait for a list -------------------------------------------------------------- */

void small_serve_blocked(small_redis *r) {
    small_client *c = TAILQ_FIRST(&r->blocked), *next;
    for (; c; c = next) {
        next = TAILQ_NEXT(c, next_blocked);
        if (!small_serve_one(c)) continue;
        c->out_after = r->log.added_n;
        client_unblock(c);
        edo_notify_one(&c->has_out);
    }
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int accept_clients(small_redis *r, edo_listener *l) {
    edo_stream *s;
    int err;
    EDO_SCOPE(all, NULL);
    edo_scope_spawn(&all, small_log_run, &r->log);
    edo_task_started(edo_listener_port(l));
    while ((err = edo_accept(l, &s)) == 0) {
        small_client *c = malloc(sizeof *c);
        CHECK(c);
        small_client_init(c, r, s);
        if (edo_scope_spawn(&all, client_run, c) < 0) small_client_free(c);
    }
    return edo_scope_end(&all, err);
}

static void load_command(void *client, const small_command *c) {
    small_client *self = client;
    small_command copy = *c; // which is not queued
    if (c->n > 0) small_do(self, &copy);
    self->out.len = 0;
}

static int small_redis_load(small_redis *r) {
    small_client loader;
    small_client_init(&loader, r, NULL);
    loader.is_in = r->is_loading = true;
    int err = small_log_open(&r->log, r->opts, load_command, &loader);
    r->is_loading = false;
    small_client_deinit(&loader);
    return err;
}

int small_redis_run(void *options) {
    small_redis r = { .opts = options };
    edo_listener *l;
    TAILQ_INIT(&r.clients);
    TAILQ_INIT(&r.blocked);
    small_keys_init(&r.keys);
    int err = small_redis_load(&r);
    if (err == 0) {
        err = edo_tcp_listen(&l, r.opts->listen ? r.opts->listen : "0.0.0.0:6379", NULL);
        if (err == 0) {
            err = accept_clients(&r, l);
            edo_listener_close(l);
        }
        small_log_close(&r.log);
    }
    small_keys_deinit(&r.keys);
    return err == -ECANCELED ? 0 : err;
}
