#if defined(__linux__)
#define _DEFAULT_SOURCE
#include <sys/mman.h>
#endif

#include "memory.h"

#include <stdlib.h>
#include <string.h>

// Tables start on cache lines.
#define RK_ALIGNMENT 64u
#define RK_HUGE_PAGE ((size_t)2 << 20)

static bool rk_size(size_t count, size_t stride, size_t *bytes) {
    if (stride != 0 && count > (SIZE_MAX / 4) / stride) return false;
    *bytes = (count * stride + RK_ALIGNMENT - 1) / RK_ALIGNMENT * RK_ALIGNMENT;
    return true;
}

// Threads that build one tree share a budget. Relaxed: only the sum counts.
static bool rk_take(RkBudget *budget, size_t bytes) {
    uint64_t used = __atomic_load_n(&budget->used, __ATOMIC_RELAXED);
    do {
        if (bytes > budget->max || used > budget->max - bytes) return false;
    } while (!__atomic_compare_exchange_n(&budget->used, &used, used + bytes, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

static void rk_give(RkBudget *budget, size_t bytes) { __atomic_fetch_sub(&budget->used, bytes, __ATOMIC_RELAXED); }

void *rk_allocate(RkBudget *budget, size_t count, size_t stride) {
    size_t bytes;
    if (!rk_size(count, stride, &bytes) || bytes == 0) return NULL;
    if (!rk_take(budget, bytes)) return NULL;
    void *pointer = NULL;
    if (posix_memalign(&pointer, bytes >= RK_HUGE_PAGE ? RK_HUGE_PAGE : RK_ALIGNMENT, bytes) != 0) {
        rk_give(budget, bytes);
        return NULL;
    }
#if defined(__linux__)
    // Rays jump about in the tables: with small pages every jump costs a walk through the page tables. Only advice.
    if (bytes >= RK_HUGE_PAGE) madvise(pointer, bytes / RK_HUGE_PAGE * RK_HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return pointer;
}

void rk_release(RkBudget *budget, void *pointer, size_t count, size_t stride) {
    size_t bytes;
    if (pointer == NULL || !rk_size(count, stride, &bytes)) return;
    free(pointer);
    rk_give(budget, bytes);
}

void *rk_append(RkBudget *budget, RkArray *array, size_t count, size_t stride) {
    if (count == 0 || count > SIZE_MAX - array->count) return NULL;
    size_t needed = array->count + count;
    array->stride = stride;
    if (needed > array->capacity) {
        size_t capacity = array->capacity + array->capacity / 2;
        if (capacity < needed) capacity = needed;
        void *grown = rk_allocate(budget, capacity, stride);
        if (grown == NULL && capacity > needed) {
            capacity = needed;
            grown = rk_allocate(budget, capacity, stride);
        }
        if (grown == NULL) return NULL;
        if (array->count != 0) memcpy(grown, array->data, array->count * stride);
        rk_release(budget, array->data, array->capacity, stride);
        array->data = grown;
        array->capacity = capacity;
    }
    void *first = (char *)array->data + array->count * stride;
    array->count = needed;
    return first;
}

bool rk_append_copy(RkBudget *budget, RkArray *array, const void *values, size_t count, size_t stride) {
    if (count == 0) return true;
    void *first = rk_append(budget, array, count, stride);
    if (first == NULL) return false;
    memcpy(first, values, count * stride);
    return true;
}

void rk_array_free(RkBudget *budget, RkArray *array) {
    rk_release(budget, array->data, array->capacity, array->stride);
    array->data = NULL;
    array->count = array->capacity = 0;
}
