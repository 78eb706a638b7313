#include "dying.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the process that dies is told. */
enum {
    TOLD_DATA,
    TOLD_FOLDER,
    TOLD_PLACE,
    TOLD_KEYS,
    TOLD_NOW,
    TOLD_ENGINE,
    TOLD_KIND,
    TOLD_STEP,
    TOLD_AFTER
};
static const char *const names[] = { "NIDIA_TEST_DATA",       "NIDIA_TEST_FOLDER", "NIDIA_TEST_PLACE",
                                     "NIDIA_TEST_KEYS",       "NIDIA_TEST_NOW",    "NIDIA_TEST_ENGINE",
                                     "NIDIA_TEST_DYING_KIND", "NIDIA_TEST_STEP",   "NIDIA_TEST_AFTER" };

/* ---- The process ---- */

static struct job_action last_action;
static bool dies_after;

static bool run_and_die(struct work *work, const struct job *job)
{
    if (dies_after)
        (void)!last_action.run(work, job);
    raise(SIGKILL);
    return false;
}

/* The keys that the parent's world has: tenancy_world's are random. */
static void open_world(struct tenancy_world *tenancy, struct world *world)
{
    snprintf(world->scratch.folder, sizeof world->scratch.folder, "%s", getenv(names[TOLD_FOLDER]));
    snprintf(world->scratch.place, sizeof world->scratch.place, "%s", getenv(names[TOLD_PLACE]));
    world->scratch.engine = (enum engine)atoi(getenv(names[TOLD_ENGINE]));
    world_open(world);
    world->options.values[OPTION_data] = getenv(names[TOLD_DATA]);
    world->work.now = atoll(getenv(names[TOLD_NOW]));
    tenancy_open(tenancy, world, text_from(getenv(names[TOLD_KEYS])));
}

[[gnu::constructor]] static void be_the_one_who_dies(void)
{
    static struct world world;
    static struct tenancy_world tenancy;
    static struct job_program dying;
    if (!getenv(names[TOLD_KIND]))
        return;
    int kind = atoi(getenv(names[TOLD_KIND])), step = atoi(getenv(names[TOLD_STEP]));
    open_world(&tenancy, &world);
    for (const struct job_program *const *program = dying_programs; *program; program++)
        if ((int)(*program)->kind == kind)
            dying = **program;
    dies_after = atoi(getenv(names[TOLD_AFTER])) != 0;
    last_action = dying.actions[step];
    dying.actions[step].run = run_and_die;
    tenancy.node.name = TEXT("a process that dies");
    tenancy.node.programs = (const struct job_program *const[]){ &dying, NULL };
    tenancy_run_jobs(&tenancy);
    _exit(1);
}

/* ---- Whoever starts it ---- */

static void tell(int what, long long number)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", number);
    setenv(names[what], text, 1);
}

bool dying_run(struct tenancy_world *tenancy, enum job_kind kind, int step, bool after)
{
    struct world *world = tenancy->world;
    setenv(names[TOLD_DATA], world->options.values[OPTION_data], 1);
    setenv(names[TOLD_FOLDER], world->scratch.folder, 1);
    setenv(names[TOLD_PLACE], world->scratch.place, 1);
    setenv(names[TOLD_KEYS], arena_string(world->work.arena, tenancy->keys), 1);
    tell(TOLD_NOW, world->work.now);
    tell(TOLD_ENGINE, world->scratch.engine);
    tell(TOLD_KIND, kind);
    tell(TOLD_STEP, step);
    tell(TOLD_AFTER, after);
    pid_t child = vfork();
    if (child == 0) {
        execl("/proc/self/exe", "a process that dies", NULL);
        _exit(127);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}
