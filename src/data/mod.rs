//! Data steps as statements: what a revision does to rows, and how that is taken back. Pure: no I/O.
//!
//! Every step comes down to three kinds of *parts*: rows of a table change, come, or go. Each part has an *image*, a
//! table beside the one that it works on, which holds for each row its key and what is needed to know two things later:
//! what the row was, and whether it still is what the step made of it. The server fills it, in the transaction of the
//! change; no value ever passes through this program.
//!
//! A walked case, `backfill: { name: fill totals, table: orders, set: { total: { sql: price * quantity } } }`:
//!
//! ```sql
//! CREATE TABLE migrate_img_9f… AS SELECT id, total, total AS n_total FROM orders WITH NO DATA;
//! -- one unit: all of it in one transaction, also where DDL commits by itself
//! INSERT INTO migrate_kept (image, revision, step, …) VALUES (…);
//! INSERT INTO migrate_img_9f… (id, total, n_total)
//!   SELECT id, total, price * quantity FROM orders WHERE total IS NULL FOR UPDATE;
//! UPDATE orders AS t SET total = i.n_total FROM migrate_img_9f… AS i WHERE t.id = i.id;
//! ```
//!
//! and its way back, which touches only rows that still are what the step made of them, and then asks for the others:
//!
//! ```sql
//! DELETE FROM migrate_kept WHERE image = 'migrate_img_9f…';
//! UPDATE orders AS t SET total = i.total FROM migrate_img_9f… AS i
//!   WHERE t.id = i.id AND ROW(t.total) *= ROW(i.n_total);
//! -- any row here: 3 rows of orders were changed since by others: 17, 20, 23; everything is rolled back, exit 1
//! SELECT i.id FROM migrate_img_9f… AS i LEFT JOIN orders AS t ON t.id = i.id
//!   WHERE t.id IS NULL OR NOT ROW(t.total) *= ROW(i.total);
//! DROP TABLE migrate_img_9f…;
//! ```
//!
//! What triggers or the database itself write into a changed row (`updated_at`) belongs to the image too: then all columns
//! are captured, and read again after the change. Rows that go away with others by `ON DELETE` are captured before them.

mod bring;
mod claims;
mod compare;
mod costs;
mod image;
mod keep;
mod keys;
mod left;
mod order;
mod parts;
mod piece_work;
mod pieces;
mod restore;
mod rows;
mod site;
mod step;

pub(crate) use compare::{Questions, found, literals, questions, too_many};
pub(crate) use costs::{Cost, costs};
pub(crate) use image::image_name;
pub(crate) use keep::{bring_back, keep, kept_names};
pub(crate) use left::image_names;
pub(crate) use restore::{conflicts, restore};
pub(crate) use rows::plain;
pub(crate) use site::{Found, Images, Site};
pub(crate) use step::step;
