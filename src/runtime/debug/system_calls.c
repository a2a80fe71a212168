/* SPDX-License-Identifier: MIT */
/* runtime/debug/system_calls.c: see system_calls.h. Linux: the numbers depend on the machine, and
 * not every machine or header version has all of these calls. */
#include "runtime/debug/system_calls.h"

#include "runtime/debug/peek.h"

#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#define CALL(name)                                                                                 \
    { SYS_##name, #name }

static const struct {
    int64_t number;
    const char *name;
} calls[] = {
    // time and other threads
    CALL(nanosleep),
    CALL(clock_nanosleep),
    CALL(futex),
    CALL(sched_yield),
    CALL(rt_sigsuspend),
    CALL(rt_sigtimedwait),
    CALL(wait4),
    CALL(waitid),
    CALL(semop),
    CALL(semtimedop),
    CALL(msgrcv),
    CALL(msgsnd),
    CALL(mq_timedreceive),
    CALL(mq_timedsend),
    CALL(restart_syscall), // a call that a stop has interrupted
    CALL(clone),
    CALL(execve),
    CALL(ptrace),
    // readiness of descriptors
    CALL(ppoll),
    CALL(pselect6),
    CALL(epoll_pwait),
    CALL(io_getevents),
    // sockets
    CALL(accept),
    CALL(accept4),
    CALL(connect),
    CALL(recvfrom),
    CALL(recvmsg),
    CALL(recvmmsg),
    CALL(sendto),
    CALL(sendmsg),
    CALL(sendmmsg),
    CALL(shutdown),
    // files, pipes and devices
    CALL(read),
    CALL(readv),
    CALL(pread64),
    CALL(preadv),
    CALL(preadv2),
    CALL(write),
    CALL(writev),
    CALL(pwrite64),
    CALL(pwritev),
    CALL(pwritev2),
    CALL(sendfile),
    CALL(splice),
    CALL(tee),
    CALL(vmsplice),
    CALL(copy_file_range),
    CALL(openat),
    CALL(close),
    CALL(fcntl),
    CALL(flock),
    CALL(ioctl),
    CALL(lseek),
    CALL(fstat),
    CALL(newfstatat),
    CALL(statx),
    CALL(faccessat),
    CALL(readlinkat),
    CALL(getdents64),
    CALL(mkdirat),
    CALL(unlinkat),
    CALL(linkat),
    CALL(symlinkat),
    CALL(renameat2),
    CALL(truncate),
    CALL(ftruncate),
    CALL(fallocate),
    CALL(fsync),
    CALL(fdatasync),
    CALL(sync),
    CALL(syncfs),
    CALL(sync_file_range),
    CALL(readahead),
    CALL(statfs),
    CALL(mount),
    CALL(umount2),
    CALL(getrandom),
    // memory
    CALL(mmap),
    CALL(munmap),
    CALL(mremap),
    CALL(mprotect),
    CALL(madvise),
    CALL(msync),
    CALL(mlock),
    CALL(brk),
#ifdef SYS_clone3
    CALL(clone3),
#endif
#ifdef SYS_futex_waitv
    CALL(futex_waitv),
#endif
#ifdef SYS_epoll_pwait2
    CALL(epoll_pwait2),
#endif
#ifdef SYS_io_pgetevents
    CALL(io_pgetevents),
#endif
#ifdef SYS_io_uring_enter
    CALL(io_uring_enter),
#endif
#ifdef SYS_openat2
    CALL(openat2),
#endif
#ifdef SYS_poll // only on machines older than 2012
    CALL(poll),
    CALL(select),
    CALL(epoll_wait),
    CALL(pause),
    CALL(open),
    CALL(creat),
    CALL(stat),
    CALL(lstat),
    CALL(access),
    CALL(readlink),
    CALL(mkdir),
    CALL(rmdir),
    CALL(unlink),
    CALL(link),
    CALL(rename),
    CALL(fork),
    CALL(vfork),
#endif
};

const char *edoi_system_call_name(int64_t number) {
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (calls[i].number == number) return calls[i].name;
    return NULL;
}

bool edoi_is_after_system_call(uintptr_t pc) {
#if defined(__x86_64__)
    static const unsigned char call[] = { 0x0f, 0x05 }; // syscall
#elif defined(__aarch64__)
    static const unsigned char call[] = { 0x01, 0x00, 0x00, 0xd4 }; // svc #0
#else
    static const unsigned char call[] = { 0 };
    return false;
#endif
    unsigned char at[sizeof call];
    return edoi_peek(at, pc - sizeof call, sizeof call) && memcmp(at, call, sizeof call) == 0;
}
