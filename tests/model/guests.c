/* SPDX-License-Identifier: MIT */
/* Goal: a future that waits for a source with another thread's driver is woken by its event, or
 * when that driver is left, and registers where it lives, whatever comes between: an event, a
 * close, the driver's end, another waiter that waits or gives up, a move. Afterwards a driver
 * counts just the directions for which it may have guests.
 * Method: the real source on the real driver, and a socket of the checker's kernel, whose events
 * order nothing. The last check of each model is an event: each waiter whose driver is being turned
 * must get it. */
#include "guests.h"
#include "driver/driver.h"

/* ---- Who comes, and who leaves --------------------------------------------------------------- */

static void leave(uint32_t n) {
    edoi_driver_leave(d[n]);
    away[n] = true;
}

static void enter(uint32_t n) {
    edoi_driver_enter(d[n]);
    away[n] = false;
}

static void guest(void *arg) {
    (void)arg;
    poll(1);
}

static void guest_too(void *arg) {
    (void)arg;
    poll(2);
}

/* Is polled once more, woken or not. */
static void guest_twice(void *arg) {
    (void)arg;
    poll(1);
    poll(1);
}

static void give_up(void *arg) {
    (void)arg;
    edoi_source_unwait(source, &w[1].link);
    w[1].waits = false;
}

static void guest_goes(void *arg) {
    guest(arg);
    give_up(arg);
    leave(1);
}

static void nudge(void *arg) {
    (void)arg;
    edoi_source_nudge(source, EDOI_READ);
}

static void event(void *arg) {
    (void)arg;
    edoi_model_socket_ready(edoi_source_fd(source), EPOLLIN | EPOLLOUT);
}

static void guest_against_leave(void) {
    begin_reading(2);
    edoi_model_start(guest, NULL);
    leave(0);
    end();
}

static void guest_polled_twice_against_leave(void) {
    begin_reading(2);
    edoi_model_start(guest_twice, NULL);
    leave(0);
    end();
}

/* As an await that ends. */
static void guest_against_the_end_of_a_wait(void) {
    begin_reading(2);
    edoi_model_start(guest, NULL);
    leave(0);
    edoi_source_unwait(source, &w[0].link);
    w[0].waits = false;
    end();
}

static void guest_against_leave_and_enter(void) {
    begin_reading(2);
    edoi_model_start(guest_twice, NULL);
    leave(0);
    enter(0);
    poll(0);
    end();
}

static void guest_against_leaving_twice(void) {
    begin_reading(2);
    edoi_model_start(guest, NULL);
    leave(0);
    enter(0);
    poll(0);
    leave(0);
    end();
}

static void two_guests_against_leave(void) {
    begin_reading(3);
    edoi_model_start(guest, NULL);
    edoi_model_start(guest_too, NULL);
    leave(0);
    end();
}

/* One waiter is there already, and registers anew while another comes. */
static void woken_guest_against_another(void) {
    begin_reading(3);
    poll(1);
    edoi_model_start(guest_too, NULL);
    leave(0);
    poll(1);
    end();
}

/* The second is perhaps a guest of the first, which leaves as well. */
static void all_but_one_leave(void) {
    begin_reading(3);
    edoi_model_start(guest_goes, NULL);
    edoi_model_start(guest_too, NULL);
    leave(0);
    end();
}

static void guest_gives_up_against_leave(void) {
    begin_reading(3);
    poll(1);
    edoi_model_start(give_up, NULL);
    edoi_model_start(guest_too, NULL);
    leave(0);
    end();
}

/* The host stays in line, and becomes a guest of a driver that is left. */
static void guest_goes_against_leave_and_enter(void) {
    begin_reading(2);
    edoi_model_start(guest_goes, NULL);
    leave(0);
    enter(0);
    end();
}

static void move_the_first(void *arg) {
    (void)arg;
    w[0].at = 1;
    poll(0);
}

/* The waiter is a task that goes on at another worker. It stays in line, since another waiter of
 * its old driver waits there, and is the first guest. */
static void waiter_moves_against_leave(void) {
    begin_reading(2);
    w[1].at = 0;
    poll(1);
    edoi_model_start(move_the_first, NULL);
    leave(0);
    end();
}

static void waiter_moves_against_guest_and_leave(void) {
    begin_reading(3);
    edoi_model_start(move_the_first, NULL);
    edoi_model_start(guest_too, NULL);
    leave(0);
    end();
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void harvest_first(void *arg) {
    (void)arg;
    (void)edoi_driver_harvest(d[0]);
}

static void guest_against_event_and_leave(void) {
    begin_reading(2);
    edoi_model_start(guest, NULL);
    edoi_model_start(event, NULL);
    (void)edoi_driver_turn(d[0], 0);
    leave(0);
    end();
}

static void guest_against_nudge_and_leave(void) {
    begin_reading(2);
    edoi_model_start(guest, NULL);
    edoi_model_start(nudge, NULL);
    leave(0);
    end();
}

/* Of three waiters one leaves while they are being woken, perhaps out of the ring of that wake. */
static void give_up_against_a_wake(void) {
    begin_reading(3);
    poll(1);
    poll(2);
    edoi_model_start(give_up, NULL);
    nudge(NULL);
    end();
}

/* And one waiter comes back at once, into the source's own ring. */
static void return_and_give_up_against_a_wake(void) {
    begin_reading(3);
    poll(1);
    poll(2);
    edoi_model_start(give_up, NULL);
    edoi_model_start(guest_too, NULL);
    nudge(NULL);
    end();
}

static void two_wakes_at_once(void) {
    begin_reading(3);
    poll(1);
    edoi_model_start(nudge, NULL);
    edoi_model_start(guest_too, NULL);
    nudge(NULL);
    end();
}

/* The event is taken by the turning thread, before or after the guest has come. */
static void guest_against_event(void) {
    begin_reading(2);
    event(NULL);
    edoi_model_start(guest_twice, NULL);
    (void)edoi_driver_turn(d[0], 0);
    leave(0);
    end();
}

/* A sibling has taken the event, and handles it while the driver is left. */
static void harvested_event_against_leave(void) {
    begin_reading(2);
    poll(1);
    event(NULL);
    edoi_model_start(harvest_first, NULL);
    leave(0);
    end();
}

static void harvested_event_against_guest_and_leave(void) {
    begin_reading(2);
    event(NULL);
    edoi_model_start(harvest_first, NULL);
    edoi_model_start(guest, NULL);
    leave(0);
    end();
}

/* ---- Two directions -------------------------------------------------------------------------- */

/* The host waits for reads with its own link; guests for either direction. */
static void directions_apart_against_leave(void) {
    static const edoi_dir dirs[] = { EDOI_READ, EDOI_WRITE, EDOI_READ };
    begin(dirs, 3);
    edoi_model_start(guest, NULL);
    edoi_model_start(guest_too, NULL);
    leave(0);
    end();
}

/* Of both directions at one driver, the first has a guest. */
static void one_direction_of_two_against_leave(void) {
    static const edoi_dir dirs[] = { EDOI_READ, EDOI_WRITE, EDOI_READ };
    begin(dirs, 3);
    w[1].at = 0;
    poll(1);
    edoi_model_start(guest_too, NULL);
    leave(0);
    end();
}

/* Both directions have a guest. */
static void begin_both(void) {
    static const edoi_dir dirs[] = { EDOI_READ, EDOI_WRITE, EDOI_READ };
    begin(dirs, 3);
    poll(2);
    w[0].dir = EDOI_WRITE;
    poll(0);
    poll(1);
    MODEL_CHECK(source->home[EDOI_READ] & source->home[EDOI_WRITE] & GUESTS);
}

static void both_directions_against_leave(void) {
    begin_both();
    edoi_model_start(guest, NULL);
    edoi_model_start(guest_too, NULL);
    leave(0);
    end();
}

/* ---- The end of a source, and of a driver ---------------------------------------------------- */

static void close_it(void *arg) {
    (void)arg;
    edoi_source_close(source);
}

static void close_against_guest_and_leave(void) {
    begin_reading(2);
    edoi_model_start(guest, NULL);
    edoi_model_start(close_it, NULL);
    leave(0);
    end();
}

/* Number and memory are used again, by a waiter with its own driver. */
static void replace(void *arg) {
    (void)arg;
    edoi_source_unwait(source, &w[0].link);
    edoi_source_unwait(source, &w[1].link);
    edoi_source_unwait(source, &w[2].link);
    w[0].waits = w[1].waits = w[2].waits = false;
    edoi_source_free(source);
    open_source();
    MODEL_CHECK(!edoi_source_ready(source, EDOI_READ) && !edoi_source_ready(source, EDOI_WRITE));
    poll(1);
}

static void replaced_against_leave(void) {
    begin_reading(2);
    poll(1);
    edoi_model_start(replace, NULL);
    leave(0);
    end();
}

/* Its guests wait for both directions, and one is woken after the other. */
static void replaced_against_leave_of_two(void) {
    begin_both();
    edoi_model_start(replace, NULL);
    leave(0);
    end();
}

/* A late event, held by the thread that took it, is not for the next source. */
static void replace_against_event(void) {
    event(NULL);
    edoi_model_start(replace, NULL);
    (void)edoi_driver_turn(d[0], 0);
    edoi_model_wait();
    MODEL_CHECK(w[1].waits && edoi_source_waiters_has(&w[1].link));
    end();
}

static void replaced_against_event(void) {
    begin_reading(2);
    replace_against_event();
}

static void replaced_against_event_for_two(void) {
    begin_both();
    replace_against_event();
}

static void free_it(void *arg) {
    (void)arg;
    w[0].waits = w[1].waits = false;
    end_source();
}

static void free_against_leave(void) {
    begin_reading(2);
    poll(1);
    edoi_model_start(free_it, NULL);
    leave(0);
    end();
}

static void guest_against_the_end_of_a_driver(void) {
    begin_reading(2);
    edoi_model_start(guest_twice, NULL);
    edoi_driver_free(d[0]);
    d[0] = NULL;
    w[0].waits = false;
    end();
}

static void move_against_the_end_of_a_driver(void) {
    begin_reading(2);
    edoi_source_unwait(source, &w[0].link);
    w[0].waits = false;
    edoi_model_start(guest, NULL);
    edoi_driver_free(d[0]);
    d[0] = NULL;
    end();
}

/* ---- With sleep ------------------------------------------------------------------------------ */

/* As a thread without a runtime: sleeps in its own driver, takes its events, and leaves the driver
 * to the next thread. */
static void await(uint32_t n) {
    enter(n);
    poll(n);
    while (w[n].waits) {
        do (void)edoi_driver_turn(d[n], -1);
        while (!edoi_load_rlx_u32(&w[n].rung));
        poll(n);
    }
    leave(n);
    event(NULL);
}

static void await_too(void *arg) {
    (void)arg;
    await(1);
}

static void begin_sleepers(void) {
    begin_reading(2);
    kicks = true;
    edoi_source_unwait(source, &w[0].link);
    leave(0);
    leave(1);
}

/* The thread that comes second is perhaps a guest of the first. If one is left behind, no thread
 * goes on. */
static void sleepers_against_event(void) {
    begin_sleepers();
    edoi_model_start(await_too, NULL);
    edoi_model_start(event, NULL);
    await(0);
    end();
}

static void sleepers_against_close(void) {
    begin_sleepers();
    edoi_model_start(await_too, NULL);
    edoi_model_start(close_it, NULL);
    await(0);
    end();
}

/* ---- What is seen ---------------------------------------------------------------------------- */

static int written; /* plain */

static void write_and_nudge(void *arg) {
    (void)arg;
    written = 1;
    edoi_source_nudge(source, EDOI_READ);
}

/* A thread that finds it ready sees what was written before; a clear meanwhile does not undo
 * that. */
static void readiness_publishes_earlier_writes(void) {
    begin_reading(1);
    edoi_source_nudge(source, EDOI_READ);
    uint32_t tick = edoi_source_ready(source, EDOI_READ);
    edoi_model_start(write_and_nudge, NULL);
    edoi_source_clear(source, EDOI_READ, tick);
    if (edoi_source_ready(source, EDOI_READ) > tick) MODEL_CHECK(written == 1);
    edoi_model_wait();
    MODEL_CHECK(edoi_source_ready(source, EDOI_READ) > tick);
    edoi_source_clear(source, EDOI_READ, edoi_source_ready(source, EDOI_READ));
    end();
}

static void write_and_close(void *arg) {
    (void)arg;
    written = 1;
    edoi_source_close(source);
}

static void close_publishes_earlier_writes(void) {
    begin_reading(1);
    edoi_model_start(write_and_close, NULL);
    if (edoi_source_is_closed(source)) MODEL_CHECK(written == 1);
    end();
}

/* A waiter that was taken out of line may use its link again, and wait with another waker. */
static void link_is_its_owners_again(void) {
    begin_reading(2);
    edoi_model_start(nudge, NULL);
    edoi_source_unwait(source, &w[0].link);
    w[0].waits = false;
    w[0].link.who = 1;
    end();
}

static void first_source(void *arg) {
    open_source();
    poll(1);
    event(arg);
}

/* The event of a source that is new to this thread, with the pool's first memory. */
static void event_of_an_unknown_source(void) {
    for (uint32_t i = 0; i < 2; i++) MODEL_CHECK(edoi_driver_new(&d[i], 1) == 0);
    away[2] = true;
    w[1].waker.ops = &ops;
    w[1].at = 1;
    edoi_model_start(first_source, NULL);
    (void)edoi_driver_harvest(d[1]);
    end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(guest_against_leave),
        MODEL(give_up_against_a_wake),
        MODEL(return_and_give_up_against_a_wake),
        MODEL(two_wakes_at_once),
        MODEL(guest_polled_twice_against_leave),
        MODEL(guest_against_the_end_of_a_wait),
        MODEL(guest_against_leave_and_enter),
        MODEL(guest_against_leaving_twice),
        MODEL(two_guests_against_leave),
        MODEL(woken_guest_against_another),
        MODEL(all_but_one_leave),
        MODEL(guest_gives_up_against_leave),
        MODEL(guest_goes_against_leave_and_enter),
        MODEL(waiter_moves_against_leave),
        MODEL(waiter_moves_against_guest_and_leave),
        MODEL(guest_against_event_and_leave),
        MODEL(guest_against_nudge_and_leave),
        MODEL(guest_against_event),
        MODEL(harvested_event_against_leave),
        MODEL(harvested_event_against_guest_and_leave),
        MODEL(directions_apart_against_leave),
        MODEL(one_direction_of_two_against_leave),
        MODEL(both_directions_against_leave),
        MODEL(close_against_guest_and_leave),
        MODEL(replaced_against_leave),
        MODEL(replaced_against_leave_of_two),
        MODEL(replaced_against_event),
        MODEL(replaced_against_event_for_two),
        MODEL(free_against_leave),
        MODEL(guest_against_the_end_of_a_driver),
        MODEL(move_against_the_end_of_a_driver),
        MODEL(sleepers_against_event),
        MODEL(sleepers_against_close),
        MODEL(readiness_publishes_earlier_writes),
        MODEL(close_publishes_earlier_writes),
        MODEL(link_is_its_owners_again),
        { .name = "event_of_an_unknown_source",
          .fn = event_of_an_unknown_source,
          .real_locks = true },
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
