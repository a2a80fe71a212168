/* SPDX-License-Identifier: MIT */
/* http_clock.c: a response without an end: a line a second, each in a chunk that leaves at once.
 *
 *     http_clock HOST:PORT [MILLISECONDS]
 *     curl -N http://127.0.0.1:8080/
 *
 * The handler is a loop. When the client goes away its task is cancelled: the sleep returns
 * -ECANCELED, and the loop ends. When the server drains nothing is cancelled before `drain_max` has
 * passed, so the loop looks at edo_request_drain(): its response ends whole. */
#include <edo/edo.h>
#include <edo/http_server.h>

#include <stdio.h>
#include <stdlib.h>

static int clock_for_ever(edo_request *req, edo_response *res, void *arg) {
    edo_cancel_token *drain = edo_request_drain(req); // fires when the server begins to end
    const edo_duration *period = arg;
    edo_stream *out = NULL;
    edo_interval every;
    int err = edo_interval_init(&every, *period, EDO_TICK_SKIP);
    if (err == 0) err = edo_response_stream(res, &out, -1);
    for (int tick = 1; err >= 0 && !edo_cancel_is_set(drain); tick++) {
        char line[32];
        int n = snprintf(line, sizeof line, "tick %d\n", tick);
        err = edo_interval_tick(&every, NULL);
        if (err >= 0) err = edo_write_all(out, line, (size_t)n);
    }
    return err;
}

static int root(void *arg) {
    char **argv = arg;
    edo_duration period = edo_ms(argv[2] ? strtol(argv[2], NULL, 10) : 1000);
    const edo_http_server_opts opts = { .listen = argv[1], .announce = true };
    return edo_http_serve(clock_for_ever, &period, &opts);
}

int main(int argc, char **argv) {
    return argc >= 2 ? edo_main(root, argv) : 2;
}
