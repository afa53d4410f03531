-- case view created with comments
-- from
CREATE TABLE t (a integer, b text);
-- to
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a, upper(b) AS b FROM t WHERE a > 0;
COMMENT ON VIEW v IS 'it''s a view';
COMMENT ON COLUMN v.b IS 'in capitals';

-- case view replaced in place, one on it stays
-- from
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a + 1 AS c FROM v;
COMMENT ON COLUMN v.a IS 'a';
-- to
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a * 2 AS a, b FROM t;
CREATE VIEW w AS SELECT a + 1 AS c FROM v;
COMMENT ON COLUMN v.a IS 'twice';

-- case view loses a column, one on it is taken down
-- from
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE VIEW w AS SELECT a + 1 AS c FROM v;
-- to
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a + 1 AS c FROM v;

-- case options of a view
-- from
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a FROM t WHERE a > 0;
ALTER VIEW v ALTER a SET DEFAULT 5;
-- to
CREATE TABLE t (a integer, b text);
CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t WHERE a > 0 WITH CASCADED CHECK OPTION;

-- case 15 view with the rights of who asks
-- from
CREATE TABLE t (a integer, b text);
CREATE VIEW "Odd ""View""" AS SELECT a AS "Select" FROM t;
-- to
CREATE TABLE t (a integer, b text);
CREATE VIEW "Odd ""View""" WITH (security_invoker = true) AS SELECT a AS "Select" FROM t;

-- case type under a chain of views
-- from
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a FROM v;
CREATE INDEX i ON m (a);
CREATE VIEW w AS SELECT a FROM m;
COMMENT ON VIEW w IS 'top';
-- rows
INSERT INTO t VALUES (1, 'x');
-- to
CREATE TABLE t (a bigint, b text);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a FROM v;
CREATE INDEX i ON m (a);
CREATE VIEW w AS SELECT a FROM m;
COMMENT ON VIEW w IS 'top';

-- case column under a view goes
-- from
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a, b FROM t;
-- to
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t;

-- case table and views go, others come
-- from
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE VIEW b AS SELECT * FROM v;
-- to
CREATE TABLE u (a integer, c date);
CREATE VIEW b AS SELECT * FROM u;
CREATE VIEW a AS SELECT * FROM b;

-- case materialized view and its indexes
-- from
CREATE TABLE t (a integer, b text);
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE INDEX one ON m (a);
CREATE INDEX two ON m (b);
COMMENT ON INDEX one IS 'first';
-- to
CREATE TABLE t (a integer, b text);
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE UNIQUE INDEX one ON m (a, b);
CREATE INDEX three ON m (lower(b)) WHERE a > 0;
COMMENT ON MATERIALIZED VIEW m IS 'kept';

-- case materialized view with another query
-- from
CREATE TABLE t (a integer, b text);
CREATE MATERIALIZED VIEW m WITH (fillfactor = 70) AS SELECT a, b FROM t;
CREATE UNIQUE INDEX one ON m (a);
ALTER MATERIALIZED VIEW m CLUSTER ON one;
-- to
CREATE TABLE t (a integer, b text);
CREATE MATERIALIZED VIEW m WITH (fillfactor = 80) AS SELECT a, b FROM t WHERE a > 0;
CREATE UNIQUE INDEX one ON m (a);

-- case function comes, its body changes, its result changes
-- from
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a + 1';
CREATE FUNCTION g(a integer) RETURNS integer LANGUAGE sql AS $x$ SELECT a + 1; $x$;
CREATE FUNCTION h(a integer) RETURNS integer LANGUAGE sql STRICT AS 'SELECT 1';
COMMENT ON FUNCTION g(integer) IS 'old';
-- to
CREATE FUNCTION f(a integer) RETURNS bigint LANGUAGE sql AS 'SELECT a + 1::bigint';
CREATE FUNCTION f(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION g(a integer, b integer DEFAULT 3) RETURNS integer LANGUAGE sql AS 'SELECT a + b';
CREATE FUNCTION h(a integer) RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE COST 7 SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS 'SELECT 2; -- $$';
COMMENT ON FUNCTION h(integer) IS 'new';

-- case functions name each other and tables
-- from
CREATE TABLE t (a integer);
-- to
CREATE FUNCTION b() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION a() RETURNS integer LANGUAGE sql AS 'SELECT b()';
CREATE TABLE t (a integer DEFAULT a());
CREATE TABLE u (a integer, CHECK (a > b()));
CREATE FUNCTION c() RETURNS SETOF u LANGUAGE sql AS 'SELECT u.* FROM u JOIN t USING (a)';
CREATE FUNCTION d(x t) RETURNS integer LANGUAGE plpgsql AS $$ DECLARE r u%ROWTYPE; BEGIN RETURN x.a; END $$;
CREATE VIEW v AS SELECT * FROM c();

-- case a default needs a function which names a view over its table
-- from
CREATE TABLE z (a integer);
-- to
CREATE TABLE z (a integer);
CREATE FUNCTION f() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM v); END $$;
CREATE TABLE t (a bigint DEFAULT f());
CREATE VIEW v AS SELECT a FROM t;

-- case 14 a body of parsed statements
-- from
CREATE TABLE t (a integer, b text);
CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT max(a) FROM t; END;
-- to
CREATE TABLE t (a integer, c text);
CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT min(a) FROM t; SELECT max(a) FROM t WHERE c > ''; END;

-- case procedures
-- from
CREATE TABLE t (a integer);
CREATE PROCEDURE p(x integer) LANGUAGE sql AS 'INSERT INTO t VALUES (x)';
-- to
CREATE TABLE t (a integer);
CREATE PROCEDURE p(x integer) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (x); COMMIT; END $$;
CREATE PROCEDURE q(INOUT x text) LANGUAGE plpgsql AS $$ BEGIN x := 'y'; END $$;
COMMENT ON PROCEDURE p(integer) IS 'puts one in';

-- case aggregates
-- from
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer);
-- to
CREATE FUNCTION add(a bigint, b integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = bigint, INITCOND = '5', PARALLEL = SAFE);
CREATE AGGREGATE how_many(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
CREATE AGGREGATE largest(integer) (SFUNC = int4larger, STYPE = integer, SORTOP = >);
COMMENT ON AGGREGATE how_many(*) IS 'counts';
CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) AS x;

-- case triggers
-- from
CREATE TABLE t (a integer, b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER two AFTER UPDATE OF b ON t FOR EACH ROW WHEN (OLD.b IS DISTINCT FROM NEW.b) EXECUTE FUNCTION f('x', '1');
CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
-- to
CREATE TABLE t (a integer, b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER one BEFORE INSERT OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER two AFTER UPDATE OF b ON t FOR EACH ROW WHEN (OLD.b IS DISTINCT FROM NEW.b) EXECUTE FUNCTION f('x', '1');
ALTER TABLE t DISABLE TRIGGER two;
CREATE CONSTRAINT TRIGGER three AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER four AFTER INSERT ON t REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION f();
ALTER TABLE t ENABLE ALWAYS TRIGGER four;
COMMENT ON TRIGGER one ON t IS 'first';

-- case a column under a trigger changes
-- from
CREATE TABLE t (a integer, b text, c integer);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER two AFTER UPDATE OF a, c ON t FOR EACH ROW WHEN (OLD.a < NEW.a) EXECUTE FUNCTION f();
-- to
CREATE TABLE t (a bigint, b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER two AFTER UPDATE OF a ON t FOR EACH ROW WHEN (OLD.a < NEW.a) EXECUTE FUNCTION f();

-- case rules
-- from
CREATE TABLE t (a integer, b text);
CREATE TABLE log (a integer);
CREATE RULE one AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.a);
CREATE RULE two AS ON DELETE TO t DO INSTEAD NOTHING;
-- to
CREATE TABLE t (a integer, b text);
CREATE TABLE log (a integer, b text);
CREATE RULE one AS ON INSERT TO t WHERE NEW.a > 0 DO ALSO (INSERT INTO log VALUES (NEW.a, 'x'); DELETE FROM log WHERE log.a = NEW.a);
CREATE RULE two AS ON DELETE TO t DO INSTEAD NOTHING;
ALTER TABLE t DISABLE RULE two;
COMMENT ON RULE one ON t IS 'logs';

-- case policies
-- from
CREATE TABLE t (a integer, owner name);
CREATE POLICY one ON t USING (owner = CURRENT_USER);
-- to
CREATE TABLE t (a integer, owner name);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
CREATE POLICY one ON t FOR UPDATE TO PUBLIC USING (owner = CURRENT_USER) WITH CHECK (a > 0 OR owner IS NULL);
CREATE POLICY two ON t AS RESTRICTIVE FOR INSERT TO pg_monitor, pg_read_all_data WITH CHECK (a IN (SELECT a FROM t));
COMMENT ON POLICY two ON t IS 'only some';

-- case a column under a policy goes
-- from
CREATE TABLE t (a integer, owner name);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON t USING (owner = CURRENT_USER);
-- to
CREATE TABLE t (a bigint);
CREATE POLICY one ON t USING (a > 0);

-- case event triggers
-- from
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER one ON sql_drop EXECUTE FUNCTION f();
-- to
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER one ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW') EXECUTE FUNCTION f();
CREATE EVENT TRIGGER two ON ddl_command_end EXECUTE FUNCTION f();
ALTER EVENT TRIGGER two DISABLE;
COMMENT ON EVENT TRIGGER two IS 'later';

-- case a table that views and routines name is renamed in all of them
-- from
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t;
CREATE TABLE u (a integer PRIMARY KEY, b text);
CREATE VIEW grouped AS SELECT u.a, u.b, count(*) AS n FROM u GROUP BY u.a;
-- to
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a AS b FROM t;
CREATE TABLE u (a bigint PRIMARY KEY, b text);
CREATE VIEW grouped AS SELECT u.a, u.b, count(*) AS n FROM u GROUP BY u.a;

-- case domains change under their columns
-- from
CREATE DOMAIN d AS integer DEFAULT 1 CHECK (VALUE > 0) CONSTRAINT small CHECK (VALUE < 100);
CREATE DOMAIN word AS varchar(10) COLLATE "C" NOT NULL;
CREATE TABLE t (a d, b word, c d[]);
-- rows
INSERT INTO t VALUES (5, 'x', '{1,2}');
-- to
CREATE DOMAIN d AS integer DEFAULT 2 NOT NULL CHECK (VALUE > 0);
ALTER DOMAIN d ADD CONSTRAINT few CHECK (VALUE < 3) NOT VALID;
COMMENT ON CONSTRAINT few ON DOMAIN d IS 'not many';
COMMENT ON DOMAIN d IS 'a number';
CREATE DOMAIN word AS varchar(10) COLLATE "C" CHECK (VALUE <> '') DEFAULT 'y';
CREATE FUNCTION ok(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE DOMAIN checked AS text CHECK (ok(VALUE));
CREATE TABLE t (a d, b word, c d[], d checked);

-- case composite types
-- from
CREATE TYPE pair AS (a integer, b text);
CREATE TABLE t (p pair);
CREATE FUNCTION f(p pair) RETURNS integer LANGUAGE sql AS 'SELECT p.a';
-- to
CREATE TYPE pair AS (a integer, c date, d text COLLATE "C");
COMMENT ON TYPE pair IS 'two';
COMMENT ON COLUMN pair.c IS 'when';
CREATE TYPE whole AS (p pair, q pair[]);
CREATE TABLE t (p pair);
CREATE FUNCTION f(p pair) RETURNS integer LANGUAGE sql AS 'SELECT p.a';

-- case range types
-- from
CREATE TYPE span AS RANGE (SUBTYPE = date);
-- to
CREATE FUNCTION apart(a time, b time) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT AS 'SELECT extract(epoch FROM a - b)';
CREATE TYPE timespan AS RANGE (SUBTYPE = time, SUBTYPE_DIFF = apart);
CREATE TYPE letters AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops);
COMMENT ON TYPE letters IS 'from a to z';
CREATE TABLE t (a timespan, b letters);

-- case sequences without an owner
-- from
CREATE SEQUENCE s START 5;
CREATE SEQUENCE gone;
CREATE TABLE t (a integer DEFAULT nextval('s'));
-- to
CREATE SEQUENCE s AS integer INCREMENT 2 MAXVALUE 1000 CACHE 3 CYCLE;
COMMENT ON SEQUENCE s IS 'counts';
CREATE SEQUENCE "New One" INCREMENT -1;
CREATE TABLE t (a integer DEFAULT nextval('s'), b bigint DEFAULT nextval('"New One"'));

-- case collations and statistics
-- from
CREATE COLLATION german (provider = icu, locale = 'de');
CREATE TABLE t (a integer, b text COLLATE german, c text);
CREATE STATISTICS st ON a, b FROM t;
-- to
CREATE COLLATION german (provider = icu, locale = 'de');
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
COMMENT ON COLLATION loose IS 'case does not count';
CREATE TABLE t (a integer, b text COLLATE german, c text COLLATE loose);
CREATE STATISTICS st (dependencies) ON a, b FROM t;
CREATE STATISTICS more (mcv) ON a, c FROM t;
COMMENT ON STATISTICS more IS 'common values';

-- case extensions
-- from
CREATE EXTENSION citext;
-- to
CREATE EXTENSION pg_trgm;
CREATE TABLE t (a text);
CREATE INDEX i ON t USING gin (a gin_trgm_ops);
