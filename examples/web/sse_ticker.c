/* SPDX-License-Identifier: MIT */
/* sse_ticker.c: a page that is told the time by the server, as server-sent events.
 *
 *     sse_ticker HOST:PORT [MILLISECONDS]
 *     curl -N http://127.0.0.1:8080/ticks
 *
 * Each tick has a number. A browser that lost its connection says the last number that it has got,
 * and goes on behind it. */
#include <edo/edo.h>
#include <edo/sse.h>
#include <edo/web.h>

#include <stdio.h>
#include <stdlib.h>

static const char page[] = "<!doctype html>\n<title>Ticker</title>\n"
                           "<p>Tick <output id=tick>none</output></p>\n"
                           "<script src=/ticker.js></script>\n";
static const char script[] = "new EventSource('/ticks').addEventListener('tick', e => {\n"
                             "    document.getElementById('tick').textContent = e.data;\n"
                             "});\n";

static int get_page(edo_web *w) {
    return edo_web_reply_html(w, EDO_STATUS_OK, page);
}

static int get_script(edo_web *w) {
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/javascript", edo_str_of(script));
}

/* The client may say any number, so they begin again behind the largest. */
static unsigned long next_tick(edo_web *w) {
    uint64_t last = 0;
    (void)edo_str_uint(&last, edo_sse_last_id(w));
    return (unsigned long)last + 1;
}

static int ticks(edo_web *w) {
    const edo_duration *period = edo_web_state(w);
    edo_sse sse;
    edo_interval every;
    char text[21];
    int err = edo_sse_start(&sse, w, &(edo_sse_opts){ .retry = edo_s(1) });
    if (err == 0) err = edo_interval_init(&every, *period, EDO_TICK_SKIP);
    for (unsigned long tick = next_tick(w); err >= 0; tick++) {
        (void)snprintf(text, sizeof text, "%lu", tick);
        err = edo_interval_tick(&every, NULL);
        if (err >= 0)
            err = edo_sse_send(&sse, &(edo_sse_event){ .event = EDO_STR("tick"),
                                                       .id = edo_str_of(text),
                                                       .data = edo_str_of(text) });
    }
    return edo_sse_end(&sse, err);
}

static int app(void *arg) {
    char **argv = arg;
    edo_duration period = edo_ms(argv[2] ? strtol(argv[2], NULL, 10) : 1000);
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", get_page);
    edo_router_get(r, "/ticker.js", get_script);
    edo_router_get(r, "/ticks", ticks);
    return edo_web_serve(r,
                         &(edo_web_opts){ .listen = argv[1], .announce = true, .state = &period });
}

int main(int argc, char **argv) {
    return argc >= 2 ? edo_main(app, argv) : 2;
}
