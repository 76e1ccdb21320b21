// Hints to the processor for which Swift has no word.
#pragma once
#include <stddef.h>

/// Asks for the cache lines of `size` bytes at `start`, which will be read soon. Nothing is read now, and any address will do.
static inline void prefetch(const void *start, size_t size) {
    for (size_t offset = 0; offset < size; offset += 64) __builtin_prefetch((const char *)start + offset);
}

/// In a loop that waits for another thread.
static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
