/* SPDX-License-Identifier: MIT */
/* Goal: a response that has gathered leaves while the next handler waits, whichever of the burst
 * and the connection's state machine comes first; and one of the two uses the output at a time.
 * Method: the real lease, over an output whose socket is a sum. The state machine looks while the
 * burst lends, before it has begun, or after it has taken the output back. */
#include "http/io/lease.h"
#include "model.h"

static edoi_http_lease lease;
static edoi_http_output out;
static edo_stream socket_of_model;
static uint32_t sent_n;

edo_polled edoi_output_poll_flush(edoi_http_output *o, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)cx, (void)wait;
    sent_n += o->end - o->begin;
    o->begin = o->end = 0;
    *result = 0;
    return EDO_READY;
}

int edoi_output_flush(edoi_http_output *o) {
    int err;
    (void)edoi_output_poll_flush(o, NULL, NULL, &err);
    return err;
}

void edoi_output_check(const edoi_http_output *o) {
    MODEL_CHECK(o->begin <= o->end);
}

/* The first request is served at once; the second one's handler waits for ever. */
static void burst_that_waits(void *arg) {
    (void)arg;
    edoi_output_begin(&out, &lease, &socket_of_model);
    out.end += 5;
    MODEL_CHECK(edoi_output_lend(&out) == 0);
}

static void response_leaves_while_the_next_handler_waits(void) {
    edoi_http_lease_begin(&lease);
    edoi_model_start(burst_that_waits, NULL);
    edoi_output_flush_lent(&lease);
    edoi_model_wait();
    MODEL_CHECK(sent_n == 5);
}

/* Here no handler waits: what the last one has left is sent at the end. */
static void burst_that_ends(void *arg) {
    (void)arg;
    edoi_output_begin(&out, &lease, &socket_of_model);
    out.end += 5;
    MODEL_CHECK(edoi_output_lend(&out) == 0);
    edoi_output_take_back(&out);
    out.end += 2;
    MODEL_CHECK(edoi_output_flush(&out) == 0);
}

static void one_at_a_time_uses_the_output(void) {
    edoi_http_lease_begin(&lease);
    edoi_model_start(burst_that_ends, NULL);
    edoi_output_flush_lent(&lease);
    edoi_model_wait();
    MODEL_CHECK(sent_n == 7 && out.end == 0);
    MODEL_CHECK(edoi_load_rlx_u32(&lease.state) == EDOI_OUTPUT_OURS);
}

/* The second burst of a connection of which a handler has waited gathers again. */
static void next_burst_gathers(void) {
    edoi_http_lease_begin(&lease);
    edoi_output_flush_lent(&lease);
    edoi_http_lease_begin(&lease);
    edoi_model_start(burst_that_waits, NULL);
    edoi_model_wait();
    MODEL_CHECK(sent_n == 0 && out.end == 5);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(response_leaves_while_the_next_handler_waits),
        MODEL(one_at_a_time_uses_the_output),
        { .name = "next_burst_gathers", .fn = next_burst_gathers, .one_way = true },
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
