/*
 * The life of a tenant: its states, what can be done in each, and what that leads to.
 *
 * The state is read off the row; plan_status alone does not tell it, since what is not provisioned yet or is
 * deleted has one too.
 */
#pragma once
#include "model/model.h"
#include "record/work.h"

enum tenant_state {
    STATE_none, /* in the table of transitions: not from here */
    STATE_pending,
    STATE_failed, /* to be provisioned; tried again by itself for a while */
    STATE_trial,
    STATE_active,
    STATE_past_due,
    STATE_ending, /* cancelled for the end of the period */
    STATE_suspended,
    STATE_cancelled,
    STATE_deleted, /* off, its database still there: it can be restored */
    STATE_gone,
    STATE_COUNT,
    STATE_before = STATE_COUNT, /* in the table of transitions: what it was before */
};

enum life_action {
    LIFE_suspend,
    LIFE_reactivate,
    LIFE_cancel,
    LIFE_cancel_at_end,
    LIFE_expire, /* the end of the period has come */
    LIFE_delete,
    LIFE_restore,
    LIFE_bury, /* the days of grace are over */
    LIFE_retry,
    LIFE_roll_back,
    LIFE_reveal_password,
    LIFE_set_level,
    LIFE_revoke_leases,
    LIFE_COUNT
};

enum tenant_state tenant_state_of(const struct tenant *tenant);

/* Provisioned, and neither suspended, cancelled nor deleted. */
bool tenant_is_active(const struct tenant *tenant);

/* `wrong_state`, naming the states that allow it, where the tenant's does not. */
[[nodiscard]] bool tenant_may(struct work *work, const struct tenant *tenant, enum life_action action);

/*
 * In a transaction: takes the step, with its audit record, its event, the subscription's part in it and the
 * jobs that follow. Leaves the new row, and the id of the job that the caller may want to watch, if there is
 * one.
 */
[[nodiscard]] bool tenant_act(struct work *work, struct text tenant_id, enum life_action action,
                              struct text reason, struct tenant *after, struct text *job_id);
