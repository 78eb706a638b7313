/*
 * Some of the jobs are under way at the same time, so that whoever asks for one meanwhile does not wait for
 * all. What fails is told and holds up nobody.
 */
#include "main/many.h"
#include "main/asked_job.h"
#include "main/pages.h"
#include "main/tenant.h"
#include <stdio.h>
#include <unistd.h>

enum { UNDER_WAY_MAX = 8 };

struct member {
    struct text id, slug, job_id; /* no job: it could not be asked for */
};

struct many {
    struct invocation *invocation;
    const char *onto; /* of a restore */
    struct member *members;
    size_t count, capacity, done, failed;
    /* What is asked of a tenant; false where it could not be, and that has been said. */
    bool (*ask)(struct many *many, struct member *member);
};

/* ---- Who they are ---- */

static void add_member(struct many *many, const struct json *tenant)
{
    struct arena *arena = many->invocation->arena;
    if (command_text(tenant, "deleted_at").length > 0)
        return;
    many->members = arena_extend(arena, many->members, sizeof *many->members, many->count, &many->capacity);
    many->members[many->count++] = (struct member){ .id = arena_copy(arena, command_text(tenant, "id")),
                                                    .slug = arena_copy(arena, command_text(tenant, "slug")) };
}

static void add_members(void *context, const struct json *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        add_member(context, &rows->items[i]);
}

/* All of them before the first is asked: a restore changes what is listed. */
static bool find_members(struct many *many, struct text filter)
{
    struct text target =
        arena_format(many->invocation->arena, "/api/v1/tenants?sort=slug&provisioning_status=completed%.*s",
                     TEXT_ARG(filter));
    return pages_read(many->invocation, target, add_members, many);
}

/* ---- Asked for, and followed ---- */

static void count_failure(struct many *many, const struct member *member, struct text why)
{
    many->failed++;
    fprintf(stderr, "nidia: %.*s: %.*s\n", TEXT_ARG(member->slug), TEXT_ARG(why));
}

static void tell_progress(const struct many *many)
{
    if (!many->invocation->as_json && isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[Knidia: %zu of %zu, %zu failed", many->done + many->failed, many->count,
                many->failed);
}

/* Why it could not be asked for has been said just before. */
static void begin(struct many *many, struct member *member)
{
    if (many->ask(many, member))
        return;
    member->job_id = TEXT("");
    count_failure(many, member, TEXT("was not begun"));
}

static void follow(struct many *many, const struct member *member)
{
    struct reply reply;
    struct json job;
    if (member->job_id.length == 0)
        return;
    if (!asked_job_follow(many->invocation, member->job_id, NULL, &reply, &job))
        count_failure(many, member, TEXT("cannot be followed"));
    else if (!asked_job_is_done(&job))
        count_failure(many, member, command_text(&job, "error"));
    else
        many->done++;
    tell_progress(many);
}

static int end(const struct many *many)
{
    if (!many->invocation->as_json && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    printf(many->invocation->as_json ? "{\"total\":%zu,\"done\":%zu,\"failed\":%zu}\n"
                                     : "total   %zu\ndone    %zu\nfailed  %zu\n",
           many->count, many->done, many->failed);
    return many->failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int run(struct many *many, struct text filter)
{
    size_t followed = 0;
    if (!find_members(many, filter))
        return EXIT_FAILED;
    for (size_t i = 0; i < many->count; i++) {
        if (i - followed == UNDER_WAY_MAX)
            follow(many, &many->members[followed++]);
        begin(many, &many->members[i]);
    }
    while (followed < many->count)
        follow(many, &many->members[followed++]);
    return end(many);
}

/* ---- What is done ---- */

static struct text path_of(const struct many *many, const struct member *member, const char *verb)
{
    return tenant_path(many->invocation, arena_string(many->invocation->arena, member->id), verb);
}

static bool ask_for_backup(struct many *many, struct member *member)
{
    return asked_job_begin(many->invocation, path_of(many, member, "backup"), (struct text){},
                           &member->job_id);
}

int many_back_up(struct invocation *invocation)
{
    return run(&(struct many){ .invocation = invocation, .ask = ask_for_backup }, TEXT(""));
}

static bool ask_for_restore(struct many *many, struct member *member)
{
    struct text backup_id;
    return tenant_find_newest(many->invocation, member->id, "backup", &backup_id)
        && asked_job_begin(many->invocation, path_of(many, member, "restore_backup"),
                           tenant_restore_order(many->invocation, backup_id, many->onto), &member->job_id);
}

int many_restore(struct invocation *invocation, struct text host_id, const char *onto)
{
    struct many many = { .invocation = invocation, .onto = onto, .ask = ask_for_restore };
    return run(&many, arena_format(invocation->arena, "&database_host_id=%.*s", TEXT_ARG(host_id)));
}
