#include "usage/usage_letter.h"
#include "letters/notice.h"
#include "record/store.h"

enum { TOLD_MAX = 50 }; /* of one tenant's administrators */

/* As people say it, in each language. */
static const struct {
    const char *spanish, *english;
} metrics[usage_metric_count] = {
    [usage_metric_users] = { "usuarios", "users" },
    [usage_metric_storage_gb] = { "GB de almacenamiento", "GB of storage" },
    [usage_metric_monthly_emails] = { "correos en el mes", "e-mails in the month" },
    [usage_metric_monthly_whatsapp] = { "mensajes de WhatsApp en el mes", "WhatsApp messages in the month" },
    [usage_metric_monthly_api_calls] = { "llamadas a la API en el mes", "API calls in the month" },
};

static enum usage_metric metric_of(const struct usage_warning *warning)
{
    int metric = 0;
    while (!text_equal(usage_metric_choices.texts[metric], warning->metric.text))
        metric++;
    return (enum usage_metric)metric;
}

/* Storage is counted in thousandths. */
static struct text amount(struct arena *arena, enum usage_metric metric, int64_t quantity)
{
    if (metric != usage_metric_storage_gb || quantity % 1000 == 0)
        return arena_format(arena, "%lld",
                            (long long)(metric == usage_metric_storage_gb ? quantity / 1000 : quantity));
    return arena_format(arena, "%lld.%03lld", (long long)(quantity / 1000), (long long)(quantity % 1000));
}

static bool tell(struct work *work, const struct usage_warning *warning, const struct tenant *tenant,
                 const struct user *user)
{
    enum usage_metric metric = metric_of(warning);
    bool english = text_is(user->language.text, "en");
    const struct mail_word words[] = {
        { "tenant", tenant->name.text },
        { "metric", text_from(english ? metrics[metric].english : metrics[metric].spanish) },
        { "percent", arena_format(work->arena, "%lld", (long long)warning->percent.integer) },
        { "used", amount(work->arena, metric, warning->used.integer) },
        { "allowed", amount(work->arena, metric, warning->allowed.integer) },
        {},
    };
    return notice_send(work, &(struct notice){ mail_kind_usage_warning, user, {}, words });
}

bool usage_letter_send(struct work *work, const struct usage_warning *warning)
{
    static const char administrators[] = "SELECT id FROM users WHERE tenant_id = $1 AND is_active AND "
                                         "deleted_at IS NULL ORDER BY created_at, id "
                                         "LIMIT $2";
    struct result result;
    struct tenant tenant;
    if (!store_find_by(work, &tenants_table, "id", warning->tenant_id, false, tenant.cells)
        || !db_run(work->db, work->arena, &result, &work->error, administrators,
                   PARAMETERS(warning->tenant_id, value_integer(TOLD_MAX))))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        struct user user;
        if (!store_find_by(work, &users_table, "id", result_row(&result, i)[0], false, user.cells)
            || !tell(work, warning, &tenant, &user))
            return false;
    }
    return true;
}
