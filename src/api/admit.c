/* Who asks, and whether that one may. */
#include "api/call.h"
#include "base/calendar.h"
#include "directory/directory.h"
#include "identity/access.h"
#include "identity/duty.h"
#include "model/model.h"
#include "record/reach.h"
#include "settings/settings.h"
#include <unistd.h>

static bool is_visitor(struct call *call)
{
    call->work.actor = (struct actor){ .role = VISITOR };
    return true;
}

/* Over DATA/nidia.sock the other end's user id is the credential: ours, or root's. */
static bool identify_peer(struct call *call)
{
    uid_t peer = call->request->peer_uid;
    if (peer != geteuid() && peer != 0)
        return fail(&call->work.error, ERROR_forbidden, "");
    call->work.actor = (struct actor){ .role = SUPER_ADMIN };
    return true;
}

/* In the person's own language, where no other is asked for. */
static bool speak_to(struct work *work)
{
    if (work->origin.language.length == 0)
        work->origin.language = work->actor.language;
    return true;
}

bool call_identify(struct call *call, bool asking)
{
    enum listener_kind listener = call->state->seat->gate->listeners[call->request->listener];
    if (listener == LISTENER_SOCKET)
        return identify_peer(call);
    if (listener == LISTENER_INTERNAL)
        return call->route->internal ? is_visitor(call) : fail(&call->work.error, ERROR_no_such_path, "");
    struct text header = request_header(call->request, TEXT("Authorization"));
    if (header.length == 0 || call->route->may & VISITOR)
        return is_visitor(call);
    if (!text_equal_blind(text_slice(header, 0, 7), TEXT("Bearer ")))
        return fail(&call->work.error, ERROR_invalid_token, "");
    bool of_memory = call->route->cost == COST_MEMORY;
    switch (access_identify(&call->work, text_slice(header, 7, header.length), of_memory, asking)) {
    case ACCESS_GRANTED: return speak_to(&call->work);
    case ACCESS_REFUSED: return false;
    case ACCESS_ASK: call->state->must_ask = true; return true;
    }
    return false;
}

/* What a machine may: a route by its name, else rows of the tables in its scopes. */
static bool check_scopes(struct call *call)
{
    const struct route *route = call->route;
    const struct actor *actor = &call->work.actor;
    if (route->scope)
        return scopes_have(&actor->scopes, text_from(route->scope))
            || fail(&call->work.error, ERROR_scope_missing, "%s", route->scope);
    const struct table *table = route_rows(route);
    bool writes = route->method != METHOD_GET;
    if (!(route->may & actor->role) || !table || (writes && (table->is & CREDENTIALS)))
        return fail(&call->work.error, ERROR_forbidden, "");
    return actor_reaches(actor, table, writes)
        || fail(&call->work.error, ERROR_scope_missing, "%s:%s", table->name, writes ? "write" : "read");
}

/* Who acts in another's name: out of its reach is what a table says, and whatever is about no table's rows
 * unless its route says otherwise. */
static bool check_reach(struct call *call)
{
    const struct route *route = call->route;
    const struct actor *actor = &call->work.actor;
    if (!actor_is_impersonated(actor))
        return true;
    const struct table *table = route_rows(route);
    if (table ? actor_reaches(actor, table, route->method != METHOD_GET) : route->in_anothers_name)
        return true;
    return fail(&call->work.error, ERROR_out_of_reach, "");
}

/* What must be done first closes all but the way to do it. */
static bool check_duties(struct call *call)
{
    unsigned unmet = call->work.actor.duties & ~call->route->open_under;
    for (const struct duty_rule *rule = duty_rules; rule->duty; rule++)
        if (unmet & rule->duty)
            return fail(&call->work.error, rule->refusal, "");
    return unmet == 0 || fail(&call->work.error, ERROR_forbidden, "");
}

/* Where the tenant's service is read-only, its people read, and what protects them stays open. */
static bool check_service_of(struct call *call, struct text tenant_id)
{
    struct directory *directory = call->work.site->directory;
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    const struct directory_entry *entry = directory_find(directory, ENTRY_id, tenant_id);
    const struct service_rules *rules = service_rules_of(entry ? entry->terms->level : service_level_off);
    return rules->may_change || fail(&call->work.error, rules->refusal, "");
}

/* A key for several changes what is theirs while all of them may. */
static bool check_service(struct call *call)
{
    const struct actor *actor = &call->work.actor;
    const struct route *route = call->route;
    if (actor->role != TENANT_ADMIN || route->method == METHOD_GET || route->always_open
        || (actor_is_machine(actor) && route->scope))
        return true;
    bool may = actor->tenant_id.length == 0 || check_service_of(call, actor->tenant_id);
    for (struct text rest = actor->tenant_ids; rest.length > 0 && may;)
        may = check_service_of(call, text_cut(&rest, ' '));
    return may;
}

static bool changes_guarded_column(const struct call *call)
{
    const struct route *route = call->route;
    for (size_t i = 0; route->table && route->action == UPDATE && !route->takes && i < call->taken_count; i++)
        if (call->taken[i].kind != VALUE_ABSENT && route->table->columns[i].is & GUARDED)
            return true;
    return false;
}

bool call_ask_again(struct call *call)
{
    const struct actor *actor = &call->work.actor;
    int64_t life_ms = settings_integer(call->work.site->settings, SETTING_step_up_minutes) * MINUTE_MS;
    bool is_recent = actor->session_id.length == 0 || call->work.now < actor->auth_time_ms + life_ms;
    return is_recent || fail(&call->work.error, ERROR_step_up_required, "");
}

/* What such a column says decides who gets in: of a table that others may change, too, it is for its people
 * alone. */
static bool is_person(struct call *call)
{
    const struct actor *actor = &call->work.actor;
    if (actor_is_machine(actor))
        return fail(&call->work.error, ERROR_forbidden, "");
    return !actor_is_impersonated(actor) || fail(&call->work.error, ERROR_out_of_reach, "");
}

bool call_check_guard(struct call *call)
{
    const struct route *route = call->route;
    if (changes_guarded_column(call))
        return is_person(call) && call_ask_again(call);
    bool guarded = route->guarded || (route->table && route->table->guarded & 1u << route->action);
    return !guarded || call_ask_again(call);
}

bool call_admit(struct call *call)
{
    const struct route *route = call->route;
    enum role role = call->work.actor.role;
    if (route->internal && call->state->seat->gate->listeners[call->request->listener] == LISTENER_INTERNAL)
        return true;
    if (role == VISITOR && !(route->may & VISITOR))
        return fail(&call->work.error, ERROR_unauthenticated, "");
    if (actor_is_machine(&call->work.actor))
        return check_scopes(call) && check_service(call);
    if (!(route->may & role))
        return fail(&call->work.error, ERROR_forbidden, "");
    return check_reach(call) && check_duties(call) && check_service(call);
}
