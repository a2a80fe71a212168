/* SPDX-License-Identifier: MIT */
/* small_redis.h: a small Redis, written with edo, for the hosts of a world; it also runs in an
 * ordinary runtime. small_redis_test.c compares what it says with a real server, byte for byte.
 *
 *     small_redis_opts opts = { .file = "/disk/appendonly.aof", .is_synced = true };
 *     err = edo_sim_host(sim, "redis", small_redis_run, &opts);
 *
 * What it has, by RESP2, with pipelines, and as Redis 7.0 says it, errors included:
 *
 *   connections  AUTH (of one password), CLIENT (GETNAME, ID, SETNAME), ECHO,
 *                HELLO 2, INFO (two lines), PING, QUIT, SELECT, TIME
 *   keys         DBSIZE, DEL, EXISTS, EXPIRE, EXPIREAT, FLUSHALL, FLUSHDB, KEYS, PERSIST, PEXPIRE,
 *                PEXPIREAT, PTTL, SCAN, TTL, TYPE, UNLINK
 *   texts        APPEND, DECR, DECRBY, GET, GETDEL, GETEX, GETSET, INCR, INCRBY, MGET, MSET, PSETEX,
 *                SET (EX, PX, EXAT, PXAT, KEEPTTL, NX, XX, GET), SETEX, SETNX, STRLEN
 *   hashes       HDEL, HEXISTS, HGET, HGETALL, HINCRBY, HKEYS, HLEN, HMGET, HSET, HSETNX, HVALS
 *   lists        BLPOP, BRPOP, LLEN, LPOP, LPUSH, LRANGE, RPOP, RPUSH
 *   sets         SADD, SCARD, SISMEMBER, SMEMBERS, SREM
 *   several      DISCARD, EXEC, MULTI, UNWATCH, WATCH
 *   messages     PSUBSCRIBE, PUBLISH, PUNSUBSCRIBE, SUBSCRIBE, UNSUBSCRIBE
 *
 * A key ends by the host's clock. It is in memory; with a `file` each change is added there before
 * its reply leaves, and read at the start, as with appendonly; what is torn at the end, or behind a
 * hole, is cut off, as redis-check-aof does it. A failure of that file ends it, as with
 * "appendfsync always".
 *
 * What it lacks, or does otherwise:
 *
 *   - RESP3 (HELLO 3 gets NOPROTO), commands as plain lines, ACLs, TLS, clusters, copies of it
 *   - scripts: EVALSHA gets NOSCRIPT, and EVAL is not known; so it is none for edo/session_redis.h
 *   - sorted sets, streams, bits, GEO, SORT, HSCAN and SSCAN, COPY, RENAME, and what else is not
 *     above: "ERR unknown command"
 *   - a set has its members in the order in which they came; so has KEYS its keys
 *   - the file is never written anew, and so only grows; there are no snapshots
 *   - no limit of memory, of clients, or of what waits for a client that does not read
 *   - a key that nobody asks for stays in memory after its end
 *   - it looks through lists: it is made for some hundred keys */
#ifndef EDO_TESTS_SIM_SMALL_REDIS_H
#define EDO_TESTS_SIM_SMALL_REDIS_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is the default. */
typedef struct small_redis_opts {
    const char *listen;   /* NULL: "0.0.0.0:6379" */
    const char *password; /* NULL: none is asked for */
    const char *file;     /* what changes is added to it, in a folder that is there; NULL: none */
    bool is_synced;       /* and is on the disk when its reply leaves; false: never synced */
    uint64_t heard_bytes; /* written: of the messages that subscribers were given */
} small_redis_opts;

/* Serves until it is cancelled, and returns 0; or until its file fails. `options` is a
 * small_redis_opts. It is ready (edo_task_started()) with its port. */
int small_redis_run(void *options);

#endif
