#include "CClock.h"

#if defined(__linux__)
#include <sys/timex.h>

int clock_discipline(double *bound) {
    struct timex state = {0};
    int status = adjtimex(&state);
    if (status < 0) return -1;
    // Microseconds; it grows while nobody corrects the clock.
    *bound = (double)state.maxerror * 1e-6;
    return status != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}
#else
int clock_discipline(double *bound) {
    *bound = 0;
    return -1;
}
#endif
