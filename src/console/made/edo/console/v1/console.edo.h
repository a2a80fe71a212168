/* Made by protoc-gen-edo from edo/console/v1/console.proto: changes will be lost. */
#ifndef EDO_CONSOLE_V1_CONSOLE__EDO_H
#define EDO_CONSOLE_V1_CONSOLE__EDO_H

#include <edo/grpc.h>

typedef enum edo_console_v1_task_state_ {
    EDO_CONSOLE_V1_WAITS_ = 0,
    EDO_CONSOLE_V1_RUNS_ = 1,
    EDO_CONSOLE_V1_QUEUED_ = 2,
    EDO_CONSOLE_V1_ENDED_ = 3,
} edo_console_v1_task_state_;
EDO_DESCRIBE_ENUM(edo_console_v1_task_state_,
    EDO_UNIT(EDO_CONSOLE_V1_WAITS_, "WAITS"),
    EDO_UNIT(EDO_CONSOLE_V1_RUNS_, "RUNS"),
    EDO_UNIT(EDO_CONSOLE_V1_QUEUED_, "QUEUED"),
    EDO_UNIT(EDO_CONSOLE_V1_ENDED_, "ENDED"))

typedef enum edo_console_v1_worker_state_ {
    EDO_CONSOLE_V1_SLEEPS_ = 0,
    EDO_CONSOLE_V1_TURNS_ = 1,
    EDO_CONSOLE_V1_POLLS_ = 2,
    EDO_CONSOLE_V1_IN_PLACE_ = 3,
    EDO_CONSOLE_V1_UNDRIVEN_ = 4,
} edo_console_v1_worker_state_;
EDO_DESCRIBE_ENUM(edo_console_v1_worker_state_,
    EDO_UNIT(EDO_CONSOLE_V1_SLEEPS_, "SLEEPS"),
    EDO_UNIT(EDO_CONSOLE_V1_TURNS_, "TURNS"),
    EDO_UNIT(EDO_CONSOLE_V1_POLLS_, "POLLS"),
    EDO_UNIT(EDO_CONSOLE_V1_IN_PLACE_, "IN_PLACE"),
    EDO_UNIT(EDO_CONSOLE_V1_UNDRIVEN_, "UNDRIVEN"))

typedef enum edo_console_v1_holder_state_ {
    EDO_CONSOLE_V1_HOLDS_ = 0,
    EDO_CONSOLE_V1_HAS_ENDED_ = 1,
    EDO_CONSOLE_V1_WAS_GIVEN_ = 2,
} edo_console_v1_holder_state_;
EDO_DESCRIBE_ENUM(edo_console_v1_holder_state_,
    EDO_UNIT(EDO_CONSOLE_V1_HOLDS_, "HOLDS"),
    EDO_UNIT(EDO_CONSOLE_V1_HAS_ENDED_, "HAS_ENDED"),
    EDO_UNIT(EDO_CONSOLE_V1_WAS_GIVEN_, "WAS_GIVEN"))

typedef enum edo_console_v1_edge_kind_ {
    EDO_CONSOLE_V1_LOCK_ = 0,
    EDO_CONSOLE_V1_BEHIND_ = 1,
    EDO_CONSOLE_V1_JOIN_ = 2,
    EDO_CONSOLE_V1_SCOPE_ = 3,
    EDO_CONSOLE_V1_PERMITS_ = 4,
    EDO_CONSOLE_V1_PEER_ = 5,
} edo_console_v1_edge_kind_;
EDO_DESCRIBE_ENUM(edo_console_v1_edge_kind_,
    EDO_UNIT(EDO_CONSOLE_V1_LOCK_, "LOCK"),
    EDO_UNIT(EDO_CONSOLE_V1_BEHIND_, "BEHIND"),
    EDO_UNIT(EDO_CONSOLE_V1_JOIN_, "JOIN"),
    EDO_UNIT(EDO_CONSOLE_V1_SCOPE_, "SCOPE"),
    EDO_UNIT(EDO_CONSOLE_V1_PERMITS_, "PERMITS"),
    EDO_UNIT(EDO_CONSOLE_V1_PEER_, "PEER"))

typedef enum edo_console_v1_open_group_ {
    EDO_CONSOLE_V1_OTHER_ = 0,
    EDO_CONSOLE_V1_CHANNEL_ = 1,
    EDO_CONSOLE_V1_POOL_ = 2,
    EDO_CONSOLE_V1_CONNECTION_ = 3,
    EDO_CONSOLE_V1_DESCRIPTOR_ = 4,
} edo_console_v1_open_group_;
EDO_DESCRIBE_ENUM(edo_console_v1_open_group_,
    EDO_UNIT(EDO_CONSOLE_V1_OTHER_, "OTHER"),
    EDO_UNIT(EDO_CONSOLE_V1_CHANNEL_, "CHANNEL"),
    EDO_UNIT(EDO_CONSOLE_V1_POOL_, "POOL"),
    EDO_UNIT(EDO_CONSOLE_V1_CONNECTION_, "CONNECTION"),
    EDO_UNIT(EDO_CONSOLE_V1_DESCRIPTOR_, "DESCRIPTOR"))

typedef struct edo_console_v1_watch_request_ edo_console_v1_watch_request_;
typedef struct edo_console_v1_update_ edo_console_v1_update_;
typedef struct edo_console_v1_worker_ edo_console_v1_worker_;
typedef struct edo_console_v1_runtime_ edo_console_v1_runtime_;
typedef struct edo_console_v1_await_ edo_console_v1_await_;
typedef struct edo_console_v1_site_ edo_console_v1_site_;
typedef struct edo_console_v1_task_ edo_console_v1_task_;
typedef struct edo_console_v1_holder_ edo_console_v1_holder_;
typedef struct edo_console_v1_waiter_ edo_console_v1_waiter_;
typedef struct edo_console_v1_lock_ edo_console_v1_lock_;
typedef struct edo_console_v1_edge_ edo_console_v1_edge_;
typedef struct edo_console_v1_cycle_ edo_console_v1_cycle_;
typedef struct edo_console_v1_open_ edo_console_v1_open_;
typedef struct edo_console_v1_found_ edo_console_v1_found_;
typedef struct edo_console_v1_stacks_request_ edo_console_v1_stacks_request_;
typedef struct edo_console_v1_frame_ edo_console_v1_frame_;
typedef struct edo_console_v1_stack_ edo_console_v1_stack_;
typedef struct edo_console_v1_stacks_reply_ edo_console_v1_stacks_reply_;
typedef struct edo_console_v1_faults_request_ edo_console_v1_faults_request_;
typedef struct edo_console_v1_faults_reply_ edo_console_v1_faults_reply_;

/* edo.console.v1.WatchRequest */
struct edo_console_v1_watch_request_ {
    uint32_t every_ms;
    uint32_t tasks_max;
    edo_str site;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Update */
struct edo_console_v1_update_ {
    uint64_t number;
    int64_t pid;
    edo_str program;
    int64_t at_ms;
    int64_t wall_ms;
    uint32_t look_us;
    uint32_t every_ms;
    edo_console_v1_runtime_ *runtimes;
    size_t runtimes_n;
    uint64_t tasks_all;
    uint32_t tasks_every;
    edo_console_v1_site_ *sites;
    size_t sites_n;
    uint64_t sites_rest;
    edo_console_v1_task_ *tasks;
    size_t tasks_n;
    bool locks_watched;
    edo_console_v1_lock_ *locks;
    size_t locks_n;
    uint32_t locks_rest;
    edo_console_v1_cycle_ *cycles;
    size_t cycles_n;
    edo_console_v1_open_ *open;
    size_t open_n;
    uint64_t open_rest;
    edo_console_v1_found_ *found;
    uint32_t runtimes_rest;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Worker */
struct edo_console_v1_worker_ {
    edo_console_v1_worker_state_ state;
    edo_str task;
    uint32_t tid;
    uint64_t depth;
    uint64_t fibers;
    uint32_t timers;
    uint64_t mean_poll_ns;
    uint64_t polls;
    uint64_t busy_ns;
    uint64_t parks;
    uint64_t noops;
    uint64_t local_sched;
    uint64_t sent;
    uint64_t overflows;
    uint64_t steals;
    uint64_t stolen;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Runtime */
struct edo_console_v1_runtime_ {
    uint64_t id;
    edo_str name;
    bool multi;
    uint64_t tasks;
    uint64_t global_depth;
    uint32_t blocking_threads;
    uint32_t blocking_idle;
    uint32_t blocking_queue;
    uint32_t timers;
    uint64_t spawned;
    uint64_t remote_sched;
    uint64_t forced_yields;
    uint64_t io_ready;
    uint64_t stack_bytes;
    uint64_t stack_high;
    edo_console_v1_worker_ *workers;
    size_t workers_n;
    uint32_t workers_all;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Await */
struct edo_console_v1_await_ {
    edo_str what;
    edo_str place;
    uint64_t n;
    int32_t oldest_tenths;
    uint64_t task;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Site */
struct edo_console_v1_site_ {
    edo_str name;
    uint64_t n;
    uint64_t waits;
    uint64_t runs;
    uint64_t queued;
    uint64_t ended;
    uint64_t cancelled;
    int32_t oldest_tenths;
    edo_console_v1_await_ *awaits;
    size_t awaits_n;
    uint64_t awaits_rest;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Task */
struct edo_console_v1_task_ {
    uint64_t id;
    uint64_t runtime;
    edo_str name;
    edo_console_v1_task_state_ state;
    bool cancelled;
    bool machine;
    int32_t age_tenths;
    int32_t wait_tenths;
    edo_str awaits;
    edo_str detail;
    edo_str place;
    int32_t worker;
    edo_str cause;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Holder */
struct edo_console_v1_holder_ {
    edo_str name;
    uint64_t task;
    edo_console_v1_holder_state_ state;
    edo_str taken_at;
    int32_t tenths;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Waiter */
struct edo_console_v1_waiter_ {
    edo_str name;
    uint64_t task;
    edo_str what;
    int32_t tenths;
    bool may_end;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Lock */
struct edo_console_v1_lock_ {
    edo_str address;
    edo_str what;
    edo_console_v1_holder_ *holders;
    size_t holders_n;
    uint32_t waiters_all;
    edo_console_v1_waiter_ *waiters;
    size_t waiters_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Edge */
struct edo_console_v1_edge_ {
    edo_str name;
    uint64_t task;
    edo_str what;
    edo_console_v1_edge_kind_ kind;
    edo_str object;
    edo_str taken_at;
    int32_t tenths;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Cycle */
struct edo_console_v1_cycle_ {
    uint32_t n;
    edo_console_v1_edge_ *edges;
    size_t edges_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Open */
struct edo_console_v1_open_ {
    edo_console_v1_open_group_ group;
    edo_str kind;
    edo_str name;
    edo_str state;
    uint64_t n;
    uint64_t values;
    uint64_t most;
    uint64_t limit;
    uint64_t waiting;
    int32_t oldest_tenths;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Found */
struct edo_console_v1_found_ {
    uint64_t deadlocks;
    uint64_t abandoned;
    uint64_t lasting;
    uint64_t standing;
    uint64_t turned;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.StacksRequest */
struct edo_console_v1_stacks_request_ {
    uint64_t task;
    edo_str site;
    uint32_t max;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Frame */
struct edo_console_v1_frame_ {
    edo_str function;
    edo_str place;
    bool edo;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.Stack */
struct edo_console_v1_stack_ {
    uint64_t n;
    uint64_t task;
    edo_str name;
    edo_console_v1_task_state_ state;
    edo_str awaits;
    edo_str detail;
    int32_t wait_tenths;
    edo_console_v1_frame_ *frames;
    size_t frames_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.StacksReply */
struct edo_console_v1_stacks_reply_ {
    edo_console_v1_stack_ *stacks;
    size_t stacks_n;
    uint64_t rest;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.FaultsRequest */
struct edo_console_v1_faults_request_ {
    uint32_t between_ms;
    edo_str unknown; /* what this description has not, as it came */
};

/* edo.console.v1.FaultsReply */
struct edo_console_v1_faults_reply_ {
    edo_str *faults;
    size_t faults_n;
    edo_str note;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(edo_console_v1_watch_request_)
EDO_DESCRIBED_LATER(edo_console_v1_update_)
EDO_DESCRIBED_LATER(edo_console_v1_worker_)
EDO_DESCRIBED_LATER(edo_console_v1_runtime_)
EDO_DESCRIBED_LATER(edo_console_v1_await_)
EDO_DESCRIBED_LATER(edo_console_v1_site_)
EDO_DESCRIBED_LATER(edo_console_v1_task_)
EDO_DESCRIBED_LATER(edo_console_v1_holder_)
EDO_DESCRIBED_LATER(edo_console_v1_waiter_)
EDO_DESCRIBED_LATER(edo_console_v1_lock_)
EDO_DESCRIBED_LATER(edo_console_v1_edge_)
EDO_DESCRIBED_LATER(edo_console_v1_cycle_)
EDO_DESCRIBED_LATER(edo_console_v1_open_)
EDO_DESCRIBED_LATER(edo_console_v1_found_)
EDO_DESCRIBED_LATER(edo_console_v1_stacks_request_)
EDO_DESCRIBED_LATER(edo_console_v1_frame_)
EDO_DESCRIBED_LATER(edo_console_v1_stack_)
EDO_DESCRIBED_LATER(edo_console_v1_stacks_reply_)
EDO_DESCRIBED_LATER(edo_console_v1_faults_request_)
EDO_DESCRIBED_LATER(edo_console_v1_faults_reply_)

EDO_DESCRIBE(edo_console_v1_watch_request_,
    EDO_FIELD(edo_console_v1_watch_request_, every_ms, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_watch_request_, tasks_max, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_watch_request_, site, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_watch_request_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_update_,
    EDO_FIELD(edo_console_v1_update_, number, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_update_, pid, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_update_, program, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_update_, at_ms, .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_update_, wall_ms, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_update_, look_us, .number = 6, .optional = true),
    EDO_FIELD(edo_console_v1_update_, every_ms, .number = 7, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_update_, runtimes, runtimes_n, edo_console_v1_runtime__desc,
              .number = 8, .optional = true),
    EDO_FIELD(edo_console_v1_update_, tasks_all, .number = 9, .optional = true),
    EDO_FIELD(edo_console_v1_update_, tasks_every, .number = 10, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_update_, sites, sites_n, edo_console_v1_site__desc,
              .number = 11, .optional = true),
    EDO_FIELD(edo_console_v1_update_, sites_rest, .number = 12, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_update_, tasks, tasks_n, edo_console_v1_task__desc,
              .number = 13, .optional = true),
    EDO_FIELD(edo_console_v1_update_, locks_watched, .number = 14, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_update_, locks, locks_n, edo_console_v1_lock__desc,
              .number = 15, .optional = true),
    EDO_FIELD(edo_console_v1_update_, locks_rest, .number = 16, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_update_, cycles, cycles_n, edo_console_v1_cycle__desc,
              .number = 17, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_update_, open, open_n, edo_console_v1_open__desc,
              .number = 18, .optional = true),
    EDO_FIELD(edo_console_v1_update_, open_rest, .number = 19, .optional = true),
    EDO_FIELD_PTR_OF(edo_console_v1_update_, found, edo_console_v1_found__desc,
              .number = 20, .optional = true),
    EDO_FIELD(edo_console_v1_update_, runtimes_rest, .number = 21, .optional = true),
    EDO_FIELD(edo_console_v1_update_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_worker_,
    EDO_FIELD_OF(edo_console_v1_worker_, state, edo_console_v1_worker_state__desc,
              .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, task, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, tid, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, depth, .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, fibers, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, timers, .number = 6, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, mean_poll_ns, .number = 7, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, polls, .number = 8, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, busy_ns, .number = 9, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, parks, .number = 10, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, noops, .number = 11, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, local_sched, .number = 12, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, sent, .number = 13, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, overflows, .number = 14, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, steals, .number = 15, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, stolen, .number = 16, .optional = true),
    EDO_FIELD(edo_console_v1_worker_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_runtime_,
    EDO_FIELD(edo_console_v1_runtime_, id, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, name, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, multi, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, tasks, .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, global_depth, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, blocking_threads, .number = 6, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, blocking_idle, .number = 7, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, blocking_queue, .number = 8, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, timers, .number = 9, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, spawned, .number = 10, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, remote_sched, .number = 11, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, forced_yields, .number = 12, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, io_ready, .number = 13, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, stack_bytes, .number = 14, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, stack_high, .number = 15, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_runtime_, workers, workers_n, edo_console_v1_worker__desc,
              .number = 16, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, workers_all, .number = 17, .optional = true),
    EDO_FIELD(edo_console_v1_runtime_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_await_,
    EDO_FIELD(edo_console_v1_await_, what, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_await_, place, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_await_, n, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_await_, oldest_tenths,
              .number = 4, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD(edo_console_v1_await_, task, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_await_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_site_,
    EDO_FIELD(edo_console_v1_site_, name, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_site_, n, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_site_, waits, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_site_, runs, .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_site_, queued, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_site_, ended, .number = 6, .optional = true),
    EDO_FIELD(edo_console_v1_site_, cancelled, .number = 7, .optional = true),
    EDO_FIELD(edo_console_v1_site_, oldest_tenths,
              .number = 8, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_site_, awaits, awaits_n, edo_console_v1_await__desc,
              .number = 9, .optional = true),
    EDO_FIELD(edo_console_v1_site_, awaits_rest, .number = 10, .optional = true),
    EDO_FIELD(edo_console_v1_site_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_task_,
    EDO_FIELD(edo_console_v1_task_, id, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_task_, runtime, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_task_, name, .number = 3, .optional = true),
    EDO_FIELD_OF(edo_console_v1_task_, state, edo_console_v1_task_state__desc,
              .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_task_, cancelled, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_task_, machine, .number = 6, .optional = true),
    EDO_FIELD(edo_console_v1_task_, age_tenths,
              .number = 7, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD(edo_console_v1_task_, wait_tenths,
              .number = 8, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD(edo_console_v1_task_, awaits, .number = 9, .optional = true),
    EDO_FIELD(edo_console_v1_task_, detail, .number = 10, .optional = true),
    EDO_FIELD(edo_console_v1_task_, place, .number = 11, .optional = true),
    EDO_FIELD(edo_console_v1_task_, worker,
              .number = 12, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD(edo_console_v1_task_, cause, .number = 13, .optional = true),
    EDO_FIELD(edo_console_v1_task_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_holder_,
    EDO_FIELD(edo_console_v1_holder_, name, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_holder_, task, .number = 2, .optional = true),
    EDO_FIELD_OF(edo_console_v1_holder_, state, edo_console_v1_holder_state__desc,
              .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_holder_, taken_at, .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_holder_, tenths,
              .number = 5, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD(edo_console_v1_holder_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_waiter_,
    EDO_FIELD(edo_console_v1_waiter_, name, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_waiter_, task, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_waiter_, what, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_waiter_, tenths,
              .number = 4, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD(edo_console_v1_waiter_, may_end, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_waiter_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_lock_,
    EDO_FIELD(edo_console_v1_lock_, address, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_lock_, what, .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_lock_, holders, holders_n, edo_console_v1_holder__desc,
              .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_lock_, waiters_all, .number = 4, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_lock_, waiters, waiters_n, edo_console_v1_waiter__desc,
              .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_lock_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_edge_,
    EDO_FIELD(edo_console_v1_edge_, name, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_edge_, task, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_edge_, what, .number = 3, .optional = true),
    EDO_FIELD_OF(edo_console_v1_edge_, kind, edo_console_v1_edge_kind__desc,
              .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_edge_, object, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_edge_, taken_at, .number = 6, .optional = true),
    EDO_FIELD(edo_console_v1_edge_, tenths, .number = 7, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD(edo_console_v1_edge_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_cycle_,
    EDO_FIELD(edo_console_v1_cycle_, n, .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_cycle_, edges, edges_n, edo_console_v1_edge__desc,
              .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_cycle_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_open_,
    EDO_FIELD_OF(edo_console_v1_open_, group, edo_console_v1_open_group__desc,
              .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_open_, kind, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_open_, name, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_open_, state, .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_open_, n, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_open_, values, .number = 6, .optional = true),
    EDO_FIELD(edo_console_v1_open_, most, .number = 7, .optional = true),
    EDO_FIELD(edo_console_v1_open_, limit, .number = 8, .optional = true),
    EDO_FIELD(edo_console_v1_open_, waiting, .number = 9, .optional = true),
    EDO_FIELD(edo_console_v1_open_, oldest_tenths,
              .number = 10, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD(edo_console_v1_open_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_found_,
    EDO_FIELD(edo_console_v1_found_, deadlocks, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_found_, abandoned, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_found_, lasting, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_found_, standing, .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_found_, turned, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_found_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_stacks_request_,
    EDO_FIELD(edo_console_v1_stacks_request_, task, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_stacks_request_, site, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_stacks_request_, max, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_stacks_request_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_frame_,
    EDO_FIELD(edo_console_v1_frame_, function, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_frame_, place, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_frame_, edo, .number = 3, .optional = true),
    EDO_FIELD(edo_console_v1_frame_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_stack_,
    EDO_FIELD(edo_console_v1_stack_, n, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_stack_, task, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_stack_, name, .number = 3, .optional = true),
    EDO_FIELD_OF(edo_console_v1_stack_, state, edo_console_v1_task_state__desc,
              .number = 4, .optional = true),
    EDO_FIELD(edo_console_v1_stack_, awaits, .number = 5, .optional = true),
    EDO_FIELD(edo_console_v1_stack_, detail, .number = 6, .optional = true),
    EDO_FIELD(edo_console_v1_stack_, wait_tenths,
              .number = 7, .wire = EDO_WIRE_ZIGZAG, .optional = true),
    EDO_FIELD_LIST_OF(edo_console_v1_stack_, frames, frames_n, edo_console_v1_frame__desc,
              .number = 8, .optional = true),
    EDO_FIELD(edo_console_v1_stack_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_stacks_reply_,
    EDO_FIELD_LIST_OF(edo_console_v1_stacks_reply_, stacks, stacks_n, edo_console_v1_stack__desc,
              .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_stacks_reply_, rest, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_stacks_reply_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_faults_request_,
    EDO_FIELD(edo_console_v1_faults_request_, between_ms, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_faults_request_, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(edo_console_v1_faults_reply_,
    EDO_FIELD_LIST(edo_console_v1_faults_reply_, faults, faults_n, .number = 1, .optional = true),
    EDO_FIELD(edo_console_v1_faults_reply_, note, .number = 2, .optional = true),
    EDO_FIELD(edo_console_v1_faults_reply_, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef EDO_CONSOLE_V1_CONSOLE__TYPES
#    error "two files make EDO_CONSOLE_V1_CONSOLE__TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define EDO_CONSOLE_V1_CONSOLE__TYPES \
    { "edo.console.v1.WatchRequest", &edo_console_v1_watch_request__desc }, \
    { "edo.console.v1.Update", &edo_console_v1_update__desc }, \
    { "edo.console.v1.Worker", &edo_console_v1_worker__desc }, \
    { "edo.console.v1.Runtime", &edo_console_v1_runtime__desc }, \
    { "edo.console.v1.Await", &edo_console_v1_await__desc }, \
    { "edo.console.v1.Site", &edo_console_v1_site__desc }, \
    { "edo.console.v1.Task", &edo_console_v1_task__desc }, \
    { "edo.console.v1.Holder", &edo_console_v1_holder__desc }, \
    { "edo.console.v1.Waiter", &edo_console_v1_waiter__desc }, \
    { "edo.console.v1.Lock", &edo_console_v1_lock__desc }, \
    { "edo.console.v1.Edge", &edo_console_v1_edge__desc }, \
    { "edo.console.v1.Cycle", &edo_console_v1_cycle__desc }, \
    { "edo.console.v1.Open", &edo_console_v1_open__desc }, \
    { "edo.console.v1.Found", &edo_console_v1_found__desc }, \
    { "edo.console.v1.StacksRequest", &edo_console_v1_stacks_request__desc }, \
    { "edo.console.v1.Frame", &edo_console_v1_frame__desc }, \
    { "edo.console.v1.Stack", &edo_console_v1_stack__desc }, \
    { "edo.console.v1.StacksReply", &edo_console_v1_stacks_reply__desc }, \
    { "edo.console.v1.FaultsRequest", &edo_console_v1_faults_request__desc }, \
    { "edo.console.v1.FaultsReply", &edo_console_v1_faults_reply__desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_edo_console_v1_console) = {
    10, 133, 38, 10, 28, 101, 100, 111, 47, 99, 111, 110, 115, 111, 108, 101, 47, 118, 49, 47,
    99, 111, 110, 115, 111, 108, 101, 46, 112, 114, 111, 116, 111, 18, 14, 101, 100, 111, 46, 99,
    111, 110, 115, 111, 108, 101, 46, 118, 49, 34, 90, 10, 12, 87, 97, 116, 99, 104, 82, 101,
    113, 117, 101, 115, 116, 18, 25, 10, 8, 101, 118, 101, 114, 121, 95, 109, 115, 24, 1, 32,
    1, 40, 13, 82, 7, 101, 118, 101, 114, 121, 77, 115, 18, 27, 10, 9, 116, 97, 115, 107,
    115, 95, 109, 97, 120, 24, 2, 32, 1, 40, 13, 82, 8, 116, 97, 115, 107, 115, 77, 97,
    120, 18, 18, 10, 4, 115, 105, 116, 101, 24, 3, 32, 1, 40, 9, 82, 4, 115, 105, 116,
    101, 34, 208, 5, 10, 6, 85, 112, 100, 97, 116, 101, 18, 22, 10, 6, 110, 117, 109, 98,
    101, 114, 24, 1, 32, 1, 40, 4, 82, 6, 110, 117, 109, 98, 101, 114, 18, 16, 10, 3,
    112, 105, 100, 24, 2, 32, 1, 40, 3, 82, 3, 112, 105, 100, 18, 24, 10, 7, 112, 114,
    111, 103, 114, 97, 109, 24, 3, 32, 1, 40, 9, 82, 7, 112, 114, 111, 103, 114, 97, 109,
    18, 19, 10, 5, 97, 116, 95, 109, 115, 24, 4, 32, 1, 40, 3, 82, 4, 97, 116, 77,
    115, 18, 23, 10, 7, 119, 97, 108, 108, 95, 109, 115, 24, 5, 32, 1, 40, 3, 82, 6,
    119, 97, 108, 108, 77, 115, 18, 23, 10, 7, 108, 111, 111, 107, 95, 117, 115, 24, 6, 32,
    1, 40, 13, 82, 6, 108, 111, 111, 107, 85, 115, 18, 25, 10, 8, 101, 118, 101, 114, 121,
    95, 109, 115, 24, 7, 32, 1, 40, 13, 82, 7, 101, 118, 101, 114, 121, 77, 115, 18, 51,
    10, 8, 114, 117, 110, 116, 105, 109, 101, 115, 24, 8, 32, 3, 40, 11, 50, 23, 46, 101,
    100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 82, 117, 110, 116, 105, 109,
    101, 82, 8, 114, 117, 110, 116, 105, 109, 101, 115, 18, 27, 10, 9, 116, 97, 115, 107, 115,
    95, 97, 108, 108, 24, 9, 32, 1, 40, 4, 82, 8, 116, 97, 115, 107, 115, 65, 108, 108,
    18, 31, 10, 11, 116, 97, 115, 107, 115, 95, 101, 118, 101, 114, 121, 24, 10, 32, 1, 40,
    13, 82, 10, 116, 97, 115, 107, 115, 69, 118, 101, 114, 121, 18, 42, 10, 5, 115, 105, 116,
    101, 115, 24, 11, 32, 3, 40, 11, 50, 20, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111,
    108, 101, 46, 118, 49, 46, 83, 105, 116, 101, 82, 5, 115, 105, 116, 101, 115, 18, 29, 10,
    10, 115, 105, 116, 101, 115, 95, 114, 101, 115, 116, 24, 12, 32, 1, 40, 4, 82, 9, 115,
    105, 116, 101, 115, 82, 101, 115, 116, 18, 42, 10, 5, 116, 97, 115, 107, 115, 24, 13, 32,
    3, 40, 11, 50, 20, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49,
    46, 84, 97, 115, 107, 82, 5, 116, 97, 115, 107, 115, 18, 35, 10, 13, 108, 111, 99, 107,
    115, 95, 119, 97, 116, 99, 104, 101, 100, 24, 14, 32, 1, 40, 8, 82, 12, 108, 111, 99,
    107, 115, 87, 97, 116, 99, 104, 101, 100, 18, 42, 10, 5, 108, 111, 99, 107, 115, 24, 15,
    32, 3, 40, 11, 50, 20, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118,
    49, 46, 76, 111, 99, 107, 82, 5, 108, 111, 99, 107, 115, 18, 29, 10, 10, 108, 111, 99,
    107, 115, 95, 114, 101, 115, 116, 24, 16, 32, 1, 40, 13, 82, 9, 108, 111, 99, 107, 115,
    82, 101, 115, 116, 18, 45, 10, 6, 99, 121, 99, 108, 101, 115, 24, 17, 32, 3, 40, 11,
    50, 21, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 67, 121,
    99, 108, 101, 82, 6, 99, 121, 99, 108, 101, 115, 18, 40, 10, 4, 111, 112, 101, 110, 24,
    18, 32, 3, 40, 11, 50, 20, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46,
    118, 49, 46, 79, 112, 101, 110, 82, 4, 111, 112, 101, 110, 18, 27, 10, 9, 111, 112, 101,
    110, 95, 114, 101, 115, 116, 24, 19, 32, 1, 40, 4, 82, 8, 111, 112, 101, 110, 82, 101,
    115, 116, 18, 43, 10, 5, 102, 111, 117, 110, 100, 24, 20, 32, 1, 40, 11, 50, 21, 46,
    101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 70, 111, 117, 110, 100,
    82, 5, 102, 111, 117, 110, 100, 18, 35, 10, 13, 114, 117, 110, 116, 105, 109, 101, 115, 95,
    114, 101, 115, 116, 24, 21, 32, 1, 40, 13, 82, 12, 114, 117, 110, 116, 105, 109, 101, 115,
    82, 101, 115, 116, 34, 167, 3, 10, 6, 87, 111, 114, 107, 101, 114, 18, 49, 10, 5, 115,
    116, 97, 116, 101, 24, 1, 32, 1, 40, 14, 50, 27, 46, 101, 100, 111, 46, 99, 111, 110,
    115, 111, 108, 101, 46, 118, 49, 46, 87, 111, 114, 107, 101, 114, 83, 116, 97, 116, 101, 82,
    5, 115, 116, 97, 116, 101, 18, 18, 10, 4, 116, 97, 115, 107, 24, 2, 32, 1, 40, 9,
    82, 4, 116, 97, 115, 107, 18, 16, 10, 3, 116, 105, 100, 24, 3, 32, 1, 40, 13, 82,
    3, 116, 105, 100, 18, 20, 10, 5, 100, 101, 112, 116, 104, 24, 4, 32, 1, 40, 4, 82,
    5, 100, 101, 112, 116, 104, 18, 22, 10, 6, 102, 105, 98, 101, 114, 115, 24, 5, 32, 1,
    40, 4, 82, 6, 102, 105, 98, 101, 114, 115, 18, 22, 10, 6, 116, 105, 109, 101, 114, 115,
    24, 6, 32, 1, 40, 13, 82, 6, 116, 105, 109, 101, 114, 115, 18, 32, 10, 12, 109, 101,
    97, 110, 95, 112, 111, 108, 108, 95, 110, 115, 24, 7, 32, 1, 40, 4, 82, 10, 109, 101,
    97, 110, 80, 111, 108, 108, 78, 115, 18, 20, 10, 5, 112, 111, 108, 108, 115, 24, 8, 32,
    1, 40, 4, 82, 5, 112, 111, 108, 108, 115, 18, 23, 10, 7, 98, 117, 115, 121, 95, 110,
    115, 24, 9, 32, 1, 40, 4, 82, 6, 98, 117, 115, 121, 78, 115, 18, 20, 10, 5, 112,
    97, 114, 107, 115, 24, 10, 32, 1, 40, 4, 82, 5, 112, 97, 114, 107, 115, 18, 20, 10,
    5, 110, 111, 111, 112, 115, 24, 11, 32, 1, 40, 4, 82, 5, 110, 111, 111, 112, 115, 18,
    31, 10, 11, 108, 111, 99, 97, 108, 95, 115, 99, 104, 101, 100, 24, 12, 32, 1, 40, 4,
    82, 10, 108, 111, 99, 97, 108, 83, 99, 104, 101, 100, 18, 18, 10, 4, 115, 101, 110, 116,
    24, 13, 32, 1, 40, 4, 82, 4, 115, 101, 110, 116, 18, 28, 10, 9, 111, 118, 101, 114,
    102, 108, 111, 119, 115, 24, 14, 32, 1, 40, 4, 82, 9, 111, 118, 101, 114, 102, 108, 111,
    119, 115, 18, 22, 10, 6, 115, 116, 101, 97, 108, 115, 24, 15, 32, 1, 40, 4, 82, 6,
    115, 116, 101, 97, 108, 115, 18, 22, 10, 6, 115, 116, 111, 108, 101, 110, 24, 16, 32, 1,
    40, 4, 82, 6, 115, 116, 111, 108, 101, 110, 34, 155, 4, 10, 7, 82, 117, 110, 116, 105,
    109, 101, 18, 14, 10, 2, 105, 100, 24, 1, 32, 1, 40, 4, 82, 2, 105, 100, 18, 18,
    10, 4, 110, 97, 109, 101, 24, 2, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 20,
    10, 5, 109, 117, 108, 116, 105, 24, 3, 32, 1, 40, 8, 82, 5, 109, 117, 108, 116, 105,
    18, 20, 10, 5, 116, 97, 115, 107, 115, 24, 4, 32, 1, 40, 4, 82, 5, 116, 97, 115,
    107, 115, 18, 33, 10, 12, 103, 108, 111, 98, 97, 108, 95, 100, 101, 112, 116, 104, 24, 5,
    32, 1, 40, 4, 82, 11, 103, 108, 111, 98, 97, 108, 68, 101, 112, 116, 104, 18, 41, 10,
    16, 98, 108, 111, 99, 107, 105, 110, 103, 95, 116, 104, 114, 101, 97, 100, 115, 24, 6, 32,
    1, 40, 13, 82, 15, 98, 108, 111, 99, 107, 105, 110, 103, 84, 104, 114, 101, 97, 100, 115,
    18, 35, 10, 13, 98, 108, 111, 99, 107, 105, 110, 103, 95, 105, 100, 108, 101, 24, 7, 32,
    1, 40, 13, 82, 12, 98, 108, 111, 99, 107, 105, 110, 103, 73, 100, 108, 101, 18, 37, 10,
    14, 98, 108, 111, 99, 107, 105, 110, 103, 95, 113, 117, 101, 117, 101, 24, 8, 32, 1, 40,
    13, 82, 13, 98, 108, 111, 99, 107, 105, 110, 103, 81, 117, 101, 117, 101, 18, 22, 10, 6,
    116, 105, 109, 101, 114, 115, 24, 9, 32, 1, 40, 13, 82, 6, 116, 105, 109, 101, 114, 115,
    18, 24, 10, 7, 115, 112, 97, 119, 110, 101, 100, 24, 10, 32, 1, 40, 4, 82, 7, 115,
    112, 97, 119, 110, 101, 100, 18, 33, 10, 12, 114, 101, 109, 111, 116, 101, 95, 115, 99, 104,
    101, 100, 24, 11, 32, 1, 40, 4, 82, 11, 114, 101, 109, 111, 116, 101, 83, 99, 104, 101,
    100, 18, 35, 10, 13, 102, 111, 114, 99, 101, 100, 95, 121, 105, 101, 108, 100, 115, 24, 12,
    32, 1, 40, 4, 82, 12, 102, 111, 114, 99, 101, 100, 89, 105, 101, 108, 100, 115, 18, 25,
    10, 8, 105, 111, 95, 114, 101, 97, 100, 121, 24, 13, 32, 1, 40, 4, 82, 7, 105, 111,
    82, 101, 97, 100, 121, 18, 31, 10, 11, 115, 116, 97, 99, 107, 95, 98, 121, 116, 101, 115,
    24, 14, 32, 1, 40, 4, 82, 10, 115, 116, 97, 99, 107, 66, 121, 116, 101, 115, 18, 29,
    10, 10, 115, 116, 97, 99, 107, 95, 104, 105, 103, 104, 24, 15, 32, 1, 40, 4, 82, 9,
    115, 116, 97, 99, 107, 72, 105, 103, 104, 18, 48, 10, 7, 119, 111, 114, 107, 101, 114, 115,
    24, 16, 32, 3, 40, 11, 50, 22, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101,
    46, 118, 49, 46, 87, 111, 114, 107, 101, 114, 82, 7, 119, 111, 114, 107, 101, 114, 115, 18,
    31, 10, 11, 119, 111, 114, 107, 101, 114, 115, 95, 97, 108, 108, 24, 17, 32, 1, 40, 13,
    82, 10, 119, 111, 114, 107, 101, 114, 115, 65, 108, 108, 34, 120, 10, 5, 65, 119, 97, 105,
    116, 18, 18, 10, 4, 119, 104, 97, 116, 24, 1, 32, 1, 40, 9, 82, 4, 119, 104, 97,
    116, 18, 20, 10, 5, 112, 108, 97, 99, 101, 24, 2, 32, 1, 40, 9, 82, 5, 112, 108,
    97, 99, 101, 18, 12, 10, 1, 110, 24, 3, 32, 1, 40, 4, 82, 1, 110, 18, 35, 10,
    13, 111, 108, 100, 101, 115, 116, 95, 116, 101, 110, 116, 104, 115, 24, 4, 32, 1, 40, 17,
    82, 12, 111, 108, 100, 101, 115, 116, 84, 101, 110, 116, 104, 115, 18, 18, 10, 4, 116, 97,
    115, 107, 24, 5, 32, 1, 40, 4, 82, 4, 116, 97, 115, 107, 34, 147, 2, 10, 4, 83,
    105, 116, 101, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110,
    97, 109, 101, 18, 12, 10, 1, 110, 24, 2, 32, 1, 40, 4, 82, 1, 110, 18, 20, 10,
    5, 119, 97, 105, 116, 115, 24, 3, 32, 1, 40, 4, 82, 5, 119, 97, 105, 116, 115, 18,
    18, 10, 4, 114, 117, 110, 115, 24, 4, 32, 1, 40, 4, 82, 4, 114, 117, 110, 115, 18,
    22, 10, 6, 113, 117, 101, 117, 101, 100, 24, 5, 32, 1, 40, 4, 82, 6, 113, 117, 101,
    117, 101, 100, 18, 20, 10, 5, 101, 110, 100, 101, 100, 24, 6, 32, 1, 40, 4, 82, 5,
    101, 110, 100, 101, 100, 18, 28, 10, 9, 99, 97, 110, 99, 101, 108, 108, 101, 100, 24, 7,
    32, 1, 40, 4, 82, 9, 99, 97, 110, 99, 101, 108, 108, 101, 100, 18, 35, 10, 13, 111,
    108, 100, 101, 115, 116, 95, 116, 101, 110, 116, 104, 115, 24, 8, 32, 1, 40, 17, 82, 12,
    111, 108, 100, 101, 115, 116, 84, 101, 110, 116, 104, 115, 18, 45, 10, 6, 97, 119, 97, 105,
    116, 115, 24, 9, 32, 3, 40, 11, 50, 21, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111,
    108, 101, 46, 118, 49, 46, 65, 119, 97, 105, 116, 82, 6, 97, 119, 97, 105, 116, 115, 18,
    31, 10, 11, 97, 119, 97, 105, 116, 115, 95, 114, 101, 115, 116, 24, 10, 32, 1, 40, 4,
    82, 10, 97, 119, 97, 105, 116, 115, 82, 101, 115, 116, 34, 225, 2, 10, 4, 84, 97, 115,
    107, 18, 14, 10, 2, 105, 100, 24, 1, 32, 1, 40, 4, 82, 2, 105, 100, 18, 24, 10,
    7, 114, 117, 110, 116, 105, 109, 101, 24, 2, 32, 1, 40, 4, 82, 7, 114, 117, 110, 116,
    105, 109, 101, 18, 18, 10, 4, 110, 97, 109, 101, 24, 3, 32, 1, 40, 9, 82, 4, 110,
    97, 109, 101, 18, 47, 10, 5, 115, 116, 97, 116, 101, 24, 4, 32, 1, 40, 14, 50, 25,
    46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 84, 97, 115, 107,
    83, 116, 97, 116, 101, 82, 5, 115, 116, 97, 116, 101, 18, 28, 10, 9, 99, 97, 110, 99,
    101, 108, 108, 101, 100, 24, 5, 32, 1, 40, 8, 82, 9, 99, 97, 110, 99, 101, 108, 108,
    101, 100, 18, 24, 10, 7, 109, 97, 99, 104, 105, 110, 101, 24, 6, 32, 1, 40, 8, 82,
    7, 109, 97, 99, 104, 105, 110, 101, 18, 29, 10, 10, 97, 103, 101, 95, 116, 101, 110, 116,
    104, 115, 24, 7, 32, 1, 40, 17, 82, 9, 97, 103, 101, 84, 101, 110, 116, 104, 115, 18,
    31, 10, 11, 119, 97, 105, 116, 95, 116, 101, 110, 116, 104, 115, 24, 8, 32, 1, 40, 17,
    82, 10, 119, 97, 105, 116, 84, 101, 110, 116, 104, 115, 18, 22, 10, 6, 97, 119, 97, 105,
    116, 115, 24, 9, 32, 1, 40, 9, 82, 6, 97, 119, 97, 105, 116, 115, 18, 22, 10, 6,
    100, 101, 116, 97, 105, 108, 24, 10, 32, 1, 40, 9, 82, 6, 100, 101, 116, 97, 105, 108,
    18, 20, 10, 5, 112, 108, 97, 99, 101, 24, 11, 32, 1, 40, 9, 82, 5, 112, 108, 97,
    99, 101, 18, 22, 10, 6, 119, 111, 114, 107, 101, 114, 24, 12, 32, 1, 40, 17, 82, 6,
    119, 111, 114, 107, 101, 114, 18, 20, 10, 5, 99, 97, 117, 115, 101, 24, 13, 32, 1, 40,
    9, 82, 5, 99, 97, 117, 115, 101, 34, 150, 1, 10, 6, 72, 111, 108, 100, 101, 114, 18,
    18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18,
    18, 10, 4, 116, 97, 115, 107, 24, 2, 32, 1, 40, 4, 82, 4, 116, 97, 115, 107, 18,
    49, 10, 5, 115, 116, 97, 116, 101, 24, 3, 32, 1, 40, 14, 50, 27, 46, 101, 100, 111,
    46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 72, 111, 108, 100, 101, 114, 83, 116,
    97, 116, 101, 82, 5, 115, 116, 97, 116, 101, 18, 25, 10, 8, 116, 97, 107, 101, 110, 95,
    97, 116, 24, 4, 32, 1, 40, 9, 82, 7, 116, 97, 107, 101, 110, 65, 116, 18, 22, 10,
    6, 116, 101, 110, 116, 104, 115, 24, 5, 32, 1, 40, 17, 82, 6, 116, 101, 110, 116, 104,
    115, 34, 117, 10, 6, 87, 97, 105, 116, 101, 114, 18, 18, 10, 4, 110, 97, 109, 101, 24,
    1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 18, 10, 4, 116, 97, 115, 107, 24,
    2, 32, 1, 40, 4, 82, 4, 116, 97, 115, 107, 18, 18, 10, 4, 119, 104, 97, 116, 24,
    3, 32, 1, 40, 9, 82, 4, 119, 104, 97, 116, 18, 22, 10, 6, 116, 101, 110, 116, 104,
    115, 24, 4, 32, 1, 40, 17, 82, 6, 116, 101, 110, 116, 104, 115, 18, 23, 10, 7, 109,
    97, 121, 95, 101, 110, 100, 24, 5, 32, 1, 40, 8, 82, 6, 109, 97, 121, 69, 110, 100,
    34, 185, 1, 10, 4, 76, 111, 99, 107, 18, 24, 10, 7, 97, 100, 100, 114, 101, 115, 115,
    24, 1, 32, 1, 40, 9, 82, 7, 97, 100, 100, 114, 101, 115, 115, 18, 18, 10, 4, 119,
    104, 97, 116, 24, 2, 32, 1, 40, 9, 82, 4, 119, 104, 97, 116, 18, 48, 10, 7, 104,
    111, 108, 100, 101, 114, 115, 24, 3, 32, 3, 40, 11, 50, 22, 46, 101, 100, 111, 46, 99,
    111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 72, 111, 108, 100, 101, 114, 82, 7, 104, 111,
    108, 100, 101, 114, 115, 18, 31, 10, 11, 119, 97, 105, 116, 101, 114, 115, 95, 97, 108, 108,
    24, 4, 32, 1, 40, 13, 82, 10, 119, 97, 105, 116, 101, 114, 115, 65, 108, 108, 18, 48,
    10, 7, 119, 97, 105, 116, 101, 114, 115, 24, 5, 32, 3, 40, 11, 50, 22, 46, 101, 100,
    111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 87, 97, 105, 116, 101, 114, 82,
    7, 119, 97, 105, 116, 101, 114, 115, 34, 187, 1, 10, 4, 69, 100, 103, 101, 18, 18, 10,
    4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 18, 10,
    4, 116, 97, 115, 107, 24, 2, 32, 1, 40, 4, 82, 4, 116, 97, 115, 107, 18, 18, 10,
    4, 119, 104, 97, 116, 24, 3, 32, 1, 40, 9, 82, 4, 119, 104, 97, 116, 18, 44, 10,
    4, 107, 105, 110, 100, 24, 4, 32, 1, 40, 14, 50, 24, 46, 101, 100, 111, 46, 99, 111,
    110, 115, 111, 108, 101, 46, 118, 49, 46, 69, 100, 103, 101, 75, 105, 110, 100, 82, 4, 107,
    105, 110, 100, 18, 22, 10, 6, 111, 98, 106, 101, 99, 116, 24, 5, 32, 1, 40, 9, 82,
    6, 111, 98, 106, 101, 99, 116, 18, 25, 10, 8, 116, 97, 107, 101, 110, 95, 97, 116, 24,
    6, 32, 1, 40, 9, 82, 7, 116, 97, 107, 101, 110, 65, 116, 18, 22, 10, 6, 116, 101,
    110, 116, 104, 115, 24, 7, 32, 1, 40, 17, 82, 6, 116, 101, 110, 116, 104, 115, 34, 65,
    10, 5, 67, 121, 99, 108, 101, 18, 12, 10, 1, 110, 24, 1, 32, 1, 40, 13, 82, 1,
    110, 18, 42, 10, 5, 101, 100, 103, 101, 115, 24, 2, 32, 3, 40, 11, 50, 20, 46, 101,
    100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 69, 100, 103, 101, 82, 5,
    101, 100, 103, 101, 115, 34, 132, 2, 10, 4, 79, 112, 101, 110, 18, 47, 10, 5, 103, 114,
    111, 117, 112, 24, 1, 32, 1, 40, 14, 50, 25, 46, 101, 100, 111, 46, 99, 111, 110, 115,
    111, 108, 101, 46, 118, 49, 46, 79, 112, 101, 110, 71, 114, 111, 117, 112, 82, 5, 103, 114,
    111, 117, 112, 18, 18, 10, 4, 107, 105, 110, 100, 24, 2, 32, 1, 40, 9, 82, 4, 107,
    105, 110, 100, 18, 18, 10, 4, 110, 97, 109, 101, 24, 3, 32, 1, 40, 9, 82, 4, 110,
    97, 109, 101, 18, 20, 10, 5, 115, 116, 97, 116, 101, 24, 4, 32, 1, 40, 9, 82, 5,
    115, 116, 97, 116, 101, 18, 12, 10, 1, 110, 24, 5, 32, 1, 40, 4, 82, 1, 110, 18,
    22, 10, 6, 118, 97, 108, 117, 101, 115, 24, 6, 32, 1, 40, 4, 82, 6, 118, 97, 108,
    117, 101, 115, 18, 18, 10, 4, 109, 111, 115, 116, 24, 7, 32, 1, 40, 4, 82, 4, 109,
    111, 115, 116, 18, 20, 10, 5, 108, 105, 109, 105, 116, 24, 8, 32, 1, 40, 4, 82, 5,
    108, 105, 109, 105, 116, 18, 24, 10, 7, 119, 97, 105, 116, 105, 110, 103, 24, 9, 32, 1,
    40, 4, 82, 7, 119, 97, 105, 116, 105, 110, 103, 18, 35, 10, 13, 111, 108, 100, 101, 115,
    116, 95, 116, 101, 110, 116, 104, 115, 24, 10, 32, 1, 40, 17, 82, 12, 111, 108, 100, 101,
    115, 116, 84, 101, 110, 116, 104, 115, 34, 145, 1, 10, 5, 70, 111, 117, 110, 100, 18, 28,
    10, 9, 100, 101, 97, 100, 108, 111, 99, 107, 115, 24, 1, 32, 1, 40, 4, 82, 9, 100,
    101, 97, 100, 108, 111, 99, 107, 115, 18, 28, 10, 9, 97, 98, 97, 110, 100, 111, 110, 101,
    100, 24, 2, 32, 1, 40, 4, 82, 9, 97, 98, 97, 110, 100, 111, 110, 101, 100, 18, 24,
    10, 7, 108, 97, 115, 116, 105, 110, 103, 24, 3, 32, 1, 40, 4, 82, 7, 108, 97, 115,
    116, 105, 110, 103, 18, 26, 10, 8, 115, 116, 97, 110, 100, 105, 110, 103, 24, 4, 32, 1,
    40, 4, 82, 8, 115, 116, 97, 110, 100, 105, 110, 103, 18, 22, 10, 6, 116, 117, 114, 110,
    101, 100, 24, 5, 32, 1, 40, 4, 82, 6, 116, 117, 114, 110, 101, 100, 34, 73, 10, 13,
    83, 116, 97, 99, 107, 115, 82, 101, 113, 117, 101, 115, 116, 18, 18, 10, 4, 116, 97, 115,
    107, 24, 1, 32, 1, 40, 4, 82, 4, 116, 97, 115, 107, 18, 18, 10, 4, 115, 105, 116,
    101, 24, 2, 32, 1, 40, 9, 82, 4, 115, 105, 116, 101, 18, 16, 10, 3, 109, 97, 120,
    24, 3, 32, 1, 40, 13, 82, 3, 109, 97, 120, 34, 75, 10, 5, 70, 114, 97, 109, 101,
    18, 26, 10, 8, 102, 117, 110, 99, 116, 105, 111, 110, 24, 1, 32, 1, 40, 9, 82, 8,
    102, 117, 110, 99, 116, 105, 111, 110, 18, 20, 10, 5, 112, 108, 97, 99, 101, 24, 2, 32,
    1, 40, 9, 82, 5, 112, 108, 97, 99, 101, 18, 16, 10, 3, 101, 100, 111, 24, 3, 32,
    1, 40, 8, 82, 3, 101, 100, 111, 34, 238, 1, 10, 5, 83, 116, 97, 99, 107, 18, 12,
    10, 1, 110, 24, 1, 32, 1, 40, 4, 82, 1, 110, 18, 18, 10, 4, 116, 97, 115, 107,
    24, 2, 32, 1, 40, 4, 82, 4, 116, 97, 115, 107, 18, 18, 10, 4, 110, 97, 109, 101,
    24, 3, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 47, 10, 5, 115, 116, 97, 116,
    101, 24, 4, 32, 1, 40, 14, 50, 25, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108,
    101, 46, 118, 49, 46, 84, 97, 115, 107, 83, 116, 97, 116, 101, 82, 5, 115, 116, 97, 116,
    101, 18, 22, 10, 6, 97, 119, 97, 105, 116, 115, 24, 5, 32, 1, 40, 9, 82, 6, 97,
    119, 97, 105, 116, 115, 18, 22, 10, 6, 100, 101, 116, 97, 105, 108, 24, 6, 32, 1, 40,
    9, 82, 6, 100, 101, 116, 97, 105, 108, 18, 31, 10, 11, 119, 97, 105, 116, 95, 116, 101,
    110, 116, 104, 115, 24, 7, 32, 1, 40, 17, 82, 10, 119, 97, 105, 116, 84, 101, 110, 116,
    104, 115, 18, 45, 10, 6, 102, 114, 97, 109, 101, 115, 24, 8, 32, 3, 40, 11, 50, 21,
    46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 70, 114, 97, 109,
    101, 82, 6, 102, 114, 97, 109, 101, 115, 34, 80, 10, 11, 83, 116, 97, 99, 107, 115, 82,
    101, 112, 108, 121, 18, 45, 10, 6, 115, 116, 97, 99, 107, 115, 24, 1, 32, 3, 40, 11,
    50, 21, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 83, 116,
    97, 99, 107, 82, 6, 115, 116, 97, 99, 107, 115, 18, 18, 10, 4, 114, 101, 115, 116, 24,
    2, 32, 1, 40, 4, 82, 4, 114, 101, 115, 116, 34, 46, 10, 13, 70, 97, 117, 108, 116,
    115, 82, 101, 113, 117, 101, 115, 116, 18, 29, 10, 10, 98, 101, 116, 119, 101, 101, 110, 95,
    109, 115, 24, 1, 32, 1, 40, 13, 82, 9, 98, 101, 116, 119, 101, 101, 110, 77, 115, 34,
    57, 10, 11, 70, 97, 117, 108, 116, 115, 82, 101, 112, 108, 121, 18, 22, 10, 6, 102, 97,
    117, 108, 116, 115, 24, 1, 32, 3, 40, 9, 82, 6, 102, 97, 117, 108, 116, 115, 18, 18,
    10, 4, 110, 111, 116, 101, 24, 2, 32, 1, 40, 9, 82, 4, 110, 111, 116, 101, 42, 55,
    10, 9, 84, 97, 115, 107, 83, 116, 97, 116, 101, 18, 9, 10, 5, 87, 65, 73, 84, 83,
    16, 0, 18, 8, 10, 4, 82, 85, 78, 83, 16, 1, 18, 10, 10, 6, 81, 85, 69, 85,
    69, 68, 16, 2, 18, 9, 10, 5, 69, 78, 68, 69, 68, 16, 3, 42, 75, 10, 11, 87,
    111, 114, 107, 101, 114, 83, 116, 97, 116, 101, 18, 10, 10, 6, 83, 76, 69, 69, 80, 83,
    16, 0, 18, 9, 10, 5, 84, 85, 82, 78, 83, 16, 1, 18, 9, 10, 5, 80, 79, 76,
    76, 83, 16, 2, 18, 12, 10, 8, 73, 78, 95, 80, 76, 65, 67, 69, 16, 3, 18, 12,
    10, 8, 85, 78, 68, 82, 73, 86, 69, 78, 16, 4, 42, 54, 10, 11, 72, 111, 108, 100,
    101, 114, 83, 116, 97, 116, 101, 18, 9, 10, 5, 72, 79, 76, 68, 83, 16, 0, 18, 13,
    10, 9, 72, 65, 83, 95, 69, 78, 68, 69, 68, 16, 1, 18, 13, 10, 9, 87, 65, 83,
    95, 71, 73, 86, 69, 78, 16, 2, 42, 76, 10, 8, 69, 100, 103, 101, 75, 105, 110, 100,
    18, 8, 10, 4, 76, 79, 67, 75, 16, 0, 18, 10, 10, 6, 66, 69, 72, 73, 78, 68,
    16, 1, 18, 8, 10, 4, 74, 79, 73, 78, 16, 2, 18, 9, 10, 5, 83, 67, 79, 80,
    69, 16, 3, 18, 11, 10, 7, 80, 69, 82, 77, 73, 84, 83, 16, 4, 18, 8, 10, 4,
    80, 69, 69, 82, 16, 5, 42, 77, 10, 9, 79, 112, 101, 110, 71, 114, 111, 117, 112, 18,
    9, 10, 5, 79, 84, 72, 69, 82, 16, 0, 18, 11, 10, 7, 67, 72, 65, 78, 78, 69,
    76, 16, 1, 18, 8, 10, 4, 80, 79, 79, 76, 16, 2, 18, 14, 10, 10, 67, 79, 78,
    78, 69, 67, 84, 73, 79, 78, 16, 3, 18, 14, 10, 10, 68, 69, 83, 67, 82, 73, 80,
    84, 79, 82, 16, 4, 50, 216, 1, 10, 4, 76, 111, 111, 107, 18, 63, 10, 5, 87, 97,
    116, 99, 104, 18, 28, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49,
    46, 87, 97, 116, 99, 104, 82, 101, 113, 117, 101, 115, 116, 26, 22, 46, 101, 100, 111, 46,
    99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 85, 112, 100, 97, 116, 101, 48, 1, 18,
    73, 10, 6, 83, 116, 97, 99, 107, 115, 18, 29, 46, 101, 100, 111, 46, 99, 111, 110, 115,
    111, 108, 101, 46, 118, 49, 46, 83, 116, 97, 99, 107, 115, 82, 101, 113, 117, 101, 115, 116,
    26, 27, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 83, 116,
    97, 99, 107, 115, 82, 101, 112, 108, 121, 34, 3, 144, 2, 1, 18, 68, 10, 6, 70, 97,
    117, 108, 116, 115, 18, 29, 46, 101, 100, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118,
    49, 46, 70, 97, 117, 108, 116, 115, 82, 101, 113, 117, 101, 115, 116, 26, 27, 46, 101, 100,
    111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 118, 49, 46, 70, 97, 117, 108, 116, 115, 82,
    101, 112, 108, 121, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_edo_console_v1_console, NULL)

/* edo.console.v1.Look */
typedef struct edo_console_v1_look__ops {
    int (*watch)(edo_grpc_call *call, const edo_console_v1_watch_request_ *in);
    int (*stacks)(edo_grpc_call *call, edo_console_v1_stacks_reply_ *out, const edo_console_v1_stacks_request_ *in);
    int (*faults)(edo_grpc_call *call, edo_console_v1_faults_reply_ *out, const edo_console_v1_faults_request_ *in);
} edo_console_v1_look__ops;

static inline int edo_console_v1_look__watch_send(edo_grpc_call *call,
    const edo_console_v1_update_ *message) {
    return edo_grpc_send(call, message, &edo_console_v1_update__desc);
}

EDO_GRPC_METHOD_SERVER_STREAM(edo_console_v1_look_, watch, edo_console_v1_watch_request_, edo_console_v1_update_)
EDO_GRPC_METHOD_UNARY(edo_console_v1_look_, stacks, edo_console_v1_stacks_request_, edo_console_v1_stacks_reply_)
EDO_GRPC_METHOD_UNARY(edo_console_v1_look_, faults, edo_console_v1_faults_request_, edo_console_v1_faults_reply_)
static const edo_grpc_method edo_console_v1_look__methods[] = {
    { "Watch", &edo_console_v1_watch_request__desc, &edo_console_v1_update__desc, edo_console_v1_look__watch_serve,
      offsetof(edo_console_v1_look__ops, watch), false, true, false },
    { "Stacks", &edo_console_v1_stacks_request__desc, &edo_console_v1_stacks_reply__desc, edo_console_v1_look__stacks_serve,
      offsetof(edo_console_v1_look__ops, stacks), false, false, true },
    { "Faults", &edo_console_v1_faults_request__desc, &edo_console_v1_faults_reply__desc, edo_console_v1_look__faults_serve,
      offsetof(edo_console_v1_look__ops, faults), false, false, false },
};
static const edo_grpc_service edo_console_v1_look__service = {
    "edo.console.v1.Look", edo_console_v1_look__methods, 3, &edo_FILE_edo_console_v1_console, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void edo_console_v1_look__routes(edo_router *r,
    const edo_console_v1_look__ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &edo_console_v1_look__service, ops, arg, opts);
}

/* Calls of edo.console.v1.Look: see edo_grpc_channel. */

static inline int edo_console_v1_look__watch(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_console_v1_watch_request_ *in,
    const edo_grpc_call_opts *opts) {
    return edo_grpc_server_stream(ch, call, "/edo.console.v1.Look/Watch",
        in, &edo_console_v1_watch_request__desc, opts);
}

static inline int edo_console_v1_look__watch_recv(edo_grpc_call *call,
    edo_console_v1_update_ *message) {
    return edo_grpc_recv(call, message, &edo_console_v1_update__desc);
}

static inline int edo_console_v1_look__stacks(edo_grpc_channel *ch,
    edo_console_v1_stacks_reply_ *out,
    const edo_console_v1_stacks_request_ *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/edo.console.v1.Look/Stacks",
        out, &edo_console_v1_stacks_reply__desc,
        in, &edo_console_v1_stacks_request__desc, arena, opts);
}

static inline int edo_console_v1_look__faults(edo_grpc_channel *ch,
    edo_console_v1_faults_reply_ *out,
    const edo_console_v1_faults_request_ *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/edo.console.v1.Look/Faults",
        out, &edo_console_v1_faults_reply__desc,
        in, &edo_console_v1_faults_request__desc, arena, opts);
}

#endif
