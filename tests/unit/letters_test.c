/* Letters, and the links in them, as time passes and their user changes. */
#include "base/calendar.h"
#include "identity_world.h"
#include "letters/invitation.h"
#include "letters/letter.h"
#include "letters/link.h"
#include "settings/settings.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIFE_MS = 30 * MINUTE_MS };

struct linking {
    struct user user;
    enum mail_kind purpose;
    struct text token;
};

static bool add(struct work *work, void *data)
{
    struct linking *linking = data;
    const struct link_holder holder = { linking->user.id.text, linking->user.session_epoch.integer };
    struct text url;
    if (!link_add(work, linking->purpose, &holder, LIFE_MS, &url))
        return false;
    size_t hash = text_find_byte(url, '#');
    linking->token = text_slice(url, hash + 1, url.length);
    return true;
}

static bool spend(struct work *work, void *data)
{
    struct linking *linking = data;
    struct opened_link link;
    return link_spend(work, LINK_CHOOSES_PASSWORD, linking->token, &link)
        && text_equal(link.user.id.text, linking->user.id.text);
}

static bool try_spend(struct world *world, struct linking *linking)
{
    error_clear(&world->work.error);
    return db_transact(&world->work, spend, linking);
}

static void begin(struct world *world, struct linking *linking)
{
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &linking->user);
    linking->purpose = mail_kind_reset_password;
    CHECK(db_transact(&world->work, add, linking));
}

TEST_IN_WORLD(a_link_is_good_until_its_time_is_over)
{
    IDENTITY;
    struct linking linking = {};
    struct opened_link link;
    begin(world, &linking);
    world->work.now += LIFE_MS - 1;
    CHECK(link_find(&world->work, LINK_CHOOSES_PASSWORD, linking.token, &link)
          && value_equal(link.user.id, linking.user.id));
    world->work.now += 1;
    CHECK(!link_find(&world->work, LINK_CHOOSES_PASSWORD, linking.token, &link)
          && world->work.error.faults[0].code == ERROR_link_void);
    CHECK(!try_spend(world, &linking));
}

TEST_IN_WORLD(a_link_is_good_for_what_it_was_mailed_for)
{
    IDENTITY;
    struct linking linking = {};
    struct opened_link link;
    begin(world, &linking);
    CHECK(!link_find(&world->work, LINK_CONFIRMS_EMAIL, linking.token, &link)
          && world->work.error.faults[0].code == ERROR_link_void);
    CHECK(try_spend(world, &linking));
    static const enum mail_kind of_emails[] = { mail_kind_verify_email, mail_kind_confirm_new_email,
                                                mail_kind_confirm_old_email };
    for (size_t i = 0; i < sizeof of_emails / sizeof *of_emails; i++) {
        linking.purpose = of_emails[i];
        CHECK(db_transact(&world->work, add, &linking));
        CHECK(!try_spend(world, &linking));
        CHECK(link_find(&world->work, LINK_CONFIRMS_EMAIL, linking.token, &link));
    }
}

TEST_IN_WORLD(a_link_is_good_once_and_kept_as_a_hash)
{
    IDENTITY;
    struct linking linking = {};
    begin(world, &linking);
    CHECK(
        world_number(
            world,
            "SELECT count(*) FROM mailed_links WHERE purpose = 'reset_password' AND length(token_hash) = 64")
        == 1);
    CHECK(!text_equal(
        world_ask(world, "SELECT token_hash FROM mailed_links WHERE purpose = 'reset_password'").text,
        linking.token));
    CHECK(try_spend(world, &linking) && !try_spend(world, &linking));
}

static bool end_sessions(struct work *work, void *data)
{
    return sessions_end_all(work, ((struct linking *)data)->user.id.text, "a test");
}

TEST_IN_WORLD(a_link_of_an_earlier_epoch_is_void)
{
    IDENTITY;
    struct linking linking = {};
    begin(world, &linking);
    CHECK(db_transact(&world->work, end_sessions, &linking));
    CHECK(!try_spend(world, &linking) && world->work.error.faults[0].code == ERROR_link_void);
}

static bool ask_for_link(struct work *work, void *data)
{
    return password_reset_ask(work, ((const struct user *)data)->email.text);
}

static int64_t latest_end(struct world *world, const char *purpose)
{
    struct text sql = arena_format(world->work.arena,
                                   "SELECT max(expires_at) FROM mailed_links WHERE purpose = '%s'", purpose);
    return world_number(world, sql.data);
}

TEST_IN_WORLD(an_invitation_is_good_for_days_and_a_forgotten_passwords_link_for_minutes)
{
    IDENTITY;
    struct user user = { .email = value_string("eva@nidia.test"), .system_role = value_string("support") };
    struct work *work = &world->work;
    CHECK(identity_try_create(work, &user));
    int64_t days = settings_integer(work->site->settings, SETTING_invitation_days);
    CHECK(latest_end(world, "invitation") == work->now + days * DAY_MS);
    work->origin.address = TEXT("192.0.2.1");
    CHECK(db_transact(work, ask_for_link, &user));
    CHECK(latest_end(world, "reset_password") == work->now + 30 * MINUTE_MS);
}

TEST_IN_WORLD(one_address_asks_for_so_many_links_and_learns_nothing_of_it)
{
    IDENTITY;
    struct work *work = &world->work;
    world_act_as_system(world);
    work->origin.address = TEXT("192.0.2.1");
    for (int i = 0; i < 31; i++) {
        struct user nobody = { .email = value_text(arena_format(work->arena, "%d@nidia.test", i)) };
        CHECK(db_transact(work, ask_for_link, &nobody));
    }
    CHECK(world_number(world, "SELECT count(*) FROM outgoing_mails WHERE kind = 'reset_password'") == 30);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'forgot_password'") == 30);
}

static bool invite(struct work *work, void *data)
{
    return invitation_send(work, data);
}

/* Nobody was signed in whose sessions could have ended. */
TEST_IN_WORLD(who_is_not_active_takes_up_no_invitation)
{
    IDENTITY;
    struct linking linking = { .user = { .email = value_string("eva@nidia.test"),
                                         .system_role = value_string("support"),
                                         .is_active = value_boolean(false) },
                               .purpose = mail_kind_invitation };
    CHECK(identity_try_create(&world->work, &linking.user));
    CHECK(db_transact(&world->work, invite, &linking.user) && db_transact(&world->work, add, &linking));
    CHECK(!try_spend(world, &linking) && world->work.error.faults[0].code == ERROR_link_void);
}

TEST_IN_WORLD(of_a_letter_that_was_sent_nothing_is_kept_but_that_it_was)
{
    IDENTITY;
    struct user user;
    char data[64];
    test_make_folder(data, sizeof data);
    world->options.values[OPTION_data] = data;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(world_number(world, "SELECT count(*) FROM outgoing_mails WHERE status = 'queued' AND content "
                              "LIKE 'v1.s1.%'")
          == 1);
    CHECK(send_mail_program.actions[0].run(&world->work, NULL));
    CHECK(world_number(world, "SELECT count(*) FROM outgoing_mails WHERE status = 'sent' AND content IS NULL")
          == 1);
    test_remove_folder(data);
}

/* A mail server that is there and takes nothing from anybody. */
static void *turn_everybody_away(void *listener)
{
    static const char greeting[] = "554 no service here\r\n";
    for (int peer; (peer = accept(*(int *)listener, NULL, NULL)) >= 0; close(peer))
        CHECK(write(peer, greeting, sizeof greeting - 1) == sizeof greeting - 1);
    return NULL;
}

static const char *listen_somewhere(struct arena *arena, int *listener)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    *listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(*listener, (struct sockaddr *)&address, length) == 0 && listen(*listener, 4) == 0);
    CHECK(getsockname(*listener, (struct sockaddr *)&address, &length) == 0);
    return arena_format(arena, "smtp://127.0.0.1:%d", ntohs(address.sin_port)).data;
}

TEST_IN_WORLD(a_server_that_turns_everybody_away_is_asked_once_and_holds_it_against_no_letter)
{
    IDENTITY;
    struct user user;
    pthread_t thread;
    int listener;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    identity_add_user(world, "eva@nidia.test", SUPPORT, TEXT(""), &user);
    world->options.values[OPTION_smtp] = listen_somewhere(world->work.arena, &listener);
    CHECK(pthread_create(&thread, NULL, turn_everybody_away, &listener) == 0);
    CHECK(send_mail_program.actions[0].run(&world->work, NULL));
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    CHECK(world_number(world, "SELECT count(*) FROM outgoing_mails WHERE status = 'queued' AND content "
                              "LIKE 'v1.s1.%'")
          == 2);
    CHECK(world_number(world, "SELECT count(*) FROM outgoing_mails WHERE attempts = 0") == 1);
    CHECK(world_number(world, "SELECT count(*) FROM outgoing_mails WHERE error LIKE '%554 no service here'")
          == 1);
}
