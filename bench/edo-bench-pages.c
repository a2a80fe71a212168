/* SPDX-License-Identifier: MIT */
/* edo-bench-pages [--users N] [--first N] [--room N] [--per-minute N] [--seconds N] HOST:PORT: many
 * pages of a chat, as a plain epoll loop, so that the load costs as little as it can.
 *
 * Question: how long does a message take from the page that says it to all pages in the room, and
 * what does a page cost?
 * Guards: no page that reads misses anything.
 *
 * N pages come, in rooms of a given size, from addresses 127.0.x.y of at most 900 pages each. Then
 * "ready" is printed, and a line on standard input awaited: so several processes, each with its
 * own users from `--first` on, begin together. One page of each room says some messages a
 * minute, at even intervals; a message says when it was sent. It ends when all have come
 * everywhere, or nothing has come for ten seconds. One line of JSON: users, sent, delivered,
 * missing, closed, p50_us, p99_us, p999_us, max_us. */
#include "pages.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#define COMING_MAX  64 /* at once */
#define INPUT_BYTES 65536
#define SILENCE_US  10000000
#define EVENTS      256

typedef struct page {
    int fd;
    bool is_upgraded, is_there;
    size_t kept_n; /* bytes of a message that has not come whole */
    char *kept;
} page;

static struct {
    size_t users_n, first, room, per_minute, seconds;
    struct sockaddr_in at;
} opts = { .users_n = 1000, .room = 100, .per_minute = 60, .seconds = 5 };

static page *pages;
static int loop;
static size_t begun_n, there_n, closed_n;
static uint64_t sent_n, delivered_n, us_max_n;
static uint32_t *us_all;
static int64_t last_us;

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fail(const char *what) {
    fprintf(stderr, "edo-bench-pages: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static void send_frame(page *p, unsigned char opcode, const char *payload, size_t n) {
    char frame[FRAME_BYTES];
    size_t bytes = frame_make(frame, opcode, payload, n);
    if (bytes == 0 || write(p->fd, frame, bytes) != (ssize_t)bytes) fail("writing a frame");
}

static size_t room_of(const page *p) {
    return (opts.first + (size_t)(p - pages)) / opts.room;
}

static void say_hello(page *p) {
    char text[128];
    int n = snprintf(text, sizeof text, "{\"type\":\"hello\",\"rooms\":[{\"room\":\"r%zu\"}]}",
                     room_of(p));
    send_frame(p, FRAME_TEXT, text, (size_t)n);
}

static void say(page *p) {
    char text[192];
    int n = snprintf(text, sizeof text,
                     "{\"type\":\"say\",\"room\":\"r%zu\",\"ref\":\"%" PRIu64
                     "\",\"text\":\"at %" PRId64 " twenty-four bytes of it.\"}",
                     room_of(p), sent_n, now_us());
    send_frame(p, FRAME_TEXT, text, (size_t)n);
    sent_n++;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static void take_text(page *p, const char *text, size_t n) {
    static const char welcome[] = "{\"type\":\"welcome\"", at[] = "\"text\":\"at ";
    if (n > sizeof welcome && memcmp(text, welcome, sizeof welcome - 1) == 0) {
        there_n += !p->is_there;
        p->is_there = true;
        return;
    }
    const char *when = memmem(text, n, at, sizeof at - 1);
    if (!when) return;
    last_us = now_us();
    int64_t us = last_us - strtoll(when + sizeof at - 1, NULL, 10);
    if (delivered_n < us_max_n) us_all[delivered_n] = us > 0 ? (uint32_t)us : 0;
    delivered_n++;
}

/* Takes a message off `*at`; false: it has not come whole. */
static bool take_frame(page *p, char **at, const char *end) {
    frame_head head;
    size_t left = (size_t)(end - *at);
    if (!frame_read(&head, *at, left) || left - head.bytes < head.payload) return false;
    const char *payload = *at + head.bytes;
    if (head.opcode == FRAME_TEXT) take_text(p, payload, head.payload);
    if (head.opcode == FRAME_PING) send_frame(p, FRAME_PONG, payload, head.payload);
    *at += head.bytes + head.payload;
    return true;
}

static void take_input(page *p, char *input, size_t n) {
    char *at = input, *end = input + n;
    if (!p->is_upgraded) {
        char *head_end = memmem(input, n, "\r\n\r\n", 4);
        if (!head_end || memcmp(input, "HTTP/1.1 101", 12) != 0) {
            fprintf(stderr, "edo-bench-pages: no WebSocket: %.*s\n", (int)n, input);
            exit(1);
        }
        p->is_upgraded = true;
        say_hello(p);
        at = head_end + 4;
    }
    while (take_frame(p, &at, end)) continue;
    free(p->kept);
    p->kept_n = (size_t)(end - at);
    p->kept = p->kept_n > 0 ? malloc(p->kept_n) : NULL;
    if (p->kept_n > 0 && !p->kept) fail("memory");
    if (p->kept_n > 0) memcpy(p->kept, at, p->kept_n);
}

static void read_page(page *p) {
    static char input[2 * INPUT_BYTES];
    if (p->kept_n > INPUT_BYTES) fail("a message is too long");
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

/* Waits up to so long for input of pages, and takes it. */
static void turn(int ms) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(loop, events, EVENTS, ms);
    for (int i = 0; i < n; i++) read_page(events[i].data.ptr);
}

/* ---- Coming ---------------------------------------------------------------------------------- */

static void come(page *p) {
    static const char request[] = FRAME_ASKS;
    p->fd = page_connect(opts.first + (size_t)(p - pages), &opts.at);
    if (p->fd < 0) fail("connect");
    if (write(p->fd, request, sizeof request - 1) != sizeof request - 1) fail("writing a request");
    struct epoll_event readable = { .events = EPOLLIN, .data.ptr = p };
    if (epoll_ctl(loop, EPOLL_CTL_ADD, p->fd, &readable) < 0) fail("epoll");
}

static void all_come(void) {
    int64_t since = now_us();
    while (there_n < opts.users_n) {
        while (begun_n < opts.users_n && begun_n - there_n < COMING_MAX) come(&pages[begun_n++]);
        size_t before = there_n;
        turn(1000);
        if (there_n > before) since = now_us();
        if (now_us() - since > 3 * SILENCE_US) fail("no welcome for half a minute");
    }
}

/* Waits for the line that lets them talk. They read meanwhile, and respond to pings. */
static bool await_line(void) {
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    char line[16];
    while (poll(&input, 1, 0) == 0) turn(20);
    return fgets(line, sizeof line, stdin) != NULL;
}

/* ---- Talking --------------------------------------------------------------------------------- */

static uint64_t deliveries_of(uint64_t messages) {
    return messages * opts.room;
}

static void talk(void) {
    size_t rooms_n = opts.users_n / opts.room;
    uint64_t messages = rooms_n * opts.per_minute * opts.seconds / 60;
    double gap_us = (double)opts.seconds * 1e6 / (double)messages;
    us_max_n = deliveries_of(messages);
    us_all = calloc(us_max_n + 1, sizeof *us_all);
    if (!us_all) fail("memory");
    int64_t begin = now_us();
    last_us = begin;
    while (sent_n < messages || (delivered_n < us_max_n && now_us() - last_us < SILENCE_US)) {
        int64_t due = begin + (int64_t)((double)sent_n * gap_us), now = now_us();
        if (sent_n < messages && now >= due) {
            say(&pages[sent_n % rooms_n * opts.room]);
            continue;
        }
        turn(sent_n < messages ? (int)((due - now) / 1000) : 100);
    }
}

static void report(void) {
    uint64_t n = delivered_n < us_max_n ? delivered_n : us_max_n;
    qsort(us_all, n, sizeof *us_all, compare_us);
    printf("{\"users\":%zu,\"sent\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"missing\":%" PRIu64
           ",\"closed\":%zu,\"p50_us\":%u,\"p99_us\":%u,\"p999_us\":%u,\"max_us\":%u}\n",
           opts.users_n, sent_n, delivered_n, us_max_n - n, closed_n, percentile_us(us_all, n, 0.5),
           percentile_us(us_all, n, 0.99), percentile_us(us_all, n, 0.999),
           percentile_us(us_all, n, 1));
}

/* ---- Options --------------------------------------------------------------------------------- */

static void read_options(int argc, char **argv) {
    static const struct {
        const char *name;
        size_t *value;
    } names[] = { { "--users", &opts.users_n },
                  { "--first", &opts.first },
                  { "--room", &opts.room },
                  { "--per-minute", &opts.per_minute },
                  { "--seconds", &opts.seconds } };
    for (int i = 1; i + 1 < argc; i += 2) {
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            if (strcmp(argv[i], names[k].name) == 0)
                *names[k].value = strtoull(argv[i + 1], NULL, 10);
        }
    }
    char *port = argc % 2 == 0 ? strrchr(argv[argc - 1], ':') : NULL;
    if (port) *port++ = '\0';
    opts.at =
        (struct sockaddr_in){ .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)(port ? strtoul(port, NULL, 10) : 0)) };
    if (!port || inet_pton(AF_INET, argv[argc - 1], &opts.at.sin_addr) != 1 ||
        opts.users_n % opts.room != 0 || opts.first % opts.room != 0) {
        fputs("edo-bench-pages [--users N] [--first N] [--room N] [--per-minute N] [--seconds N] "
              "HOST:PORT; N of users and of first are whole rooms\n",
              stderr);
        exit(2);
    }
}

int main(int argc, char **argv) {
    struct rlimit limit;
    read_options(argc, argv);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    loop = epoll_create1(EPOLL_CLOEXEC);
    pages = calloc(opts.users_n, sizeof *pages);
    if (loop < 0 || !pages) fail("starting");
    all_come();
    puts("ready");
    (void)fflush(stdout);
    if (!await_line()) return 1;
    talk();
    report();
    return 0;
}
