/* SPDX-License-Identifier: MIT */
/* buffered.c: a protocol of lines and bodies, served in memory: "put 5", then five bytes; "get".
 *
 * The reader hands out lines, and bodies through its stream; the writer gathers the replies to what
 * came in one piece, and sends them at once. */
#include <edo/edo.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct store {
    char bytes[64];
    size_t n;
} store;

static int put(store *st, edo_buf_reader *in, const char *number) {
    size_t n = strtoul(number, NULL, 10);
    if (n > sizeof st->bytes) return -EMSGSIZE;
    int got = edo_read_exact(edo_buf_reader_stream(in), st->bytes, n); // held bytes first
    if (got >= 0) st->n = n;
    return got;
}

static int answer(store *st, edo_buf_reader *in, edo_stream *out, const char *line) {
    if (strncmp(line, "put ", 4) == 0) {
        int n = put(st, in, line + 4);
        return n < 0 ? n : edo_write_all(out, "stored\n", 7);
    }
    if (strcmp(line, "get") != 0) return edo_write_all(out, "what?\n", 6);
    int n = edo_write_all(out, st->bytes, st->n);
    return n < 0 ? n : edo_write_all(out, "\n", 1);
}

static int serve(void *arg) {
    edo_stream *s = arg;
    store st = { .n = 0 };
    edo_buf_reader in;
    edo_buf_writer out;
    char *line;
    int n = edo_buf_reader_init(&in, s, &(edo_buf_reader_opts){ .line_max = 100 });
    if (n == 0) n = edo_buf_writer_init(&out, s, NULL);
    while (n >= 0 && (n = edo_read_line(&in, &line)) >= 0) {
        n = answer(&st, &in, edo_buf_writer_stream(&out), line);
        if (n >= 0 && edo_buf_reader_held(&in) == 0) n = edo_flush(edo_buf_writer_stream(&out));
    }
    edo_buf_reader_deinit(&in);
    edo_buf_writer_deinit(&out);
    edo_close(s);
    return n == -EDO_EEOF ? 0 : n;
}

static int talk(void *arg) {
    (void)arg;
    static const char requests[] = "put 5\nhelloget\nput 8\nbuffered\n";
    edo_stream *s, *server;
    edo_bytes replies;
    int n = edo_duplex(&s, &server, 4096);
    if (n < 0) return n;
    edo_task *t = edo_spawn(serve, server);
    n = edo_write_all(s, requests, sizeof requests - 1);
    if (n >= 0) n = edo_write_all(s, "get\n", 4);
    if (n >= 0) n = edo_shutdown(s);
    if (n >= 0) n = edo_read_all(&replies, s, 1000);
    if (n == 0) {
        printf("%.*s", (int)replies.str.len, replies.str.ptr);
        edo_bytes_unref(&replies);
    }
    edo_close(s);
    int err = edo_task_join(t);
    return n < 0 ? n : err;
}

int main(void) {
    return edo_main(talk, NULL);
}
