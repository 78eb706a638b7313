/* A planted defect: the thread sanitizer's build must fail on it. */
#include <pthread.h>
#include <stddef.h>

static volatile int counter;

static void *count_up(void *unused)
{
    for (int i = 0; i < 10000; i++)
        counter = counter + 1;
    return unused;
}

int main(void)
{
    pthread_t other;
    if (pthread_create(&other, NULL, count_up, NULL) != 0)
        return 0;
    count_up(NULL);
    pthread_join(other, NULL);
    return 0;
}
