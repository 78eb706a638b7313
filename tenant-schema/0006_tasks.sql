-- What somebody has to do, by when, and for whom.

CREATE TABLE tasks (
    id            uuid PRIMARY KEY,
    title         text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    details       text,
    status        text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'in_progress', 'done', 'dropped')),
    priority      text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    assigned_to   uuid REFERENCES users (id) ON DELETE SET NULL,
    created_by    uuid REFERENCES users (id) ON DELETE SET NULL,
    customer_id   uuid REFERENCES customers (id) ON DELETE CASCADE,
    order_id      uuid REFERENCES orders (id) ON DELETE CASCADE,
    due_on        date,
    completed_at  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at    timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CHECK ((status = 'done') = (completed_at IS NOT NULL))
);
CREATE INDEX tasks_assignee ON tasks (assigned_to, due_on) WHERE status IN ('open', 'in_progress');
CREATE INDEX tasks_creator ON tasks (created_by);
CREATE INDEX tasks_customer ON tasks (customer_id);
CREATE INDEX tasks_order ON tasks (order_id);
