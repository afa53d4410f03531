-- revision: b39f07e8d2c1
-- down_revision: 8e64a2d95b10
-- branch_labels:
-- depends_on:
-- message: move cities to addresses

-- migrate:up
INSERT INTO addresses (customer_id, city)
SELECT id, city FROM customers
WHERE city IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM addresses WHERE addresses.customer_id = customers.id);

-- migrate:down
UPDATE customers SET city = (
  SELECT MIN(addresses.city) FROM addresses WHERE addresses.customer_id = customers.id
);
DELETE FROM addresses WHERE street IS NULL;
