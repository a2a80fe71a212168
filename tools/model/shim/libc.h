/* SPDX-License-Identifier: MIT */
/* shim/libc.h: included before each file under test: its calls of the C library that allocate,
 * lock, wait, or touch memory go to the checker. The system's headers come first, so that only
 * calls change their names. */
#ifndef EDOI_MODEL_LIBC_H
#define EDOI_MODEL_LIBC_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void *edoi_model_malloc(size_t bytes);
void *edoi_model_calloc(size_t n, size_t bytes);
void *edoi_model_realloc(void *at, size_t bytes);
void edoi_model_free(void *at);
void *edoi_model_mmap(size_t bytes);
int edoi_model_munmap(void *at);
void *edoi_model_memcpy(void *to, const void *from, size_t bytes);
void *edoi_model_memmove(void *to, const void *from, size_t bytes);
void *edoi_model_memset(void *to, int value, size_t bytes);
_Noreturn void edoi_model_abort(void);
int edoi_model_clock(struct timespec *now);
ssize_t edoi_model_random(void *at, size_t bytes);

int edoi_model_thread(pthread_t *thread, void *(*fn)(void *), void *arg);
int edoi_model_join(pthread_t thread, void **result);
int edoi_model_lock(const void *mutex, const char *file, int line);
bool edoi_model_locks_are_steps(void); /* shim/base/lock.h */
bool edoi_model_try(const void *lock, const char *file, int line);
int edoi_model_unlock(const void *mutex, const char *file, int line);
int edoi_model_wait_on(const void *cond, const void *mutex, const char *file, int line);
int edoi_model_signal(const void *cond, bool all, const char *file, int line);
int edoi_model_once(pthread_once_t *once, void (*fn)(void));
int edoi_model_descriptor(void);
ssize_t edoi_model_event_make(int fd, size_t bytes, const char *file, int line);
int edoi_model_event_wait(int epoll, struct epoll_event *events, int timeout_ms, const char *file,
                          int line);
int edoi_model_event_ctl(int epoll, int how, int fd, const struct epoll_event *event,
                         const char *file, int line);
int edoi_model_shutdown(int fd);
int edoi_model_close(int fd, const char *file, int line);
int edoi_model_dead_socket(void);
int edoi_model_replace(int fd, const char *file, int line);
void edoi_model_around(const char *file, int line);

#define malloc                                 edoi_model_malloc // also where a member has this name
#define calloc                                 edoi_model_calloc
#define realloc                                edoi_model_realloc
#define free                                   edoi_model_free
#define memcpy(to, from, n)                    edoi_model_memcpy(to, from, n)
#define memmove(to, from, n)                   edoi_model_memmove(to, from, n)
#define memset(to, value, n)                   edoi_model_memset(to, value, n)
#define abort()                                edoi_model_abort()
#define sched_yield()                          edoi_model_around(__FILE__, __LINE__)
#define clock_nanosleep(clock, flags, t, left) ((void)(t), edoi_model_around(__FILE__, __LINE__), 0)

#define mmap(at, bytes, protection, flags, fd, from)                                               \
    ((void)(flags), (void)(fd), (void)(from), edoi_model_mmap(bytes))
#define munmap(at, bytes)          ((void)(bytes), edoi_model_munmap(at))
#define madvise(at, bytes, advice) ((void)(at), (void)(bytes), 0)

#define pthread_create(thread, attr, fn, arg) ((void)(attr), edoi_model_thread(thread, fn, arg))
#define pthread_setname_np(thread, name)      ((void)(thread), (void)(name), 0)
#define pthread_join(thread, result)          edoi_model_join(thread, result)
#define pthread_detach(thread)                ((void)(thread), 0)

#define pthread_mutex_init(m, attr) ((void)(m), 0)
#define pthread_mutex_destroy(m)    ((void)(m), 0)
#define pthread_mutex_lock(m)       edoi_model_lock(m, __FILE__, __LINE__)
#define pthread_mutex_unlock(m)     edoi_model_unlock(m, __FILE__, __LINE__)
#define pthread_cond_init(c, attr)  ((void)(c), (void)(attr), 0)
#define pthread_cond_wait(c, m)     edoi_model_wait_on(c, m, __FILE__, __LINE__)
#define pthread_cond_timedwait(c, m, time)                                                         \
    ((void)(time), edoi_model_wait_on(c, m, __FILE__, __LINE__))
#define pthread_cond_signal(c)          edoi_model_signal(c, false, __FILE__, __LINE__)
#define pthread_cond_broadcast(c)       edoi_model_signal(c, true, __FILE__, __LINE__)
#define pthread_cond_destroy(c)         ((void)(c), 0)
#define pthread_once(once, fn)          edoi_model_once(once, fn)
#define pthread_key_create(key, fn)     ((void)(key), (void)(fn), 0)
#define pthread_setspecific(key, value) ((void)(key), (void)(value), 0)

#define clock_gettime(clock, now)   ((void)(clock), edoi_model_clock(now))
#define getrandom(at, bytes, flags) ((void)(flags), edoi_model_random(at, bytes))
#define eventfd(n, flags)           edoi_model_descriptor()
#define epoll_create1(flags)        edoi_model_descriptor()
#define epoll_ctl(epoll, op, fd, event)                                                            \
    edoi_model_event_ctl(epoll, op, fd, event, __FILE__, __LINE__)
#define write(fd, from, bytes) edoi_model_event_make(fd, bytes, __FILE__, __LINE__)
#define close(fd)              edoi_model_close(fd, __FILE__, __LINE__)
#define shutdown(fd, how)      ((void)(how), edoi_model_shutdown(fd))
#define socket(family, type, protocol)                                                             \
    ((void)(family), (void)(type), (void)(protocol), edoi_model_dead_socket())
#define dup3(from, to, flags)                                                                      \
    ((void)(from), (void)(flags), edoi_model_replace(to, __FILE__, __LINE__))
#define epoll_wait(epoll, events, n, timeout)                                                      \
    edoi_model_event_wait(epoll, events, timeout, __FILE__, __LINE__)

#endif
