/* SPDX-License-Identifier: MIT */
/* edo-bench-nodes [OPTIONS] WEB/LINES...: people of a chat of several nodes, as a plain epoll loop,
 * so that the load costs as little as it can.
 *
 *     --pages N --lines N   people by WebSockets and by lines of text, of all nodes together
 *     --rooms N             of which each node has an equal share of the people
 *     --rate N              messages a second of all people, who talk in turn; or
 *     --window N            a speaker has at most N messages that are not acknowledged
 *     --speakers N          the first pages, which speak if there is a window
 *     --seconds N
 *
 * Question: how long does a message take to those at its author's node, and to those at others; how
 * many messages does a chat acknowledge?
 * Guards: nobody who reads misses anything or gets it twice.
 *
 * WEB and LINES are the ports of a node on this machine. People come from 127.0.x.y, 900 of each
 * address. Then "ready" is printed, and a line on standard input awaited. A message says when it
 * was sent, and from which node. It ends when all have come everywhere, or nothing has come for ten
 * seconds. One line of JSON: sent; acked, of pages; missing; closed; refused; late_us, by which the
 * load was late at most; drain_us, from the last message sent to the last one seen; first_us and
 * last_us, the p50 of the first and the last quarter of what was seen: a queue that grows shows
 * there; and for each of own, other and ack the number, p50_us, p99_us, max_us. */
#include "pages.h"

#include <edo/compiler.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#define NODES_MAX   16
#define COMING_MAX  64 /* at once */
#define INPUT_BYTES 65536
#define SILENCE_US  10000000
#define EVENTS      256
#define STEP        7919 /* a prime: goes through all people of a room, from node to node */
#define SEEN_MAX    20000000

typedef enum kind { PAGE, LINE } kind;

typedef struct person {
    int fd;
    kind kind;
    uint32_t node, room, under_way;
    bool is_upgraded, is_there;
    uint64_t skip; /* bytes that come and are passed over */
    size_t kept_n; /* bytes of a message that has not come whole */
    char *kept;
} person;

/* How long messages took that were seen by some people. */
typedef struct latencies {
    uint32_t *us;
    uint64_t n, most;
} latencies;

static struct {
    size_t pages_n, lines_n, rooms_n, rate, window, speakers_n, seconds;
    size_t nodes_n;
    struct sockaddr_in at[NODES_MAX][2];
} opts = { .pages_n = 600, .rooms_n = 20, .seconds = 5, .speakers_n = 1 };

static person *people;
static size_t people_n;
static int loop;
static size_t begun_n, there_n, closed_n;
static uint64_t sent_n, refused_n, wanted_n; /* `wanted_n` are to be seen of what was sent */
static int64_t sent_us, seen_us, late_us;    /* the last one was sent; was seen; most */
static latencies own, other, acked;

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fail(const char *what) {
    fprintf(stderr, "edo-bench-nodes: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- Who is where ---------------------------------------------------------------------------- */

static size_t number_of(const person *p) {
    return (size_t)(p - people);
}

/* People of a kind go from node to node, and then from room to room. */
static void person_place(person *p) {
    size_t i = number_of(p);
    p->kind = i < opts.pages_n ? PAGE : LINE;
    size_t nth = p->kind == PAGE ? i : i - opts.pages_n;
    p->node = (uint32_t)(nth % opts.nodes_n);
    p->room = (uint32_t)(nth / opts.nodes_n % opts.rooms_n);
}

/* The jth person of a room: its pages are before its lines. */
static person *person_of_room(size_t room, size_t j) {
    size_t of_pages = opts.pages_n / opts.rooms_n, first = 0;
    if (j >= of_pages) first = opts.pages_n, j -= of_pages;
    return &people[first + (j / opts.nodes_n * opts.rooms_n + room) * opts.nodes_n +
                   j % opts.nodes_n];
}

/* ---- Sending --------------------------------------------------------------------------------- */

static void person_write(person *p, const char *bytes, size_t n) {
    if (n == 0 || write(p->fd, bytes, n) != (ssize_t)n) fail("writing");
}

static void send_frame(person *p, unsigned char opcode, const char *payload, size_t n) {
    char frame[FRAME_BYTES];
    person_write(p, frame, frame_make(frame, opcode, payload, n));
}

EDO_PRINTF(2, 3)
static void person_send(person *p, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (p->kind == PAGE) send_frame(p, FRAME_TEXT, text, (size_t)n);
    if (p->kind == LINE) person_write(p, text, (size_t)n);
}

static void person_join(person *p) {
    if (p->kind == PAGE)
        person_send(p, "{\"type\":\"hello\",\"rooms\":[{\"room\":\"r%u\"}]}", p->room);
    if (p->kind == LINE) person_send(p, "/join #r%u\n", p->room);
}

/* Its text tells when it is sent, from which node, and by whom. */
static void person_say(person *p) {
    char text[96];
    sent_us = now_us();
    (void)snprintf(text, sizeof text, "at %" PRId64 " %u %zu twenty-four bytes of it.", sent_us,
                   p->node, number_of(p));
    if (p->kind == PAGE)
        person_send(p,
                    "{\"type\":\"say\",\"room\":\"r%u\",\"ref\":\"%" PRIu64 "\",\"text\":\"%s\"}",
                    p->room, sent_n, text);
    if (p->kind == LINE) person_send(p, "%s\n", text);
    wanted_n += people_n / opts.rooms_n - (p->kind == LINE); // a terminal is not shown its own
    p->under_way++;
    sent_n++;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static void latencies_add(latencies *to, int64_t us) {
    if (to->n == to->most) {
        to->most = to->most ? 2 * to->most : 65536;
        to->us = to->n < SEEN_MAX ? realloc(to->us, to->most * sizeof *to->us) : NULL;
        if (!to->us) fail("memory");
    }
    to->us[to->n++] = us > 0 ? (uint32_t)us : 0;
}

/* `said` begins behind "at ". */
static void take_said(person *p, const char *said) {
    char *end;
    int64_t when = strtoll(said, &end, 10);
    uint64_t node = strtoull(end, &end, 10), by = strtoull(end, &end, 10);
    seen_us = now_us();
    latencies_add(node == p->node ? &own : &other, seen_us - when);
    if (by != number_of(p)) return;
    latencies_add(&acked, seen_us - when);
    p->under_way--;
}

static void take_arrival(person *p) {
    there_n += !p->is_there;
    p->is_there = true;
}

static bool person_begins(const char *text, size_t n, const char *with) {
    return n >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static void take_text(person *p, const char *text, size_t n) {
    static const char said[] = "\"text\":\"at ";
    const char *at = memmem(text, n, said, sizeof said - 1);
    if (at) {
        take_said(p, at + sizeof said - 1);
    } else if (person_begins(text, n, "{\"type\":\"welcome\"")) {
        take_arrival(p);
    } else if (person_begins(text, n, "{\"type\":\"error\"")) {
        refused_n++;
    }
}

static void take_line(person *p, const char *text, size_t n) {
    static const char said[] = ": at ", joined[] = " joined #r";
    const char *at = memmem(text, n, said, sizeof said - 1);
    if (at) {
        take_said(p, at + sizeof said - 1);
    } else if (memmem(text, n, joined, sizeof joined - 1)) {
        take_arrival(p);
    }
}

/* Takes a message off `*at`; false: it has not come as far as it has to. A message that is longer
 * than the input is told by its begin. */
static bool take_frame(person *p, const char **at, const char *end) {
    frame_head head;
    size_t left = (size_t)(end - *at);
    if (!frame_read(&head, *at, left)) return false;
    const char *payload = *at + head.bytes;
    uint64_t most = INPUT_BYTES - 16; // a head and that much fit into what is kept
    size_t n = (size_t)(head.payload < most ? head.payload : most);
    if (left - head.bytes < n) return false;
    if (head.opcode == FRAME_TEXT) take_text(p, payload, n);
    if (head.opcode == FRAME_PING) send_frame(p, FRAME_PONG, payload, n);
    p->skip = head.payload - n;
    *at = payload + n;
    return true;
}

static bool take_one_line(person *p, const char **at, const char *end) {
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    if (!newline) return false;
    take_line(p, *at, (size_t)(newline - *at));
    *at = newline + 1;
    return true;
}

static bool take_head(person *p, const char **at, const char *end) {
    const char *head_end = memmem(*at, (size_t)(end - *at), "\r\n\r\n", 4);
    if (!head_end || memcmp(*at, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "edo-bench-nodes: no WebSocket: %.*s\n", (int)(end - *at), *at);
        exit(1);
    }
    p->is_upgraded = true;
    person_join(p);
    *at = head_end + 4;
    return true;
}

/* Takes what is whole; false: nothing is. */
static bool take_next(person *p, const char **at, const char *end) {
    size_t passed = p->skip < (uint64_t)(end - *at) ? (size_t)p->skip : (size_t)(end - *at);
    p->skip -= passed;
    *at += passed;
    if (*at == end) return false;
    if (p->kind == LINE) return take_one_line(p, at, end);
    return p->is_upgraded ? take_frame(p, at, end) : take_head(p, at, end);
}

static void take_input(person *p, const char *input, size_t n) {
    const char *at = input, *end = input + n;
    while (take_next(p, &at, end)) continue;
    free(p->kept);
    p->kept_n = (size_t)(end - at);
    p->kept = p->kept_n > 0 ? malloc(p->kept_n) : NULL;
    if (p->kept_n > 0 && !p->kept) fail("memory");
    if (p->kept_n > 0) memcpy(p->kept, at, p->kept_n);
}

static void person_read(person *p) {
    static char input[2 * INPUT_BYTES];
    if (p->kept_n > INPUT_BYTES) fail("a line is too long");
    if (p->kept_n > 0) memcpy(input, p->kept, p->kept_n);
    ssize_t n = read(p->fd, input + p->kept_n, INPUT_BYTES);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        closed_n++;
        close(p->fd);
        p->fd = -1;
        return;
    }
    take_input(p, input, p->kept_n + (size_t)n);
}

/* Waits up to so long for input of people, and takes it. */
static void turn_us(int64_t us) {
    struct epoll_event events[EVENTS];
    const struct timespec wait = { us / 1000000, us % 1000000 * 1000 };
    int n = epoll_pwait2(loop, events, EVENTS, &wait, NULL);
    for (int i = 0; i < n; i++) person_read(events[i].data.ptr);
}

/* ---- Coming ---------------------------------------------------------------------------------- */

static void person_come(person *p) {
    static const char request[] = FRAME_ASKS;
    person_place(p);
    p->fd = page_connect(number_of(p), &opts.at[p->node][p->kind]);
    if (p->fd < 0) fail("connect");
    if (p->kind == PAGE) person_write(p, request, sizeof request - 1);
    if (p->kind == LINE) person_join(p);
    struct epoll_event readable = { .events = EPOLLIN, .data.ptr = p };
    if (epoll_ctl(loop, EPOLL_CTL_ADD, p->fd, &readable) < 0) fail("epoll");
}

static void all_come(void) {
    int64_t since = now_us();
    while (there_n < people_n) {
        while (begun_n < people_n && begun_n - there_n < COMING_MAX)
            person_come(&people[begun_n++]);
        size_t before = there_n;
        turn_us(1000000);
        if (there_n > before) since = now_us();
        if (now_us() - since > 3 * SILENCE_US) fail("nobody comes for half a minute");
    }
}

/* Waits for the line that lets them talk. They read meanwhile, and respond to pings. */
static bool await_line(void) {
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    char line[16];
    while (poll(&input, 1, 0) == 0) turn_us(20000);
    return fgets(line, sizeof line, stdin) != NULL;
}

/* ---- Talking --------------------------------------------------------------------------------- */

/* Each room is spoken in in turn, by one of its people after the other. */
static void talk_by_rate(int64_t begin) {
    uint64_t n = (uint64_t)opts.rate * opts.seconds;
    size_t of_room = people_n / opts.rooms_n;
    while (sent_n < n) {
        int64_t due = begin + (int64_t)(sent_n * 1000000 / opts.rate), now = now_us();
        if (now < due) {
            turn_us(due - now);
            continue;
        }
        if (now - due > late_us) late_us = now - due;
        person_say(person_of_room(sent_n % opts.rooms_n, sent_n / opts.rooms_n * STEP % of_room));
        if (now - due > 1000) turn_us(0); // late, but they read meanwhile
    }
}

static void talk_by_window(int64_t begin) {
    while (now_us() - begin < (int64_t)opts.seconds * 1000000) {
        for (size_t i = 0; i < opts.speakers_n; i++)
            while (people[i].under_way < opts.window) person_say(&people[i]);
        turn_us(100000);
    }
}

static int64_t talk(void) {
    int64_t begin = now_us();
    if (opts.window > 0) talk_by_window(begin);
    if (opts.rate > 0) talk_by_rate(begin);
    int64_t took = now_us() - begin;
    seen_us = seen_us > begin ? seen_us : begin;
    while (own.n + other.n < wanted_n && now_us() - seen_us < SILENCE_US) turn_us(100000);
    return took;
}

static uint32_t middle_us(const latencies *of, uint64_t from, uint64_t n) {
    qsort(of->us + from, n, sizeof *of->us, compare_us);
    return percentile_us(of->us + from, n, 0.5);
}

static void report_latencies(const char *name, latencies *of) {
    qsort(of->us, of->n, sizeof *of->us, compare_us);
    printf(",\"%s\":{\"n\":%" PRIu64 ",\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u}", name, of->n,
           percentile_us(of->us, of->n, 0.5), percentile_us(of->us, of->n, 0.99),
           percentile_us(of->us, of->n, 1));
}

static void report(int64_t took_us) {
    const latencies *of = other.n > 0 ? &other : &own;
    uint32_t first = 0, last = 0;
    if (of->n > 0) {
        first = middle_us(of, 0, of->n / 4);
        last = middle_us(of, of->n - of->n / 4, of->n / 4);
    }
    printf("{\"sent\":%" PRIu64 ",\"took_us\":%" PRId64 ",\"missing\":%" PRId64
           ",\"closed\":%zu,\"refused\":%" PRIu64 ",\"late_us\":%" PRId64 ",\"drain_us\":%" PRId64
           ",\"first_us\":%u,\"last_us\":%u",
           sent_n, took_us, (int64_t)(wanted_n - own.n - other.n), closed_n, refused_n, late_us,
           sent_n > 0 ? seen_us - sent_us : 0, first, last);
    report_latencies("own", &own);
    report_latencies("other", &other);
    report_latencies("ack", &acked);
    puts("}");
}

/* ---- Options --------------------------------------------------------------------------------- */

static bool read_number(size_t *out, const char *text) {
    char *end = NULL;
    *out = text ? strtoull(text, &end, 10) : 0;
    return end && *text && !*end;
}

static bool read_option(const char *name, const char *value) {
    static const struct {
        const char *name;
        size_t *value;
    } names[] = { { "--pages", &opts.pages_n },  { "--lines", &opts.lines_n },
                  { "--rooms", &opts.rooms_n },  { "--rate", &opts.rate },
                  { "--window", &opts.window },  { "--speakers", &opts.speakers_n },
                  { "--seconds", &opts.seconds } };
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(name, names[k].name) == 0) return read_number(names[k].value, value);
    return false;
}

/* WEB/LINES */
static bool read_node(const char *text) {
    unsigned ports[2];
    if (opts.nodes_n == NODES_MAX || sscanf(text, "%5u/%5u", &ports[PAGE], &ports[LINE]) != 2)
        return false;
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in *at = &opts.at[opts.nodes_n][i];
        *at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)ports[i]) };
        at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    opts.nodes_n++;
    return true;
}

static bool read_options(char **argv) {
    for (char **at = argv + 1; *at; at++) {
        bool is_option = (*at)[0] == '-';
        if (is_option ? !read_option(at[0], at[1]) : !read_node(at[0])) return false;
        at += is_option;
    }
    size_t shares = opts.nodes_n * opts.rooms_n;
    return shares > 0 && opts.pages_n % shares == 0 && opts.lines_n % shares == 0 &&
           opts.pages_n + opts.lines_n > 0 && opts.speakers_n <= opts.pages_n;
}

int main(int argc, char **argv) {
    struct rlimit limit;
    (void)argc;
    if (!read_options(argv)) {
        fputs("edo-bench-nodes [--pages N] [--lines N] [--rooms N] [--rate N | --window N "
              "--speakers N] [--seconds N] WEB/LINES...; of pages and of lines each node has as "
              "many in each room\n",
              stderr);
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    people_n = opts.pages_n + opts.lines_n;
    people = calloc(people_n, sizeof *people);
    loop = epoll_create1(EPOLL_CLOEXEC);
    if (loop < 0 || !people) fail("starting");
    all_come();
    puts("ready");
    (void)fflush(stdout);
    if (!await_line()) return 1;
    report(talk());
    return 0;
}
