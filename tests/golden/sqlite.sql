
CREATE TABLE plans (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT,
    price_monthly INTEGER NOT NULL DEFAULT 0,
    price_yearly INTEGER NOT NULL DEFAULT 0,
    currency TEXT NOT NULL DEFAULT 'USD',
    max_users INTEGER NOT NULL,
    max_storage_gb INTEGER NOT NULL,
    max_monthly_emails INTEGER NOT NULL DEFAULT 1000,
    max_monthly_whatsapp INTEGER NOT NULL DEFAULT 100,
    max_monthly_api_calls INTEGER NOT NULL DEFAULT 10000,
    db_connection_pool_size INTEGER NOT NULL DEFAULT 10,
    db_statement_timeout_s INTEGER NOT NULL DEFAULT 0,
    features TEXT NOT NULL DEFAULT '[]' CHECK (features IS NULL OR json_valid(features)),
    enabled_modules TEXT NOT NULL DEFAULT '[]' CHECK (enabled_modules IS NULL OR json_valid(enabled_modules)),
    stripe_price_id_monthly TEXT,
    stripe_price_id_yearly TEXT,
    is_active INTEGER NOT NULL DEFAULT true CHECK (is_active IN (0, 1)),
    is_visible INTEGER NOT NULL DEFAULT true CHECK (is_visible IN (0, 1)),
    sort_order INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* name, display_name; folding 2 */,
    CONSTRAINT plan_prices_not_negative CHECK (price_monthly >= 0 AND price_yearly >= 0),
    CONSTRAINT plan_limits_not_negative CHECK (max_users >= 1 AND max_storage_gb >= 0 AND max_monthly_emails >= 0 AND max_monthly_whatsapp >= 0 AND max_monthly_api_calls >= 0)
) STRICT;
CREATE UNIQUE INDEX plans_name_unique ON plans (name);
CREATE INDEX plans_is_active ON plans (is_active, id);
CREATE INDEX plans_is_visible ON plans (is_visible, id);
CREATE INDEX plans_sort_order ON plans (sort_order, id);
CREATE INDEX plans_created_at ON plans (created_at, id);

CREATE TABLE database_hosts (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    region TEXT,
    host TEXT,
    port INTEGER,
    folder TEXT,
    admin_url_encrypted TEXT,
    capacity INTEGER,
    weight INTEGER NOT NULL DEFAULT 100,
    pool_size INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'active' CONSTRAINT database_hosts_status_choice CHECK (status IN ('active', 'draining', 'offline')),
    database_count INTEGER NOT NULL DEFAULT 0,
    is_healthy INTEGER NOT NULL DEFAULT true CHECK (is_healthy IN (0, 1)),
    checked_at INTEGER,
    latency_ms INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* name, region; folding 2 */,
    CONSTRAINT database_host_count_not_negative CHECK (database_count >= 0)
) STRICT;
CREATE UNIQUE INDEX database_hosts_name_unique ON database_hosts (name);
CREATE INDEX database_hosts_region ON database_hosts (region, id);
CREATE UNIQUE INDEX database_hosts_folder_unique ON database_hosts (folder);
CREATE INDEX database_hosts_status ON database_hosts (status, id);
CREATE INDEX database_hosts_is_healthy ON database_hosts (is_healthy, id);
CREATE INDEX database_hosts_created_at ON database_hosts (created_at, id);
CREATE UNIQUE INDEX database_hosts_host_port_unique ON database_hosts (host, port);

CREATE TABLE pooled_databases (
    id TEXT PRIMARY KEY NOT NULL,
    database_host_id TEXT NOT NULL REFERENCES database_hosts (id) ON DELETE RESTRICT,
    db_name TEXT NOT NULL,
    db_password_encrypted TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'making' CONSTRAINT pooled_databases_status_choice CHECK (status IN ('making', 'ready', 'leaving')),
    schema_fingerprint TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pooled_databases_database_host_id ON pooled_databases (database_host_id, id);
CREATE UNIQUE INDEX pooled_databases_db_name_unique ON pooled_databases (db_name);

CREATE TABLE tenants (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    company_legal_name TEXT,
    tax_id TEXT,
    industry TEXT,
    company_size TEXT,
    plan_id TEXT NOT NULL REFERENCES plans (id) ON DELETE RESTRICT,
    plan_type TEXT NOT NULL,
    plan_status TEXT NOT NULL DEFAULT 'trial' CONSTRAINT tenants_plan_status_choice CHECK (plan_status IN ('trial', 'active', 'past_due', 'suspended', 'cancelled')),
    service_level TEXT NOT NULL DEFAULT 'full' CONSTRAINT tenants_service_level_choice CHECK (service_level IN ('full', 'warned', 'read_only', 'export_only', 'off')),
    chosen_service_level TEXT NOT NULL DEFAULT 'full' CONSTRAINT tenants_chosen_service_level_choice CHECK (chosen_service_level IN ('full', 'warned', 'read_only', 'export_only', 'off')),
    service_level_reason TEXT,
    service_level_until INTEGER,
    service_level_next TEXT CONSTRAINT tenants_service_level_next_choice CHECK (service_level_next IN ('full', 'warned', 'read_only', 'export_only', 'off')),
    trial_ends_at INTEGER,
    subscription_starts_at INTEGER,
    subscription_ends_at INTEGER,
    region TEXT,
    database_host_id TEXT REFERENCES database_hosts (id) ON DELETE RESTRICT,
    db_name TEXT NOT NULL,
    db_host TEXT,
    db_port INTEGER,
    db_username TEXT,
    db_password_encrypted TEXT,
    db_connection_pool_size INTEGER,
    db_statement_timeout_s INTEGER,
    billing_email TEXT NOT NULL,
    billing_contact_name TEXT,
    billing_address TEXT,
    billing_city TEXT,
    billing_state TEXT,
    billing_country TEXT NOT NULL DEFAULT 'CO',
    billing_postal_code TEXT,
    primary_contact_name TEXT,
    primary_contact_email TEXT,
    primary_contact_phone TEXT,
    timezone TEXT NOT NULL DEFAULT 'America/Bogota',
    requires_second_factor INTEGER NOT NULL DEFAULT false CHECK (requires_second_factor IN (0, 1)),
    max_users INTEGER NOT NULL DEFAULT 1,
    max_storage_gb INTEGER NOT NULL DEFAULT 0,
    max_monthly_emails INTEGER NOT NULL DEFAULT 0,
    max_monthly_whatsapp INTEGER NOT NULL DEFAULT 0,
    max_monthly_api_calls INTEGER NOT NULL DEFAULT 0,
    current_users INTEGER NOT NULL DEFAULT 0,
    current_storage_gb INTEGER NOT NULL DEFAULT 0,
    current_monthly_emails INTEGER NOT NULL DEFAULT 0,
    current_monthly_whatsapp INTEGER NOT NULL DEFAULT 0,
    current_monthly_api_calls INTEGER NOT NULL DEFAULT 0,
    usage_month TEXT,
    is_active INTEGER NOT NULL DEFAULT false CHECK (is_active IN (0, 1)),
    is_suspended INTEGER NOT NULL DEFAULT false CHECK (is_suspended IN (0, 1)),
    suspension_reason TEXT,
    suspended_at INTEGER,
    status_before_suspension TEXT CONSTRAINT tenants_status_before_suspension_choice CHECK (status_before_suspension IN ('trial', 'active', 'past_due', 'suspended', 'cancelled')),
    cancellation_reason TEXT,
    cancelled_at INTEGER,
    deletes_at INTEGER,
    deleted_at INTEGER,
    provisioning_status TEXT NOT NULL DEFAULT 'pending' CONSTRAINT tenants_provisioning_status_choice CHECK (provisioning_status IN ('pending', 'provisioning', 'completed', 'failed')),
    provisioning_error TEXT,
    provisioning_attempts INTEGER NOT NULL DEFAULT 0,
    provisioned_at INTEGER,
    lease_epoch INTEGER NOT NULL DEFAULT 1,
    enabled_modules TEXT NOT NULL DEFAULT '[]' CHECK (enabled_modules IS NULL OR json_valid(enabled_modules)),
    settings TEXT NOT NULL DEFAULT '{}' CHECK (settings IS NULL OR json_valid(settings)),
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (metadata IS NULL OR json_valid(metadata)),
    referral_source TEXT,
    notes TEXT,
    cloned_from TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    created_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* name, slug, company_legal_name, billing_email, primary_contact_name; folding 2 */,
    CONSTRAINT tenant_use_not_negative CHECK (current_users >= 0 AND current_storage_gb >= 0 AND current_monthly_emails >= 0 AND current_monthly_whatsapp >= 0 AND current_monthly_api_calls >= 0),
    CONSTRAINT tenant_limits_not_negative CHECK (max_users >= 1 AND max_storage_gb >= 0 AND max_monthly_emails >= 0 AND max_monthly_whatsapp >= 0 AND max_monthly_api_calls >= 0),
    CONSTRAINT tenant_active_has_its_database CHECK (NOT is_active OR provisioning_status = 'completed'),
    CONSTRAINT tenant_active_is_alive CHECK (NOT is_active OR (plan_status NOT IN ('suspended', 'cancelled') AND deletes_at IS NULL AND deleted_at IS NULL)),
    CONSTRAINT tenant_suspended_is_marked CHECK (is_suspended = (plan_status = 'suspended'))
) STRICT;
CREATE INDEX tenants_name ON tenants (name, id);
CREATE UNIQUE INDEX tenants_slug_unique ON tenants (slug);
CREATE INDEX tenants_plan_id ON tenants (plan_id, id);
CREATE INDEX tenants_plan_type ON tenants (plan_type, id);
CREATE INDEX tenants_plan_status ON tenants (plan_status, id);
CREATE INDEX tenants_service_level ON tenants (service_level, id);
CREATE INDEX tenants_trial_ends_at ON tenants (trial_ends_at, id);
CREATE INDEX tenants_database_host_id ON tenants (database_host_id, id);
CREATE UNIQUE INDEX tenants_db_name_unique ON tenants (db_name);
CREATE INDEX tenants_is_active ON tenants (is_active, id);
CREATE INDEX tenants_deletes_at ON tenants (deletes_at, id);
CREATE INDEX tenants_deleted_at ON tenants (deleted_at, id);
CREATE INDEX tenants_provisioning_status ON tenants (provisioning_status, id);
CREATE INDEX tenants_cloned_from ON tenants (cloned_from, id);
CREATE INDEX tenants_created_at ON tenants (created_at, id);

CREATE TABLE tenant_domains (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    domain TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending' CONSTRAINT tenant_domains_status_choice CHECK (status IN ('pending', 'verified', 'lost')),
    is_custom INTEGER NOT NULL DEFAULT true CHECK (is_custom IN (0, 1)),
    is_verified INTEGER NOT NULL DEFAULT false CHECK (is_verified IN (0, 1)),
    is_primary INTEGER NOT NULL DEFAULT false CHECK (is_primary IN (0, 1)),
    verification_token TEXT,
    verified_at INTEGER,
    claim_expires_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    last_checked_at INTEGER,
    last_error TEXT,
    next_check_at INTEGER,
    ssl_enabled INTEGER NOT NULL DEFAULT false CHECK (ssl_enabled IN (0, 1)),
    ssl_expires_at INTEGER,
    ssl_checked_at INTEGER,
    ssl_warned_at INTEGER,
    ssl_error TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* domain; folding 2 */,
    CONSTRAINT tenant_domain_verified_has_its_time CHECK (NOT is_verified OR verified_at IS NOT NULL),
    CONSTRAINT tenant_domain_verified_is_its_status CHECK (is_verified = (status = 'verified')),
    CONSTRAINT tenant_domain_primary_is_verified CHECK (NOT is_primary OR is_verified)
) STRICT;
CREATE INDEX tenant_domains_tenant_id ON tenant_domains (tenant_id, id);
CREATE INDEX tenant_domains_domain ON tenant_domains (domain, id);
CREATE INDEX tenant_domains_status ON tenant_domains (status, id);
CREATE INDEX tenant_domains_is_verified ON tenant_domains (is_verified, id);
CREATE INDEX tenant_domains_claim_expires_at ON tenant_domains (claim_expires_at, id);
CREATE INDEX tenant_domains_next_check_at ON tenant_domains (next_check_at, id);
CREATE INDEX tenant_domains_ssl_expires_at ON tenant_domains (ssl_expires_at, id);
CREATE INDEX tenant_domains_created_at ON tenant_domains (created_at, id);
CREATE UNIQUE INDEX tenant_domains_tenant_id_unique ON tenant_domains (tenant_id) WHERE is_primary;
CREATE UNIQUE INDEX tenant_domains_domain_unique ON tenant_domains (domain) WHERE is_verified;
CREATE UNIQUE INDEX tenant_domains_tenant_id_domain_unique ON tenant_domains (tenant_id, domain);

CREATE TABLE module_definitions (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT,
    icon TEXT,
    path TEXT,
    category TEXT,
    sort_order INTEGER NOT NULL DEFAULT 0,
    is_active INTEGER NOT NULL DEFAULT true CHECK (is_active IN (0, 1)),
    is_visible INTEGER NOT NULL DEFAULT true CHECK (is_visible IN (0, 1)),
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (metadata IS NULL OR json_valid(metadata)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* name, display_name; folding 2 */
) STRICT;
CREATE UNIQUE INDEX module_definitions_name_unique ON module_definitions (name);
CREATE INDEX module_definitions_category ON module_definitions (category, id);
CREATE INDEX module_definitions_sort_order ON module_definitions (sort_order, id);
CREATE INDEX module_definitions_is_active ON module_definitions (is_active, id);
CREATE INDEX module_definitions_created_at ON module_definitions (created_at, id);

CREATE TABLE submodule_definitions (
    id TEXT PRIMARY KEY NOT NULL,
    module_id TEXT NOT NULL REFERENCES module_definitions (id) ON DELETE RESTRICT,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT,
    icon TEXT,
    path TEXT,
    sort_order INTEGER NOT NULL DEFAULT 0,
    is_active INTEGER NOT NULL DEFAULT true CHECK (is_active IN (0, 1)),
    is_visible INTEGER NOT NULL DEFAULT true CHECK (is_visible IN (0, 1)),
    permissions TEXT NOT NULL DEFAULT '[]' CHECK (permissions IS NULL OR json_valid(permissions)),
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (metadata IS NULL OR json_valid(metadata)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* name, display_name; folding 2 */
) STRICT;
CREATE INDEX submodule_definitions_module_id ON submodule_definitions (module_id, id);
CREATE INDEX submodule_definitions_sort_order ON submodule_definitions (sort_order, id);
CREATE INDEX submodule_definitions_is_active ON submodule_definitions (is_active, id);
CREATE INDEX submodule_definitions_created_at ON submodule_definitions (created_at, id);
CREATE UNIQUE INDEX submodule_definitions_module_id_name_unique ON submodule_definitions (module_id, name);

CREATE TABLE module_plan_assignments (
    id TEXT PRIMARY KEY NOT NULL,
    plan_id TEXT NOT NULL REFERENCES plans (id) ON DELETE RESTRICT,
    module_id TEXT NOT NULL REFERENCES module_definitions (id) ON DELETE RESTRICT,
    is_enabled INTEGER NOT NULL DEFAULT true CHECK (is_enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX module_plan_assignments_plan_id ON module_plan_assignments (plan_id, id);
CREATE INDEX module_plan_assignments_module_id ON module_plan_assignments (module_id, id);
CREATE INDEX module_plan_assignments_created_at ON module_plan_assignments (created_at, id);
CREATE UNIQUE INDEX module_plan_assignments_plan_id_module_id_unique ON module_plan_assignments (plan_id, module_id);

CREATE TABLE submodule_plan_assignments (
    id TEXT PRIMARY KEY NOT NULL,
    plan_id TEXT NOT NULL REFERENCES plans (id) ON DELETE RESTRICT,
    submodule_id TEXT NOT NULL REFERENCES submodule_definitions (id) ON DELETE RESTRICT,
    is_enabled INTEGER NOT NULL DEFAULT true CHECK (is_enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX submodule_plan_assignments_plan_id ON submodule_plan_assignments (plan_id, id);
CREATE INDEX submodule_plan_assignments_submodule_id ON submodule_plan_assignments (submodule_id, id);
CREATE INDEX submodule_plan_assignments_created_at ON submodule_plan_assignments (created_at, id);
CREATE UNIQUE INDEX submodule_plan_assignments_plan_id_submodule_id_unique ON submodule_plan_assignments (plan_id, submodule_id);

CREATE TABLE module_tenant_assignments (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    module_id TEXT NOT NULL REFERENCES module_definitions (id) ON DELETE RESTRICT,
    is_enabled INTEGER NOT NULL DEFAULT true CHECK (is_enabled IN (0, 1)),
    starts_at INTEGER,
    ends_at INTEGER,
    is_current INTEGER NOT NULL DEFAULT false CHECK (is_current IN (0, 1)),
    reason TEXT NOT NULL,
    assigned_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT module_tenant_assignment_ends_after_it_starts CHECK (starts_at IS NULL OR ends_at IS NULL OR starts_at < ends_at)
) STRICT;
CREATE INDEX module_tenant_assignments_tenant_id ON module_tenant_assignments (tenant_id, id);
CREATE INDEX module_tenant_assignments_module_id ON module_tenant_assignments (module_id, id);
CREATE INDEX module_tenant_assignments_starts_at ON module_tenant_assignments (starts_at, id);
CREATE INDEX module_tenant_assignments_ends_at ON module_tenant_assignments (ends_at, id);
CREATE INDEX module_tenant_assignments_is_current ON module_tenant_assignments (is_current, id);
CREATE INDEX module_tenant_assignments_created_at ON module_tenant_assignments (created_at, id);
CREATE UNIQUE INDEX module_tenant_assignments_tenant_id_module_id_unique ON module_tenant_assignments (tenant_id, module_id);

CREATE TABLE submodule_tenant_assignments (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    submodule_id TEXT NOT NULL REFERENCES submodule_definitions (id) ON DELETE RESTRICT,
    is_enabled INTEGER NOT NULL DEFAULT true CHECK (is_enabled IN (0, 1)),
    starts_at INTEGER,
    ends_at INTEGER,
    is_current INTEGER NOT NULL DEFAULT false CHECK (is_current IN (0, 1)),
    reason TEXT NOT NULL,
    assigned_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT submodule_tenant_assignment_ends_after_it_starts CHECK (starts_at IS NULL OR ends_at IS NULL OR starts_at < ends_at)
) STRICT;
CREATE INDEX submodule_tenant_assignments_tenant_id ON submodule_tenant_assignments (tenant_id, id);
CREATE INDEX submodule_tenant_assignments_submodule_id ON submodule_tenant_assignments (submodule_id, id);
CREATE INDEX submodule_tenant_assignments_starts_at ON submodule_tenant_assignments (starts_at, id);
CREATE INDEX submodule_tenant_assignments_ends_at ON submodule_tenant_assignments (ends_at, id);
CREATE INDEX submodule_tenant_assignments_is_current ON submodule_tenant_assignments (is_current, id);
CREATE INDEX submodule_tenant_assignments_created_at ON submodule_tenant_assignments (created_at, id);
CREATE UNIQUE INDEX submodule_tenant_assignments_tenant_id_submodule_id_unique ON submodule_tenant_assignments (tenant_id, submodule_id);

CREATE TABLE feature_flags (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    is_enabled INTEGER NOT NULL DEFAULT true CHECK (is_enabled IN (0, 1)),
    rollout_percentage INTEGER NOT NULL DEFAULT 0,
    enabled_for_tenants TEXT NOT NULL DEFAULT '[]' CHECK (enabled_for_tenants IS NULL OR json_valid(enabled_for_tenants)),
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (metadata IS NULL OR json_valid(metadata)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* name, description; folding 2 */,
    CONSTRAINT feature_flag_share_is_a_percentage CHECK (rollout_percentage BETWEEN 0 AND 100)
) STRICT;
CREATE UNIQUE INDEX feature_flags_name_unique ON feature_flags (name);
CREATE INDEX feature_flags_is_enabled ON feature_flags (is_enabled, id);
CREATE INDEX feature_flags_created_at ON feature_flags (created_at, id);

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    email TEXT NOT NULL,
    password_hash TEXT,
    password_key_id TEXT,
    must_change_password INTEGER NOT NULL DEFAULT true CHECK (must_change_password IN (0, 1)),
    password_is_short INTEGER NOT NULL DEFAULT false CHECK (password_is_short IN (0, 1)),
    password_changed_at INTEGER,
    session_epoch INTEGER NOT NULL DEFAULT 0,
    first_name TEXT,
    last_name TEXT,
    phone TEXT,
    avatar_url TEXT,
    system_role TEXT NOT NULL DEFAULT 'tenant_admin' CONSTRAINT users_system_role_choice CHECK (system_role IN ('super_admin', 'support', 'billing_admin', 'tenant_admin')),
    is_break_glass INTEGER NOT NULL DEFAULT false CHECK (is_break_glass IN (0, 1)),
    email_verified INTEGER NOT NULL DEFAULT false CHECK (email_verified IN (0, 1)),
    email_verified_at INTEGER,
    mfa_enabled INTEGER NOT NULL DEFAULT false CHECK (mfa_enabled IN (0, 1)),
    is_active INTEGER NOT NULL DEFAULT true CHECK (is_active IN (0, 1)),
    is_locked INTEGER NOT NULL DEFAULT false CHECK (is_locked IN (0, 1)),
    locked_reason TEXT,
    locked_at INTEGER,
    locked_until INTEGER,
    lock_count INTEGER NOT NULL DEFAULT 0,
    login_attempts INTEGER NOT NULL DEFAULT 0,
    last_login_at INTEGER,
    last_login_ip TEXT,
    language TEXT NOT NULL DEFAULT 'es',
    timezone TEXT NOT NULL DEFAULT 'America/Bogota',
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (metadata IS NULL OR json_valid(metadata)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* email, first_name, last_name; folding 2 */,
    CONSTRAINT user_staff_has_no_tenant CHECK ((system_role = 'tenant_admin') = (tenant_id IS NOT NULL)),
    CONSTRAINT user_break_glass_is_super_admin CHECK (NOT is_break_glass OR system_role = 'super_admin'),
    CONSTRAINT user_locked_has_its_time CHECK (NOT is_locked OR locked_at IS NOT NULL)
) STRICT;
CREATE INDEX users_tenant_id ON users (tenant_id, id);
CREATE INDEX users_system_role ON users (system_role, id);
CREATE INDEX users_is_break_glass ON users (is_break_glass, id);
CREATE INDEX users_is_active ON users (is_active, id);
CREATE INDEX users_is_locked ON users (is_locked, id);
CREATE INDEX users_last_login_at ON users (last_login_at, id);
CREATE INDEX users_created_at ON users (created_at, id);
CREATE UNIQUE INDEX users_email_unique ON users (email) WHERE deleted_at IS NULL;

CREATE TABLE user_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    impersonator_id TEXT REFERENCES users (id) ON DELETE RESTRICT,
    token_hash TEXT NOT NULL,
    previous_token_hash TEXT,
    rotated_at INTEGER,
    successor_sealed TEXT,
    device_name TEXT,
    device_type TEXT,
    ip_address TEXT,
    user_agent TEXT,
    is_active INTEGER NOT NULL DEFAULT true CHECK (is_active IN (0, 1)),
    amr TEXT NOT NULL DEFAULT '["pwd"]' CHECK (amr IS NULL OR json_valid(amr)),
    authenticated_at INTEGER,
    last_activity_at INTEGER,
    expires_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_reason TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT user_session_ended_has_its_time CHECK (is_active = (ended_at IS NULL))
) STRICT;
CREATE INDEX user_sessions_user_id ON user_sessions (user_id, id);
CREATE INDEX user_sessions_tenant_id ON user_sessions (tenant_id, id);
CREATE INDEX user_sessions_impersonator_id ON user_sessions (impersonator_id, id);
CREATE UNIQUE INDEX user_sessions_token_hash_unique ON user_sessions (token_hash);
CREATE INDEX user_sessions_previous_token_hash ON user_sessions (previous_token_hash, id);
CREATE INDEX user_sessions_is_active ON user_sessions (is_active, id);
CREATE INDEX user_sessions_expires_at ON user_sessions (expires_at, id);
CREATE INDEX user_sessions_idle_expires_at ON user_sessions (idle_expires_at, id);
CREATE INDEX user_sessions_created_at ON user_sessions (created_at, id);

CREATE TABLE identity_providers (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret_encrypted TEXT,
    scopes TEXT NOT NULL DEFAULT 'openid email profile',
    role_claim TEXT NOT NULL DEFAULT 'groups',
    role_rules TEXT NOT NULL CHECK (role_rules IS NULL OR json_valid(role_rules)),
    creates_people INTEGER NOT NULL DEFAULT false CHECK (creates_people IN (0, 1)),
    links_by_email INTEGER NOT NULL DEFAULT false CHECK (links_by_email IN (0, 1)),
    allows_private_network INTEGER NOT NULL DEFAULT false CHECK (allows_private_network IN (0, 1)),
    is_enabled INTEGER NOT NULL DEFAULT true CHECK (is_enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* name, display_name; folding 2 */
) STRICT;
CREATE UNIQUE INDEX identity_providers_name_unique ON identity_providers (name);
CREATE INDEX identity_providers_is_enabled ON identity_providers (is_enabled, id);
CREATE INDEX identity_providers_created_at ON identity_providers (created_at, id);

CREATE TABLE provider_identities (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    provider_id TEXT NOT NULL REFERENCES identity_providers (id) ON DELETE RESTRICT,
    subject TEXT NOT NULL,
    last_used_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX provider_identities_user_id ON provider_identities (user_id, id);
CREATE INDEX provider_identities_provider_id ON provider_identities (provider_id, id);
CREATE INDEX provider_identities_created_at ON provider_identities (created_at, id);
CREATE UNIQUE INDEX provider_identities_provider_id_subject_unique ON provider_identities (provider_id, subject);

CREATE TABLE provider_sign_ins (
    id TEXT PRIMARY KEY NOT NULL,
    session_id TEXT REFERENCES user_sessions (id) ON DELETE CASCADE,
    provider_id TEXT NOT NULL REFERENCES identity_providers (id) ON DELETE RESTRICT,
    nonce_hash TEXT NOT NULL,
    provider_session TEXT,
    id_token_sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX provider_sign_ins_session_id_unique ON provider_sign_ins (session_id);
CREATE INDEX provider_sign_ins_provider_id ON provider_sign_ins (provider_id, id);
CREATE UNIQUE INDEX provider_sign_ins_nonce_hash_unique ON provider_sign_ins (nonce_hash);
CREATE INDEX provider_sign_ins_provider_session ON provider_sign_ins (provider_session, id);
CREATE INDEX provider_sign_ins_created_at ON provider_sign_ins (created_at, id);

CREATE TABLE user_passkeys (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    name TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    algorithm TEXT NOT NULL CONSTRAINT user_passkeys_algorithm_choice CHECK (algorithm IN ('es256', 'eddsa', 'rs256')),
    transports TEXT NOT NULL DEFAULT '[]' CHECK (transports IS NULL OR json_valid(transports)),
    user_verified INTEGER NOT NULL CHECK (user_verified IN (0, 1)),
    sign_count INTEGER NOT NULL,
    cloned_at INTEGER,
    last_used_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX user_passkeys_user_id ON user_passkeys (user_id, id);
CREATE INDEX user_passkeys_tenant_id ON user_passkeys (tenant_id, id);
CREATE UNIQUE INDEX user_passkeys_credential_id_unique ON user_passkeys (credential_id);
CREATE INDEX user_passkeys_created_at ON user_passkeys (created_at, id);

CREATE TABLE totp_seeds (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    seed_sealed TEXT NOT NULL,
    last_step INTEGER NOT NULL DEFAULT 0,
    confirmed_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX totp_seeds_user_id ON totp_seeds (user_id, id);
CREATE UNIQUE INDEX totp_seeds_user_id_unique ON totp_seeds (user_id) WHERE confirmed_at IS NOT NULL;

CREATE TABLE recovery_codes (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    code_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX recovery_codes_user_id ON recovery_codes (user_id, id);
CREATE UNIQUE INDEX recovery_codes_code_hash_unique ON recovery_codes (code_hash);

CREATE TABLE second_factor_tickets (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    session_id TEXT REFERENCES user_sessions (id) ON DELETE CASCADE,
    provider_sign_in_id TEXT REFERENCES provider_sign_ins (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL,
    amr TEXT NOT NULL CHECK (amr IS NULL OR json_valid(amr)),
    device TEXT,
    epoch INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX second_factor_tickets_user_id ON second_factor_tickets (user_id, id);
CREATE INDEX second_factor_tickets_session_id ON second_factor_tickets (session_id, id);
CREATE INDEX second_factor_tickets_provider_sign_in_id ON second_factor_tickets (provider_sign_in_id, id);
CREATE UNIQUE INDEX second_factor_tickets_token_hash_unique ON second_factor_tickets (token_hash);
CREATE INDEX second_factor_tickets_expires_at ON second_factor_tickets (expires_at, id);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    previous_key_hash TEXT,
    previous_ends_at INTEGER,
    rotated_at INTEGER,
    scopes TEXT NOT NULL CHECK (scopes IS NULL OR json_valid(scopes)),
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    tenant_ids TEXT NOT NULL DEFAULT '[]' CHECK (tenant_ids IS NULL OR json_valid(tenant_ids)),
    expires_at INTEGER,
    last_used_at INTEGER,
    request_count INTEGER NOT NULL DEFAULT 0,
    revoked_at INTEGER,
    created_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* name; folding 2 */
) STRICT;
CREATE UNIQUE INDEX api_keys_prefix_unique ON api_keys (prefix);
CREATE UNIQUE INDEX api_keys_key_hash_unique ON api_keys (key_hash);
CREATE UNIQUE INDEX api_keys_previous_key_hash_unique ON api_keys (previous_key_hash);
CREATE INDEX api_keys_previous_ends_at ON api_keys (previous_ends_at, id);
CREATE INDEX api_keys_tenant_id ON api_keys (tenant_id, id);
CREATE INDEX api_keys_created_at ON api_keys (created_at, id);

CREATE TABLE impersonations (
    id TEXT PRIMARY KEY NOT NULL,
    impersonator_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    session_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_reason TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX impersonations_impersonator_id ON impersonations (impersonator_id, id);
CREATE INDEX impersonations_user_id ON impersonations (user_id, id);
CREATE INDEX impersonations_tenant_id ON impersonations (tenant_id, id);
CREATE UNIQUE INDEX impersonations_session_id_unique ON impersonations (session_id);
CREATE INDEX impersonations_created_at ON impersonations (created_at, id);

CREATE TABLE outgoing_mails (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CONSTRAINT outgoing_mails_kind_choice CHECK (kind IN ('reset_password', 'invitation', 'impersonation', 'verify_email', 'confirm_new_email', 'confirm_old_email', 'email_changed', 'password_changed', 'second_factors_changed', 'new_device', 'session_ended', 'account_locked', 'passkey_cloned', 'usage_warning')),
    user_id TEXT REFERENCES users (id) ON DELETE RESTRICT,
    recipient TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued' CONSTRAINT outgoing_mails_status_choice CHECK (status IN ('queued', 'sent', 'failed', 'void')),
    content TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    error TEXT,
    sent_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX outgoing_mails_kind ON outgoing_mails (kind, id);
CREATE INDEX outgoing_mails_user_id ON outgoing_mails (user_id, id);
CREATE INDEX outgoing_mails_status ON outgoing_mails (status, id);
CREATE INDEX outgoing_mails_created_at ON outgoing_mails (created_at, id);
CREATE INDEX outgoing_mails_next_attempt_at_id ON outgoing_mails (next_attempt_at, id) WHERE status = 'queued';

CREATE TABLE mailed_links (
    id TEXT PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL CONSTRAINT mailed_links_purpose_choice CHECK (purpose IN ('reset_password', 'invitation', 'impersonation', 'verify_email', 'confirm_new_email', 'confirm_old_email', 'email_changed', 'password_changed', 'second_factors_changed', 'new_device', 'session_ended', 'account_locked', 'passkey_cloned', 'usage_warning')),
    user_id TEXT REFERENCES users (id) ON DELETE RESTRICT,
    token_hash TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    is_shown INTEGER NOT NULL DEFAULT false CHECK (is_shown IN (0, 1)),
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mailed_links_user_id ON mailed_links (user_id, id);
CREATE UNIQUE INDEX mailed_links_token_hash_unique ON mailed_links (token_hash);
CREATE INDEX mailed_links_expires_at ON mailed_links (expires_at, id);

CREATE TABLE email_changes (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    email TEXT NOT NULL,
    old_confirmed_at INTEGER,
    new_confirmed_at INTEGER,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX email_changes_user_id_unique ON email_changes (user_id);
CREATE INDEX email_changes_expires_at ON email_changes (expires_at, id);

CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    plan_id TEXT NOT NULL REFERENCES plans (id) ON DELETE RESTRICT,
    billing_cycle TEXT NOT NULL DEFAULT 'monthly' CONSTRAINT subscriptions_billing_cycle_choice CHECK (billing_cycle IN ('monthly', 'yearly')),
    amount INTEGER NOT NULL,
    discount_amount INTEGER NOT NULL DEFAULT 0,
    total_amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL CONSTRAINT subscriptions_status_choice CHECK (status IN ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'cancelled', 'unpaid')),
    current_period_start INTEGER NOT NULL,
    current_period_end INTEGER NOT NULL,
    trial_start INTEGER,
    trial_end INTEGER,
    cancel_at_period_end INTEGER NOT NULL DEFAULT false CHECK (cancel_at_period_end IN (0, 1)),
    cancelled_at INTEGER,
    cancellation_reason TEXT,
    stripe_subscription_id TEXT,
    stripe_customer_id TEXT,
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (metadata IS NULL OR json_valid(metadata)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT subscription_period_has_length CHECK (current_period_start < current_period_end),
    CONSTRAINT subscription_total_is_what_is_left CHECK (total_amount = amount - discount_amount AND discount_amount >= 0 AND total_amount >= 0)
) STRICT;
CREATE INDEX subscriptions_tenant_id ON subscriptions (tenant_id, id);
CREATE INDEX subscriptions_plan_id ON subscriptions (plan_id, id);
CREATE INDEX subscriptions_status ON subscriptions (status, id);
CREATE INDEX subscriptions_current_period_end ON subscriptions (current_period_end, id);
CREATE INDEX subscriptions_created_at ON subscriptions (created_at, id);
CREATE UNIQUE INDEX subscriptions_tenant_id_unique ON subscriptions (tenant_id) WHERE status <> 'cancelled';
CREATE UNIQUE INDEX subscriptions_stripe_subscription_id_unique ON subscriptions (stripe_subscription_id) WHERE stripe_subscription_id IS NOT NULL;

CREATE TABLE invoices (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    subscription_id TEXT REFERENCES subscriptions (id) ON DELETE RESTRICT,
    invoice_number TEXT,
    amount_subtotal INTEGER NOT NULL DEFAULT 0,
    amount_discount INTEGER NOT NULL DEFAULT 0,
    amount_tax INTEGER NOT NULL DEFAULT 0,
    amount_total INTEGER NOT NULL DEFAULT 0,
    currency TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'draft' CONSTRAINT invoices_status_choice CHECK (status IN ('draft', 'pending', 'paid', 'failed', 'void', 'uncollectible')),
    issued_at INTEGER,
    due_date TEXT,
    paid_at INTEGER,
    line_items TEXT NOT NULL DEFAULT '[]' CHECK (line_items IS NULL OR json_valid(line_items)),
    notes TEXT,
    stripe_invoice_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* invoice_number; folding 2 */,
    CONSTRAINT invoice_final_has_number CHECK (status = 'draft' OR (invoice_number IS NOT NULL AND issued_at IS NOT NULL)),
    CONSTRAINT invoice_paid_has_its_time CHECK (status <> 'paid' OR paid_at IS NOT NULL)
) STRICT;
CREATE INDEX invoices_tenant_id ON invoices (tenant_id, id);
CREATE INDEX invoices_subscription_id ON invoices (subscription_id, id);
CREATE UNIQUE INDEX invoices_invoice_number_unique ON invoices (invoice_number);
CREATE INDEX invoices_status ON invoices (status, id);
CREATE INDEX invoices_issued_at ON invoices (issued_at, id);
CREATE INDEX invoices_due_date ON invoices (due_date, id);
CREATE INDEX invoices_created_at ON invoices (created_at, id);
CREATE INDEX invoices_tenant_id_status_issued_at ON invoices (tenant_id, status, issued_at);
CREATE UNIQUE INDEX invoices_stripe_invoice_id_unique ON invoices (stripe_invoice_id) WHERE stripe_invoice_id IS NOT NULL;

CREATE TABLE payment_methods (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    type TEXT NOT NULL CONSTRAINT payment_methods_type_choice CHECK (type IN ('card', 'bank_account')),
    card_brand TEXT,
    card_last4 TEXT,
    card_exp_month INTEGER,
    card_exp_year INTEGER,
    bank_name TEXT,
    account_last4 TEXT,
    is_default INTEGER NOT NULL DEFAULT false CHECK (is_default IN (0, 1)),
    is_active INTEGER NOT NULL DEFAULT true CHECK (is_active IN (0, 1)),
    stripe_payment_method_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT payment_method_default_is_active CHECK (NOT is_default OR is_active)
) STRICT;
CREATE INDEX payment_methods_tenant_id ON payment_methods (tenant_id, id);
CREATE INDEX payment_methods_created_at ON payment_methods (created_at, id);
CREATE UNIQUE INDEX payment_methods_tenant_id_unique ON payment_methods (tenant_id) WHERE is_default;

CREATE TABLE support_tickets (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    ticket_number TEXT NOT NULL,
    subject TEXT NOT NULL,
    description TEXT NOT NULL,
    category TEXT NOT NULL DEFAULT 'general',
    priority TEXT NOT NULL DEFAULT 'medium' CONSTRAINT support_tickets_priority_choice CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    status TEXT NOT NULL DEFAULT 'open' CONSTRAINT support_tickets_status_choice CHECK (status IN ('open', 'in_progress', 'pending_customer', 'resolved', 'closed')),
    tags TEXT NOT NULL DEFAULT '[]' CHECK (tags IS NULL OR json_valid(tags)),
    created_by TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    assigned_to TEXT REFERENCES users (id) ON DELETE RESTRICT,
    assigned_at INTEGER,
    first_response_at INTEGER,
    resolved_at INTEGER,
    closed_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* ticket_number, subject, description; folding 2 */
) STRICT;
CREATE INDEX support_tickets_tenant_id ON support_tickets (tenant_id, id);
CREATE UNIQUE INDEX support_tickets_ticket_number_unique ON support_tickets (ticket_number);
CREATE INDEX support_tickets_category ON support_tickets (category, id);
CREATE INDEX support_tickets_priority ON support_tickets (priority, id);
CREATE INDEX support_tickets_status ON support_tickets (status, id);
CREATE INDEX support_tickets_created_by ON support_tickets (created_by, id);
CREATE INDEX support_tickets_assigned_to ON support_tickets (assigned_to, id);
CREATE INDEX support_tickets_created_at ON support_tickets (created_at, id);
CREATE INDEX support_tickets_tenant_id_status_created_at ON support_tickets (tenant_id, status, created_at);
CREATE INDEX support_tickets_status_priority_created_at ON support_tickets (status, priority, created_at);

CREATE TABLE ticket_messages (
    id TEXT PRIMARY KEY NOT NULL,
    ticket_id TEXT NOT NULL REFERENCES support_tickets (id) ON DELETE RESTRICT,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    is_staff INTEGER NOT NULL DEFAULT false CHECK (is_staff IN (0, 1)),
    content TEXT NOT NULL,
    is_internal INTEGER NOT NULL DEFAULT false CHECK (is_internal IN (0, 1)),
    attachments TEXT NOT NULL DEFAULT '[]' CHECK (attachments IS NULL OR json_valid(attachments)),
    created_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT ticket_message_notes_are_staffs CHECK (NOT is_internal OR is_staff)
) STRICT;
CREATE INDEX ticket_messages_ticket_id ON ticket_messages (ticket_id, id);
CREATE INDEX ticket_messages_tenant_id ON ticket_messages (tenant_id, id);
CREATE INDEX ticket_messages_user_id ON ticket_messages (user_id, id);
CREATE INDEX ticket_messages_created_at ON ticket_messages (created_at, id);
CREATE INDEX ticket_messages_ticket_id_created_at ON ticket_messages (ticket_id, created_at);

CREATE TABLE tenant_usage_daily (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    date TEXT NOT NULL,
    active_users INTEGER NOT NULL DEFAULT 0,
    storage_used_gb INTEGER NOT NULL DEFAULT 0,
    emails_sent INTEGER NOT NULL DEFAULT 0,
    whatsapp_messages_sent INTEGER NOT NULL DEFAULT 0,
    api_calls_made INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT tenant_usage_counts_not_negative CHECK (active_users >= 0 AND storage_used_gb >= 0 AND emails_sent >= 0 AND whatsapp_messages_sent >= 0 AND api_calls_made >= 0)
) STRICT;
CREATE INDEX tenant_usage_daily_tenant_id ON tenant_usage_daily (tenant_id, id);
CREATE INDEX tenant_usage_daily_date ON tenant_usage_daily (date, id);
CREATE UNIQUE INDEX tenant_usage_daily_tenant_id_date_unique ON tenant_usage_daily (tenant_id, date);

CREATE TABLE tenant_backups (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CONSTRAINT tenant_backups_kind_choice CHECK (kind IN ('backup', 'export')),
    status TEXT NOT NULL DEFAULT 'pending' CONSTRAINT tenant_backups_status_choice CHECK (status IN ('pending', 'completed', 'failed', 'removed')),
    engine TEXT NOT NULL CONSTRAINT tenant_backups_engine_choice CHECK (engine IN ('sqlite', 'postgres')),
    folder TEXT,
    file TEXT,
    size INTEGER,
    sha256 TEXT,
    row_count INTEGER,
    tables TEXT NOT NULL DEFAULT '[]' CHECK (tables IS NULL OR json_valid(tables)),
    schema_version INTEGER,
    db_host TEXT,
    error TEXT,
    completed_at INTEGER,
    expires_at INTEGER,
    requested_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT tenant_backup_completed_has_its_file CHECK (status <> 'completed' OR (folder IS NOT NULL AND file IS NOT NULL AND sha256 IS NOT NULL AND completed_at IS NOT NULL))
) STRICT;
CREATE INDEX tenant_backups_tenant_id ON tenant_backups (tenant_id, id);
CREATE INDEX tenant_backups_kind ON tenant_backups (kind, id);
CREATE INDEX tenant_backups_status ON tenant_backups (status, id);
CREATE INDEX tenant_backups_completed_at ON tenant_backups (completed_at, id);
CREATE INDEX tenant_backups_expires_at ON tenant_backups (expires_at, id);
CREATE INDEX tenant_backups_created_at ON tenant_backups (created_at, id);

CREATE TABLE usage_warnings (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    metric TEXT NOT NULL CONSTRAINT usage_warnings_metric_choice CHECK (metric IN ('users', 'storage_gb', 'monthly_emails', 'monthly_whatsapp', 'monthly_api_calls')),
    percent INTEGER NOT NULL,
    month TEXT,
    used INTEGER NOT NULL,
    allowed INTEGER NOT NULL,
    ended_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX usage_warnings_tenant_id ON usage_warnings (tenant_id, id);
CREATE INDEX usage_warnings_metric ON usage_warnings (metric, id);
CREATE INDEX usage_warnings_created_at ON usage_warnings (created_at, id);
CREATE UNIQUE INDEX usage_warnings_tenant_id_metric_percent_month_unique ON usage_warnings (tenant_id, metric, percent, month) WHERE month IS NOT NULL;
CREATE UNIQUE INDEX usage_warnings_tenant_id_metric_percent_unique ON usage_warnings (tenant_id, metric, percent) WHERE month IS NULL AND ended_at IS NULL;

CREATE TABLE tenant_moves (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CONSTRAINT tenant_moves_kind_choice CHECK (kind IN ('move', 'restore')),
    status TEXT NOT NULL DEFAULT 'running' CONSTRAINT tenant_moves_status_choice CHECK (status IN ('running', 'completed', 'failed', 'dropping', 'dropped')),
    method TEXT NOT NULL CONSTRAINT tenant_moves_method_choice CHECK (method IN ('dump', 'replication')),
    read_only_allowed_s INTEGER NOT NULL DEFAULT 2,
    backup_id TEXT REFERENCES tenant_backups (id) ON DELETE RESTRICT,
    from_host_id TEXT REFERENCES database_hosts (id) ON DELETE SET NULL,
    from_name TEXT NOT NULL,
    to_host_id TEXT REFERENCES database_hosts (id) ON DELETE SET NULL,
    to_name TEXT NOT NULL,
    row_count INTEGER,
    frozen_at INTEGER,
    read_only_ms INTEGER,
    is_old_shut INTEGER NOT NULL DEFAULT false CHECK (is_old_shut IN (0, 1)),
    error TEXT,
    completed_at INTEGER,
    drops_at INTEGER,
    requested_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX tenant_moves_tenant_id ON tenant_moves (tenant_id, id);
CREATE INDEX tenant_moves_status ON tenant_moves (status, id);
CREATE INDEX tenant_moves_from_host_id ON tenant_moves (from_host_id, id);
CREATE INDEX tenant_moves_to_host_id ON tenant_moves (to_host_id, id);
CREATE INDEX tenant_moves_drops_at ON tenant_moves (drops_at, id);
CREATE INDEX tenant_moves_created_at ON tenant_moves (created_at, id);

CREATE TABLE system_settings (
    id TEXT PRIMARY KEY NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL CHECK (value IS NULL OR json_valid(value)),
    category TEXT NOT NULL DEFAULT 'general',
    description TEXT,
    is_public INTEGER NOT NULL DEFAULT false CHECK (is_public IN (0, 1)),
    updated_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* key, description; folding 2 */
) STRICT;
CREATE UNIQUE INDEX system_settings_key_unique ON system_settings (key);
CREATE INDEX system_settings_category ON system_settings (category, id);
CREATE INDEX system_settings_is_public ON system_settings (is_public, id);

CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    url TEXT NOT NULL,
    description TEXT,
    enabled_events TEXT NOT NULL CHECK (enabled_events IS NULL OR json_valid(enabled_events)),
    secret TEXT NOT NULL,
    is_active INTEGER NOT NULL DEFAULT true CHECK (is_active IN (0, 1)),
    last_triggered_at INTEGER,
    success_count INTEGER NOT NULL DEFAULT 0,
    failure_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    search TEXT NOT NULL DEFAULT '' /* description; folding 2 */
) STRICT;
CREATE INDEX webhook_endpoints_tenant_id ON webhook_endpoints (tenant_id, id);
CREATE INDEX webhook_endpoints_is_active ON webhook_endpoints (is_active, id);
CREATE INDEX webhook_endpoints_created_at ON webhook_endpoints (created_at, id);

CREATE TABLE gdpr_requests (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    user_id TEXT REFERENCES users (id) ON DELETE RESTRICT,
    request_type TEXT NOT NULL CONSTRAINT gdpr_requests_request_type_choice CHECK (request_type IN ('access', 'portability', 'rectification', 'restriction', 'objection', 'erasure')),
    status TEXT NOT NULL DEFAULT 'received' CONSTRAINT gdpr_requests_status_choice CHECK (status IN ('received', 'identity_verified', 'pending_approval', 'approved', 'processing', 'completed', 'partially_completed', 'denied', 'failed')),
    notes TEXT,
    requested_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    approved_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    requested_at INTEGER NOT NULL,
    due_at INTEGER,
    completed_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT gdpr_request_two_pairs_of_eyes CHECK (approved_by IS NULL OR requested_by IS NULL OR approved_by <> requested_by)
) STRICT;
CREATE INDEX gdpr_requests_tenant_id ON gdpr_requests (tenant_id, id);
CREATE INDEX gdpr_requests_user_id ON gdpr_requests (user_id, id);
CREATE INDEX gdpr_requests_request_type ON gdpr_requests (request_type, id);
CREATE INDEX gdpr_requests_status ON gdpr_requests (status, id);
CREATE INDEX gdpr_requests_requested_at ON gdpr_requests (requested_at, id);
CREATE INDEX gdpr_requests_due_at ON gdpr_requests (due_at, id);
CREATE INDEX gdpr_requests_created_at ON gdpr_requests (created_at, id);

CREATE TABLE audit_logs (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    user_id TEXT REFERENCES users (id) ON DELETE RESTRICT,
    actor_role TEXT NOT NULL,
    impersonator_id TEXT REFERENCES users (id) ON DELETE RESTRICT,
    api_key_id TEXT REFERENCES api_keys (id) ON DELETE RESTRICT,
    action TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id TEXT,
    old_values TEXT CHECK (old_values IS NULL OR json_valid(old_values)),
    new_values TEXT CHECK (new_values IS NULL OR json_valid(new_values)),
    outcome TEXT NOT NULL DEFAULT 'success' CONSTRAINT audit_logs_outcome_choice CHECK (outcome IN ('success', 'denied', 'failure')),
    request_id TEXT,
    session_id TEXT,
    ip_address TEXT,
    user_agent TEXT,
    metadata TEXT NOT NULL DEFAULT '{}' CHECK (metadata IS NULL OR json_valid(metadata)),
    created_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX audit_logs_tenant_id ON audit_logs (tenant_id, id);
CREATE INDEX audit_logs_user_id ON audit_logs (user_id, id);
CREATE INDEX audit_logs_action ON audit_logs (action, id);
CREATE INDEX audit_logs_entity_type ON audit_logs (entity_type, id);
CREATE INDEX audit_logs_entity_id ON audit_logs (entity_id, id);
CREATE INDEX audit_logs_created_at ON audit_logs (created_at, id);
CREATE INDEX audit_logs_tenant_id_created_at ON audit_logs (tenant_id, created_at);
CREATE INDEX audit_logs_session_id_created_at ON audit_logs (session_id, created_at) WHERE impersonator_id IS NOT NULL;
CREATE INDEX audit_logs_entity_type_entity_id_created_at ON audit_logs (entity_type, entity_id, created_at);
CREATE TRIGGER audit_logs_accepts_no_update BEFORE UPDATE ON audit_logs
BEGIN SELECT RAISE(ABORT, 'audit_logs accepts no UPDATE'); END;
CREATE TRIGGER audit_logs_accepts_no_delete BEFORE DELETE ON audit_logs
BEGIN SELECT RAISE(ABORT, 'audit_logs accepts no DELETE'); END;
CREATE TRIGGER audit_logs_accepts_no_replace BEFORE INSERT ON audit_logs
WHEN EXISTS (SELECT 1 FROM audit_logs WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit_logs accepts no REPLACE'); END;

CREATE TABLE events (
    id TEXT PRIMARY KEY NOT NULL,
    position INTEGER,
    type TEXT NOT NULL,
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    entity_type TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    entity_revision INTEGER,
    audience INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_position_unique ON events (position);
CREATE INDEX events_created_at ON events (created_at, id);
CREATE INDEX events_created_at_id ON events (created_at, id) WHERE position IS NULL;

CREATE TABLE jobs (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CONSTRAINT jobs_kind_choice CHECK (kind IN ('provision_tenant', 'sync_tenant_access', 'sync_plan_access', 'cancel_tenant', 'delete_tenant', 'rollback_provisioning', 'migrate_fleet', 'find_drift', 'keep_service_promise', 'back_up_tenant', 'restore_backup', 'move_tenant', 'send_mail')),
    tenant_id TEXT REFERENCES tenants (id) ON DELETE RESTRICT,
    status TEXT NOT NULL DEFAULT 'queued' CONSTRAINT jobs_status_choice CHECK (status IN ('queued', 'running', 'completed', 'failed', 'rolled_back')),
    parameters TEXT NOT NULL DEFAULT '{}' CHECK (parameters IS NULL OR json_valid(parameters)),
    steps TEXT NOT NULL DEFAULT '[]' CHECK (steps IS NULL OR json_valid(steps)),
    progress_done INTEGER NOT NULL DEFAULT 0,
    progress_total INTEGER NOT NULL DEFAULT 0,
    progress_note TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    attempts_max INTEGER NOT NULL DEFAULT 10,
    error TEXT,
    run_at INTEGER NOT NULL,
    lease_until INTEGER,
    leased_by TEXT,
    finished_at INTEGER,
    requested_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX jobs_kind ON jobs (kind, id);
CREATE INDEX jobs_tenant_id ON jobs (tenant_id, id);
CREATE INDEX jobs_status ON jobs (status, id);
CREATE INDEX jobs_created_at ON jobs (created_at, id);
CREATE INDEX jobs_run_at_id ON jobs (run_at, id) WHERE status IN ('queued', 'running');

CREATE TABLE fleet_migrations (
    id TEXT PRIMARY KEY NOT NULL,
    canary INTEGER NOT NULL DEFAULT 1,
    canary_tenants TEXT NOT NULL DEFAULT '[]' CHECK (canary_tenants IS NULL OR json_valid(canary_tenants)),
    parallel INTEGER NOT NULL DEFAULT 8,
    budget INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'running' CONSTRAINT fleet_migrations_status_choice CHECK (status IN ('running', 'halted', 'completed')),
    wave TEXT NOT NULL DEFAULT 'canary' CONSTRAINT fleet_migrations_wave_choice CHECK (wave IN ('canary', 'rest')),
    target_version INTEGER NOT NULL,
    target_fingerprint TEXT NOT NULL,
    fleet_size INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    waits_for TEXT,
    waits_since INTEGER,
    first_error TEXT,
    halted_because TEXT,
    finished_at INTEGER,
    created_by TEXT REFERENCES users (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX fleet_migrations_status ON fleet_migrations (status, id);
CREATE INDEX fleet_migrations_created_at ON fleet_migrations (created_at, id);

CREATE TABLE tenant_schemas (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
    status TEXT NOT NULL DEFAULT 'pending' CONSTRAINT tenant_schemas_status_choice CHECK (status IN ('migrated', 'failed', 'pending')),
    version INTEGER,
    name TEXT,
    checksum TEXT,
    fingerprint TEXT,
    applied_at INTEGER,
    duration_ms INTEGER,
    error TEXT,
    fleet_migration_id TEXT REFERENCES fleet_migrations (id) ON DELETE RESTRICT,
    drifted INTEGER CHECK (drifted IN (0, 1)),
    drift TEXT CHECK (drift IS NULL OR json_valid(drift)),
    drift_checked_at INTEGER,
    lease_until INTEGER,
    leased_at INTEGER,
    leased_by TEXT REFERENCES fleet_migrations (id) ON DELETE RESTRICT,
    lease_job_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX tenant_schemas_tenant_id_unique ON tenant_schemas (tenant_id);
CREATE INDEX tenant_schemas_status ON tenant_schemas (status, id);
CREATE INDEX tenant_schemas_version ON tenant_schemas (version, id);
CREATE INDEX tenant_schemas_fingerprint ON tenant_schemas (fingerprint, id);
CREATE INDEX tenant_schemas_fleet_migration_id ON tenant_schemas (fleet_migration_id, id);
CREATE INDEX tenant_schemas_drifted ON tenant_schemas (drifted, id);
CREATE INDEX tenant_schemas_created_at ON tenant_schemas (created_at, id);

CREATE TABLE schedules (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    every_seconds INTEGER NOT NULL,
    next_run_at INTEGER NOT NULL,
    last_started_at INTEGER,
    last_finished_at INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX schedules_name_unique ON schedules (name);
CREATE INDEX schedules_next_run_at ON schedules (next_run_at, id);
CREATE INDEX schedules_created_at ON schedules (created_at, id);

CREATE TABLE subject_keys (
    id TEXT PRIMARY KEY NOT NULL,
    subject_id TEXT NOT NULL,
    key_sealed TEXT,
    destroyed_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT subject_key_destroyed_is_gone CHECK ((destroyed_at IS NULL) = (key_sealed IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX subject_keys_subject_id_unique ON subject_keys (subject_id);

CREATE TABLE idempotency_keys (
    id TEXT PRIMARY KEY NOT NULL,
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL DEFAULT '',
    body TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at, id);
CREATE UNIQUE INDEX idempotency_keys_actor_key_unique ON idempotency_keys (actor, key);

CREATE TABLE throttles (
    bucket TEXT PRIMARY KEY NOT NULL,
    full_at_ms INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX throttles_used_at ON throttles (used_at);
