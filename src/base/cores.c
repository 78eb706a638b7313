#include "base/cores.h"
#include <sched.h>
#include <stdbool.h>
#include <unistd.h>

/* False on a machine of more cores than such a set holds. */
static bool read_cores(cpu_set_t *cores)
{
    return sched_getaffinity(0, sizeof *cores, cores) == 0;
}

int cores_count(void)
{
    cpu_set_t cores;
    return read_cores(&cores) ? CPU_COUNT(&cores) : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void cores_keep_to(int which)
{
    cpu_set_t cores, one;
    if (!read_cores(&cores))
        return;
    for (size_t core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &cores) || which-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        (void)sched_setaffinity(0, sizeof one, &one);
        return;
    }
}
