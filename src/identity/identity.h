/* Who may come in, how long, and what they may do there: what this folder gives to app.c and to the API. */
#pragma once
#include "identity/access.h"
#include "identity/api_key.h"
#include "identity/email_change.h"
#include "identity/email_verification.h"
#include "identity/impersonation.h"
#include "identity/lock.h"
#include "identity/passkey.h"
#include "identity/password_change.h"
#include "identity/password_reset.h"
#include "identity/revocation.h"
#include "identity/session.h"
#include "identity/sign_in.h"
#include "identity/user.h"

extern const struct service identity_services[]; /* of users, their sessions, passkeys and keys */
