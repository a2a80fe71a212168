/* SPDX-License-Identifier: MIT */
/* edo/edo.h: the core in one include: the runtime, tasks and scopes, time, cancellation, channels
 * and locks, streams and sockets. For all else a program includes the header that it uses. */
#ifndef EDO_EDO_H
#define EDO_EDO_H

#include <edo/actor.h>
#include <edo/async.h>
#include <edo/barrier.h>
#include <edo/base.h>
#include <edo/blocking.h>
#include <edo/broadcast.h>
#include <edo/buf_io.h>
#include <edo/bytes.h>
#include <edo/cancel.h>
#include <edo/chan.h>
#include <edo/context.h>
#include <edo/copy.h>
#include <edo/error.h>
#include <edo/future.h>
#include <edo/future_set.h>
#include <edo/io.h>
#include <edo/mpsc.h>
#include <edo/mutex.h>
#include <edo/net.h>
#include <edo/notify.h>
#include <edo/once.h>
#include <edo/oneshot.h>
#include <edo/runtime.h>
#include <edo/rwlock.h>
#include <edo/scope.h>
#include <edo/sem.h>
#include <edo/seq.h>
#include <edo/seq_chunks.h>
#include <edo/seq_generate.h>
#include <edo/seq_merge.h>
#include <edo/signal.h>
#include <edo/snapshot.h>
#include <edo/str.h>
#include <edo/task.h>
#include <edo/task_set.h>
#include <edo/thread.h>
#include <edo/time.h>
#include <edo/tracker.h>
#include <edo/watch.h>

#endif
