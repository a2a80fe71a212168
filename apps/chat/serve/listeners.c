/* SPDX-License-Identifier: MIT */
/* listeners.c: see listeners.h. */
#include "serve/listeners.h"

#include "line/acceptor.h"
#include "page/web.h"
#include "stream/door.h"
#include "tls.h"

#include <edo/console_page.h>
#include <edo/error.h>
#include <edo/io.h>
#include <edo/log.h>
#include <edo/pipe.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A line for each listener, and one for the console. */
#define WHERE_BYTES (5 * (EDO_ADDR_TEXT_MAX + 32) + EDO_CONSOLE_PATH_BYTES)

static const edo_duration say_max = EDO_S(1);

/* Adds a line to those that whoever started the server waits for. */
static int add_where(char lines[WHERE_BYTES], edo_listener *l, const char *before,
                     const char *behind) {
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    size_t bytes = strlen(lines);
    int err = edo_listener_addr(l, &addr);
    if (err >= 0) err = edo_addr_print(&addr, text, sizeof text);
    if (err < 0) return err;
    (void)snprintf(lines + bytes, WHERE_BYTES - bytes, "%s%s%s\n", before, text, behind);
    return 0;
}

/* A pipe that is full, and that nobody reads, is no reason not to serve. Shielded, as a server that
 * is to end at once ends in order, too. */
static int say_lines(const char *lines) {
    edo_stream *out;
    int err = edo_stdout(&out);
    if (err < 0) return err;
    EDO_SHIELD(sh, edo_ns(-1));
    EDO_DEADLINE(d, say_max);
    err = edo_write_all(out, lines, strlen(lines));
    if (err == 0) err = edo_flush(out);
    err = edo_deadline_end(&d, err);
    (void)edo_shield_end(&sh, 0);
    edo_close(out);
    if (err != -ETIMEDOUT) return err;
    edo_trail_clear();
    edo_warn("where the server listens was not said: nobody reads standard output");
    return 0;
}

/* The console is below the web's address, if whoever started the server wants one: its link lets
 * others than loopback in. */
static int add_console(char lines[WHERE_BYTES], const server *self) {
    char path[EDO_CONSOLE_PATH_BYTES];
    int err = edo_console_path(path, NULL);
    if (err == 0)
        err = add_where(lines, self->web_at,
                        self->tls ? "console on https://" : "console on http://", path);
    return err == -ENOENT ? 0 : err;
}

int listeners_say(const server *self) {
    char lines[WHERE_BYTES] = "";
    int err = self->lines_at ? add_where(lines, self->lines_at, "listening on ", "") : 0;
    if (err == 0 && self->secure_at)
        err = add_where(lines, self->secure_at, "listening by TLS on ", "");
    const char *before = self->tls ? "web on https://" : "web on http://";
    if (err == 0 && self->web_at) err = add_where(lines, self->web_at, before, "/");
    if (err == 0 && self->web_at) err = add_console(lines, self);
    before = self->streams_tls ? "gRPC by TLS on " : "gRPC on ";
    if (err == 0 && self->streams_at) err = add_where(lines, self->streams_at, before, "");
    if (err == 0) err = say_lines(lines);
    return edo_fail(err, "saying where it listens");
}

/* Pages are asked for also when the listener is closed already. */
static int note_reach(server *self) {
    edo_addr addr;
    int err = self->web_at ? edo_listener_addr(self->web_at, &addr) : 0;
    self->is_public = self->web_at && err >= 0 && !address_is_own(&addr);
    return err < 0 ? err : 0;
}

int listeners_open(server *self) {
    const options *o = self->options;
    int err = acceptor_listen(&self->lines_at, o->address);
    if (err == 0 && o->tcp_tls) err = acceptor_listen(&self->secure_at, o->tcp_tls);
    if (err == 0) err = web_listen(&self->web_at, o->http);
    if (err == 0) err = note_reach(self);
    if (err == 0 && o->grpc) err = door_listen(&self->streams_at, o->grpc);
    if (err == 0) err = tls_open(&self->tls, o, "http/1.1");
    if (err == 0 && self->streams_at) err = tls_open(&self->streams_tls, o, "h2");
    return err;
}

void listeners_close(server *self) {
    edo_listener_close(self->lines_at);
    edo_listener_close(self->secure_at);
    edo_listener_close(self->web_at);
    edo_listener_close(self->streams_at);
    tls_close(self->tls);
    tls_close(self->streams_tls);
}
