/* SPDX-License-Identifier: MIT */
/* udp_framed.c: counters over UDP: a datagram holds any number of lines "NAME VALUE", and each line
 * comes with its sender. A bad line, or one that is too long, concerns its sender alone. */
#include <edo/codec.h>
#include <edo/edo.h>
#include <edo/udp.h>
#include <edo/udp_framed.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 32
#define VALUE_MAX      1000000 // so that the total has room for all that ever come

/* Adds up the lines until one says "stop"; returns the number of bad ones. */
static int count(edo_udp_framed *peers, int64_t *total) {
    int bad = 0;
    for (;;) {
        edo_bytes line;
        int rc = edo_udp_framed_recv(peers, &line, NULL);
        if (rc == -EDO_ETOOLONG) bad++;
        if (rc < 0 && rc != -EDO_ETOOLONG) return rc;
        if (rc < 0) continue; // the next line, maybe of another sender
        char text[LINE_MAX_BYTES + 1], name[LINE_MAX_BYTES + 1];
        int64_t value = 0;
        memcpy(text, line.str.ptr, line.str.len);
        text[line.str.len] = 0;
        bool stops = edo_str_equal(line.str, EDO_STR("stop"));
        bool is_good = sscanf(text, "%32s %" SCNd64, name, &value) == 2;
        edo_bytes_unref(&line);
        if (stops) return bad;
        is_good = is_good && value >= -VALUE_MAX && value <= VALUE_MAX;
        if (is_good) *total += value;
        bad += !is_good;
    }
}

static int send_some(edo_stream *client) {
    static const char *const datagrams[] = {
        "hits 3\nmisses 1\n",
        "hits 4",
        "a line that is longer than any line may be\nhits 5\n",
        "hits\n",
        "stop",
    };
    for (size_t i = 0; i < EDO_COUNT(datagrams); i++) {
        int n = edo_write(client, datagrams[i], strlen(datagrams[i]));
        if (n < 0) return n;
    }
    return 0;
}

static int serve(void *arg) {
    (void)arg;
    edo_stream *server, *client = NULL;
    edo_addr at;
    edo_codec_lines codec;
    edo_udp_framed peers = { 0 };
    int64_t total = 0;
    int bad = 0;
    int err = edo_udp_bind(&server, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    err = edo_codec_lines_init(&codec, &(edo_codec_lines_opts){ .max = LINE_MAX_BYTES });
    if (err == 0) err = edo_udp_framed_init(&peers, server, &codec.base);
    if (err == 0) err = edo_stream_local_addr(server, &at);
    if (err == 0) err = edo_udp_connect_addr(&client, &at, NULL);
    if (err == 0) {
        err = send_some(client);
        if (err == 0) err = bad = count(&peers, &total);
        edo_close(client);
    }
    edo_udp_framed_deinit(&peers);
    edo_close(server);
    if (err >= 0) printf("total %" PRId64 ", bad lines %d\n", total, bad);
    return err < 0 ? err : 0;
}

int main(void) {
    return edo_main(serve, NULL);
}
