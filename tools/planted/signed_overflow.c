/* A planted defect: the undefined-behaviour sanitizer's build must fail on it. */
#include <limits.h>

int main(int count, char **arguments)
{
    (void)arguments;
    volatile int sum = INT_MAX;
    sum += count;
    return sum == 1;
}
