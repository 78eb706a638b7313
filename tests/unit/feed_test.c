/* The feed: what is told, and when: not before this node's memory knows it. */
#include "base/clock.h"
#include "events/feed.h"
#include "events/sequencer.h"
#include "queue/queue.h"
#include "sql/listener.h"
#include "test.h"
#include "world.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

enum { PATIENCE_SECONDS = 20 };

static enum stay let_stay(struct site *, const struct actor *)
{
    return STAY_GRANTED;
}

/* The feed of a node whose memory knows all that has happened by now. */
static struct feed *begin_feed(struct world *world)
{
    struct feed_options options = { .site = &world->site, .may_stay = let_stay };
    struct feed *feed;
    CHECK(sequencer_run(&world->work, &options.position));
    CHECK(feed_create(&feed, &options, &world->work.error));
    return feed;
}

static void end_feed(struct world *world, struct feed *feed)
{
    feed_end(feed);
    world->site.wake_feed = NULL;
    feed_destroy(feed);
}

/* Who listens, and all that he was told. */
struct ear {
    const struct stream *stream;
    struct buffer heard;
};

static void listen(struct world *world, struct ear *ear, int64_t after)
{
    *ear = (struct ear){ .heard.arena = world->work.arena };
    CHECK(feed_listen(&world->work, after, &ear->heard, &ear->stream));
}

static bool has_heard(struct ear *ear, const char *words)
{
    char room[STREAM_PIECE_MAX];
    bool over = false;
    for (size_t length = 1; length > 0 && !over;) {
        length = ear->stream->next(ear->stream->reader, false, room, sizeof room, &over);
        buffer_add(&ear->heard, (struct text){ room, length });
    }
    return text_contains(ear->heard.text, text_from(words));
}

static bool hears(struct ear *ear, const char *words)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_SECONDS * INT64_C(1'000'000);
    while (!has_heard(ear, words) && clock_monotonic_us() < until_us)
        clock_sleep_ms(1);
    return has_heard(ear, words);
}

static void stop_listening(struct ear *ear)
{
    ear->stream->close(ear->stream->reader);
}

/* ---- On SQLite the lane says when memory knows ---- */

struct slow_effect {
    struct work *work;
    atomic_bool is_over;
};

static void take_time(struct work *, void *data)
{
    struct slow_effect *effect = data;
    clock_sleep_ms(300); /* the feed looks meanwhile */
    atomic_store(&effect->is_over, true);
}

static bool write_slowly(struct work *work, void *data)
{
    struct plan plan = { .name = value_string("late"),
                         .display_name = value_string("x"),
                         .max_users = value_integer(1),
                         .max_storage_gb = value_integer(1'000) };
    work_after_commit(work, take_time, data);
    return store_create(work, &plans_table, plan.cells);
}

static void *write_in_a_thread(void *data)
{
    struct slow_effect *effect = data;
    CHECK(db_transact(effect->work, write_slowly, effect));
    return NULL;
}

static void tell_what_the_lane_has_done(struct world *world)
{
    struct slow_effect effect = { .work = world_add_work(world) };
    struct feed *feed = begin_feed(world);
    struct ear ear;
    pthread_t thread;
    listen(world, &ear, -1);
    CHECK(pthread_create(&thread, NULL, write_in_a_thread, &effect) == 0);
    CHECK(hears(&ear, "event: plan.created") && atomic_load(&effect.is_over));
    pthread_join(thread, NULL);
    stop_listening(&ear);
    end_feed(world, feed);
    world_end_work(effect.work);
}

TEST(on_sqlite_an_event_is_not_told_before_its_change_is_known_in_memory)
{
    world_run(ENGINE_SQLITE, tell_what_the_lane_has_done);
}

/* ---- On PostgreSQL it knows what was announced before a position ---- */

struct announcements {
    struct listener *listener;
    sem_t connected, made;
};

static bool note_connected(void *context)
{
    sem_post(&((struct announcements *)context)->connected);
    return true;
}

static bool note_announcement(void *context, struct text payload)
{
    if (text_starts(payload, TEXT("events:")))
        sem_post(&((struct announcements *)context)->made);
    return true;
}

static void nothing_to_note(void *)
{
}

static bool came(sem_t *event)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_SECONDS;
    return sem_timedwait(event, &until) == 0;
}

static void hear_announcements(struct announcements *announcements, struct world *world)
{
    sem_init(&announcements->connected, 0, 0);
    sem_init(&announcements->made, 0, 0);
    announcements->listener = listener_create(&(struct listener_options){ .url = world->scratch.place,
                                                                          .context = announcements,
                                                                          .connected = note_connected,
                                                                          .told = note_announcement,
                                                                          .heard = nothing_to_note });
    CHECK(came(&announcements->connected));
}

/* Once by who numbered, and once in each round that has waited for memory in vain: two of them have passed.
 */
static bool were_made_in_vain(struct announcements *announcements)
{
    return came(&announcements->made) && came(&announcements->made) && came(&announcements->made);
}

static void end_announcements(struct announcements *announcements)
{
    listener_destroy(announcements->listener);
    sem_destroy(&announcements->connected);
    sem_destroy(&announcements->made);
}

static const char *event_at(struct world *world, int64_t position)
{
    return arena_format(world->work.arena, "id: %lld\nevent: plan.created\n", (long long)position).data;
}

static void tell_what_is_known(struct world *world)
{
    struct announcements announcements;
    struct plan plan;
    struct ear ear, replay;
    int64_t last;
    world_add_plan(world, "before", &plan); /* it is in the table alone */
    struct feed *feed = begin_feed(world);
    hear_announcements(&announcements, world);
    listen(world, &ear, -1);
    world_add_plan(world, "early", &plan);
    world_add_plan(world, "late", &plan);
    CHECK(sequencer_run(&world->work, &last) && were_made_in_vain(&announcements));
    listen(world, &replay, 0);
    const char *late = event_at(world, last), *early = event_at(world, last - 1);
    CHECK(has_heard(&replay, event_at(world, last - 2)));
    CHECK(!has_heard(&ear, early) && !has_heard(&replay, early));
    feed_know(feed, last - 1);
    CHECK(hears(&ear, early) && hears(&replay, early));
    CHECK(!has_heard(&ear, late) && !has_heard(&replay, late));
    feed_know(feed, last);
    CHECK(hears(&ear, late) && hears(&replay, late));
    stop_listening(&ear);
    stop_listening(&replay);
    end_announcements(&announcements);
    end_feed(world, feed);
}

TEST(on_postgres_an_event_is_not_told_before_its_change_is_known_in_memory)
{
    world_run(ENGINE_POSTGRES, tell_what_is_known);
}

static bool ask_for_job(struct work *work, void *job_id)
{
    static const struct job_program program = { .kind = job_kind_send_mail, .attempts_max = 1 };
    return job_enqueue(work, &(struct job_request){ .program = &program }, job_id);
}

static void tell_a_job_as_far_as_is_known(struct world *world)
{
    struct announcements announcements;
    struct ear ear = { .heard.arena = world->work.arena };
    struct text job_id;
    int64_t last;
    struct feed *feed = begin_feed(world);
    hear_announcements(&announcements, world);
    CHECK(db_transact(&world->work, ask_for_job, &job_id));
    CHECK(feed_watch_job(&world->work, job_id, &ear.heard, &ear.stream));
    CHECK(were_made_in_vain(&announcements));
    CHECK(!has_heard(&ear, "event: job"));
    CHECK(sequencer_run(&world->work, &last));
    feed_know(feed, last);
    CHECK(hears(&ear, "event: job"));
    stop_listening(&ear);
    end_announcements(&announcements);
    end_feed(world, feed);
}

TEST(on_postgres_a_job_is_not_told_before_what_it_did_is_known_in_memory)
{
    world_run(ENGINE_POSTGRES, tell_a_job_as_far_as_is_known);
}

static void remove_up_to(struct world *world, int64_t position)
{
    struct result ignored;
    CHECK(db_run(world->work.db, world->work.arena, &ignored, &world->work.error,
                 "DELETE FROM events WHERE position <= $1", PARAMETERS(value_integer(position))));
}

static bool is_closed(struct ear *ear)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_SECONDS * INT64_C(1'000'000);
    char room[STREAM_PIECE_MAX];
    bool over = false;
    while (!over && clock_monotonic_us() < until_us) {
        (void)ear->stream->next(ear->stream->reader, false, room, sizeof room, &over);
        clock_sleep_ms(1);
    }
    return over;
}

/* As on a node that follows again only when what it has missed is kept no more. */
static void go_on_behind_what_was_removed(struct world *world)
{
    struct plan plan;
    struct ear ear;
    int64_t last;
    struct feed *feed = begin_feed(world);
    listen(world, &ear, -1);
    world_add_plan(world, "gone", &plan);
    world_add_plan(world, "kept", &plan);
    CHECK(sequencer_run(&world->work, &last));
    remove_up_to(world, last - 1);
    feed_know(feed, last - 1);
    CHECK(is_closed(&ear));
    stop_listening(&ear);
    listen(world, &ear, -1);
    feed_know(feed, last);
    CHECK(hears(&ear, event_at(world, last)));
    stop_listening(&ear);
    end_feed(world, feed);
}

TEST(on_postgres_events_that_were_removed_before_a_node_read_them_do_not_hold_it_up)
{
    world_run(ENGINE_POSTGRES, go_on_behind_what_was_removed);
}
