/*
 * A tenant's database on its way to another place: a row of tenant_moves, from the asking to the end of the
 * database that is not used any more. Until the switch, one transaction, the old place is the tenant's; from
 * then on the new one is. The other is entered by nobody.
 */
#pragma once
#include "copies/copies.h"
#include "hosting/copying.h"
#include "hosting/place.h"

struct move {
    struct tenant_move row;
    struct tenant tenant;
    struct tenant_place from, to; /* as the tenant may use them */
};

/* Where it goes, told by the caller: what is absent stays as the tenant's. */
struct move_request {
    struct value kind, method, backup_id, read_only_allowed_s;
    struct text host;    /* name or id of a host; empty: the one where it is */
    struct text to_name; /* empty: as it is named */
};

/* In a transaction: takes room at the host, and adds the row and its job. `conflict` while another is under
 * way. */
[[nodiscard]] bool move_ask(struct work *work, struct text tenant_id, const struct move_request *request,
                            const struct job_program *program, struct text *job_id);
/* The move that the job is about. */
[[nodiscard]] bool move_find(struct work *work, const struct job *job, struct move *move);
[[nodiscard]] bool move_find_by_id(struct work *work, struct text id, struct move *move);
bool move_is_switched(const struct move *move);

[[nodiscard]] bool move_set_method(struct work *work, struct move *move, enum tenant_move_method method);
/* Nobody writes in the old place from here on; the time is kept in the row. Given up as move_switch is. */
[[nodiscard]] bool move_freeze(struct work *work, struct move *move, int64_t until_us);
/* The tenant may use the old place again, as it may. Keeps the error that stands in `work`. */
void move_thaw(struct work *work, struct move *move);
/* Nobody enters the old place any more. */
[[nodiscard]] bool move_shut_old(struct work *work, struct move *move);
/* Shuts the old place for good, makes the new one the tenant's, and opens it. Given up, before it is made, by
 * `until_us` of the monotonic clock; 0: it takes its time. */
[[nodiscard]] bool move_switch(struct work *work, struct move *move, const struct table_sums *sums,
                               int64_t until_us);
/* Of a job that ended for good, before the switch. */
[[nodiscard]] bool move_record_failure(struct work *work, const struct job *job, struct text why,
                                       bool for_good);

extern const struct periodic move_periodics[]; /* drops what is not used any more */
