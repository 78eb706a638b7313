#include "base/memory.h"
#include <stdio.h>

void memory_is_out(void)
{
    fputs("out of memory\n", stderr);
    abort();
}

void *memory_require(void *memory)
{
    if (!memory)
        memory_is_out();
    return memory;
}
