/* The cores that threads keep to. */
#include "base/cores.h"
#include "test.h"
#include "web.h"
#include <sched.h>

/* This thread, and those that it makes, may use the first `count` of the cores that it has. */
static cpu_set_t allow_cores(int count)
{
    cpu_set_t before, allowed;
    CPU_ZERO(&allowed);
    CHECK(sched_getaffinity(0, sizeof before, &before) == 0);
    for (size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&allowed) < count; core++)
        if (CPU_ISSET(core, &before))
            CPU_SET(core, &allowed);
    CHECK(sched_setaffinity(0, sizeof allowed, &allowed) == 0);
    return before;
}

static void give_back(const cpu_set_t *cores)
{
    CHECK(sched_setaffinity(0, sizeof *cores, cores) == 0);
    CHECK(cores_count() == CPU_COUNT(cores));
}

TEST(a_thread_keeps_to_one_of_the_cores_that_it_may_use)
{
    int all = cores_count();
    cpu_set_t before = allow_cores(all);
    for (int which = 0; which < all; which++) {
        cores_keep_to(which);
        CHECK(cores_count() == 1);
        give_back(&before);
    }
    cores_keep_to(all);
    CHECK(cores_count() == all);
}

static void tell_cores(struct exchange *exchange, void *loop_state)
{
    (void)loop_state;
    exchange->response.status = 200;
    buffer_print(&exchange->response.body, "%d %d", cores_count(), sched_getcpu());
    exchange_finish(exchange);
}

/* Which cores answer, each told by its first connection; false if a loop of several cores is among them. */
static bool find_cores(struct web *web, cpu_set_t *cores)
{
    enum { CONNECTIONS = 64 }; /* all of them at one of two loops: once in 2^63 times */
    CPU_ZERO(cores);
    bool keeps = true;
    for (int i = 0; i < CONNECTIONS; i++) {
        [[gnu::cleanup(wire_close)]] struct wire wire;
        wire_open(&wire, web, 0);
        struct answer answer = {};
        int64_t count = 0, core = 0;
        CHECK(wire_send(&wire, TEXT("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"))
              && wire_answer(&wire, &answer, false));
        struct text rest = answer.body, first = text_cut(&rest, ' ');
        CHECK(text_to_integer(first, &count) && text_to_integer(rest, &core));
        keeps = keeps && count == 1;
        CPU_SET((size_t)core, cores);
    }
    return keeps;
}

TEST(loops_that_have_a_core_each_stay_there)
{
    if (cores_count() < WEB_LOOPS)
        return;
    cpu_set_t before = allow_cores(WEB_LOOPS), cores;
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, &(struct server_options){ .handle = tell_cores });
    CHECK(find_cores(&web, &cores));
    CHECK(CPU_COUNT(&cores) == WEB_LOOPS);
    give_back(&before);
}
