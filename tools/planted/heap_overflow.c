/* A planted defect: the address sanitizer's build must fail on it. */
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments)
{
    size_t size = strlen(arguments[0]);
    volatile char *bytes = malloc(size);
    if (!bytes)
        return 0;
    bytes[size + (size_t)count - 1] = 1; /* one past the end */
    free((void *)bytes);
    return 0;
}
