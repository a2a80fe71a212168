/* SPDX-License-Identifier: MIT */
/* edo/sim.h: a world of hosts in one thread, with a network between them, in virtual time
 * (libedo-sim).
 *
 *     edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 7 });
 *     err = edo_sim_host(sim, "server", shop, &(shop_opts){ .listen = "0.0.0.0:80" });
 *     if (err == 0) err = edo_sim_client(sim, "client", buys, "server:80");
 *     if (err == 0) err = edo_sim_partition(sim, "client", "server", edo_s(2), edo_s(20));
 *     if (err == 0) err = edo_sim_run(sim, edo_minutes(5));
 *     edo_sim_free(sim);
 *
 * Each host runs a function of the program's, as edo_main() would, in a runtime of its own with one
 * worker. All hosts take turns in the calling thread. Their clocks stand still while anything can
 * run, and jump to what is next: so an hour passes in as long as its work takes. What is random
 * follows from the seed: latency and loss, the order of hosts, of what happens at one time and of
 * the tasks of a host that can run, and all numbers that hosts draw, OpenSSL's too.
 *
 * The programs are ordinary ones. Their TCP, UDP and names are the world's, because the library
 * libedo-sim has functions of its own in the place of libc's (socket(), connect(), epoll_wait(),
 * getaddrinfo(), clock_gettime(), getrandom(), getenv() and so on, and those that _FORTIFY_SOURCE
 * makes of them), which are libc's outside a host. So a program links it before libc, and
 * everything that edo has over sockets works unchanged: TLS, HTTP, gRPC, WebSocket, Redis. A host
 * sees 127.0.0.1, ::1, an address of its own in 10.0.0.0/8 and in fd00::/8, and the others by their
 * names.
 *
 * What a program does besides:
 *
 *   edo_blocking(), edo_compute()   jobs run one after the other in the one thread, when a time by
 *                                   the seed has passed; they must not await
 *   a process's environment         a host has what edo_sim_env() gives it, and nothing else
 *   signals                         edo_sim_signal(); a listener of the host gets it
 *   files                           those of the machine; a host with edo_sim_disk() loses at a
 *                                   crash what was not synced there
 *   pipes, AF_UNIX                  those of the machine
 *   threads, processes              are refused, named on standard error, and fail the run; so
 *                                   edo_process_spawn() returns -ENOTSUP
 *   sleeps of the thread, alarms    likewise
 *   a socket that blocks            likewise
 *   getpid()                        a number by the host's place, and how often it has begun
 *   CPU time                        that of the host's clock
 *   rand(), random()                one sequence for all hosts; edo_sim_new() seeds it
 *   static variables                are one for all hosts, so a program keeps its state in `arg`
 *
 * A time is counted from the begin of the world, by no host's clock; one that has passed means now.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns; the names of hosts are copied.
 * Errors:  -EINVAL   no host of that name, or a negative time
 *          -ENOMEM   nothing has changed
 * Threads: the one that has made the world, outside its hosts and all runtimes.
 * Waits:   never.   Since: 0.1 */
#ifndef EDO_SIM_H
#define EDO_SIM_H

#include <edo/runtime.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     51 __FILE__
#endif

EDO_BEGIN_DECLS

typedef struct edo_sim edo_sim;

/* How long packets take from one host to another, and which are lost. All zero: the default. */
typedef struct edo_sim_link {
    edo_duration latency_min;  /* 0: 0.2 ms */
    edo_duration latency_mean; /* beside that, exponentially distributed; 0: 0.3 ms; negative:
                                  none */
    edo_duration latency_max;  /* in all; 0: ten times `latency_mean` beside the least */
    double loss;          /* of datagrams, and of segments of TCP, which are sent again; 0 to 1 */
    double duplicates;    /* of datagrams; 0 to 1 */
    double reordered;     /* of datagrams; 0 to 1 */
    uint64_t reserved[2]; /* must be 0 */
} edo_sim_link;

/* Options of a world; all zero is the default. */
typedef struct edo_sim_opts {
    uint64_t seed;           /* 0: the environment variable EDO_SIM_SEED; if that is not set 1 */
    edo_sim_link link;       /* between all hosts, where edo_sim_set_link() says nothing else */
    edo_duration job_max;    /* a job begins so much later at most; 0: 1 ms; negative: none */
    edo_wall begin;          /* the wall clock of all hosts at first; all zero: 2030-01-01 */
    edo_duration clock_skew; /* the wall clock of each host is ahead of that, or behind it, by so
                                much at most; 0: by nothing */
    double clock_drift;   /* all clocks of each host are faster or slower by such a share at most,
                                as 0.0001 for a poor quartz; 0 to 0.1 */
    uint64_t reserved[2]; /* must be 0 */
} edo_sim_opts;

/** Makes a world without hosts. Copies `opts`, which may be NULL.
 *
 * NULL: no memory; options that are not allowed; the thread has another world; or, as is told on
 * standard error, a variable names a file that cannot be written, or a filter that is none.
 * Owns:    returns new: edo_sim_free(). */
EDO_MUST_USE EDO_API edo_sim *edo_sim_new(const edo_sim_opts *opts);

/** Crashes all hosts, and frees the world. NULL is allowed. */
EDO_API void edo_sim_free(edo_sim *sim);

/** Adds a host that runs `fn(arg)`, from the next edo_sim_run() on, or at once if the world runs: a
 * function of edo_sim_at() may add one. It may run for ever. A host that edo_sim_restart() starts
 * again runs it anew, with the same `arg`.
 * Owns:    borrows `arg` until edo_sim_free().
 * Errors:  -EEXIST  there is such a host; -ENOMEM
 *          -EINVAL  a name that is empty, longer than 63 bytes, or has other than letters, digits,
 *                   '-' and '.'; or there are 60,000 */
EDO_MUST_USE EDO_API int edo_sim_host(edo_sim *sim, const char *name, edo_task_fn *fn, void *arg);

/** Adds a host whose end is waited for: edo_sim_run() runs until all such hosts have ended.
 * Owns:    as edo_sim_host().   Errors: as edo_sim_host() */
EDO_MUST_USE EDO_API int edo_sim_client(edo_sim *sim, const char *name, edo_task_fn *fn, void *arg);

/** Sets a variable of a host's environment; NULL: of all hosts, where they have none of their own.
 * Owns:    copies both texts.   Errors: -EINVAL  no such host; -ENOMEM */
EDO_MUST_USE EDO_API int edo_sim_env(edo_sim *sim, const char *host, const char *name,
                                     const char *value);

/** Runs the world until all clients have ended, or for `most` of its time. It may be called again,
 * and goes on where it was.
 * Errors:  returns 0 if all clients have ended with 0, or if there are none and the time is over;
 *          else a failure, whose trail tells the host:
 *          -ETIMEDOUT  clients have not ended: also of one that crashes, and is not started again
 *          -EINTR      all have ended but those that a signal has ended, and that nothing which is
 *                      planned could start again
 *          -EDEADLK    no host waits for anything that could come
 *          -ENOTSUP    a host has done what a world does not have
 *          -EBUSY      a host does not wait: it has had 4,000,000 turns, or has looked at its clock
 *                      100,000,000 times, and its time has not moved on. A task that spins and
 *                      calls nothing holds the world up for ever: nobody can see that
 *          or the result of a client, or a host's that is negative
 * Waits:   until then, in real time as long as the work takes. */
EDO_MUST_USE EDO_API int edo_sim_run(edo_sim *sim, edo_duration most);

/** Returns how much time has passed in the world: by a true clock, where those of hosts are not.
 * Threads: also within hosts. */
EDO_API edo_duration edo_sim_now(const edo_sim *sim);

/** Returns a number that follows from all that has happened so far: packets with their bytes, turns
 * of hosts, random numbers. Two runs of one program with one seed have the same, or something in it
 * is not by the seed: the addresses of its memory, or files, pipes and times of the machine. With
 * the environment variable EDO_SIM_TRACE=FILE each event is a line of that file, of which the
 * first that differs says where. */
EDO_API uint64_t edo_sim_digest(const edo_sim *sim);

/** Returns how many events have happened. */
EDO_API uint64_t edo_sim_events_n(const edo_sim *sim);

/** Has the program of the host that calls crashed, or been killed, so that its tasks run to their
 * end unseen? What a test keeps in memory for several hosts refuses then what it is asked. False
 * outside all hosts.
 * Threads: any. */
EDO_API bool edo_sim_is_gone(void);

/** Does nothing. The world calls it at the event whose number the environment variable EDO_SIM_STOP
 * has, so that a debugger can stop there.
 * Threads: any. */
EDO_API void edo_sim_stop(void);

/** Has `fn(arg)` called at that time, outside all hosts: it may call the functions below, but does
 * not await.
 * Owns:    borrows `arg` until then.   Errors: -EINVAL  a negative time; -ENOMEM */
EDO_MUST_USE EDO_API int edo_sim_at(edo_sim *sim, edo_duration at, void (*fn)(void *arg),
                                    void *arg);

/* ---- Hosts ----------------------------------------------------------------------------------- */

/** The machine stops, as without power: from that moment on nothing of it reaches anybody, and
 * nobody is told. Its root is cancelled, and then the tasks beside it, and they run to their end at
 * once, which frees what they have; what the program returns is of no account. A task that does not
 * end within a minute of its own time fails the run.
 * Errors:  -EINVAL  no such host, or a negative time; -ENOMEM */
EDO_MUST_USE EDO_API int edo_sim_crash(edo_sim *sim, const char *host, edo_duration at);

/** The machine starts again, and its program anew; if it runs it crashes first. For edo sim, which
 * leaves out faults, it is a part of the crash before it in time.
 * Errors:  as edo_sim_crash() */
EDO_MUST_USE EDO_API int edo_sim_restart(edo_sim *sim, const char *host, edo_duration at);

/** The program stands still for some time (negative: for ever), as by SIGSTOP: its kernel goes on
 * to take what comes, until it is full.
 * Errors:  as edo_sim_crash() */
EDO_MUST_USE EDO_API int edo_sim_pause(edo_sim *sim, const char *host, edo_duration at,
                                       edo_duration within);

/** The host gets a signal: a listener (edo/signal.h) of its program, or else the first SIGINT or
 * SIGTERM cancels its root, as with edo_main(). SIGKILL, and a second one, end the program: its
 * connections are closed by its kernel. A client that is ended so has not ended by itself, and
 * fails edo_sim_run() unless it is started again.
 * Errors:  as edo_sim_crash(); -EINVAL  also: no such signal */
EDO_MUST_USE EDO_API int edo_sim_signal(edo_sim *sim, const char *host, int signo, edo_duration at);

/** The program is replaced, as by a new version: it gets SIGTERM, SIGINT or SIGKILL, and starts
 * again `within` later, killed by then if it still runs. The machine goes on: what was written is
 * on its disk, synced or not. One that crashes meanwhile starts by edo_sim_restart() alone.
 * Errors:  as edo_sim_crash(); -EINVAL  also: another signal, or a negative `within` */
EDO_MUST_USE EDO_API int edo_sim_bounce(edo_sim *sim, const char *host, int signo, edo_duration at,
                                        edo_duration within);

/* ---- Disks ----------------------------------------------------------------------------------- */

/** Makes a folder of the machine the disk of a host, which no other has. Its program uses files
 * there as they are, by edo/file.h, edo/fs.h, SQLite, stdio, mappings and system calls. At a crash,
 * and at edo_sim_free() if the host still runs, the folder has what a disk would have: what was
 * synced; of each other write all, nothing, or some sectors of 512 bytes, whatever became of the
 * others; and of all names that were made, moved and removed since the last sync of a folder the
 * first ones.
 *
 * A crash of such a host comes within the 2 ms behind its time, so that it falls between any two
 * calls, also of one job.
 *
 * While tasks of a crashed host end, what they write is lost, and syncs fail.
 *
 * As a machine writes by itself what waits for long, at most 1 MiB and one write of a file are not
 * synced, and 1,024 changes of names. What was synced as it was written, with O_DSYNC, is kept.
 * What a mapping has changed is found by sectors when it is synced or ends, and at the crash.
 *
 * Numbers and times of files, as stat(2) and statx(2) have them, are the world's, too: a number is
 * given when a file is made, or was there before and is first looked at; times are by the host's
 * clock, but for what a program sets (utimensat(2) and its kin), and a file of before is as old as
 * the disk. A crash leaves both as they are, of a write that it takes, too: what goes by number,
 * time and length alone, as an ETag, may then stand for other bytes than before. A read leaves the
 * time of access as it is, chmod(2) that of changes, and statx(2) tells no time of birth. Lists of
 * folders, by readdir(3), scandir(3), getdents64(2) and their kin, have these numbers, in an order
 * that follows from names and the seed. What libc looks at by itself has the machine's numbers and
 * order: nftw(), fts_read(), glob(), ftok().
 *
 * freopen(), mremap() and streams with ",ccs=" are refused there, and fail the run. Of sockets and
 * FIFOs a crash leaves nothing. Not known, and so not lost, is what bare system calls do that libc
 * has no function for, as openat2(2), FICLONE of ioctl(2), and mappings that are writable only
 * since mprotect(2).
 * Owns:    copies `folder`; beside it there is another one, with "~aside" at the end of its name,
 *          until edo_sim_free().
 * Errors:  -EINVAL  no such host; -EEXIST  it has one, or the folder is another's;
 *          -ENOTDIR; -ENOMEM; those of mkdir(2) */
EDO_MUST_USE EDO_API int edo_sim_disk(edo_sim *sim, const char *host, const char *folder);

/** Each use of the disk fails with EIO for some time (negative: for ever). What was written and not
 * synced when a sync fails is lost at the next crash, though a later sync succeeds, unless it was
 * written again: as on Linux.
 * Errors:  -EINVAL  no such host, it has no disk, or a negative time; -ENOMEM */
EDO_MUST_USE EDO_API int edo_sim_disk_fail(edo_sim *sim, const char *host, edo_duration at,
                                           edo_duration within);

/** As edo_sim_disk_fail(), but only syncs fail: what is written goes to the machine's memory, where
 * reads find it. So most disks fail.
 * Errors:  as edo_sim_disk_fail() */
EDO_MUST_USE EDO_API int edo_sim_disk_fail_syncs(edo_sim *sim, const char *host, edo_duration at,
                                                 edo_duration within);

/** Nothing on the disk can grow for some time: ENOSPC.
 * Errors:  as edo_sim_disk_fail() */
EDO_MUST_USE EDO_API int edo_sim_disk_fill(edo_sim *sim, const char *host, edo_duration at,
                                           edo_duration within);

/** Jobs of the host, which are what uses its disk, begin so much later for some time.
 * Errors:  as edo_sim_disk_fail(); -EINVAL  also: a negative latency */
EDO_MUST_USE EDO_API int edo_sim_disk_slow(edo_sim *sim, const char *host, edo_duration latency,
                                           edo_duration at, edo_duration within);

/* ---- The network -----------------------------------------------------------------------------
 *
 * NULL for a host means all others. `within`: for how long; negative: for ever. What two calls say
 * of one way is counted: a way is free again when both are over. */

/** Sets one way, from now on.
 * Errors:  -EINVAL  no such host, or a link that cannot be; -ENOMEM */
EDO_MUST_USE EDO_API int edo_sim_set_link(edo_sim *sim, const char *from, const char *to,
                                          const edo_sim_link *link);

/** Nothing comes through between `a` and `b`, in both directions, and nobody is told: connections
 * stay half-open, and TCP sends again.
 * Errors:  -EINVAL  no such host, NULL for both, or a negative time; -ENOMEM */
EDO_MUST_USE EDO_API int edo_sim_partition(edo_sim *sim, const char *a, const char *b,
                                           edo_duration at, edo_duration within);

/** The hosts fall apart into two sets: nothing comes through between these and all others, as
 * edo_sim_partition() has it, and each set goes on by itself. It is one fault.
 * Errors:  -EINVAL  no such host, or one that is named twice; none of them, or all; a negative time
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_sim_split(edo_sim *sim, const char *const *hosts, size_t hosts_n,
                                       edo_duration at, edo_duration within);

/** As edo_sim_partition(), one way only.
 * Errors:  as edo_sim_partition() */
EDO_MUST_USE EDO_API int edo_sim_cut(edo_sim *sim, const char *from, const char *to,
                                     edo_duration at, edo_duration within);

/** What is sent waits on its way, and comes in order when the time is over.
 * Errors:  as edo_sim_partition() */
EDO_MUST_USE EDO_API int edo_sim_hold(edo_sim *sim, const char *from, const char *to,
                                      edo_duration at, edo_duration within);

/** All connections between both are reset: both sides see ECONNRESET.
 * Errors:  as edo_sim_partition() */
EDO_MUST_USE EDO_API int edo_sim_reset(edo_sim *sim, const char *a, const char *b, edo_duration at);

/* ---- Faults by chance ------------------------------------------------------------------------ */

/* How often each kind comes about, beside the others: of twice the share there are twice as many.
 * All zero: as many of each that the hosts can have, but for `split`. */
typedef struct edo_sim_shares {
    unsigned partition, cut, hold, reset; /* of the way between two hosts */
    unsigned pause;
    unsigned crash;     /* of the machine, which starts again when the fault is over */
    unsigned kill;      /* of the program, by SIGKILL; likewise */
    unsigned stop;      /* of the program, by SIGTERM, as for a new version; likewise */
    unsigned disk_fail; /* of hosts with a disk, as the next; in half of them syncs alone fail */
    unsigned disk_fill, disk_slow;
    unsigned split; /* of all hosts into two sets, which are drawn, with one of these on a side */
    uint64_t reserved[2]; /* must be 0 */
} edo_sim_shares;

/* What comes about by chance; all zero is the default. */
typedef struct edo_sim_chaos_opts {
    const char *const *hosts; /* what it is about: these, and their ways to all hosts. One that is
                                 named twice has twice as many. NULL: all but clients */
    size_t hosts_n;
    edo_sim_shares shares;
    unsigned faults;      /* their number; 0: three to eight */
    edo_duration from;    /* they begin from then on, */
    edo_duration until;   /* and before that; 0: a minute later */
    edo_duration longest; /* of one, and as many are short as long, from 1 ms on; 0: 40 s */
    double points; /* of the passes of fault points (edo/fault.h) that fail at these hosts from
                      `from` to `until`; each name is on with a quarter of the seeds; 0: none */
    uint64_t reserved[4]; /* must be 0 */
} edo_sim_chaos_opts;

/** Has faults come about by chance, as the seed says, each as the functions above do it. So each
 * has a number; those of fault points have one together. It is called when all hosts are there.
 * Owns:    copies `opts`, which may be NULL.
 * Errors:  -EINVAL  no such host; no host; no kind that they can have; a time or a share that
 *                   cannot be; -ENOMEM */
EDO_MUST_USE EDO_API int edo_sim_chaos(edo_sim *sim, const edo_sim_chaos_opts *opts);

/** Returns when all faults that were asked for are over, and all hosts that crash or end by a
 * signal have a start; 0 if there are none, negative if one is never over. What edo_sim_set_link()
 * says is no fault. */
EDO_API edo_duration edo_sim_calm(const edo_sim *sim);

/** Is there a fault of that host, or of a way from or to it, within a time? So a test can ask for
 * more from who was not disturbed. A connection that was open meanwhile may take longer: what TCP
 * has lost it sends again after up to two minutes.
 * Threads: also within hosts. */
EDO_API bool edo_sim_is_disturbed(const edo_sim *sim, const char *host, edo_duration from,
                                  edo_duration until);

EDO_END_DECLS

#endif
