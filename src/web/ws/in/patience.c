/* SPDX-License-Identifier: MIT */
/* web/ws/in/patience.c: how long the rest of a message is waited for.
 *
 * There are two limits. The first is on the rate, over a window of `message_timeout`: each byte
 * buys 1 / RATE of a second, and no more than the window is bought ahead, so a peer that has sent
 * much at once cannot live on that. The second is on a message that is held, `message_time_max`,
 * whatever its rate: otherwise a peer could pin 16 MiB for hours.
 *
 * Only the time that the peer was waited for counts, not what a handler does between two receives.
 * A socket without a fiber waits from the end of a run to the next run. */
#include "web/ws/ws.h"

#define PING_INTERVAL_S 30
#define PING_TIMEOUT_S  10

#define WINDOW_S 30
#define RATE     240 /* bytes a second, at least */
#define HELD_S   600

edo_duration edoi_ws_silence_max(const edo_ws *ws, bool was_pinged) {
    return was_pinged ? edoi_ws_or_s(ws->opts->ping_timeout, PING_TIMEOUT_S)
                      : edoi_ws_or_s(ws->opts->ping_interval, PING_INTERVAL_S);
}

static int64_t window_ns(const edo_ws *ws) {
    edo_duration d = edoi_ws_or_s(ws->opts->message_timeout, WINDOW_S);
    return d.ns < 0 ? EDO_FOREVER_NS : d.ns;
}

void edoi_ws_begin_waiting(edo_ws *ws) {
    edoi_ws_reading *in = ws->reader.in;
    if (in->is_timed) return;
    in->is_timed = true;
    in->left_ns = window_ns(ws);
    in->waited_ns = 0;
}

void edoi_ws_pay(edo_ws *ws, size_t n) {
    edoi_ws_reading *in = ws->reader.in;
    if (!in->is_timed || in->left_ns == EDO_FOREVER_NS) return;
    int64_t bought_ns = edo_s((int64_t)n).ns / RATE, most = window_ns(ws);
    in->left_ns = in->left_ns > most - bought_ns ? most : in->left_ns + bought_ns;
}

void edoi_ws_begin_wait(edo_ws *ws) {
    edoi_ws_reading *in = ws->reader.in;
    if (in && in->is_timed) in->since_ns = edo_now().ns;
}

void edoi_ws_end_wait(edo_ws *ws, edo_instant now) {
    edoi_ws_reading *in = ws->reader.in;
    if (!in || !in->is_timed) return;
    int64_t waited_ns = now.ns - in->since_ns;
    if (in->left_ns != EDO_FOREVER_NS) in->left_ns -= waited_ns;
    in->waited_ns += waited_ns;
}

int64_t edoi_ws_time_left(const edo_ws *ws) {
    const edoi_ws_reading *in = ws->reader.in;
    if (!in || !in->is_timed) return EDO_FOREVER_NS;
    edo_duration most = edoi_ws_or_s(ws->opts->message_time_max, HELD_S);
    if (in->message.len == 0 || most.ns < 0) return in->left_ns;
    int64_t left_ns = most.ns - in->waited_ns;
    return left_ns < in->left_ns ? left_ns : in->left_ns;
}
