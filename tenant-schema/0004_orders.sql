-- What was ordered, line by line, and what it comes to.

CREATE TABLE orders (
    id            uuid PRIMARY KEY,
    number        text NOT NULL UNIQUE,
    customer_id   uuid NOT NULL REFERENCES customers (id) ON DELETE RESTRICT,
    contact_id    uuid REFERENCES contacts (id) ON DELETE SET NULL,
    sold_by       uuid REFERENCES users (id) ON DELETE SET NULL,
    status        text NOT NULL DEFAULT 'draft'
                  CHECK (status IN ('draft', 'confirmed', 'shipped', 'delivered', 'cancelled')),
    currency      text NOT NULL DEFAULT 'COP' CHECK (length(currency) = 3),
    notes         text,
    ordered_at    timestamptz,
    delivered_at  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at    timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CHECK (status IN ('draft', 'cancelled') OR ordered_at IS NOT NULL),
    CHECK (status <> 'delivered' OR delivered_at IS NOT NULL)
);
CREATE INDEX orders_customer ON orders (customer_id, ordered_at);
CREATE INDEX orders_contact ON orders (contact_id);
CREATE INDEX orders_seller ON orders (sold_by, ordered_at);
CREATE INDEX orders_open ON orders (status, ordered_at) WHERE status IN ('confirmed', 'shipped');

CREATE TABLE order_items (
    id           uuid PRIMARY KEY,
    order_id     uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line         integer NOT NULL CHECK (line >= 1),
    product_id   uuid REFERENCES products (id) ON DELETE RESTRICT,
    description  text NOT NULL,
    quantity     bigint NOT NULL CHECK (quantity > 0),
    unit_price   bigint NOT NULL CHECK (unit_price >= 0),
    discount     bigint NOT NULL DEFAULT 0 CHECK (discount >= 0 AND discount <= quantity * unit_price),
    tax          bigint NOT NULL DEFAULT 0 CHECK (tax >= 0),
    created_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (order_id, line)
);
CREATE INDEX order_items_product ON order_items (product_id);

CREATE VIEW order_totals AS
SELECT orders.id AS order_id, orders.currency, count(order_items.id) AS lines,
       CAST(coalesce(sum(quantity * unit_price - discount), 0) AS bigint) AS subtotal,
       CAST(coalesce(sum(tax), 0) AS bigint) AS tax,
       CAST(coalesce(sum(quantity * unit_price - discount + tax), 0) AS bigint) AS total
FROM orders LEFT JOIN order_items ON order_items.order_id = orders.id
GROUP BY orders.id, orders.currency;
