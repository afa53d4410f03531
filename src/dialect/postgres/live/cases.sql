-- Changes that are made on a server and taken back: `case`, then `from`, `rows` (may be missing), `to`. A number before
-- the name is the first version of the server that knows what is in it.

-- case 13 column added with a default
-- from
CREATE TABLE t (a integer);
-- rows
INSERT INTO t VALUES (1);
-- to
CREATE TABLE t (a integer, b text NOT NULL DEFAULT 'x', c integer DEFAULT 5, d uuid DEFAULT gen_random_uuid());

-- case columns dropped
-- from
CREATE TABLE t (a integer, b text, c integer UNIQUE, d integer CHECK (d > 0));
CREATE INDEX i ON t (b, c);
-- rows
INSERT INTO t VALUES (1, 'x', 2, 3);
-- to
CREATE TABLE t (a integer);

-- case several changes of one table
-- from
CREATE TABLE t (a integer, b text, c integer CONSTRAINT c_positive CHECK (c > 0), d integer);
-- rows
INSERT INTO t VALUES (1, 'x', 2, 3);
-- to
CREATE TABLE t (a bigint DEFAULT 7 NOT NULL, b varchar(10), d integer CHECK (d > 1), e date, PRIMARY KEY (a));
CREATE INDEX i ON t (e);
COMMENT ON COLUMN t.b IS 'b';

-- case not null with a backfill
-- from
CREATE TABLE t (a integer, b text);
-- rows
INSERT INTO t VALUES (NULL, NULL), (1, 'y');
-- to
CREATE TABLE t (a integer DEFAULT 7 NOT NULL, b text DEFAULT 'z' NOT NULL);

-- case not null where the default was there before
-- from
CREATE TABLE t (a integer DEFAULT 7);
-- rows
INSERT INTO t VALUES (NULL);
-- to
CREATE TABLE t (a integer DEFAULT 7 NOT NULL);

-- case default changed and dropped
-- from
CREATE TABLE t (a integer DEFAULT 1, b text DEFAULT 'x', c timestamptz DEFAULT now());
-- to
CREATE TABLE t (a integer DEFAULT 2, b text, c timestamptz DEFAULT CURRENT_TIMESTAMP);

-- case text to integer with its default
-- from
CREATE TABLE t (a text DEFAULT '5' NOT NULL, b text);
-- rows
INSERT INTO t VALUES ('12', NULL);
-- to
CREATE TABLE t (a integer DEFAULT 5 NOT NULL, b integer);

-- case integer to boolean and back
-- from
CREATE TABLE t (a integer DEFAULT 1, b bigint, c smallint, d numeric);
-- rows
INSERT INTO t VALUES (0, 1, 1, 0);
-- to
CREATE TABLE t (a boolean DEFAULT true, b boolean, c boolean, d boolean);

-- case text to bytes and back
-- from
CREATE TABLE t (a text);
-- rows
INSERT INTO t VALUES ('käse\n');
-- to
CREATE TABLE t (a bytea);

-- case widening and narrowing
-- from
CREATE TABLE t (a integer, b varchar(10), c numeric(10,2), d timestamp, e real, f char(3), g json, h date);
-- rows
INSERT INTO t VALUES (1, 'x', 1.5, '2020-01-01', 1.5, 'abc', '{}', '2020-01-01');
-- to
CREATE TABLE t (a bigint, b text, c numeric(12,4), d timestamptz, e double precision, f varchar(3), g jsonb, h timestamp);

-- case text to everything
-- from
CREATE TABLE t (a text, b text, c text, d text, e text, f varchar(40), g text[], h text);
-- rows
INSERT INTO t VALUES ('1.5', '2020-01-01', 't', '{"a": 1}', '10.0.0.1', '00000000-0000-0000-0000-000000000000', '{1,2}', 'x');
-- to
CREATE TABLE t (a numeric(5,2), b date, c boolean, d jsonb, e inet, f uuid, g integer[], h text[]);

-- case text to enum and back
-- from
CREATE TABLE t (a text DEFAULT 'open' NOT NULL, CHECK (a <> 'x'));
CREATE INDEX i ON t (a);
-- rows
INSERT INTO t VALUES ('open');
-- to
CREATE TYPE status AS ENUM ('open', 'closed');
CREATE TABLE t (a status DEFAULT 'open' NOT NULL);
CREATE INDEX i ON t (a) WHERE a = 'open';

-- case type under an index, a check and a view of constraints
-- from
CREATE TABLE t (a integer, b integer, CONSTRAINT k UNIQUE (a), CONSTRAINT ab CHECK (a > b));
CREATE INDEX i ON t (a DESC) WHERE a > 0;
-- rows
INSERT INTO t VALUES (2, 1);
-- to
CREATE TABLE t (a bigint, b bigint, CONSTRAINT k UNIQUE (a), CONSTRAINT ab CHECK (a > b));
CREATE INDEX i ON t (a DESC) WHERE a > 0;

-- case type of a column that a generated one uses
-- from
CREATE TABLE t (a integer, g integer GENERATED ALWAYS AS (a * 2) STORED, CONSTRAINT positive CHECK (g > 0));
CREATE INDEX i ON t (g);
COMMENT ON COLUMN t.g IS 'twice';
-- rows
INSERT INTO t VALUES (2);
-- to
CREATE TABLE t (a bigint, g bigint GENERATED ALWAYS AS (a * 2) STORED, CONSTRAINT positive CHECK (g > 0));
CREATE INDEX i ON t (g);
COMMENT ON COLUMN t.g IS 'twice';

-- case key and foreign key change their type together
-- from
CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE c (p integer REFERENCES p (id));
-- rows
INSERT INTO p VALUES (1);
INSERT INTO c VALUES (1);
-- to
CREATE TABLE p (id bigint PRIMARY KEY);
CREATE TABLE c (p bigint REFERENCES p (id));

-- case collation changed
-- from
CREATE TABLE t (a text, b varchar(5) COLLATE "C", c text COLLATE "C");
CREATE INDEX i ON t (a);
-- to
CREATE TABLE t (a text COLLATE "C", b varchar(5), c varchar(9) COLLATE "POSIX");
CREATE INDEX i ON t (a COLLATE "POSIX");

-- case 14 column options
-- from
CREATE TABLE t (a text, b text, c integer, d text COMPRESSION pglz);
ALTER TABLE t ALTER b SET STORAGE EXTERNAL, ALTER c SET STATISTICS 100, ALTER a SET (n_distinct = 5);
-- to
CREATE TABLE t (a text, b text, c integer, d text);
ALTER TABLE t ALTER a SET STORAGE MAIN, ALTER a SET STATISTICS 500, ALTER b SET (n_distinct = 0.5, n_distinct_inherited = 7), ALTER b SET COMPRESSION pglz;

-- case identity added and taken away
-- from
CREATE TABLE t (a integer NOT NULL, b integer GENERATED ALWAYS AS IDENTITY, c bigint);
-- rows
INSERT INTO t VALUES (5, DEFAULT, 8);
-- to
CREATE TABLE t (a integer GENERATED BY DEFAULT AS IDENTITY, b integer NOT NULL, c bigint GENERATED ALWAYS AS IDENTITY (START WITH 100));

-- case identity changed
-- from
CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY (INCREMENT BY 2 CACHE 5 CYCLE), b integer GENERATED BY DEFAULT AS IDENTITY, c bigint GENERATED ALWAYS AS IDENTITY (START WITH 7 MINVALUE 5));
-- to
CREATE TABLE t (a integer GENERATED BY DEFAULT AS IDENTITY, b integer GENERATED ALWAYS AS IDENTITY (MAXVALUE 99 INCREMENT BY 3), c bigint GENERATED ALWAYS AS IDENTITY);

-- case serial to identity and back
-- from
CREATE TABLE t (id serial PRIMARY KEY, b bigint GENERATED ALWAYS AS IDENTITY);
-- rows
INSERT INTO t DEFAULT VALUES;
INSERT INTO t DEFAULT VALUES;
-- to
CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, b bigserial);

-- case serial added and taken away
-- from
CREATE TABLE t (a integer, b serial, c integer DEFAULT 4);
-- rows
INSERT INTO t VALUES (3);
-- to
CREATE TABLE t (a serial, b integer, c serial, d smallserial);

-- case serial of another size
-- from
CREATE TABLE t (id serial PRIMARY KEY, i integer GENERATED ALWAYS AS IDENTITY);
-- rows
INSERT INTO t DEFAULT VALUES;
-- to
CREATE TABLE t (id bigserial PRIMARY KEY, i bigint GENERATED ALWAYS AS IDENTITY);

-- case serial with a sequence of its own
-- from
CREATE TABLE t (a text);
-- to
CREATE TABLE t (a text, b integer NOT NULL);
CREATE SEQUENCE numbers AS smallint START 7 INCREMENT 3 OWNED BY t.b;
ALTER TABLE t ALTER b SET DEFAULT nextval('numbers');

-- case generated columns
-- from
CREATE TABLE t (a integer, g integer GENERATED ALWAYS AS (a + 1) STORED, h integer, k integer GENERATED ALWAYS AS (a) STORED);
CREATE INDEX i ON t (k, a);
CREATE INDEX j ON t (h);
-- rows
INSERT INTO t (a) VALUES (1);
-- to
CREATE TABLE t (a integer, g integer GENERATED ALWAYS AS (a + 2) STORED, h integer GENERATED ALWAYS AS (a * a) STORED, k integer);
CREATE INDEX i ON t (k, a);
CREATE INDEX j ON t (h);

-- case 15 constraints of every kind
-- from
CREATE TABLE p (a integer, b integer, CONSTRAINT p_key UNIQUE (a, b));
CREATE TABLE t (a integer NOT NULL, b integer, c text);
-- rows
INSERT INTO p VALUES (1, 1);
INSERT INTO t VALUES (1, 1, 'x');
-- to
CREATE TABLE p (a integer, b integer, CONSTRAINT p_key UNIQUE (a, b));
CREATE TABLE t (a integer NOT NULL, b integer, c text,
  CONSTRAINT t_pk PRIMARY KEY (a) INCLUDE (b) WITH (fillfactor = 70) DEFERRABLE,
  UNIQUE NULLS NOT DISTINCT (b) INCLUDE (c),
  CONSTRAINT late UNIQUE (c) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT big CHECK (a > 0) NO INHERIT,
  CONSTRAINT full_key FOREIGN KEY (a, b) REFERENCES p (a, b) MATCH FULL ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT partial_key FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE SET NULL (b) DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE t ADD CONSTRAINT later CHECK (b > 0) NOT VALID;
ALTER TABLE t ADD CONSTRAINT later_key FOREIGN KEY (b, a) REFERENCES p (a, b) NOT VALID;
COMMENT ON CONSTRAINT t_pk ON t IS 'key';
COMMENT ON CONSTRAINT big ON t IS 'check';
COMMENT ON CONSTRAINT partial_key ON t IS 'foreign key';
COMMENT ON CONSTRAINT late ON t IS 'unique';

-- case constraints change
-- from
CREATE TABLE p (a integer PRIMARY KEY, b integer);
CREATE TABLE t (a integer, b integer, CONSTRAINT x CHECK (a > 0), CONSTRAINT y UNIQUE (a), CONSTRAINT z FOREIGN KEY (a) REFERENCES p, CONSTRAINT pk PRIMARY KEY (a));
-- rows
INSERT INTO p VALUES (1, 1);
INSERT INTO t VALUES (1, 1);
-- to
CREATE TABLE p (a integer PRIMARY KEY, b integer);
CREATE TABLE t (a integer, b integer, CONSTRAINT x CHECK (a >= 0), CONSTRAINT y UNIQUE (a) DEFERRABLE, CONSTRAINT z FOREIGN KEY (a) REFERENCES p ON DELETE CASCADE, CONSTRAINT pk PRIMARY KEY (b));
COMMENT ON CONSTRAINT x ON t IS 'new';

-- case primary keys swap
-- from
CREATE TABLE t (a integer PRIMARY KEY, b integer NOT NULL);
CREATE TABLE c (t integer REFERENCES t);
-- to
CREATE TABLE t (a integer NOT NULL, b integer PRIMARY KEY);
CREATE TABLE c (t integer REFERENCES t (b));

-- case 15 indexes of every kind
-- from
CREATE TABLE t (a integer, b text, c text[], r int4range, j jsonb, d date);
-- rows
INSERT INTO t VALUES (1, 'x');
-- to
CREATE TABLE t (a integer, b text, c text[], r int4range, j jsonb, d date);
CREATE UNIQUE INDEX u ON t (a DESC, b NULLS FIRST) INCLUDE (d) WITH (fillfactor = 50);
CREATE UNIQUE INDEX n ON t (d) NULLS NOT DISTINCT;
CREATE INDEX p ON t (a) WHERE a > 0 AND b IS NOT NULL;
CREATE INDEX e ON t (lower(b), (a + 1) DESC NULLS LAST, (b || ','));
CREATE INDEX g ON t USING gin (c) WITH (fastupdate = off);
CREATE INDEX s ON t USING gist (r);
CREATE INDEX h ON t USING hash (b);
CREATE INDEX br ON t USING brin (a, d date_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 16);
CREATE INDEX jp ON t USING gin (j jsonb_path_ops);
CREATE INDEX op ON t (b text_pattern_ops, b COLLATE "C");
COMMENT ON INDEX op IS 'two of b';
ALTER TABLE t CLUSTER ON op;

-- case index comment and definition change
-- from
CREATE TABLE t (a integer, b integer);
CREATE INDEX i ON t (a);
CREATE INDEX j ON t (b);
COMMENT ON INDEX j IS 'old';
-- to
CREATE TABLE t (a integer, b integer);
CREATE INDEX i ON t (a, b);
CREATE INDEX j ON t (b);
COMMENT ON INDEX j IS 'new';

-- case table options
-- from
CREATE TABLE t (a integer) WITH (fillfactor = 70, autovacuum_enabled = false);
COMMENT ON TABLE t IS 'old';
-- rows
INSERT INTO t VALUES (1);
-- to
CREATE UNLOGGED TABLE t (a integer) WITH (fillfactor = 80, toast_tuple_target = 256);
ALTER TABLE t REPLICA IDENTITY FULL;

-- case table with everything created and dropped
-- from
CREATE TABLE other (a integer PRIMARY KEY);
-- to
CREATE TABLE other (a integer PRIMARY KEY);
CREATE TYPE feeling AS ENUM ('good', 'bad');
COMMENT ON TYPE feeling IS 'feelings';
CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, o integer REFERENCES other ON DELETE CASCADE,
  f feeling DEFAULT 'good' NOT NULL, fs feeling[], s serial, g text GENERATED ALWAYS AS ('x' || id) STORED);
CREATE INDEX i ON t (o);
COMMENT ON TABLE t IS 'table';
COMMENT ON COLUMN t.f IS 'column';

-- case tables that refer to each other
-- from
CREATE TABLE other (a integer);
-- to
CREATE TABLE a (id integer PRIMARY KEY, b integer);
CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;

-- case enum values appended and put between
-- from
CREATE TYPE m AS ENUM ('b', 'd');
CREATE TABLE t (a m DEFAULT 'b', b m[]);
-- rows
INSERT INTO t VALUES ('d', '{b}');
-- to
CREATE TYPE m AS ENUM ('a', 'b', 'c', 'd', 'e');
CREATE TABLE t (a m DEFAULT 'b', b m[]);

-- case enum value used at once
-- from
CREATE TYPE m AS ENUM ('b', 'd');
CREATE TABLE t (a m DEFAULT 'b');
CREATE INDEX i ON t (a) WHERE a = 'b';
-- rows
INSERT INTO t VALUES ('d');
-- to
CREATE TYPE m AS ENUM ('b', 'd', 'e');
CREATE TABLE t (a m DEFAULT 'e');
CREATE INDEX i ON t (a) WHERE a = 'b';

-- case enum values removed and moved
-- from
CREATE TYPE m AS ENUM ('a', 'b', 'c');
COMMENT ON TYPE m IS 'kept';
CREATE TABLE t (a m DEFAULT 'a' NOT NULL, b m[] DEFAULT '{a}', c integer, g text GENERATED ALWAYS AS (CASE WHEN a = 'a' THEN 'x' END) STORED, CONSTRAINT k CHECK (a <> 'a' OR c > 0));
CREATE INDEX i ON t (a) WHERE a = 'a';
CREATE INDEX j ON t (a, g);
-- rows
INSERT INTO t VALUES ('a', '{b}', 1);
-- to
CREATE TYPE m AS ENUM ('b', 'a');
COMMENT ON TYPE m IS 'kept';
CREATE TABLE t (a m DEFAULT 'a' NOT NULL, b m[] DEFAULT '{a}', c integer, g text GENERATED ALWAYS AS (CASE WHEN a = 'a' THEN 'x' END) STORED, CONSTRAINT k CHECK (a <> 'a' OR c > 0));
CREATE INDEX i ON t (a) WHERE a = 'a';
CREATE INDEX j ON t (a, g);

-- case enum value removed together with what used it
-- from
CREATE TYPE m AS ENUM ('a', 'b', 'c');
CREATE TABLE t (a m DEFAULT 'a' NOT NULL, CONSTRAINT k CHECK (a <> 'a'));
CREATE INDEX i ON t (a) WHERE a = 'a';
-- rows
INSERT INTO t VALUES ('b');
-- to
CREATE TYPE m AS ENUM ('c', 'b');
CREATE TABLE t (a m DEFAULT 'b' NOT NULL);

-- case enum of a key
-- from
CREATE TYPE m AS ENUM ('a', 'b');
CREATE TABLE p (a m PRIMARY KEY);
CREATE TABLE t (a m REFERENCES p);
-- rows
INSERT INTO p VALUES ('a');
INSERT INTO t VALUES ('a');
-- to
CREATE TYPE m AS ENUM ('b', 'a');
CREATE TABLE p (a m PRIMARY KEY);
CREATE TABLE t (a m REFERENCES p);

-- case strange names
-- from
CREATE TABLE "Order" ("User" integer);
-- to
CREATE TABLE "Order" ("User" bigint DEFAULT 1, "sel""ect" text DEFAULT 'it''s' CHECK ("sel""ect" <> 'a\b'), "größe" integer GENERATED BY DEFAULT AS IDENTITY);
CREATE INDEX "Index" ON "Order" ("User", "sel""ect");
COMMENT ON COLUMN "Order"."sel""ect" IS 'it''s a \ "comment"';
COMMENT ON INDEX "Index" IS 'x';

-- case table renamed with its sequences
-- from
CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial, name text NOT NULL, born date, note text);
CREATE INDEX people_name ON people (name);
CREATE TABLE pets (owner bigint REFERENCES people);
-- rows
INSERT INTO people (name) VALUES ('x');
-- to
CREATE TABLE persons (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial, name text NOT NULL, born date, note text);
CREATE INDEX people_name ON persons (name);
CREATE TABLE pets (owner bigint REFERENCES persons);

-- case column renamed with its sequence
-- from
CREATE TABLE t (number bigint GENERATED ALWAYS AS IDENTITY, name text CHECK (name <> ''));
CREATE INDEX i ON t (number, lower(name));
-- rows
INSERT INTO t (name) VALUES ('x');
-- to
CREATE TABLE t (nr bigint GENERATED ALWAYS AS IDENTITY, name text CHECK (name <> ''));
CREATE INDEX i ON t (nr, lower(name));

-- case index and constraint renamed
-- from
CREATE TABLE p (a integer PRIMARY KEY);
CREATE TABLE t (a integer CONSTRAINT old_check CHECK (a > 0), b integer CONSTRAINT old_key REFERENCES p);
CREATE INDEX old_index ON t (a);
-- to
CREATE TABLE p (a integer PRIMARY KEY);
CREATE TABLE t (a integer CONSTRAINT new_check CHECK (a > 0), b integer CONSTRAINT new_key REFERENCES p);
CREATE INDEX new_index ON t (a);

-- case column renamed under a generated one, and its type changed
-- from
CREATE TABLE t (width integer, g integer GENERATED ALWAYS AS (width * 2) STORED, name text);
-- rows
INSERT INTO t VALUES (1);
-- to
CREATE TABLE t (breadth bigint, g integer GENERATED ALWAYS AS (breadth * 2) STORED, name text);

-- case domain and other types by name
-- from
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE t (a integer, b positive);
-- rows
INSERT INTO t VALUES (1, 2);
-- to
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE t (a positive DEFAULT 3, b integer);

-- case arrays
-- from
CREATE TABLE t (a integer[] DEFAULT '{}', b varchar(5)[], c text);
-- rows
INSERT INTO t VALUES ('{1}', '{x}', 'y');
-- to
CREATE TABLE t (a bigint[] DEFAULT '{1}', b text[] NOT NULL DEFAULT '{}', c text[]);

-- case 18 virtual columns and what is not enforced
-- from
CREATE TABLE p (a integer PRIMARY KEY);
CREATE TABLE t (a integer NOT NULL, b integer, v integer GENERATED ALWAYS AS (a + 1) VIRTUAL, w integer GENERATED ALWAYS AS (a * 2) VIRTUAL, s integer GENERATED ALWAYS AS (a) STORED, CONSTRAINT k CHECK (a > 0));
-- rows
INSERT INTO t VALUES (1);
-- to
CREATE TABLE p (a integer PRIMARY KEY);
CREATE TABLE t (a integer CONSTRAINT named NOT NULL, b integer GENERATED ALWAYS AS (a + 5) VIRTUAL, v integer GENERATED ALWAYS AS (a + 2) VIRTUAL, w integer, s integer GENERATED ALWAYS AS (a + 1) VIRTUAL, CONSTRAINT k CHECK (a > 0) NOT ENFORCED, CONSTRAINT f FOREIGN KEY (a) REFERENCES p NOT ENFORCED);

-- case generated column that becomes an ordinary one under a key
-- from
CREATE TABLE t (a integer, g integer GENERATED ALWAYS AS (a + 1) STORED NOT NULL, CONSTRAINT k UNIQUE (g));
COMMENT ON CONSTRAINT k ON t IS 'key';
-- rows
INSERT INTO t VALUES (1);
-- to
CREATE TABLE t (a integer, g integer NOT NULL, CONSTRAINT k UNIQUE (g));
COMMENT ON CONSTRAINT k ON t IS 'key';

-- case 18 names of not-null constraints, with a column that becomes one
-- from
CREATE TABLE t (a integer CONSTRAINT mine NOT NULL, b integer NOT NULL, c integer, d integer CONSTRAINT gone NOT NULL);
-- rows
INSERT INTO t VALUES (1, 2, 3, 4);
-- to
CREATE TABLE t (a integer NOT NULL, b integer CONSTRAINT yours NOT NULL, c integer CONSTRAINT now NOT NULL, d integer);

-- case 18 temporal keys
-- from
CREATE TABLE p (id int4range, during daterange);
CREATE TABLE c (id int4range, during daterange);
-- to
CREATE TABLE p (id int4range, during daterange, CONSTRAINT p_key PRIMARY KEY (id, during WITHOUT OVERLAPS), CONSTRAINT p_also UNIQUE (id, during WITHOUT OVERLAPS));
CREATE TABLE c (id int4range, during daterange, CONSTRAINT c_p FOREIGN KEY (id, PERIOD during) REFERENCES p (id, PERIOD during));

-- case 17 identity and exclusion of a partitioned table
-- from
CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY, b integer, s int4range) PARTITION BY RANGE (b);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
-- rows
INSERT INTO t (b) VALUES (1);
-- to
CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY, b integer, s int4range, CONSTRAINT x EXCLUDE USING btree (b WITH =)) PARTITION BY RANGE (b);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (20);

-- case 18 generated columns in a publication
-- from
CREATE TABLE t (a integer PRIMARY KEY, b integer GENERATED ALWAYS AS (a + 1) STORED);
DROP PUBLICATION IF EXISTS p;
CREATE PUBLICATION p FOR TABLE t;
-- to
CREATE TABLE t (a integer PRIMARY KEY, b integer GENERATED ALWAYS AS (a + 1) STORED);
DROP PUBLICATION IF EXISTS p;
CREATE PUBLICATION p FOR TABLE t WITH (publish_generated_columns = stored);
