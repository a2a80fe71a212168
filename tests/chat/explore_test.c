/* SPDX-License-Identifier: MIT */
/* Goal: every reader at two nodes sees every message once, in the order of the store, whatever
 * Redis does with what they tell each other, and in whatever order all that happens. Method: all
 * orders of what can happen in a small scope, each played from the begin: a message is kept by the
 * store, its node learns that, and it comes to the other node late, twice or never; each node asks
 * the store now and then; what lacks cannot be read for a while; somebody comes. Each is a step;
 * the steps that are possible next are tried one after the other. A larger scope with
 * EDO_MANY_ROUNDS, as `make check` has it. */
#include "rounds.h"
#include "stores/wires.h"

enum { SAID_MAX = 4, STEPS_MAX = 32, EARS = 3, ROOMS_OF_A_STORE = 32 };

/* What may happen. */
typedef struct scope {
    int said_n;        /* messages */
    int comes_n;       /* times that each may come to the other node, at most */
    int asked_n;       /* times that each node may ask */
    int cuts_n;        /* times that the store may fail to be read for a while */
    bool is_held;      /* a node may learn late that its message is kept */
    bool has_late_ear; /* somebody may come to the second node */
} scope;

/* A message on its way. */
typedef struct one_said {
    int by, nth;  /* the node; which of its own messages */
    bool is_told; /* its node knows that it is kept */
    int come_n;
    edo_task *says;
} one_said;

/* One way through the scope. */
typedef struct play {
    const scope *of;
    one_said said[SAID_MAX];
    int kept_n, asked_n[NODES], cuts_n;
    ear ears[EARS];
    int ears_n;
} play;

/* The choices of the way that is played, and how many there were at each step. */
typedef struct choices {
    int at[STEPS_MAX], of[STEPS_MAX], n;
} choices;

static choices way;
static unsigned ways_n;

/* ---- Steps ----------------------------------------------------------------------------------- */

typedef enum kind { KEEP, TELL, COME, ASK, CUT, MEND, ARRIVE, END } kind;

typedef struct step {
    kind what;
    int whose; /* the message, or the node */
} step;

/* The node's last message is not known there to be kept. */
static bool is_saying(const play *p, int at) {
    for (int i = 0; i < p->kept_n; i++)
        if (p->said[i].by == at && !p->said[i].is_told) return true;
    return false;
}

static bool may_end(const play *p) {
    return p->kept_n == p->of->said_n && !is_saying(p, 0) && !is_saying(p, 1);
}

static void add_step(step out[STEPS_MAX], int *n, bool is_possible, kind what, int whose) {
    if (is_possible) out[(*n)++] = (step){ what, whose };
}

/* What can happen next. */
static int steps_of(const play *p, step out[STEPS_MAX]) {
    const scope *of = p->of;
    int n = 0, next = p->kept_n;
    add_step(out, &n, next < of->said_n && !is_saying(p, p->said[next].by), KEEP, next);
    for (int i = 0; i < next; i++) {
        const one_said *s = &p->said[i];
        add_step(out, &n, !s->is_told, TELL, i);
        add_step(out, &n, s->is_told && s->come_n < of->comes_n, COME, i);
    }
    for (int i = 0; i < NODES; i++) add_step(out, &n, p->asked_n[i] < of->asked_n, ASK, i);
    add_step(out, &n, p->cuts_n < of->cuts_n && !nodes[1].is_broken, CUT, 1);
    add_step(out, &n, nodes[1].is_broken, MEND, 1);
    add_step(out, &n, of->has_late_ear && p->ears_n < EARS && next > 0, ARRIVE, 1);
    add_step(out, &n, may_end(p), END, 0);
    return n;
}

static uint64_t shown_at(const play *p, int at) {
    return room_numbers_now(p->ears[at].place.room).last;
}

/* A task's function: `arg` is the room; its message has the number that it will have. */
static int say_kept(void *arg) {
    char text[24];
    store_found *newest;
    room *r = arg;
    CHECK_EQ(store_page(shared, &r->name, 0, STORE_BEFORE_ANY, 1, &newest), 0);
    (void)snprintf(text, sizeof text, "%zu",
                   newest->n > 0 ? (size_t)newest->messages[0].number + 1 : 1);
    free(newest);
    return room_say(r, said(r, text, ""));
}

static void learn_kept(one_said *s) {
    node *at = &nodes[s->by];
    at->is_held = false;
    edo_notify_all(&at->gate);
    int err = edo_task_join(s->says);
    CHECK(err == 0 || (err == -EINPROGRESS && at->is_broken));
    s->is_told = true;
    CHECK_EQ(wires[s->by].n, (size_t)s->nth + 1);
}

static void keep(play *p, one_said *s) {
    nodes[s->by].is_held = true;
    s->says = edo_spawn(say_kept, p->ears[s->by].place.room);
    CHECK(s->says);
    pass_a_moment();
    p->kept_n++;
    if (!p->of->is_held) learn_kept(s);
}

static void come(one_said *s) {
    deliver(&nodes[!s->by], edo_buf_str(&wires[s->by].told[s->nth]));
    s->come_n++;
}

static void ask_node(play *p, int at) {
    p->asked_n[at]++;
    int err = ask(&nodes[at]);
    CHECK(err == 0 || nodes[at].is_broken);
    if (err == 0) CHECK_EQ(shown_at(p, at), p->kept_n); // also what it does not know to be kept
}

static void do_step(play *p, const step *s) {
    one_said *of = &p->said[s->whose];
    switch (s->what) {
    case KEEP: keep(p, of); break;
    case TELL: learn_kept(of); break;
    case COME: come(of); break;
    case ASK: ask_node(p, s->whose); break;
    case CUT:
        p->cuts_n++;
        nodes[1].is_broken = true;
        break;
    case MEND: nodes[1].is_broken = false; break;
    case ARRIVE:
        ear_come(&p->ears[p->ears_n++], &nodes[1], p->ears[0].place.room->name.text);
        break;
    case END: break;
    }
    edo_trail_clear();
    bool is_here =
        s->what == TELL || s->what == COME; // then all up to it is shown, or was not read
    int at = s->what == COME ? !of->by : of->by;
    if (is_here && !nodes[at].is_broken) CHECK(shown_at(p, at) > (uint64_t)s->whose);
    for (int i = 0; i < p->ears_n; i++) hears_up_to(&p->ears[i], shown_at(p, i > 0));
}

/* ---- All ways -------------------------------------------------------------------------------- */

/* Bit i of the authors is the node that says message i. */
static void begin_play(play *p, const scope *of, unsigned authors) {
    int own_n[NODES] = { 0 };
    char where[NAME_BYTES_MAX];
    (void)snprintf(where, sizeof where, "way-%u", ways_n);
    *p = (play){ .of = of, .ears_n = NODES };
    for (int i = 0; i < of->said_n; i++) {
        int by = authors >> i & 1U;
        p->said[i] = (one_said){ .by = by, .nth = own_n[by]++ };
    }
    for (int i = 0; i < NODES; i++) ear_come(&p->ears[i], &nodes[i], where);
}

/* Whatever was lost, the next question tells. */
static void end_play(play *p) {
    for (int i = 0; i < NODES; i++) {
        nodes[i].is_broken = false;
        CHECK_EQ(ask(&nodes[i]), 0);
    }
    for (int i = 0; i < p->ears_n; i++) {
        hears_up_to(&p->ears[i], (uint64_t)p->of->said_n);
        remembers_up_to(&p->ears[i], (uint64_t)p->of->said_n);
    }
    for (int i = p->ears_n - 1; i >= 0; i--) ear_go(&p->ears[i]);
    for (int i = 0; i < NODES; i++) {
        for (size_t j = 0; j < wires[i].n; j++) edo_buf_deinit(&wires[i].told[j]);
        wires[i].n = 0;
    }
}

static void play_way(const scope *of, unsigned authors) {
    static play p;
    step next[STEPS_MAX];
    begin_play(&p, of, authors);
    for (int i = 0;; i++) {
        int n = steps_of(&p, next);
        CHECK(n > 0 && i < STEPS_MAX);
        if (i == way.n) way.at[way.n++] = 0;
        way.of[i] = n;
        if (next[way.at[i]].what == END) break;
        do_step(&p, &next[way.at[i]]);
    }
    end_play(&p);
}

/* The next way; false: that was the last one. */
static bool next_way(void) {
    while (way.n > 0 && way.at[way.n - 1] + 1 == way.of[way.n - 1]) way.n--;
    if (way.n > 0) way.at[way.n - 1]++;
    return way.n > 0;
}

/* `arg` is a scope; a task's function. */
static int explore(void *arg) {
    const scope *of = arg;
    for (unsigned authors = 0; authors < 1U << of->said_n; authors++) {
        way = (choices){ .n = 0 };
        start_wired();
        do {
            play_way(of, authors);
            if (++ways_n % ROOMS_OF_A_STORE > 0) continue;
            end_wired(); // the store in memory looks for rooms one after the other
            start_wired();
        } while (next_way());
        end_wired();
    }
    return 0;
}

static void explore_all(scope *scopes, size_t n) {
    ways_n = 0;
    for (size_t i = 0; i < n; i++) run_with(explore, &scopes[i]);
    printf("%u ways\n", ways_n);
}

static void every_reader_sees_every_message_once_in_one_order(void **state) {
    static scope few[] = { { .said_n = 2, .comes_n = 2, .is_held = true },
                           { .said_n = 2, .comes_n = 1, .asked_n = 1 },
                           { .said_n = 2, .comes_n = 1, .cuts_n = 1 },
                           { .said_n = 2, .comes_n = 1, .is_held = true, .has_late_ear = true } },
                 many[] = { { .said_n = 3, .comes_n = 2, .is_held = true },
                            { .said_n = 4, .comes_n = 1 },
                            { .said_n = 3, .comes_n = 1, .asked_n = 1 },
                            { .said_n = 3, .comes_n = 1, .cuts_n = 1, .has_late_ear = true } };
    (void)state;
    explore_all(few, EDO_COUNT(few));
    if (test_rounds(0, 1) > 0) explore_all(many, EDO_COUNT(many));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reader_sees_every_message_once_in_one_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
