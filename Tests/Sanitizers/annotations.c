//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

// Tells the thread sanitizer what it cannot see of Swift's own libraries on Linux, which are built without it.
//
// Synchronization.Mutex: the uncontended path of the mutex is inlined into the calling module, where its atomic operations are instrumented.
// The contended path is not: it lies in the library and hands the lock over inside the kernel. The sanitizer then misses
// that one owner came after the other, and reports as races accesses which the lock orders.
//
// Continuations: when one is resumed on another thread before its task has got as far as suspending, the runtime lets
// the task go on without an event that the sanitizer sees, so what the resumer wrote seems to race with what the task
// reads.
//
// This library is preloaded into the test process. It stands before the functions in question, says what each means,
// and calls the real one. Nothing is suppressed by it: races that locks and continuations do not prevent are reported.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The sanitizer's own entry points; absent from processes that are built without it, such as the test runner's.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define RESUME "swift_continuation_resume"
#define AWAIT "swift_continuation_await"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

SWIFT void mutex_lock(uint32_t seen, SELF void *mutex) __asm__(LOCK);
SWIFT bool mutex_try_lock(SELF void *mutex) __asm__(TRY_LOCK);
SWIFT void mutex_unlock(SELF void *mutex) __asm__(UNLOCK);
SWIFT void continuation_resume(void *task) __asm__(RESUME);
__attribute__((swiftasynccall)) void continuation_await(void *context) __asm__(AWAIT);

// The runtime's; continuations are known by their tasks.
__attribute__((weak)) SWIFT void *swift_task_getCurrent(void);

SWIFT void mutex_lock(uint32_t seen, SELF void *mutex) {
    SWIFT void (*real)(uint32_t, SELF void *) = dlsym(RTLD_NEXT, LOCK);
    real(seen, mutex);
    if (__tsan_acquire != NULL) __tsan_acquire(mutex);
}

SWIFT bool mutex_try_lock(SELF void *mutex) {
    SWIFT bool (*real)(SELF void *) = dlsym(RTLD_NEXT, TRY_LOCK);
    bool locked = real(mutex);
    if (locked && __tsan_acquire != NULL) __tsan_acquire(mutex);
    return locked;
}

SWIFT void mutex_unlock(SELF void *mutex) {
    SWIFT void (*real)(SELF void *) = dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release != NULL) __tsan_release(mutex);
    real(mutex);
}

SWIFT void continuation_resume(void *task) {
    SWIFT void (*real)(void *) = dlsym(RTLD_NEXT, RESUME);
    if (__tsan_release != NULL) __tsan_release(task);
    real(task);
}

__attribute__((swiftasynccall)) void continuation_await(void *context) {
    __attribute__((swiftasynccall)) void (*real)(void *) = dlsym(RTLD_NEXT, AWAIT);
    if (__tsan_acquire != NULL && swift_task_getCurrent != NULL) __tsan_acquire(swift_task_getCurrent());
    __attribute__((musttail)) return real(context);
}
