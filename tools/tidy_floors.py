# SPDX-License-Identifier: MIT
"""The tables of tools/tidy that say what may include what, and what has one home: a new module, room or
public header is entered here."""
# Floors from bottom to top; a module includes only modules of lower floors, and itself. The log
# core stands low so that everything above the future may log.
FLOORS = [
    ["base"],
    ["recorder"],
    ["stacks"],
    ["records", "locks"],
    ["memory"],
    ["future"],
    ["value"],
    ["log"],
    ["fiber", "driver"],
    ["runtime"],
    ["sync", "time", "compute"],
    ["io"],
    ["net", "signal", "seq"],
    ["fd", "codec"],
    ["fs"],
    ["process", "ares"],
    ["json", "metrics"],
    ["tls", "protobuf", "config", "service"],
    ["sqlite"],
    ["http"],
    ["http2"],
    ["coding"],
    ["client"],
    ["web"],
    ["grpc"],
    ["otlp", "console"],
    ["redis", "pg"],
    ["test"],
    ["sim"],
]
# The floor of each public header. time.h stands low: durations and instants are plain values that
# the runtime's own headers speak of, and its futures are told at run time that no runtime is there.
HEADERS = {
    "base": ["compiler", "base", "binary", "error", "fault", "bytes", "arena", "str", "uuid", "random"],
    "recorder": ["recorder"],
    "memory": ["context", "map", "slab"],
    "future": ["future", "future_set", "async", "time"],
    "value": ["value", "sql"],
    "log": ["log", "log_settings", "receiver", "span"],
    "runtime": ["runtime", "task", "scope", "cancel", "blocking", "thread", "stats",
                "task_monitor", "dump", "locks"],
    "sync": ["mutex", "rwlock", "sem", "notify", "once", "snapshot", "barrier", "mpsc", "oneshot", "actor", "broadcast",
             "watch", "chan", "tracker", "task_set"],
    "time": ["delayq", "limiter", "retry"],
    "compute": ["compute"],
    "io": ["io", "buf_io", "copy", "streams", "typed_io"],
    "net": ["net", "proxy_header", "tls_name", "udp", "unix", "vsock"],
    "seq": ["seq", "seq_chunks", "seq_generate", "seq_merge"],
    "codec": ["codec", "udp_framed"],
    "signal": ["signal"],
    "service": ["drain", "supervise", "outcome", "service", "layers", "breaker", "fallback", "chaos", "codel", "adaptive", "retry_layer", "reconnect", "steer", "discover", "balance", "pool", "cache", "hedge_layer"],
    "fd": ["fd", "pipe"],
    "process": ["process"],
    "fs": ["fs", "dir", "file", "file_lock", "fs_watch", "tmp", "file_cache"],
    "ares": ["ares"],
    "tls": ["tls"],
    "pg": ["pg", "pg_session"],
    "sqlite": ["sqlite"],
    "json": ["json"],
    "protobuf": ["protobuf", "protobuf_known", "protobuf_schema"],
    "http": ["ext", "http", "uri", "headers", "baggage", "http_fields", "http_sfv", "http_server", "http_metrics",
             "http_message", "http1", "http_upgrade"],
    "http2": ["http2"],
    "client": ["http_client", "http_coalesce", "http_upstreams", "cookie_jar", "multipart_print", "test_client"],
    "web": ["web_compress", "web_layers", "web_guard", "web_log", "web_limits",
            "health", "openapi", "web_proxy", "sse", "template", "test_web", "web", "web_routes", "ws", "ws_client",
            "cookies", "hmac", "multipart", "password", "session", "web_call", "web_lines", "web_run", "web_static"],
    "grpc": ["grpc", "grpc_details", "grpc_layers"],
    "metrics": ["metrics"],
    "otlp": ["otlp"],
    "console": ["console", "console_page"],
    "redis": ["redis", "session_redis"],
    "sim": ["sim"],
    "config": ["config"],
    "test": ["test", "test_layer", "test_log", "test_seq", "test_channel", "test_codec", "test_store", "history"],
}
# The same of each program in apps that has rooms: a room, or a unit that is in none, includes only
# what is below it, and itself. Of the chat, store is where what was said is kept, and storage what
# writes and reads it, so that nobody waits for a disk; page is the web's side, line that of terminals, stream that of
# gRPC, person what those have who come with a session.
APP_FLOORS = {
    "chat": [
        ["text", "fault", "clock"],
        ["name"],
        ["options", "message"],
        ["tls"],
        ["no_tls"],
        ["store", "terminal"],
        ["store_pg", "copy"],
        ["storage"],
        ["room"],
        ["node"],
        ["server"],
        ["person"],
        ["line", "page"],
        ["stream"],
        ["serve"],
        ["no_grpc", "no_console"],
        ["main"],
    ],
    "console": [
        ["looks", "screen"],
        ["table"],
        ["views"],
        ["pages", "options"],
        ["app"],
        ["replay", "tokio"],
        ["live", "terminal"],
        ["no_terminal"],
        ["main"],
    ],
}
# Rooms of a module from bottom to top; a room includes only rooms below it, and itself. "." is what lies
# beside the rooms.
ROOMS = {
    "base": ["world", ".", "files", "memory", "text", "error"],
    "runtime": ["task", "worker", "fiber", "scope", "scheduler", "spawn", "watch", "look", "blocking", "thread",
                "end", "control", "debug", "faults"],
    "value": [".", "validate", "text"],
    "log": ["out", "span", ".", "told"],
    "sync": [".", "keyed", "channel"],
    "time": [".", "limiter"],
    "io": [".", "over", "buffered", "copy", "memory"],
    "net": [".", "addr", "names", "proxy", "udp", "unix", "vsock", "tcp"],
    "seq": [".", "limits", "chunks", "generate", "concurrent", "merge"],
    "codec": [".", "udp"],
    "fs": ["ring", "file", ".", "tree"],
    "driver": ["ring", "."],
    "tls": ["stream", "."],
    "json": ["number", "text", "."],
    "pg": ["value", "conn", "."],
    "protobuf": [".", "json", "schema"],
    "service": [".", "layers", "breaker", "overload", "discover", "balance", "pool", "cache", "hedge"],
    "http2": ["both", ".", "stream", "body", "client"],
    "grpc": ["wire", "call", "transcode", "server", "services", "channel", "client"],
    "otlp": ["encode", "settings", "way", "."],
    "console": ["settings", "live", "tokio", "own", "page", "."],
    "redis": ["wire", "link", "."],
    "sim": ["net", "disk", "world", "faults", "calls"],
    "http": ["types", "uri", "headers", "typed", "sfv", "h1", "io", "server", "client"],
    "client": ["cookies", "proxy", "pool", ".", "send", "fetch", "coalesce", "cassette", "service"],
    "web": ["request", "posts", "ws", "layers", "router", "serve", "compress", "sse", "cookies", "session",
            "multipart", "template", "static", "openapi", "health", "proxy"],
    "test": [".", "history", "script", "suite"],
}
# (file, header): a step upward between rooms that is left; the list gets shorter only.
ROOMS_UPWARD = {
    ("src/runtime/control/runtime.c", "runtime/debug/record_hooks.h"),
    ("src/runtime/scheduler/scheduler.c", "runtime/blocking/blocking.h"),
    ("src/runtime/scheduler/scheduler.c", "runtime/thread/quiet.h"),
    ("src/runtime/scheduler/scheduler.c", "runtime/watch/watchdog.h"),
    ("src/runtime/thread/drive.c", "runtime/end/shutdown.h"),
    ("src/value/visit.c", "value/validate/check.h"),
    ("src/web/layers/normalize.c", "web/router/router.h"),
    ("src/web/request/accept.c", "web/layers/layer.h"),
    ("src/web/request/dispatch.c", "web/sse/sse.h"),
    ("src/web/request/dispatch.c", "web/ws/waiting.h"),
    ("src/web/request/origin.c", "web/layers/layer.h"),
    ("src/web/request/web.h", "web/router/router.h"),
}
# (module, header): a step upward that is wanted. The log core asks which task is running; functions that a slab calls
# must not await.
UPWARD = {("log", "task"), ("fiber", "task"), ("memory", "task")}
# Modules with units that include each other, directly or over others. None is added.
CIRCLES = {"client", "future", "http", "io", "json", "net", "runtime", "sync", "web"}
# One of each: what a pattern finds in src has one home. Other files have the reason beside them why
# theirs is not that thing.
ONES = [
    ("SipHash", r"0x736f6d6570736575|0x646f72616e646f6d", "src/base/siphash.h", {}),
    ("printer of numbers", r"' ' \+ [^;\n]*% ?10\b", "src/base/text/decimal.h", {}),
    ("look for what is not zero", r"\breserved\[(?!\d)|_zero\(const uint64_t \*", "src/base/opts.h", {}),
    ("call of getrandom()", r"\bgetrandom\(", "src/base/world/random.c", {
        "src/sim/calls/chance.c": "is what programs call in a world",
    }),
    ("reader of hexadecimal digits", r"- ' ' \+ 10\b|\+ 10 - ' '", "src/base/text/ascii.h", {}),
    ("spread of addresses", r"uintptr_t\)[^;\n]*\* *(?:UINT64_C\()?(?:0x9e3779b9|\w*HASH)", "src/base/places.h", {
        "src/future/treap.h": "a priority, made of an address, and no table",
    }),
    # What else makes a place of a key has one of these reasons to keep its table to itself.
    ("table by address", r"\bedoi_place_of\(", "src/base/places.h", {
        "src/locks/holders.c": "slots get free, several are of one lock, and edo-gdb reads them",
        "src/locks/order.c": "a key is a pair, and the oldest of eight makes room",
        "src/locks/permits.c": "sets of eight, each with its lock",
        "src/locks/wait_nodes.c": "four chains through one node, which leaves them at once",
        "src/records/handles.c": "debug builds: records get free, and chains are counted",
        "src/records/linked.c": "debug builds: nodes leave, and those of a line of the cache lie together",
    }),
    # An index that is made of a hash; an array of chains that are not those of base/table.h. Macros are in capitals.
    ("hash table", r"\[[^][\n]*(?i:hash)[^][\n]* [&%] [^][\n]*\]"
     r"|^(?!.*edoi_table_link)[^(\n]*[ *](?i:chains|buckets)(?:\[\w*\])?;"
     r"|^(?!.*edoi_table_link)[^(\n]*[ *]\w+\[\w*CHAINS\w*\][,;]", "src/base/table.h", {
         "src/ares/cache.c": "a name has four places, and the one that ends first is used again",
         "src/locks/wait_nodes.c": "numbers instead of pointers, in memory of a fixed size",
         "src/records/linked.c": "debug builds: no locks, no memory",
         "src/records/handles.c": "debug builds: numbers instead of pointers",
         "src/service/cache/store.c": "chooses one of the tables",
         "src/time/limiter/keyed_limiter.c": "chooses one of the tables",
         "src/web/static/serve.c": "keeps no keys",
     }),
]
