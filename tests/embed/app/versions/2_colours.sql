-- revision: aa02
-- down_revision: aa01
-- message: colours

-- migrate:up
ALTER TABLE notes ADD COLUMN colour TEXT;
-- migrate:down
ALTER TABLE notes DROP COLUMN colour;
