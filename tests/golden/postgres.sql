
CREATE TABLE plans (
    id uuid PRIMARY KEY NOT NULL,
    name text COLLATE "C" NOT NULL,
    display_name text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    price_monthly bigint NOT NULL DEFAULT 0,
    price_yearly bigint NOT NULL DEFAULT 0,
    currency text COLLATE "C" NOT NULL DEFAULT 'USD',
    max_users bigint NOT NULL,
    max_storage_gb bigint NOT NULL,
    max_monthly_emails bigint NOT NULL DEFAULT 1000,
    max_monthly_whatsapp bigint NOT NULL DEFAULT 100,
    max_monthly_api_calls bigint NOT NULL DEFAULT 10000,
    db_connection_pool_size bigint NOT NULL DEFAULT 10,
    db_statement_timeout_s bigint NOT NULL DEFAULT 0,
    features jsonb NOT NULL DEFAULT '[]',
    enabled_modules jsonb NOT NULL DEFAULT '[]',
    stripe_price_id_monthly text COLLATE "C",
    stripe_price_id_yearly text COLLATE "C",
    is_active boolean NOT NULL DEFAULT true,
    is_visible boolean NOT NULL DEFAULT true,
    sort_order bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* name, display_name; folding 2 */,
    CONSTRAINT plan_prices_not_negative CHECK (price_monthly >= 0 AND price_yearly >= 0),
    CONSTRAINT plan_limits_not_negative CHECK (max_users >= 1 AND max_storage_gb >= 0 AND max_monthly_emails >= 0 AND max_monthly_whatsapp >= 0 AND max_monthly_api_calls >= 0)
);
CREATE UNIQUE INDEX plans_name_unique ON plans (name);
CREATE INDEX plans_is_active ON plans (is_active, id);
CREATE INDEX plans_is_visible ON plans (is_visible, id);
CREATE INDEX plans_sort_order ON plans (sort_order, id);
CREATE INDEX plans_created_at ON plans (created_at, id);

CREATE TABLE database_hosts (
    id uuid PRIMARY KEY NOT NULL,
    name text COLLATE "C" NOT NULL,
    region text COLLATE "C",
    host text COLLATE "C",
    port bigint,
    folder text COLLATE "C",
    admin_url_encrypted text COLLATE "C",
    capacity bigint,
    weight bigint NOT NULL DEFAULT 100,
    pool_size bigint NOT NULL DEFAULT 0,
    status text COLLATE "C" NOT NULL DEFAULT 'active',
    database_count bigint NOT NULL DEFAULT 0,
    is_healthy boolean NOT NULL DEFAULT true,
    checked_at timestamptz,
    latency_ms bigint,
    last_error text COLLATE "C",
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* name, region; folding 2 */,
    CONSTRAINT database_hosts_status_choice CHECK (status IN ('active', 'draining', 'offline')),
    CONSTRAINT database_host_count_not_negative CHECK (database_count >= 0)
);
CREATE UNIQUE INDEX database_hosts_name_unique ON database_hosts (name);
CREATE INDEX database_hosts_region ON database_hosts (region NULLS FIRST, id);
CREATE UNIQUE INDEX database_hosts_folder_unique ON database_hosts (folder NULLS FIRST);
CREATE INDEX database_hosts_status ON database_hosts (status, id);
CREATE INDEX database_hosts_is_healthy ON database_hosts (is_healthy, id);
CREATE INDEX database_hosts_created_at ON database_hosts (created_at, id);
CREATE UNIQUE INDEX database_hosts_host_port_unique ON database_hosts (host NULLS FIRST, port NULLS FIRST);

CREATE TABLE pooled_databases (
    id uuid PRIMARY KEY NOT NULL,
    database_host_id uuid NOT NULL,
    db_name text COLLATE "C" NOT NULL,
    db_password_encrypted text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'making',
    schema_fingerprint text COLLATE "C",
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT pooled_databases_status_choice CHECK (status IN ('making', 'ready', 'leaving'))
);
CREATE INDEX pooled_databases_database_host_id ON pooled_databases (database_host_id, id);
CREATE UNIQUE INDEX pooled_databases_db_name_unique ON pooled_databases (db_name);

CREATE TABLE tenants (
    id uuid PRIMARY KEY NOT NULL,
    name text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL,
    company_legal_name text COLLATE "C",
    tax_id text COLLATE "C",
    industry text COLLATE "C",
    company_size text COLLATE "C",
    plan_id uuid NOT NULL,
    plan_type text COLLATE "C" NOT NULL,
    plan_status text COLLATE "C" NOT NULL DEFAULT 'trial',
    service_level text COLLATE "C" NOT NULL DEFAULT 'full',
    chosen_service_level text COLLATE "C" NOT NULL DEFAULT 'full',
    service_level_reason text COLLATE "C",
    service_level_until timestamptz,
    service_level_next text COLLATE "C",
    trial_ends_at timestamptz,
    subscription_starts_at timestamptz,
    subscription_ends_at timestamptz,
    region text COLLATE "C",
    database_host_id uuid,
    db_name text COLLATE "C" NOT NULL,
    db_host text COLLATE "C",
    db_port bigint,
    db_username text COLLATE "C",
    db_password_encrypted text COLLATE "C",
    db_connection_pool_size bigint,
    db_statement_timeout_s bigint,
    billing_email text COLLATE "C" NOT NULL,
    billing_contact_name text COLLATE "C",
    billing_address text COLLATE "C",
    billing_city text COLLATE "C",
    billing_state text COLLATE "C",
    billing_country text COLLATE "C" NOT NULL DEFAULT 'CO',
    billing_postal_code text COLLATE "C",
    primary_contact_name text COLLATE "C",
    primary_contact_email text COLLATE "C",
    primary_contact_phone text COLLATE "C",
    timezone text COLLATE "C" NOT NULL DEFAULT 'America/Bogota',
    requires_second_factor boolean NOT NULL DEFAULT false,
    max_users bigint NOT NULL DEFAULT 1,
    max_storage_gb bigint NOT NULL DEFAULT 0,
    max_monthly_emails bigint NOT NULL DEFAULT 0,
    max_monthly_whatsapp bigint NOT NULL DEFAULT 0,
    max_monthly_api_calls bigint NOT NULL DEFAULT 0,
    current_users bigint NOT NULL DEFAULT 0,
    current_storage_gb bigint NOT NULL DEFAULT 0,
    current_monthly_emails bigint NOT NULL DEFAULT 0,
    current_monthly_whatsapp bigint NOT NULL DEFAULT 0,
    current_monthly_api_calls bigint NOT NULL DEFAULT 0,
    usage_month date,
    is_active boolean NOT NULL DEFAULT false,
    is_suspended boolean NOT NULL DEFAULT false,
    suspension_reason text COLLATE "C",
    suspended_at timestamptz,
    status_before_suspension text COLLATE "C",
    cancellation_reason text COLLATE "C",
    cancelled_at timestamptz,
    deletes_at timestamptz,
    deleted_at timestamptz,
    provisioning_status text COLLATE "C" NOT NULL DEFAULT 'pending',
    provisioning_error text COLLATE "C",
    provisioning_attempts bigint NOT NULL DEFAULT 0,
    provisioned_at timestamptz,
    lease_epoch bigint NOT NULL DEFAULT 1,
    enabled_modules jsonb NOT NULL DEFAULT '[]',
    settings jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    referral_source text COLLATE "C",
    notes text COLLATE "C",
    cloned_from uuid,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* name, slug, company_legal_name, billing_email, primary_contact_name; folding 2 */,
    CONSTRAINT tenants_plan_status_choice CHECK (plan_status IN ('trial', 'active', 'past_due', 'suspended', 'cancelled')),
    CONSTRAINT tenants_service_level_choice CHECK (service_level IN ('full', 'warned', 'read_only', 'export_only', 'off')),
    CONSTRAINT tenants_chosen_service_level_choice CHECK (chosen_service_level IN ('full', 'warned', 'read_only', 'export_only', 'off')),
    CONSTRAINT tenants_service_level_next_choice CHECK (service_level_next IN ('full', 'warned', 'read_only', 'export_only', 'off')),
    CONSTRAINT tenants_status_before_suspension_choice CHECK (status_before_suspension IN ('trial', 'active', 'past_due', 'suspended', 'cancelled')),
    CONSTRAINT tenants_provisioning_status_choice CHECK (provisioning_status IN ('pending', 'provisioning', 'completed', 'failed')),
    CONSTRAINT tenant_use_not_negative CHECK (current_users >= 0 AND current_storage_gb >= 0 AND current_monthly_emails >= 0 AND current_monthly_whatsapp >= 0 AND current_monthly_api_calls >= 0),
    CONSTRAINT tenant_limits_not_negative CHECK (max_users >= 1 AND max_storage_gb >= 0 AND max_monthly_emails >= 0 AND max_monthly_whatsapp >= 0 AND max_monthly_api_calls >= 0),
    CONSTRAINT tenant_active_has_its_database CHECK (NOT is_active OR provisioning_status = 'completed'),
    CONSTRAINT tenant_active_is_alive CHECK (NOT is_active OR (plan_status NOT IN ('suspended', 'cancelled') AND deletes_at IS NULL AND deleted_at IS NULL)),
    CONSTRAINT tenant_suspended_is_marked CHECK (is_suspended = (plan_status = 'suspended'))
);
CREATE INDEX tenants_name ON tenants (name, id);
CREATE UNIQUE INDEX tenants_slug_unique ON tenants (slug);
CREATE INDEX tenants_plan_id ON tenants (plan_id, id);
CREATE INDEX tenants_plan_type ON tenants (plan_type, id);
CREATE INDEX tenants_plan_status ON tenants (plan_status, id);
CREATE INDEX tenants_service_level ON tenants (service_level, id);
CREATE INDEX tenants_trial_ends_at ON tenants (trial_ends_at NULLS FIRST, id);
CREATE INDEX tenants_database_host_id ON tenants (database_host_id NULLS FIRST, id);
CREATE UNIQUE INDEX tenants_db_name_unique ON tenants (db_name);
CREATE INDEX tenants_is_active ON tenants (is_active, id);
CREATE INDEX tenants_deletes_at ON tenants (deletes_at NULLS FIRST, id);
CREATE INDEX tenants_deleted_at ON tenants (deleted_at NULLS FIRST, id);
CREATE INDEX tenants_provisioning_status ON tenants (provisioning_status, id);
CREATE INDEX tenants_cloned_from ON tenants (cloned_from NULLS FIRST, id);
CREATE INDEX tenants_created_at ON tenants (created_at, id);

CREATE TABLE tenant_domains (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    domain text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'pending',
    is_custom boolean NOT NULL DEFAULT true,
    is_verified boolean NOT NULL DEFAULT false,
    is_primary boolean NOT NULL DEFAULT false,
    verification_token text COLLATE "C",
    verified_at timestamptz,
    claim_expires_at timestamptz,
    failures bigint NOT NULL DEFAULT 0,
    last_checked_at timestamptz,
    last_error text COLLATE "C",
    next_check_at timestamptz,
    ssl_enabled boolean NOT NULL DEFAULT false,
    ssl_expires_at timestamptz,
    ssl_checked_at timestamptz,
    ssl_warned_at timestamptz,
    ssl_error text COLLATE "C",
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* domain; folding 2 */,
    CONSTRAINT tenant_domains_status_choice CHECK (status IN ('pending', 'verified', 'lost')),
    CONSTRAINT tenant_domain_verified_has_its_time CHECK (NOT is_verified OR verified_at IS NOT NULL),
    CONSTRAINT tenant_domain_verified_is_its_status CHECK (is_verified = (status = 'verified')),
    CONSTRAINT tenant_domain_primary_is_verified CHECK (NOT is_primary OR is_verified)
);
CREATE INDEX tenant_domains_tenant_id ON tenant_domains (tenant_id, id);
CREATE INDEX tenant_domains_domain ON tenant_domains (domain, id);
CREATE INDEX tenant_domains_status ON tenant_domains (status, id);
CREATE INDEX tenant_domains_is_verified ON tenant_domains (is_verified, id);
CREATE INDEX tenant_domains_claim_expires_at ON tenant_domains (claim_expires_at NULLS FIRST, id);
CREATE INDEX tenant_domains_next_check_at ON tenant_domains (next_check_at NULLS FIRST, id);
CREATE INDEX tenant_domains_ssl_expires_at ON tenant_domains (ssl_expires_at NULLS FIRST, id);
CREATE INDEX tenant_domains_created_at ON tenant_domains (created_at, id);
CREATE UNIQUE INDEX tenant_domains_tenant_id_unique ON tenant_domains (tenant_id) WHERE is_primary;
CREATE UNIQUE INDEX tenant_domains_domain_unique ON tenant_domains (domain) WHERE is_verified;
CREATE UNIQUE INDEX tenant_domains_tenant_id_domain_unique ON tenant_domains (tenant_id, domain);

CREATE TABLE module_definitions (
    id uuid PRIMARY KEY NOT NULL,
    name text COLLATE "C" NOT NULL,
    display_name text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    icon text COLLATE "C",
    path text COLLATE "C",
    category text COLLATE "C",
    sort_order bigint NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT true,
    is_visible boolean NOT NULL DEFAULT true,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* name, display_name; folding 2 */
);
CREATE UNIQUE INDEX module_definitions_name_unique ON module_definitions (name);
CREATE INDEX module_definitions_category ON module_definitions (category NULLS FIRST, id);
CREATE INDEX module_definitions_sort_order ON module_definitions (sort_order, id);
CREATE INDEX module_definitions_is_active ON module_definitions (is_active, id);
CREATE INDEX module_definitions_created_at ON module_definitions (created_at, id);

CREATE TABLE submodule_definitions (
    id uuid PRIMARY KEY NOT NULL,
    module_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    display_name text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    icon text COLLATE "C",
    path text COLLATE "C",
    sort_order bigint NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT true,
    is_visible boolean NOT NULL DEFAULT true,
    permissions jsonb NOT NULL DEFAULT '[]',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* name, display_name; folding 2 */
);
CREATE INDEX submodule_definitions_module_id ON submodule_definitions (module_id, id);
CREATE INDEX submodule_definitions_sort_order ON submodule_definitions (sort_order, id);
CREATE INDEX submodule_definitions_is_active ON submodule_definitions (is_active, id);
CREATE INDEX submodule_definitions_created_at ON submodule_definitions (created_at, id);
CREATE UNIQUE INDEX submodule_definitions_module_id_name_unique ON submodule_definitions (module_id, name);

CREATE TABLE module_plan_assignments (
    id uuid PRIMARY KEY NOT NULL,
    plan_id uuid NOT NULL,
    module_id uuid NOT NULL,
    is_enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1
);
CREATE INDEX module_plan_assignments_plan_id ON module_plan_assignments (plan_id, id);
CREATE INDEX module_plan_assignments_module_id ON module_plan_assignments (module_id, id);
CREATE INDEX module_plan_assignments_created_at ON module_plan_assignments (created_at, id);
CREATE UNIQUE INDEX module_plan_assignments_plan_id_module_id_unique ON module_plan_assignments (plan_id, module_id);

CREATE TABLE submodule_plan_assignments (
    id uuid PRIMARY KEY NOT NULL,
    plan_id uuid NOT NULL,
    submodule_id uuid NOT NULL,
    is_enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1
);
CREATE INDEX submodule_plan_assignments_plan_id ON submodule_plan_assignments (plan_id, id);
CREATE INDEX submodule_plan_assignments_submodule_id ON submodule_plan_assignments (submodule_id, id);
CREATE INDEX submodule_plan_assignments_created_at ON submodule_plan_assignments (created_at, id);
CREATE UNIQUE INDEX submodule_plan_assignments_plan_id_submodule_id_unique ON submodule_plan_assignments (plan_id, submodule_id);

CREATE TABLE module_tenant_assignments (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    module_id uuid NOT NULL,
    is_enabled boolean NOT NULL DEFAULT true,
    starts_at timestamptz,
    ends_at timestamptz,
    is_current boolean NOT NULL DEFAULT false,
    reason text COLLATE "C" NOT NULL,
    assigned_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT module_tenant_assignment_ends_after_it_starts CHECK (starts_at IS NULL OR ends_at IS NULL OR starts_at < ends_at)
);
CREATE INDEX module_tenant_assignments_tenant_id ON module_tenant_assignments (tenant_id, id);
CREATE INDEX module_tenant_assignments_module_id ON module_tenant_assignments (module_id, id);
CREATE INDEX module_tenant_assignments_starts_at ON module_tenant_assignments (starts_at NULLS FIRST, id);
CREATE INDEX module_tenant_assignments_ends_at ON module_tenant_assignments (ends_at NULLS FIRST, id);
CREATE INDEX module_tenant_assignments_is_current ON module_tenant_assignments (is_current, id);
CREATE INDEX module_tenant_assignments_created_at ON module_tenant_assignments (created_at, id);
CREATE UNIQUE INDEX module_tenant_assignments_tenant_id_module_id_unique ON module_tenant_assignments (tenant_id, module_id);

CREATE TABLE submodule_tenant_assignments (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    submodule_id uuid NOT NULL,
    is_enabled boolean NOT NULL DEFAULT true,
    starts_at timestamptz,
    ends_at timestamptz,
    is_current boolean NOT NULL DEFAULT false,
    reason text COLLATE "C" NOT NULL,
    assigned_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT submodule_tenant_assignment_ends_after_it_starts CHECK (starts_at IS NULL OR ends_at IS NULL OR starts_at < ends_at)
);
CREATE INDEX submodule_tenant_assignments_tenant_id ON submodule_tenant_assignments (tenant_id, id);
CREATE INDEX submodule_tenant_assignments_submodule_id ON submodule_tenant_assignments (submodule_id, id);
CREATE INDEX submodule_tenant_assignments_starts_at ON submodule_tenant_assignments (starts_at NULLS FIRST, id);
CREATE INDEX submodule_tenant_assignments_ends_at ON submodule_tenant_assignments (ends_at NULLS FIRST, id);
CREATE INDEX submodule_tenant_assignments_is_current ON submodule_tenant_assignments (is_current, id);
CREATE INDEX submodule_tenant_assignments_created_at ON submodule_tenant_assignments (created_at, id);
CREATE UNIQUE INDEX submodule_tenant_assignments_tenant_id_submodule_id_unique ON submodule_tenant_assignments (tenant_id, submodule_id);

CREATE TABLE feature_flags (
    id uuid PRIMARY KEY NOT NULL,
    name text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    is_enabled boolean NOT NULL DEFAULT true,
    rollout_percentage bigint NOT NULL DEFAULT 0,
    enabled_for_tenants jsonb NOT NULL DEFAULT '[]',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* name, description; folding 2 */,
    CONSTRAINT feature_flag_share_is_a_percentage CHECK (rollout_percentage BETWEEN 0 AND 100)
);
CREATE UNIQUE INDEX feature_flags_name_unique ON feature_flags (name);
CREATE INDEX feature_flags_is_enabled ON feature_flags (is_enabled, id);
CREATE INDEX feature_flags_created_at ON feature_flags (created_at, id);

CREATE TABLE users (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid,
    email text COLLATE "C" NOT NULL,
    password_hash text COLLATE "C",
    password_key_id text COLLATE "C",
    must_change_password boolean NOT NULL DEFAULT true,
    password_is_short boolean NOT NULL DEFAULT false,
    password_changed_at timestamptz,
    session_epoch bigint NOT NULL DEFAULT 0,
    first_name text COLLATE "C",
    last_name text COLLATE "C",
    phone text COLLATE "C",
    avatar_url text COLLATE "C",
    system_role text COLLATE "C" NOT NULL DEFAULT 'tenant_admin',
    is_break_glass boolean NOT NULL DEFAULT false,
    email_verified boolean NOT NULL DEFAULT false,
    email_verified_at timestamptz,
    mfa_enabled boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    is_locked boolean NOT NULL DEFAULT false,
    locked_reason text COLLATE "C",
    locked_at timestamptz,
    locked_until timestamptz,
    lock_count bigint NOT NULL DEFAULT 0,
    login_attempts bigint NOT NULL DEFAULT 0,
    last_login_at timestamptz,
    last_login_ip text COLLATE "C",
    language text COLLATE "C" NOT NULL DEFAULT 'es',
    timezone text COLLATE "C" NOT NULL DEFAULT 'America/Bogota',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* email, first_name, last_name; folding 2 */,
    CONSTRAINT users_system_role_choice CHECK (system_role IN ('super_admin', 'support', 'billing_admin', 'tenant_admin')),
    CONSTRAINT user_staff_has_no_tenant CHECK ((system_role = 'tenant_admin') = (tenant_id IS NOT NULL)),
    CONSTRAINT user_break_glass_is_super_admin CHECK (NOT is_break_glass OR system_role = 'super_admin'),
    CONSTRAINT user_locked_has_its_time CHECK (NOT is_locked OR locked_at IS NOT NULL)
);
CREATE INDEX users_tenant_id ON users (tenant_id NULLS FIRST, id);
CREATE INDEX users_system_role ON users (system_role, id);
CREATE INDEX users_is_break_glass ON users (is_break_glass, id);
CREATE INDEX users_is_active ON users (is_active, id);
CREATE INDEX users_is_locked ON users (is_locked, id);
CREATE INDEX users_last_login_at ON users (last_login_at NULLS FIRST, id);
CREATE INDEX users_created_at ON users (created_at, id);
CREATE UNIQUE INDEX users_email_unique ON users (email) WHERE deleted_at IS NULL;

CREATE TABLE user_sessions (
    id uuid PRIMARY KEY NOT NULL,
    user_id uuid NOT NULL,
    tenant_id uuid,
    impersonator_id uuid,
    token_hash text COLLATE "C" NOT NULL,
    previous_token_hash text COLLATE "C",
    rotated_at timestamptz,
    successor_sealed text COLLATE "C",
    device_name text COLLATE "C",
    device_type text COLLATE "C",
    ip_address text COLLATE "C",
    user_agent text COLLATE "C",
    is_active boolean NOT NULL DEFAULT true,
    amr jsonb NOT NULL DEFAULT '["pwd"]',
    authenticated_at timestamptz,
    last_activity_at timestamptz,
    expires_at timestamptz NOT NULL,
    idle_expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_reason text COLLATE "C",
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT user_session_ended_has_its_time CHECK (is_active = (ended_at IS NULL))
);
CREATE INDEX user_sessions_user_id ON user_sessions (user_id, id);
CREATE INDEX user_sessions_tenant_id ON user_sessions (tenant_id NULLS FIRST, id);
CREATE INDEX user_sessions_impersonator_id ON user_sessions (impersonator_id NULLS FIRST, id);
CREATE UNIQUE INDEX user_sessions_token_hash_unique ON user_sessions (token_hash);
CREATE INDEX user_sessions_previous_token_hash ON user_sessions (previous_token_hash NULLS FIRST, id);
CREATE INDEX user_sessions_is_active ON user_sessions (is_active, id);
CREATE INDEX user_sessions_expires_at ON user_sessions (expires_at, id);
CREATE INDEX user_sessions_idle_expires_at ON user_sessions (idle_expires_at, id);
CREATE INDEX user_sessions_created_at ON user_sessions (created_at, id);

CREATE TABLE identity_providers (
    id uuid PRIMARY KEY NOT NULL,
    name text COLLATE "C" NOT NULL,
    display_name text COLLATE "C" NOT NULL,
    issuer text COLLATE "C" NOT NULL,
    client_id text COLLATE "C" NOT NULL,
    client_secret_encrypted text COLLATE "C",
    scopes text COLLATE "C" NOT NULL DEFAULT 'openid email profile',
    role_claim text COLLATE "C" NOT NULL DEFAULT 'groups',
    role_rules jsonb NOT NULL,
    creates_people boolean NOT NULL DEFAULT false,
    links_by_email boolean NOT NULL DEFAULT false,
    allows_private_network boolean NOT NULL DEFAULT false,
    is_enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* name, display_name; folding 2 */
);
CREATE UNIQUE INDEX identity_providers_name_unique ON identity_providers (name);
CREATE INDEX identity_providers_is_enabled ON identity_providers (is_enabled, id);
CREATE INDEX identity_providers_created_at ON identity_providers (created_at, id);

CREATE TABLE provider_identities (
    id uuid PRIMARY KEY NOT NULL,
    user_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    subject text COLLATE "C" NOT NULL,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1
);
CREATE INDEX provider_identities_user_id ON provider_identities (user_id, id);
CREATE INDEX provider_identities_provider_id ON provider_identities (provider_id, id);
CREATE INDEX provider_identities_created_at ON provider_identities (created_at, id);
CREATE UNIQUE INDEX provider_identities_provider_id_subject_unique ON provider_identities (provider_id, subject);

CREATE TABLE provider_sign_ins (
    id uuid PRIMARY KEY NOT NULL,
    session_id uuid,
    provider_id uuid NOT NULL,
    nonce_hash text COLLATE "C" NOT NULL,
    provider_session text COLLATE "C",
    id_token_sealed text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX provider_sign_ins_session_id_unique ON provider_sign_ins (session_id NULLS FIRST);
CREATE INDEX provider_sign_ins_provider_id ON provider_sign_ins (provider_id, id);
CREATE UNIQUE INDEX provider_sign_ins_nonce_hash_unique ON provider_sign_ins (nonce_hash);
CREATE INDEX provider_sign_ins_provider_session ON provider_sign_ins (provider_session NULLS FIRST, id);
CREATE INDEX provider_sign_ins_created_at ON provider_sign_ins (created_at, id);

CREATE TABLE user_passkeys (
    id uuid PRIMARY KEY NOT NULL,
    user_id uuid NOT NULL,
    tenant_id uuid,
    name text COLLATE "C" NOT NULL,
    credential_id text COLLATE "C" NOT NULL,
    public_key text COLLATE "C" NOT NULL,
    algorithm text COLLATE "C" NOT NULL,
    transports jsonb NOT NULL DEFAULT '[]',
    user_verified boolean NOT NULL,
    sign_count bigint NOT NULL,
    cloned_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT user_passkeys_algorithm_choice CHECK (algorithm IN ('es256', 'eddsa', 'rs256'))
);
CREATE INDEX user_passkeys_user_id ON user_passkeys (user_id, id);
CREATE INDEX user_passkeys_tenant_id ON user_passkeys (tenant_id NULLS FIRST, id);
CREATE UNIQUE INDEX user_passkeys_credential_id_unique ON user_passkeys (credential_id);
CREATE INDEX user_passkeys_created_at ON user_passkeys (created_at, id);

CREATE TABLE totp_seeds (
    id uuid PRIMARY KEY NOT NULL,
    user_id uuid NOT NULL,
    seed_sealed text COLLATE "C" NOT NULL,
    last_step bigint NOT NULL DEFAULT 0,
    confirmed_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX totp_seeds_user_id ON totp_seeds (user_id, id);
CREATE UNIQUE INDEX totp_seeds_user_id_unique ON totp_seeds (user_id) WHERE confirmed_at IS NOT NULL;

CREATE TABLE recovery_codes (
    id uuid PRIMARY KEY NOT NULL,
    user_id uuid NOT NULL,
    code_hash text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX recovery_codes_user_id ON recovery_codes (user_id, id);
CREATE UNIQUE INDEX recovery_codes_code_hash_unique ON recovery_codes (code_hash);

CREATE TABLE second_factor_tickets (
    id uuid PRIMARY KEY NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid,
    provider_sign_in_id uuid,
    token_hash text COLLATE "C" NOT NULL,
    amr jsonb NOT NULL,
    device text COLLATE "C",
    epoch bigint NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX second_factor_tickets_user_id ON second_factor_tickets (user_id, id);
CREATE INDEX second_factor_tickets_session_id ON second_factor_tickets (session_id NULLS FIRST, id);
CREATE INDEX second_factor_tickets_provider_sign_in_id ON second_factor_tickets (provider_sign_in_id NULLS FIRST, id);
CREATE UNIQUE INDEX second_factor_tickets_token_hash_unique ON second_factor_tickets (token_hash);
CREATE INDEX second_factor_tickets_expires_at ON second_factor_tickets (expires_at, id);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY NOT NULL,
    name text COLLATE "C" NOT NULL,
    prefix text COLLATE "C" NOT NULL,
    key_hash text COLLATE "C" NOT NULL,
    previous_key_hash text COLLATE "C",
    previous_ends_at timestamptz,
    rotated_at timestamptz,
    scopes jsonb NOT NULL,
    tenant_id uuid,
    tenant_ids jsonb NOT NULL DEFAULT '[]',
    expires_at timestamptz,
    last_used_at timestamptz,
    request_count bigint NOT NULL DEFAULT 0,
    revoked_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* name; folding 2 */
);
CREATE UNIQUE INDEX api_keys_prefix_unique ON api_keys (prefix);
CREATE UNIQUE INDEX api_keys_key_hash_unique ON api_keys (key_hash);
CREATE UNIQUE INDEX api_keys_previous_key_hash_unique ON api_keys (previous_key_hash NULLS FIRST);
CREATE INDEX api_keys_previous_ends_at ON api_keys (previous_ends_at NULLS FIRST, id);
CREATE INDEX api_keys_tenant_id ON api_keys (tenant_id NULLS FIRST, id);
CREATE INDEX api_keys_created_at ON api_keys (created_at, id);

CREATE TABLE impersonations (
    id uuid PRIMARY KEY NOT NULL,
    impersonator_id uuid NOT NULL,
    user_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    session_id uuid NOT NULL,
    reason text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_reason text COLLATE "C",
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1
);
CREATE INDEX impersonations_impersonator_id ON impersonations (impersonator_id, id);
CREATE INDEX impersonations_user_id ON impersonations (user_id, id);
CREATE INDEX impersonations_tenant_id ON impersonations (tenant_id, id);
CREATE UNIQUE INDEX impersonations_session_id_unique ON impersonations (session_id);
CREATE INDEX impersonations_created_at ON impersonations (created_at, id);

CREATE TABLE outgoing_mails (
    id uuid PRIMARY KEY NOT NULL,
    kind text COLLATE "C" NOT NULL,
    user_id uuid,
    recipient text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'queued',
    content text COLLATE "C",
    attempts bigint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    error text COLLATE "C",
    sent_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT outgoing_mails_kind_choice CHECK (kind IN ('reset_password', 'invitation', 'impersonation', 'verify_email', 'confirm_new_email', 'confirm_old_email', 'email_changed', 'password_changed', 'second_factors_changed', 'new_device', 'session_ended', 'account_locked', 'passkey_cloned', 'usage_warning')),
    CONSTRAINT outgoing_mails_status_choice CHECK (status IN ('queued', 'sent', 'failed', 'void'))
);
CREATE INDEX outgoing_mails_kind ON outgoing_mails (kind, id);
CREATE INDEX outgoing_mails_user_id ON outgoing_mails (user_id NULLS FIRST, id);
CREATE INDEX outgoing_mails_status ON outgoing_mails (status, id);
CREATE INDEX outgoing_mails_created_at ON outgoing_mails (created_at, id);
CREATE INDEX outgoing_mails_next_attempt_at_id ON outgoing_mails (next_attempt_at, id) WHERE status = 'queued';

CREATE TABLE mailed_links (
    id uuid PRIMARY KEY NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    user_id uuid,
    token_hash text COLLATE "C" NOT NULL,
    epoch bigint NOT NULL,
    is_shown boolean NOT NULL DEFAULT false,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT mailed_links_purpose_choice CHECK (purpose IN ('reset_password', 'invitation', 'impersonation', 'verify_email', 'confirm_new_email', 'confirm_old_email', 'email_changed', 'password_changed', 'second_factors_changed', 'new_device', 'session_ended', 'account_locked', 'passkey_cloned', 'usage_warning'))
);
CREATE INDEX mailed_links_user_id ON mailed_links (user_id NULLS FIRST, id);
CREATE UNIQUE INDEX mailed_links_token_hash_unique ON mailed_links (token_hash);
CREATE INDEX mailed_links_expires_at ON mailed_links (expires_at, id);

CREATE TABLE email_changes (
    id uuid PRIMARY KEY NOT NULL,
    user_id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    old_confirmed_at timestamptz,
    new_confirmed_at timestamptz,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX email_changes_user_id_unique ON email_changes (user_id);
CREATE INDEX email_changes_expires_at ON email_changes (expires_at, id);

CREATE TABLE subscriptions (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    billing_cycle text COLLATE "C" NOT NULL DEFAULT 'monthly',
    amount bigint NOT NULL,
    discount_amount bigint NOT NULL DEFAULT 0,
    total_amount bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    current_period_start timestamptz NOT NULL,
    current_period_end timestamptz NOT NULL,
    trial_start timestamptz,
    trial_end timestamptz,
    cancel_at_period_end boolean NOT NULL DEFAULT false,
    cancelled_at timestamptz,
    cancellation_reason text COLLATE "C",
    stripe_subscription_id text COLLATE "C",
    stripe_customer_id text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT subscriptions_billing_cycle_choice CHECK (billing_cycle IN ('monthly', 'yearly')),
    CONSTRAINT subscriptions_status_choice CHECK (status IN ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'cancelled', 'unpaid')),
    CONSTRAINT subscription_period_has_length CHECK (current_period_start < current_period_end),
    CONSTRAINT subscription_total_is_what_is_left CHECK (total_amount = amount - discount_amount AND discount_amount >= 0 AND total_amount >= 0)
);
CREATE INDEX subscriptions_tenant_id ON subscriptions (tenant_id, id);
CREATE INDEX subscriptions_plan_id ON subscriptions (plan_id, id);
CREATE INDEX subscriptions_status ON subscriptions (status, id);
CREATE INDEX subscriptions_current_period_end ON subscriptions (current_period_end, id);
CREATE INDEX subscriptions_created_at ON subscriptions (created_at, id);
CREATE UNIQUE INDEX subscriptions_tenant_id_unique ON subscriptions (tenant_id) WHERE status <> 'cancelled';
CREATE UNIQUE INDEX subscriptions_stripe_subscription_id_unique ON subscriptions (stripe_subscription_id NULLS FIRST) WHERE stripe_subscription_id IS NOT NULL;

CREATE TABLE invoices (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    subscription_id uuid,
    invoice_number text COLLATE "C",
    amount_subtotal bigint NOT NULL DEFAULT 0,
    amount_discount bigint NOT NULL DEFAULT 0,
    amount_tax bigint NOT NULL DEFAULT 0,
    amount_total bigint NOT NULL DEFAULT 0,
    currency text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'draft',
    issued_at timestamptz,
    due_date date,
    paid_at timestamptz,
    line_items jsonb NOT NULL DEFAULT '[]',
    notes text COLLATE "C",
    stripe_invoice_id text COLLATE "C",
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* invoice_number; folding 2 */,
    CONSTRAINT invoices_status_choice CHECK (status IN ('draft', 'pending', 'paid', 'failed', 'void', 'uncollectible')),
    CONSTRAINT invoice_final_has_number CHECK (status = 'draft' OR (invoice_number IS NOT NULL AND issued_at IS NOT NULL)),
    CONSTRAINT invoice_paid_has_its_time CHECK (status <> 'paid' OR paid_at IS NOT NULL)
);
CREATE INDEX invoices_tenant_id ON invoices (tenant_id, id);
CREATE INDEX invoices_subscription_id ON invoices (subscription_id NULLS FIRST, id);
CREATE UNIQUE INDEX invoices_invoice_number_unique ON invoices (invoice_number NULLS FIRST);
CREATE INDEX invoices_status ON invoices (status, id);
CREATE INDEX invoices_issued_at ON invoices (issued_at NULLS FIRST, id);
CREATE INDEX invoices_due_date ON invoices (due_date NULLS FIRST, id);
CREATE INDEX invoices_created_at ON invoices (created_at, id);
CREATE INDEX invoices_tenant_id_status_issued_at ON invoices (tenant_id, status, issued_at NULLS FIRST);
CREATE UNIQUE INDEX invoices_stripe_invoice_id_unique ON invoices (stripe_invoice_id NULLS FIRST) WHERE stripe_invoice_id IS NOT NULL;

CREATE TABLE payment_methods (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    type text COLLATE "C" NOT NULL,
    card_brand text COLLATE "C",
    card_last4 text COLLATE "C",
    card_exp_month bigint,
    card_exp_year bigint,
    bank_name text COLLATE "C",
    account_last4 text COLLATE "C",
    is_default boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    stripe_payment_method_id text COLLATE "C",
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT payment_methods_type_choice CHECK (type IN ('card', 'bank_account')),
    CONSTRAINT payment_method_default_is_active CHECK (NOT is_default OR is_active)
);
CREATE INDEX payment_methods_tenant_id ON payment_methods (tenant_id, id);
CREATE INDEX payment_methods_created_at ON payment_methods (created_at, id);
CREATE UNIQUE INDEX payment_methods_tenant_id_unique ON payment_methods (tenant_id) WHERE is_default;

CREATE TABLE support_tickets (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid,
    ticket_number text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL DEFAULT 'general',
    priority text COLLATE "C" NOT NULL DEFAULT 'medium',
    status text COLLATE "C" NOT NULL DEFAULT 'open',
    tags jsonb NOT NULL DEFAULT '[]',
    created_by uuid NOT NULL,
    assigned_to uuid,
    assigned_at timestamptz,
    first_response_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* ticket_number, subject, description; folding 2 */,
    CONSTRAINT support_tickets_priority_choice CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    CONSTRAINT support_tickets_status_choice CHECK (status IN ('open', 'in_progress', 'pending_customer', 'resolved', 'closed'))
);
CREATE INDEX support_tickets_tenant_id ON support_tickets (tenant_id NULLS FIRST, id);
CREATE UNIQUE INDEX support_tickets_ticket_number_unique ON support_tickets (ticket_number);
CREATE INDEX support_tickets_category ON support_tickets (category, id);
CREATE INDEX support_tickets_priority ON support_tickets (priority, id);
CREATE INDEX support_tickets_status ON support_tickets (status, id);
CREATE INDEX support_tickets_created_by ON support_tickets (created_by, id);
CREATE INDEX support_tickets_assigned_to ON support_tickets (assigned_to NULLS FIRST, id);
CREATE INDEX support_tickets_created_at ON support_tickets (created_at, id);
CREATE INDEX support_tickets_tenant_id_status_created_at ON support_tickets (tenant_id NULLS FIRST, status, created_at);
CREATE INDEX support_tickets_status_priority_created_at ON support_tickets (status, priority, created_at);

CREATE TABLE ticket_messages (
    id uuid PRIMARY KEY NOT NULL,
    ticket_id uuid NOT NULL,
    tenant_id uuid,
    user_id uuid NOT NULL,
    is_staff boolean NOT NULL DEFAULT false,
    content text COLLATE "C" NOT NULL,
    is_internal boolean NOT NULL DEFAULT false,
    attachments jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT ticket_message_notes_are_staffs CHECK (NOT is_internal OR is_staff)
);
CREATE INDEX ticket_messages_ticket_id ON ticket_messages (ticket_id, id);
CREATE INDEX ticket_messages_tenant_id ON ticket_messages (tenant_id NULLS FIRST, id);
CREATE INDEX ticket_messages_user_id ON ticket_messages (user_id, id);
CREATE INDEX ticket_messages_created_at ON ticket_messages (created_at, id);
CREATE INDEX ticket_messages_ticket_id_created_at ON ticket_messages (ticket_id, created_at);

CREATE TABLE tenant_usage_daily (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    date date NOT NULL,
    active_users bigint NOT NULL DEFAULT 0,
    storage_used_gb bigint NOT NULL DEFAULT 0,
    emails_sent bigint NOT NULL DEFAULT 0,
    whatsapp_messages_sent bigint NOT NULL DEFAULT 0,
    api_calls_made bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT tenant_usage_counts_not_negative CHECK (active_users >= 0 AND storage_used_gb >= 0 AND emails_sent >= 0 AND whatsapp_messages_sent >= 0 AND api_calls_made >= 0)
);
CREATE INDEX tenant_usage_daily_tenant_id ON tenant_usage_daily (tenant_id, id);
CREATE INDEX tenant_usage_daily_date ON tenant_usage_daily (date, id);
CREATE UNIQUE INDEX tenant_usage_daily_tenant_id_date_unique ON tenant_usage_daily (tenant_id, date);

CREATE TABLE tenant_backups (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'pending',
    engine text COLLATE "C" NOT NULL,
    folder text COLLATE "C",
    file text COLLATE "C",
    size bigint,
    sha256 text COLLATE "C",
    row_count bigint,
    tables jsonb NOT NULL DEFAULT '[]',
    schema_version bigint,
    db_host text COLLATE "C",
    error text COLLATE "C",
    completed_at timestamptz,
    expires_at timestamptz,
    requested_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT tenant_backups_kind_choice CHECK (kind IN ('backup', 'export')),
    CONSTRAINT tenant_backups_status_choice CHECK (status IN ('pending', 'completed', 'failed', 'removed')),
    CONSTRAINT tenant_backups_engine_choice CHECK (engine IN ('sqlite', 'postgres')),
    CONSTRAINT tenant_backup_completed_has_its_file CHECK (status <> 'completed' OR (folder IS NOT NULL AND file IS NOT NULL AND sha256 IS NOT NULL AND completed_at IS NOT NULL))
);
CREATE INDEX tenant_backups_tenant_id ON tenant_backups (tenant_id, id);
CREATE INDEX tenant_backups_kind ON tenant_backups (kind, id);
CREATE INDEX tenant_backups_status ON tenant_backups (status, id);
CREATE INDEX tenant_backups_completed_at ON tenant_backups (completed_at NULLS FIRST, id);
CREATE INDEX tenant_backups_expires_at ON tenant_backups (expires_at NULLS FIRST, id);
CREATE INDEX tenant_backups_created_at ON tenant_backups (created_at, id);

CREATE TABLE usage_warnings (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    metric text COLLATE "C" NOT NULL,
    percent bigint NOT NULL,
    month date,
    used bigint NOT NULL,
    allowed bigint NOT NULL,
    ended_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT usage_warnings_metric_choice CHECK (metric IN ('users', 'storage_gb', 'monthly_emails', 'monthly_whatsapp', 'monthly_api_calls'))
);
CREATE INDEX usage_warnings_tenant_id ON usage_warnings (tenant_id, id);
CREATE INDEX usage_warnings_metric ON usage_warnings (metric, id);
CREATE INDEX usage_warnings_created_at ON usage_warnings (created_at, id);
CREATE UNIQUE INDEX usage_warnings_tenant_id_metric_percent_month_unique ON usage_warnings (tenant_id, metric, percent, month NULLS FIRST) WHERE month IS NOT NULL;
CREATE UNIQUE INDEX usage_warnings_tenant_id_metric_percent_unique ON usage_warnings (tenant_id, metric, percent) WHERE month IS NULL AND ended_at IS NULL;

CREATE TABLE tenant_moves (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'running',
    method text COLLATE "C" NOT NULL,
    read_only_allowed_s bigint NOT NULL DEFAULT 2,
    backup_id uuid,
    from_host_id uuid,
    from_name text COLLATE "C" NOT NULL,
    to_host_id uuid,
    to_name text COLLATE "C" NOT NULL,
    row_count bigint,
    frozen_at timestamptz,
    read_only_ms bigint,
    is_old_shut boolean NOT NULL DEFAULT false,
    error text COLLATE "C",
    completed_at timestamptz,
    drops_at timestamptz,
    requested_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT tenant_moves_kind_choice CHECK (kind IN ('move', 'restore')),
    CONSTRAINT tenant_moves_status_choice CHECK (status IN ('running', 'completed', 'failed', 'dropping', 'dropped')),
    CONSTRAINT tenant_moves_method_choice CHECK (method IN ('dump', 'replication'))
);
CREATE INDEX tenant_moves_tenant_id ON tenant_moves (tenant_id, id);
CREATE INDEX tenant_moves_status ON tenant_moves (status, id);
CREATE INDEX tenant_moves_from_host_id ON tenant_moves (from_host_id NULLS FIRST, id);
CREATE INDEX tenant_moves_to_host_id ON tenant_moves (to_host_id NULLS FIRST, id);
CREATE INDEX tenant_moves_drops_at ON tenant_moves (drops_at NULLS FIRST, id);
CREATE INDEX tenant_moves_created_at ON tenant_moves (created_at, id);

CREATE TABLE system_settings (
    id uuid PRIMARY KEY NOT NULL,
    key text COLLATE "C" NOT NULL,
    value jsonb NOT NULL,
    category text COLLATE "C" NOT NULL DEFAULT 'general',
    description text COLLATE "C",
    is_public boolean NOT NULL DEFAULT false,
    updated_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* key, description; folding 2 */
);
CREATE UNIQUE INDEX system_settings_key_unique ON system_settings (key);
CREATE INDEX system_settings_category ON system_settings (category, id);
CREATE INDEX system_settings_is_public ON system_settings (is_public, id);

CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid,
    url text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    enabled_events jsonb NOT NULL,
    secret text COLLATE "C" NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    last_triggered_at timestamptz,
    success_count bigint NOT NULL DEFAULT 0,
    failure_count bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    search text COLLATE "C" NOT NULL DEFAULT '' /* description; folding 2 */
);
CREATE INDEX webhook_endpoints_tenant_id ON webhook_endpoints (tenant_id NULLS FIRST, id);
CREATE INDEX webhook_endpoints_is_active ON webhook_endpoints (is_active, id);
CREATE INDEX webhook_endpoints_created_at ON webhook_endpoints (created_at, id);

CREATE TABLE gdpr_requests (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid,
    user_id uuid,
    request_type text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'received',
    notes text COLLATE "C",
    requested_by uuid,
    approved_by uuid,
    requested_at timestamptz NOT NULL,
    due_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT gdpr_requests_request_type_choice CHECK (request_type IN ('access', 'portability', 'rectification', 'restriction', 'objection', 'erasure')),
    CONSTRAINT gdpr_requests_status_choice CHECK (status IN ('received', 'identity_verified', 'pending_approval', 'approved', 'processing', 'completed', 'partially_completed', 'denied', 'failed')),
    CONSTRAINT gdpr_request_two_pairs_of_eyes CHECK (approved_by IS NULL OR requested_by IS NULL OR approved_by <> requested_by)
);
CREATE INDEX gdpr_requests_tenant_id ON gdpr_requests (tenant_id NULLS FIRST, id);
CREATE INDEX gdpr_requests_user_id ON gdpr_requests (user_id NULLS FIRST, id);
CREATE INDEX gdpr_requests_request_type ON gdpr_requests (request_type, id);
CREATE INDEX gdpr_requests_status ON gdpr_requests (status, id);
CREATE INDEX gdpr_requests_requested_at ON gdpr_requests (requested_at, id);
CREATE INDEX gdpr_requests_due_at ON gdpr_requests (due_at NULLS FIRST, id);
CREATE INDEX gdpr_requests_created_at ON gdpr_requests (created_at, id);

CREATE TABLE audit_logs (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid,
    user_id uuid,
    actor_role text COLLATE "C" NOT NULL,
    impersonator_id uuid,
    api_key_id uuid,
    action text COLLATE "C" NOT NULL,
    entity_type text COLLATE "C" NOT NULL,
    entity_id uuid,
    old_values jsonb,
    new_values jsonb,
    outcome text COLLATE "C" NOT NULL DEFAULT 'success',
    request_id text COLLATE "C",
    session_id uuid,
    ip_address text COLLATE "C",
    user_agent text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT audit_logs_outcome_choice CHECK (outcome IN ('success', 'denied', 'failure'))
);
CREATE INDEX audit_logs_tenant_id ON audit_logs (tenant_id NULLS FIRST, id);
CREATE INDEX audit_logs_user_id ON audit_logs (user_id NULLS FIRST, id);
CREATE INDEX audit_logs_action ON audit_logs (action, id);
CREATE INDEX audit_logs_entity_type ON audit_logs (entity_type, id);
CREATE INDEX audit_logs_entity_id ON audit_logs (entity_id NULLS FIRST, id);
CREATE INDEX audit_logs_created_at ON audit_logs (created_at, id);
CREATE INDEX audit_logs_tenant_id_created_at ON audit_logs (tenant_id NULLS FIRST, created_at);
CREATE INDEX audit_logs_session_id_created_at ON audit_logs (session_id NULLS FIRST, created_at) WHERE impersonator_id IS NOT NULL;
CREATE INDEX audit_logs_entity_type_entity_id_created_at ON audit_logs (entity_type, entity_id NULLS FIRST, created_at);
CREATE OR REPLACE FUNCTION audit_logs_accepts_no_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit_logs accepts no %', TG_OP; END $$;
CREATE TRIGGER audit_logs_accepts_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_accepts_no_change();

CREATE TABLE events (
    id uuid PRIMARY KEY NOT NULL,
    position bigint,
    type text COLLATE "C" NOT NULL,
    tenant_id uuid,
    entity_type text COLLATE "C" NOT NULL,
    entity_id uuid NOT NULL,
    entity_revision bigint,
    audience bigint NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX events_position_unique ON events (position NULLS FIRST);
CREATE INDEX events_created_at ON events (created_at, id);
CREATE INDEX events_created_at_id ON events (created_at, id) WHERE position IS NULL;

CREATE TABLE jobs (
    id uuid PRIMARY KEY NOT NULL,
    kind text COLLATE "C" NOT NULL,
    tenant_id uuid,
    status text COLLATE "C" NOT NULL DEFAULT 'queued',
    parameters jsonb NOT NULL DEFAULT '{}',
    steps jsonb NOT NULL DEFAULT '[]',
    progress_done bigint NOT NULL DEFAULT 0,
    progress_total bigint NOT NULL DEFAULT 0,
    progress_note text COLLATE "C",
    attempts bigint NOT NULL DEFAULT 0,
    attempts_max bigint NOT NULL DEFAULT 10,
    error text COLLATE "C",
    run_at timestamptz NOT NULL,
    lease_until timestamptz,
    leased_by text COLLATE "C",
    finished_at timestamptz,
    requested_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT jobs_kind_choice CHECK (kind IN ('provision_tenant', 'sync_tenant_access', 'sync_plan_access', 'cancel_tenant', 'delete_tenant', 'rollback_provisioning', 'migrate_fleet', 'find_drift', 'keep_service_promise', 'back_up_tenant', 'restore_backup', 'move_tenant', 'send_mail')),
    CONSTRAINT jobs_status_choice CHECK (status IN ('queued', 'running', 'completed', 'failed', 'rolled_back'))
);
CREATE INDEX jobs_kind ON jobs (kind, id);
CREATE INDEX jobs_tenant_id ON jobs (tenant_id NULLS FIRST, id);
CREATE INDEX jobs_status ON jobs (status, id);
CREATE INDEX jobs_created_at ON jobs (created_at, id);
CREATE INDEX jobs_run_at_id ON jobs (run_at, id) WHERE status IN ('queued', 'running');

CREATE TABLE fleet_migrations (
    id uuid PRIMARY KEY NOT NULL,
    canary bigint NOT NULL DEFAULT 1,
    canary_tenants jsonb NOT NULL DEFAULT '[]',
    parallel bigint NOT NULL DEFAULT 8,
    budget bigint NOT NULL DEFAULT 0,
    status text COLLATE "C" NOT NULL DEFAULT 'running',
    wave text COLLATE "C" NOT NULL DEFAULT 'canary',
    target_version bigint NOT NULL,
    target_fingerprint text COLLATE "C" NOT NULL,
    fleet_size bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    waits_for text COLLATE "C",
    waits_since timestamptz,
    first_error text COLLATE "C",
    halted_because text COLLATE "C",
    finished_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT fleet_migrations_status_choice CHECK (status IN ('running', 'halted', 'completed')),
    CONSTRAINT fleet_migrations_wave_choice CHECK (wave IN ('canary', 'rest'))
);
CREATE INDEX fleet_migrations_status ON fleet_migrations (status, id);
CREATE INDEX fleet_migrations_created_at ON fleet_migrations (created_at, id);

CREATE TABLE tenant_schemas (
    id uuid PRIMARY KEY NOT NULL,
    tenant_id uuid NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'pending',
    version bigint,
    name text COLLATE "C",
    checksum text COLLATE "C",
    fingerprint text COLLATE "C",
    applied_at timestamptz,
    duration_ms bigint,
    error text COLLATE "C",
    fleet_migration_id uuid,
    drifted boolean,
    drift jsonb,
    drift_checked_at timestamptz,
    lease_until timestamptz,
    leased_at timestamptz,
    leased_by uuid,
    lease_job_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT tenant_schemas_status_choice CHECK (status IN ('migrated', 'failed', 'pending'))
);
CREATE UNIQUE INDEX tenant_schemas_tenant_id_unique ON tenant_schemas (tenant_id);
CREATE INDEX tenant_schemas_status ON tenant_schemas (status, id);
CREATE INDEX tenant_schemas_version ON tenant_schemas (version NULLS FIRST, id);
CREATE INDEX tenant_schemas_fingerprint ON tenant_schemas (fingerprint NULLS FIRST, id);
CREATE INDEX tenant_schemas_fleet_migration_id ON tenant_schemas (fleet_migration_id NULLS FIRST, id);
CREATE INDEX tenant_schemas_drifted ON tenant_schemas (drifted NULLS FIRST, id);
CREATE INDEX tenant_schemas_created_at ON tenant_schemas (created_at, id);

CREATE TABLE schedules (
    id uuid PRIMARY KEY NOT NULL,
    name text COLLATE "C" NOT NULL,
    every_seconds bigint NOT NULL,
    next_run_at timestamptz NOT NULL,
    last_started_at timestamptz,
    last_finished_at timestamptz,
    last_error text COLLATE "C",
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX schedules_name_unique ON schedules (name);
CREATE INDEX schedules_next_run_at ON schedules (next_run_at, id);
CREATE INDEX schedules_created_at ON schedules (created_at, id);

CREATE TABLE subject_keys (
    id uuid PRIMARY KEY NOT NULL,
    subject_id uuid NOT NULL,
    key_sealed text COLLATE "C",
    destroyed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT subject_key_destroyed_is_gone CHECK ((destroyed_at IS NULL) = (key_sealed IS NOT NULL))
);
CREATE UNIQUE INDEX subject_keys_subject_id_unique ON subject_keys (subject_id);

CREATE TABLE idempotency_keys (
    id uuid PRIMARY KEY NOT NULL,
    actor text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    request_hash text COLLATE "C" NOT NULL,
    status bigint NOT NULL,
    headers text COLLATE "C" NOT NULL DEFAULT '',
    body text COLLATE "C",
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at, id);
CREATE UNIQUE INDEX idempotency_keys_actor_key_unique ON idempotency_keys (actor, key);

CREATE TABLE throttles (
    bucket text COLLATE "C" PRIMARY KEY NOT NULL,
    full_at_ms bigint NOT NULL,
    used_at timestamptz NOT NULL
);
CREATE INDEX throttles_used_at ON throttles (used_at);
ALTER TABLE pooled_databases ADD CONSTRAINT pooled_databases_database_host_id_reference FOREIGN KEY (database_host_id) REFERENCES database_hosts (id) ON DELETE RESTRICT;
ALTER TABLE tenants ADD CONSTRAINT tenants_plan_id_reference FOREIGN KEY (plan_id) REFERENCES plans (id) ON DELETE RESTRICT;
ALTER TABLE tenants ADD CONSTRAINT tenants_database_host_id_reference FOREIGN KEY (database_host_id) REFERENCES database_hosts (id) ON DELETE RESTRICT;
ALTER TABLE tenants ADD CONSTRAINT tenants_cloned_from_reference FOREIGN KEY (cloned_from) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE tenants ADD CONSTRAINT tenants_created_by_reference FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE tenant_domains ADD CONSTRAINT tenant_domains_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE submodule_definitions ADD CONSTRAINT submodule_definitions_module_id_reference FOREIGN KEY (module_id) REFERENCES module_definitions (id) ON DELETE RESTRICT;
ALTER TABLE module_plan_assignments ADD CONSTRAINT module_plan_assignments_plan_id_reference FOREIGN KEY (plan_id) REFERENCES plans (id) ON DELETE RESTRICT;
ALTER TABLE module_plan_assignments ADD CONSTRAINT module_plan_assignments_module_id_reference FOREIGN KEY (module_id) REFERENCES module_definitions (id) ON DELETE RESTRICT;
ALTER TABLE submodule_plan_assignments ADD CONSTRAINT submodule_plan_assignments_plan_id_reference FOREIGN KEY (plan_id) REFERENCES plans (id) ON DELETE RESTRICT;
ALTER TABLE submodule_plan_assignments ADD CONSTRAINT submodule_plan_assignments_submodule_id_reference FOREIGN KEY (submodule_id) REFERENCES submodule_definitions (id) ON DELETE RESTRICT;
ALTER TABLE module_tenant_assignments ADD CONSTRAINT module_tenant_assignments_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE module_tenant_assignments ADD CONSTRAINT module_tenant_assignments_module_id_reference FOREIGN KEY (module_id) REFERENCES module_definitions (id) ON DELETE RESTRICT;
ALTER TABLE module_tenant_assignments ADD CONSTRAINT module_tenant_assignments_assigned_by_reference FOREIGN KEY (assigned_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE submodule_tenant_assignments ADD CONSTRAINT submodule_tenant_assignments_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE submodule_tenant_assignments ADD CONSTRAINT submodule_tenant_assignments_submodule_id_reference FOREIGN KEY (submodule_id) REFERENCES submodule_definitions (id) ON DELETE RESTRICT;
ALTER TABLE submodule_tenant_assignments ADD CONSTRAINT submodule_tenant_assignments_assigned_by_reference FOREIGN KEY (assigned_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE users ADD CONSTRAINT users_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE user_sessions ADD CONSTRAINT user_sessions_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE user_sessions ADD CONSTRAINT user_sessions_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE user_sessions ADD CONSTRAINT user_sessions_impersonator_id_reference FOREIGN KEY (impersonator_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE provider_identities ADD CONSTRAINT provider_identities_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE provider_identities ADD CONSTRAINT provider_identities_provider_id_reference FOREIGN KEY (provider_id) REFERENCES identity_providers (id) ON DELETE RESTRICT;
ALTER TABLE provider_sign_ins ADD CONSTRAINT provider_sign_ins_session_id_reference FOREIGN KEY (session_id) REFERENCES user_sessions (id) ON DELETE CASCADE;
ALTER TABLE provider_sign_ins ADD CONSTRAINT provider_sign_ins_provider_id_reference FOREIGN KEY (provider_id) REFERENCES identity_providers (id) ON DELETE RESTRICT;
ALTER TABLE user_passkeys ADD CONSTRAINT user_passkeys_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE user_passkeys ADD CONSTRAINT user_passkeys_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE totp_seeds ADD CONSTRAINT totp_seeds_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE recovery_codes ADD CONSTRAINT recovery_codes_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE second_factor_tickets ADD CONSTRAINT second_factor_tickets_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE second_factor_tickets ADD CONSTRAINT second_factor_tickets_session_id_reference FOREIGN KEY (session_id) REFERENCES user_sessions (id) ON DELETE CASCADE;
ALTER TABLE second_factor_tickets ADD CONSTRAINT second_factor_tickets_provider_sign_in_id_reference FOREIGN KEY (provider_sign_in_id) REFERENCES provider_sign_ins (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_created_by_reference FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE impersonations ADD CONSTRAINT impersonations_impersonator_id_reference FOREIGN KEY (impersonator_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE impersonations ADD CONSTRAINT impersonations_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE impersonations ADD CONSTRAINT impersonations_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE outgoing_mails ADD CONSTRAINT outgoing_mails_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE mailed_links ADD CONSTRAINT mailed_links_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE email_changes ADD CONSTRAINT email_changes_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_plan_id_reference FOREIGN KEY (plan_id) REFERENCES plans (id) ON DELETE RESTRICT;
ALTER TABLE invoices ADD CONSTRAINT invoices_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE invoices ADD CONSTRAINT invoices_subscription_id_reference FOREIGN KEY (subscription_id) REFERENCES subscriptions (id) ON DELETE RESTRICT;
ALTER TABLE payment_methods ADD CONSTRAINT payment_methods_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE support_tickets ADD CONSTRAINT support_tickets_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE support_tickets ADD CONSTRAINT support_tickets_created_by_reference FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE support_tickets ADD CONSTRAINT support_tickets_assigned_to_reference FOREIGN KEY (assigned_to) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE ticket_messages ADD CONSTRAINT ticket_messages_ticket_id_reference FOREIGN KEY (ticket_id) REFERENCES support_tickets (id) ON DELETE RESTRICT;
ALTER TABLE ticket_messages ADD CONSTRAINT ticket_messages_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE ticket_messages ADD CONSTRAINT ticket_messages_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE tenant_usage_daily ADD CONSTRAINT tenant_usage_daily_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE tenant_backups ADD CONSTRAINT tenant_backups_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE tenant_backups ADD CONSTRAINT tenant_backups_requested_by_reference FOREIGN KEY (requested_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE usage_warnings ADD CONSTRAINT usage_warnings_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE tenant_moves ADD CONSTRAINT tenant_moves_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE tenant_moves ADD CONSTRAINT tenant_moves_backup_id_reference FOREIGN KEY (backup_id) REFERENCES tenant_backups (id) ON DELETE RESTRICT;
ALTER TABLE tenant_moves ADD CONSTRAINT tenant_moves_from_host_id_reference FOREIGN KEY (from_host_id) REFERENCES database_hosts (id) ON DELETE SET NULL;
ALTER TABLE tenant_moves ADD CONSTRAINT tenant_moves_to_host_id_reference FOREIGN KEY (to_host_id) REFERENCES database_hosts (id) ON DELETE SET NULL;
ALTER TABLE tenant_moves ADD CONSTRAINT tenant_moves_requested_by_reference FOREIGN KEY (requested_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE system_settings ADD CONSTRAINT system_settings_updated_by_reference FOREIGN KEY (updated_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE gdpr_requests ADD CONSTRAINT gdpr_requests_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE gdpr_requests ADD CONSTRAINT gdpr_requests_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE gdpr_requests ADD CONSTRAINT gdpr_requests_requested_by_reference FOREIGN KEY (requested_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE gdpr_requests ADD CONSTRAINT gdpr_requests_approved_by_reference FOREIGN KEY (approved_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_user_id_reference FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_impersonator_id_reference FOREIGN KEY (impersonator_id) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_api_key_id_reference FOREIGN KEY (api_key_id) REFERENCES api_keys (id) ON DELETE RESTRICT;
ALTER TABLE events ADD CONSTRAINT events_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE jobs ADD CONSTRAINT jobs_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE jobs ADD CONSTRAINT jobs_requested_by_reference FOREIGN KEY (requested_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE fleet_migrations ADD CONSTRAINT fleet_migrations_created_by_reference FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE RESTRICT;
ALTER TABLE tenant_schemas ADD CONSTRAINT tenant_schemas_tenant_id_reference FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT;
ALTER TABLE tenant_schemas ADD CONSTRAINT tenant_schemas_fleet_migration_id_reference FOREIGN KEY (fleet_migration_id) REFERENCES fleet_migrations (id) ON DELETE RESTRICT;
ALTER TABLE tenant_schemas ADD CONSTRAINT tenant_schemas_leased_by_reference FOREIGN KEY (leased_by) REFERENCES fleet_migrations (id) ON DELETE RESTRICT;
