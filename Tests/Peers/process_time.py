"""What a process has spent so far."""
import resource
import time


def spent(who=resource.RUSAGE_SELF):
    """Seconds by the clock, and of all its processors."""
    usage = resource.getrusage(who)
    return time.monotonic(), usage.ru_utime + usage.ru_stime
