// Counted memory. Every allocation is checked against a cap first; nothing aborts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t used, max;
} RkBudget;

/// A growing array. `data` is NULL where `count` is 0.
typedef struct {
    void *data;
    size_t count, capacity, stride;
} RkArray;

/// Bytes from the budget, or NULL. Size 0 gives NULL.
void *rk_allocate(RkBudget *budget, size_t count, size_t stride);
void rk_release(RkBudget *budget, void *pointer, size_t count, size_t stride);

/// Appends `count` elements, uninitialised, and gives the first of them; NULL where memory is used up or `count` is 0.
void *rk_append(RkBudget *budget, RkArray *array, size_t count, size_t stride);
/// Copies `count` elements to the end.
bool rk_append_copy(RkBudget *budget, RkArray *array, const void *values, size_t count, size_t stride);
void rk_array_free(RkBudget *budget, RkArray *array);
