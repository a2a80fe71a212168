/* SPDX-License-Identifier: MIT */
/* edo-bench-hostile-web [-d SECONDS] [-i IDLE] [-a ADDRESSES] [-k KIND] [--chat LINES]
 * [--bombs DIR] [--log FILE] --pid PID HOST:PORT: clients that mean no good by a web server and its
 * WebSockets, and well-behaved ones beside them.
 *
 * Question: what do the well-behaved ones notice, what does it cost the server, and what is left of
 * it? The server is edo-bench-service, or with --chat edo-chat, which serves terminals at LINES.
 * DIR has the files gzip and deflate, bodies that are much larger when they are decoded; FILE is
 * the server's standard error (bench/hostile-web makes both).
 *
 * Two well-behaved clients: a steady one sends a message over its WebSocket and a request over
 * another connection in turn, each millisecond; a newcomer connects anew, shakes hands, has one
 * message back, and leaves, each 20 ms. The hostile ones come from 40 addresses, or ADDRESSES.
 *
 * Exit status 1: a well-behaved client was not served, or not within its bounds; a hostile one was
 * not refused or ended as it should be; the memory or the kernel's grew beyond the bound of the
 * kind, or did not come back within a minute; the log had lines for each of them; descriptors were
 * left; or a server that was stopped for two seconds, amid 2,000 connections a second, took more
 * than a second to recover. */
#include "attacks/attack.h"

#include <signal.h>

enum { EXIT_USAGE = 2 };

#define STORM_RATE 2000 /* connections a second */
#define STALL_MS   2000
#define RECOVERY_S 1
#define CALM_US    20000 /* a visit that takes less is as usual, on a machine with other work */

/* Bounds of all kinds. */
#define STEADY_US       20000   /* the usual 99th percentile */
#define BESIDE_ONE_US   30000   /* the 99th percentile beside one address, more than alone */
#define COME_BESIDE_US  100000  /* the same of a newcomer, who has several exchanges */
#define NEWCOMER_US     1000000 /* the 99th percentile */
#define STEADY_A_SECOND 50      /* visits that are served, at least */
#define LINES_MAX       10      /* of the log, at the level WARN and above */
#define REST_S          60      /* after the last kind, until the memory is back */
#define REST_KIB        32768   /* what may stay of it */

typedef struct options {
    const char *address;
    int seconds;
    int idle_n;
    int pid;
    const char *only;  /* NULL: all kinds */
    const char *bombs; /* NULL: none */
    const char *log;   /* what the server writes to standard error; NULL: it is not looked at */
} options;

#define SESSION "0123456789abcdef012345"

static const target service = {
    .handshakes = { HANDSHAKE("/ws", ""), HANDSHAKE("/fiber", "") },
    .hello = "",
    .tab = "",
    .newcomer = "",
    .steady = "",
    .beside = "",
    .say_begin = "",
    .say_end = "",
    .get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    .post = "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
    .greedy = "",
    .large = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n",
    .noise_begin = "",
    .history = "",
    .is_service = true,
};

static const target chat = {
    .handshakes = { HANDSHAKE("/ws", ""), HANDSHAKE("/ws", "") },
    .hello = "{\"type\":\"hello\",\"rooms\":[{\"room\":\"loud\"}]}",
    .tab = "{\"type\":\"hello\",\"session\":\"tab" SESSION "\",\"rooms\":[{\"room\":\"loud\"}]}",
    .newcomer =
        "{\"type\":\"hello\",\"session\":\"new" SESSION "\",\"rooms\":[{\"room\":\"quiet\"}]}",
    .steady =
        "{\"type\":\"hello\",\"session\":\"old" SESSION "\",\"rooms\":[{\"room\":\"quiet\"}]}",
    .beside = "{\"type\":\"hello\",\"rooms\":[{\"room\":\"quiet\"}]}",
    .say_begin = "{\"type\":\"say\",\"room\":\"quiet\",\"text\":\"",
    .say_end = "\"}",
    .get = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    .post = "POST /api/rooms/loud/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            "application/json\r\n",
    .greedy = "{\"type\":\"history\",\"room\":\"loud\",\"limit\":200}",
    .large = "",
    .noise_begin = "{\"type\":\"say\",\"room\":\"loud\",\"text\":\"",
    .history = "GET /api/rooms/loud/messages?limit=200 HTTP/1.1\r\nHost: localhost\r\n\r\n",
};

const target *to = &service;
edo_addr server_at, lines_at;
unsigned addresses_n = 40;
bool is_one_address;
atomic_bool ends, is_watched;
atomic_int connected_n, unexpected_n, uploaded_mib;
bomb gzip_bomb, deflate_bomb;

/* ---- The kinds ------------------------------------------------------------------------------- */

typedef struct kind {
    const char *name;
    void (*client)(void);
    int n;             /* clients at once; 0: as many as the option -i says */
    long each_kib;     /* memory that a client may take */
    bool service_only; /* the chat has nothing of the kind */
    const bomb *by;    /* NULL: it needs none */
    bool chat_only;    /* the service has nothing of the kind; all are of one address */
} kind;

#define ALL_KIB         16384  /* that a kind may take besides */
#define KERNEL_ALL_KIB  131072 /* the same of the kernel's memory, with the buffers of the clients */
#define KERNEL_EACH_KIB 256    /* and for each of them */

static const kind kinds[] = {
    { "silent", is_silent, 0, 2, false, NULL, false },
    { "half a head", sends_half_a_head, 0, 40, false, NULL, false },
    { "silent page", is_silent_when_upgraded, 0, 2, false, NULL, false },
    { "messages", floods_with_messages, 8, 4096, false, NULL, false },
    { "pings", floods_with_pings, 8, 1024, false, NULL, false },
    { "pieces", floods_with_pieces, 8, 4096, false, NULL, false },
    { "half a message", stalls_in_a_message, 300, 64, false, NULL, false },
    { "slow links", reads_by_a_slow_link, 300, 256, false, NULL, false },
    { "unread", does_not_read, 1000, 256, false, NULL, false },
    { "open events", leaves_events_open, 300, 40, true, NULL, false },
    { "tabs", comes_and_goes, 10, 4096, false, NULL, false },
    { "slow uploads", drips_a_body, 300, 40, false, NULL, false },
    { "large uploads", sends_too_much, 10, 1024, false, NULL, false },
    { "files", sends_a_file, 10, 1024, true, NULL, false },
    { "other sites", comes_from_elsewhere, 10, 1024, false, NULL, false },
    { "gzip heads", sends_a_gzip_head, 300, 40, true, NULL, false },
    { "gzip bombs", sends_a_gzip_bomb, 10, 256, false, &gzip_bomb, false },
    { "deflate bombs", sends_a_deflate_bomb, 10, 256, false, &deflate_bomb, false },
    { "history, few", reads_history, 64, 256, false, NULL, true },
    { "history", reads_history, 248, 256, false, NULL, true },
    { "unread past", leaves_history_unread, 200, 64, false, NULL, true },
    { "numbers", asks_for_numbers, 240, 64, false, NULL, true },
    { "piped numbers", pipelines_numbers, 64, 64, false, NULL, true },
    { "piped rooms", pipelines_rooms, 64, 64, false, NULL, true },
    { "hellos", says_hello_in_all_halls, 17, 4096, false, NULL, true },
    { "a crowd", speaks_in_a_crowd, 800, 64, false, NULL, true },
    { "halls", speaks_in_many_rooms, 800, 64, false, NULL, true },
    { "terminals", speaks_in_terminals, 800, 64, false, NULL, true },
    { "terminals ask", asks_in_terminals, 400, 256, false, NULL, true },
};

static int hostile_main(void *arg) {
    void (*const *client)(void) = arg;
    while (!atomic_load(&ends)) (*client)();
    return 0;
}

/* The peak counts from here. */
static void reset_peak(int pid) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/clear_refs", pid);
    FILE *f = fopen(path, "w");
    if (!f || fputs("5", f) < 0 || fclose(f) != 0) fail(path);
}

static void print_head(void) {
    printf("us, of a visit:      -------- steady ---------- ------ newcomer ------  server, KiB\n"
           "%-14s %5s %5s %5s %5s %6s %5s %5s %5s %5s %6s %7s %7s %8s %6s\n",
           "", "n", "p50", "p99", "p50", "p99", "ratio", "p50", "p99", "p50", "p99", "peak +",
           "after +", "kernel +", "fds");
}

/* `before`: of the memory and the peak, in KiB. */
static void print_row(const char *name, int n, const noticed *q, const noticed *l, long peak,
                      long after, long kernel, int fds) {
    printf("%-14s %5d %5u %5u %5u %5u %6.2f %5u %5u %5u %5u %7ld %7ld %8ld %6d\n", name, n,
           q->steady.p50, q->steady.usual, l->steady.p50, l->steady.usual,
           (double)l->steady.usual / q->steady.usual, q->newcomer.p50, q->newcomer.p99,
           l->newcomer.p50, l->newcomer.p99, peak, after, kernel, fds);
    (void)fflush(stdout);
}

static int complain(const char *what, long is, long should) {
    printf("%s: %ld, and it should be at most %ld\n", what, is, should);
    return 1;
}

/* How many lines the server has logged, at the level WARN and above. */
static long logged(const options *o) {
    char line[4096];
    long n = 0;
    FILE *f = o->log ? fopen(o->log, "r") : NULL;
    if (o->log && !f) fail(o->log);
    while (f && fgets(line, sizeof line, f)) n += strstr(line, " WARN ") || strstr(line, "ERROR ");
    if (f) (void)fclose(f);
    return n;
}

/* Memory of the kernel for TCP on this machine. */
static long kernel_kib(void) {
    char line[256];
    long pages = 0;
    FILE *f = fopen("/proc/net/sockstat", "r");
    if (!f) fail("/proc/net/sockstat");
    while (fgets(line, sizeof line, f)) {
        const char *mem = strncmp(line, "TCP:", 4) == 0 ? strstr(line, " mem ") : NULL;
        if (mem) pages = strtol(mem + strlen(" mem "), NULL, 10);
    }
    (void)fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* What the server has and has done, when a kind begins. */
typedef struct before {
    int fds;
    long kib, kernel_kib, logged;
    int64_t cpu_us;
} before;

static before look(const options *o) {
    reset_peak(o->pid);
    return (before){ .fds = descriptors(o->pid),
                     .kib = resident_kib(o->pid),
                     .kernel_kib = kernel_kib(),
                     .logged = logged(o),
                     .cpu_us = cpu_us(o->pid) };
}

/* Do others notice of one address what it has many clients for? A burst is in all visits of a kind,
 * not in the usual ones. */
static int check_beside_one(const noticed *quiet, const noticed *l) {
    if (l->steady.p99 > quiet->steady.p99 + BESIDE_ONE_US)
        return complain("us of the steady client, beside one address", l->steady.p99,
                        quiet->steady.p99 + BESIDE_ONE_US);
    return l->newcomer.p99 > quiet->newcomer.p99 + COME_BESIDE_US
               ? complain("us of a newcomer, beside one address", l->newcomer.p99,
                          quiet->newcomer.p99 + COME_BESIDE_US)
               : 0;
}

/* Were the well-behaved ones served beside this kind? */
static int check_served(const options *o, const noticed *quiet, const noticed *l) {
    if (steady.n < (size_t)(STEADY_A_SECOND * o->seconds))
        return complain("visits that were not served",
                        STEADY_A_SECOND * o->seconds - (long)steady.n, 0);
    if (l->steady.usual > STEADY_US)
        return complain("us of the steady client", l->steady.usual, STEADY_US);
    if (is_one_address && check_beside_one(quiet, l) != 0) return 1;
    return l->newcomer.p99 > NEWCOMER_US
               ? complain("us of a newcomer", l->newcomer.p99, NEWCOMER_US)
               : 0;
}

static int check_server(const options *o, const kind *k, int n, const before *b, long kernel) {
    long peak = status_kib(o->pid, "VmHWM") - b->kib, most = n * k->each_kib + ALL_KIB,
         most_kernel = n * KERNEL_EACH_KIB + KERNEL_ALL_KIB;
    long lines = logged(o) - b->logged;
    if (peak > most) return complain("KiB more", peak, most);
    if (kernel > most_kernel) return complain("KiB more of the kernel", kernel, most_kernel);
    if (lines > LINES_MAX) return complain("lines of the log", lines, LINES_MAX);
    if (atomic_load(&unexpected_n) > 0) return complain("surprises", atomic_load(&unexpected_n), 0);
    return 0;
}

static void print_uploads(const options *o, const before *b) {
    int mib = atomic_load(&uploaded_mib);
    if (mib > 0)
        printf("%d MiB in whole files, the server's CPU for each at most %.0f us\n", mib,
               (double)(cpu_us(o->pid) - b->cpu_us) / mib);
}

static int run_kind(const options *o, const kind *k) {
    int n = k->n > 0 ? k->n : o->idle_n;
    noticed quiet = measure(o->seconds);
    before b = look(o);
    atomic_store(&uploaded_mib, 0);
    atomic_store(&ends, false);
    atomic_store(&connected_n, 0);
    atomic_store(&unexpected_n, 0);
    is_one_address = k->chat_only;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < n; i++) edo_scope_spawn(&s, hostile_main, (void *)(uintptr_t)&k->client);
    while (atomic_load(&connected_n) < n) (void)edo_sleep(edo_ms(10));
    (void)edo_sleep(edo_ms(500 + n / 4));
    atomic_store(&is_watched, true);
    noticed loud = measure(o->seconds);
    atomic_store(&is_watched, false);
    int served = check_served(o, &quiet, &loud), fds_then = descriptors(o->pid);
    long peak = status_kib(o->pid, "VmHWM") - b.kib, kernel = kernel_kib() - b.kernel_kib;
    atomic_store(&ends, true);
    edo_scope_cancel(&s);
    int err = edo_scope_end(&s, 0);
    is_one_address = false;
    bool is_settled = settles(o->pid, b.fds);
    print_row(k->name, n, &quiet, &loud, peak, resident_kib(o->pid) - b.kib, kernel, fds_then);
    print_uploads(o, &b);
    if (!is_settled) return complain("descriptors", descriptors(o->pid), b.fds);
    if (served != 0) return served;
    int bad = check_server(o, k, n, &b, kernel);
    return bad ? bad : err;
}

/* Is the memory given back, some time after the last kind? */
static int run_rest(const options *o, long before_kib) {
    long kib;
    int s = 0;
    while ((kib = resident_kib(o->pid) - before_kib) > REST_KIB && s++ < REST_S)
        (void)edo_sleep(edo_s(1));
    printf("%ld KiB more than in the beginning, %d s after the last kind\n", kib, s);
    return kib > REST_KIB ? complain("KiB that stay", kib, REST_KIB) : 0;
}

/* ---- The storm ------------------------------------------------------------------------------- */

static int storm_client(void *arg) {
    static unsigned turn;
    (void)arg;
    edo_stream *c = upgraded();
    if (c && turn++ % 2) (void)edo_tcp_set_reset_on_close(c, true);
    edo_close(c);
    return 0;
}

/* Keeps the rate, whatever becomes of the clients. */
static int storm_main(void *arg) {
    edo_scope *s = arg;
    edo_instant start = edo_now();
    for (int64_t n = 0; !atomic_load(&ends); (void)edo_sleep(edo_ms(5)))
        for (int64_t due = edo_instant_since(edo_now(), start).ns * STORM_RATE / 1000000000;
             n < due; n++)
            edo_scope_spawn(s, storm_client, NULL);
    return 0;
}

/* Stops the server for a while. Returns when it went on. */
static int64_t stall(int pid) {
    if (kill(pid, SIGSTOP) < 0) fail("SIGSTOP");
    (void)edo_sleep(edo_ms(STALL_MS));
    if (kill(pid, SIGCONT) < 0) fail("SIGCONT");
    return now_us();
}

/* How long after `since_us` the visits were as usual again. */
static int64_t recovery_us(const visitor *v, int64_t since_us, size_t calm_n) {
    int64_t at = visitor_calm_at(v, since_us, CALM_US, calm_n);
    return at < 0 ? INT64_MAX : at - since_us;
}

static int run_storm(const options *o) {
    noticed quiet = measure(o->seconds);
    before b = look(o);
    atomic_store(&ends, false);
    atomic_store(&connected_n, 0);
    edo_scope s, pace;
    edo_scope_begin(&s, NULL);
    edo_scope_begin(&pace, NULL);
    edo_scope_spawn(&pace, storm_main, &s);
    (void)edo_sleep(edo_s(1));
    start_visits();
    (void)edo_sleep(edo_s(1));
    int64_t on_at = stall(o->pid);
    int fds_then = descriptors(o->pid);
    (void)edo_sleep(edo_s(o->seconds));
    stop_visits();
    int64_t steady_us = recovery_us(&steady, on_at, 50),
            newcomer_us = recovery_us(&newcomer, on_at, 5);
    noticed loud = { visitor_times(&steady), visitor_times(&newcomer) };
    int came = atomic_load(&connected_n);
    atomic_store(&ends, true);
    (void)edo_scope_end(&pace, 0);
    edo_scope_cancel(&s);
    int err = edo_scope_end(&s, 0);
    bool is_settled = settles(o->pid, b.fds);
    long peak = status_kib(o->pid, "VmHWM") - b.kib;
    print_row("storm", came, &quiet, &loud, peak, resident_kib(o->pid) - b.kib,
              kernel_kib() - b.kernel_kib, fds_then);
    printf("%d connections in %d s, the server stopped for 2 of them: the steady client was as "
           "usual again after %.3f s, the newcomer after %.3f s\n",
           came, 2 + STALL_MS / 1000 + o->seconds, (double)steady_us / 1e6,
           (double)newcomer_us / 1e6);
    if (!is_settled) return complain("descriptors", descriptors(o->pid), b.fds);
    if (steady_us > RECOVERY_S * 1000000 || newcomer_us > RECOVERY_S * 1000000)
        return complain("seconds of recovery", (long)(steady_us / 1000000), RECOVERY_S);
    return err;
}

static bool is_chosen(const options *o, const char *name) {
    return !o->only || !strcmp(o->only, name);
}

static bool is_possible(const kind *k) {
    bool is_for_all = !k->service_only && !k->chat_only;
    return (is_for_all || to->is_service == k->service_only) && (!k->by || k->by->n > 0);
}

static int run(void *arg) {
    const options *o = arg;
    int err = 0;
    print_head();
    (void)measure(1); // the server warms up
    long before_kib = resident_kib(o->pid);
    for (size_t i = 0; i < EDO_COUNT(kinds) && err == 0; i++)
        if (is_chosen(o, kinds[i].name) && is_possible(&kinds[i])) err = run_kind(o, &kinds[i]);
    if (err == 0 && is_chosen(o, "storm")) err = run_storm(o);
    if (err == 0) err = run_rest(o, before_kib);
    return err;
}

/* ---- The program ----------------------------------------------------------------------------- */

static bomb read_bomb(const char *dir, const char *name) {
    char path[4096];
    bomb b = { .bytes = malloc(1 << 20) };
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    if (!f || !b.bytes) fail(path);
    b.n = fread(b.bytes, 1, 1 << 20, f);
    (void)fclose(f);
    return b;
}

static void usage(void) {
    (void)fputs("usage: edo-bench-hostile-web [-d SECONDS] [-i IDLE] [-a ADDRESSES] [-k KIND] "
                "[--chat LINES] [--bombs DIR] [--log FILE] --pid PID HOST:PORT\n",
                stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { .seconds = 3, .idle_n = 10000 };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "-d") && at[1]) {
            o.seconds = (int)strtol(*++at, NULL, 10);
        } else if (!strcmp(*at, "-i") && at[1]) {
            o.idle_n = (int)strtol(*++at, NULL, 10);
        } else if (!strcmp(*at, "-a") && at[1]) {
            addresses_n = (unsigned)strtoul(*++at, NULL, 10);
        } else if (!strcmp(*at, "-k") && at[1]) {
            o.only = *++at;
        } else if (!strcmp(*at, "--bombs") && at[1]) {
            o.bombs = *++at;
        } else if (!strcmp(*at, "--log") && at[1]) {
            o.log = *++at;
        } else if (!strcmp(*at, "--chat") && at[1]) {
            to = &chat;
            if (edo_addr_parse(&lines_at, *++at) < 0) usage();
        } else if (!strcmp(*at, "--pid") && at[1]) {
            o.pid = (int)strtol(*++at, NULL, 10);
        } else {
            o.address = *at;
        }
    }
    if (!o.address || o.pid <= 0 || o.seconds <= 0 || o.idle_n <= 0 || addresses_n - 1 >= 250)
        usage();
    if (edo_addr_parse(&server_at, o.address) < 0) usage();
    if (o.bombs) {
        gzip_bomb = read_bomb(o.bombs, "gzip");
        deflate_bomb = read_bomb(o.bombs, "deflate");
    }
    set_nice(19); // the hostile clients are to use up the server's time, not that of the good ones
    return edo_main_with(run, &o, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
