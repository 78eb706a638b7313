-- The people of the company who work with NIDIA Flow, and what they have set.
-- A file NNNN_name.sql runs on both engines; where they differ, NNNN_name.sqlite.sql and NNNN_name.postgres.sql stand in
-- its place. Money is whole minor units with its currency; times are UTC; ids are UUIDs made by the product.

CREATE TABLE users (
    id          uuid PRIMARY KEY,
    email       text NOT NULL CHECK (email LIKE '%_@_%' AND length(email) <= 254),
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role        text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'manager', 'member', 'guest')),
    phone       text,
    language    text NOT NULL DEFAULT 'es' CHECK (language IN ('es', 'en')),
    is_active   boolean NOT NULL DEFAULT TRUE,
    created_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE settings (
    id          text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 100),
    value       text NOT NULL,
    updated_by  uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX settings_updated_by ON settings (updated_by);

INSERT INTO settings (id, value) VALUES
    ('currency', 'COP'),
    ('timezone', 'America/Bogota'),
    ('order_number_next', '1');
