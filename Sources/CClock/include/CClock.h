// What the kernel knows about its clock: a call that Swift's overlay lacks.
#pragma once

/// 1: something synchronises the clock; `*bound` is then the kernel's bound of its error in seconds. 0: nothing does. -1: not known.
int clock_discipline(double *bound);
