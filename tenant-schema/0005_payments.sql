-- What was paid for an order, and given back.

CREATE TABLE payments (
    id           uuid PRIMARY KEY,
    order_id     uuid NOT NULL REFERENCES orders (id) ON DELETE RESTRICT,
    kind         text NOT NULL DEFAULT 'payment' CHECK (kind IN ('payment', 'refund')),
    method       text NOT NULL CHECK (method IN ('cash', 'card', 'transfer', 'pse', 'wallet')),
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     text NOT NULL DEFAULT 'COP' CHECK (length(currency) = 3),
    reference    text,
    paid_at      timestamptz NOT NULL,
    recorded_by  uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX payments_order ON payments (order_id, paid_at);
CREATE INDEX payments_recorder ON payments (recorded_by);
CREATE UNIQUE INDEX payments_reference ON payments (method, reference) WHERE reference IS NOT NULL;
