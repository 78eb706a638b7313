#include "letters/notice.h"
#include "base/calendar.h"
#include "base/zone.h"

enum { WORDS_MAX = 8, OWN_WORDS = 3 };

static const char *const months[][12] = {
    { "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
      "noviembre", "diciembre" },
    { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
      "November", "December" },
};

struct text notice_time(struct arena *arena, const struct user *user, int64_t time_ms)
{
    bool english = text_is(user->language.text, "en");
    int64_t local_ms = zone_local_ms(user->timezone.text, time_ms), minute = local_ms % DAY_MS / MINUTE_MS;
    struct date date = calendar_date_of(local_ms);
    return arena_format(arena, english ? "%d %s %d, %02d:%02d (%.*s)" : "%d de %s de %d, %02d:%02d (%.*s)",
                        date.day, months[english][date.month - 1], date.year, (int)(minute / 60),
                        (int)(minute % 60), TEXT_ARG(user->timezone.text));
}

bool notice_send(struct work *work, const struct notice *notice)
{
    const struct user *user = notice->user;
    struct text name = cell_text(user->first_name);
    struct mail_word words[WORDS_MAX + OWN_WORDS + 1] = {
        { "name", name.length > 0 ? name : user->email.text },
        { "email", user->email.text },
        { "time", notice_time(work->arena, user, work->now) },
    };
    for (size_t i = 0; notice->more && notice->more[i].name && i < WORDS_MAX; i++)
        words[OWN_WORDS + i] = notice->more[i];
    const struct letter letter = {
        .kind = notice->kind,
        .user_id = user->id.text,
        .to = notice->to.length > 0 ? notice->to : user->email.text,
        .to_name = name,
        .language = user->language.text,
        .words = words,
    };
    return letter_add(work, &letter);
}
