/* SPDX-License-Identifier: MIT */
/* chat1.c: chat, step 1: lines. Each client has a fiber, which reads a line and answers it. */
#include <edo/edo.h>

#include <stdarg.h>
#include <stdio.h>

EDO_PRINTF(2, 3) static int say(edo_stream *peer, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= (int)sizeof text) n = (int)sizeof text - 1; // cut
    return edo_write_all(peer, text, (size_t)n);
}

static int talk(void *arg) {
    edo_stream *peer = arg;
    edo_buf_reader lines;
    int err = edo_buf_reader_init(&lines, peer, NULL);
    for (char *line; err >= 0 && (err = edo_read_line(&lines, &line)) >= 0;)
        err = say(peer, "you said: %s\n", line);
    edo_buf_reader_deinit(&lines);
    edo_close(peer);
    return err;
}

static int serve(void *arg) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return err;
    const edo_spawn_opts lives_long = { .spread = true };
    for (edo_stream *peer; (err = edo_accept(l, &peer)) == 0;)
        if (edo_spawn_detached_with(talk, peer, &lives_long) < 0) edo_close(peer);
    edo_listener_close(l);
    return err;
}

int main(int argc, char **argv) {
    static char here[] = "127.0.0.1:7000";
    return edo_main(serve, argc > 1 ? argv[1] : here);
}
