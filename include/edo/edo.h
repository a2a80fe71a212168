/* SPDX-License-Identifier: MIT */
/* edo/edo.h: the core of edo in one include. */
#ifndef EDO_EDO_H
#define EDO_EDO_H

#include <edo/async.h>
#include <edo/base.h>
#include <edo/blocking.h>
#include <edo/broadcast.h>
#include <edo/buf_io.h>
#include <edo/bytes.h>
#include <edo/cancel.h>
#include <edo/chan.h>
#include <edo/codec.h>
#include <edo/compute.h>
#include <edo/copy.h>
#include <edo/delayq.h>
#include <edo/dir.h>
#include <edo/dump.h>
#include <edo/error.h>
#include <edo/fd.h>
#include <edo/file.h>
#include <edo/fs.h>
#include <edo/future.h>
#include <edo/future_set.h>
#include <edo/io.h>
#include <edo/mpsc.h>
#include <edo/mutex.h>
#include <edo/net.h>
#include <edo/notify.h>
#include <edo/once.h>
#include <edo/oneshot.h>
#include <edo/pipe.h>
#include <edo/process.h>
#include <edo/proxy_header.h>
#include <edo/runtime.h>
#include <edo/rwlock.h>
#include <edo/scope.h>
#include <edo/sem.h>
#include <edo/seq.h>
#include <edo/signal.h>
#include <edo/slab.h>
#include <edo/stats.h>
#include <edo/streams.h>
#include <edo/task.h>
#include <edo/task_monitor.h>
#include <edo/task_set.h>
#include <edo/time.h>
#include <edo/trace.h>
#include <edo/tracker.h>
#include <edo/typed_io.h>
#include <edo/udp.h>
#include <edo/udp_framed.h>
#include <edo/unix.h>
#include <edo/vsock.h>
#include <edo/watch.h>

#endif
