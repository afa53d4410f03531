CREATE TABLE p (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, k varchar(30), UNIQUE KEY uk (k));
CREATE TABLE t (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  a int zerofill DEFAULT 5 COMMENT 'it''s \\ "x"',
  b varchar(50) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'b''c\\d',
  j json DEFAULT '{}' CHECK (json_length(j) > 0), -- mariadb
  j json DEFAULT ('{}') CHECK (json_length(j) > 0), -- mysql
  j2 json,
  e enum('a','b,c','d''e') DEFAULT 'a',
  s set('x','y'),
  u uuid DEFAULT uuid(), -- mariadb
  u char(36) DEFAULT (uuid()), -- mysql
  vec vector(3), -- mysql
  ts timestamp(3) NOT NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3),
  ts2 timestamp NULL,
  g int AS (a + 1) VIRTUAL,
  h int AS (a + 2) STORED COMMENT 'gen',
  inv int INVISIBLE DEFAULT 3,
  bits bit(3) DEFAULT b'101',
  nul varchar(10) DEFAULT 'NULL',
  z text COMPRESSED, -- mariadb
  tx text,
  p_id int,
  k varchar(30),
  pt point NOT NULL,
  q int,
  PRIMARY KEY (id),
  KEY ix1 (b(5) DESC, a),
  KEY ix2 (a) COMMENT 'hid' IGNORED, -- mariadb
  KEY ix2 (a) COMMENT 'hid' INVISIBLE, KEY ix3 ((a * 2), b), -- mysql
  FULLTEXT KEY ft (tx), SPATIAL KEY sp (pt),
  UNIQUE KEY uq (a, b), UNIQUE KEY uqp (b(3)),
  CONSTRAINT ck1 CHECK (a > 0 AND b <> 'zz'), CHECK (a < 100),
  CONSTRAINT ck2 CHECK (q > 0) NOT ENFORCED, -- mysql
  CONSTRAINT fk1 FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL,
  FOREIGN KEY (k) REFERENCES p (k)
) COMMENT 'tab''le' ROW_FORMAT=DYNAMIC;
CREATE TABLE m (a int, KEY h (a), KEY b (a) USING BTREE) ENGINE=MEMORY CHARACTER SET latin1;
CREATE TABLE l (b blob, UNIQUE KEY u (b)); -- mariadb
CREATE TABLE l (b blob, UNIQUE KEY u (b(9))); -- mysql
CREATE TABLE migrate_log (a int);
CREATE TABLE `we``ird "t` (`a``b` int, `C d` int);
CREATE TABLE v (a int) WITH SYSTEM VERSIONING; -- mariadb
CREATE TABLE part (a int) PARTITION BY HASH (a) PARTITIONS 2;
CREATE TABLE parts (a int, d date) PARTITION BY RANGE (year(d)) SUBPARTITION BY LINEAR HASH (a) SUBPARTITIONS 2
  (PARTITION p0 VALUES LESS THAN (2000) COMMENT 'it''s', PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE lists (a int, b varchar(9)) PARTITION BY LIST COLUMNS (a, b)
  (PARTITION x VALUES IN ((1, 'a'), (2, NULL)), PARTITION `y` DEFAULT); -- mariadb
  (PARTITION x VALUES IN ((1, 'a'), (2, NULL))); -- mysql
CREATE TABLE single (a int) PARTITION BY LIST (a) (PARTITION x VALUES IN (1, NULL), PARTITION y DEFAULT); -- mariadb
CREATE TABLE single (a int) PARTITION BY LIST (a) (PARTITION x VALUES IN (1, NULL)); -- mysql
CREATE TABLE dates (d date, e int) PARTITION BY RANGE COLUMNS (d, e)
  (PARTITION a VALUES LESS THAN ('2020-01-01', 5), PARTITION b VALUES LESS THAN (MAXVALUE, MAXVALUE));
CREATE TABLE keyed (id int PRIMARY KEY) PARTITION BY KEY () (PARTITION a, PARTITION b COMMENT 'z');
CREATE TABLE named (a int) PARTITION BY RANGE (a) SUBPARTITION BY KEY (a)
  (PARTITION p VALUES LESS THAN (1) (SUBPARTITION u, SUBPARTITION w));
CREATE SEQUENCE sq; -- mariadb
CREATE VIEW vw AS SELECT 1;
CREATE TRIGGER tg BEFORE INSERT ON l FOR EACH ROW SET new.b = 'x';
CREATE FUNCTION fn() RETURNS int RETURN 1;
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO SELECT 1;
CREATE TABLE sn (a int DEFAULT nextval(sq)); -- mariadb
