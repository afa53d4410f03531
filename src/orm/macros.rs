//! The macro that makes a model: one package, no second crate.

/// A model: a plain struct, its columns with their types, its relationships.
///
/// ```
/// migrate::model! {
///     /// Somebody who buys.
///     pub struct Customer in table("customers") {
///         id: i64 [identity],
///         name: String [length(100)],
///         email: Option<String> [unique],
///         level: i32 = 1,
///     }
///     relations {
///         purchases: has_many Purchase("customer_id") [back_populates("customer"), cascade],
///     }
/// }
/// migrate::model! {
///     /// Something bought.
///     pub struct Purchase in table("purchases") {
///         id: i64 [identity],
///         customer_id: i64 [references("customers", "id"), index],
///     }
///     relations {
///         customer: belongs_to Customer("customer_id") [back_populates("purchases")],
///     }
/// }
/// let new = Customer { name: "Ann".to_owned(), ..Customer::default() };
/// assert_eq!((new.id, new.level), (0, 1));
/// ```
///
/// In brackets behind a type stands what the table says about the column: `key`, `identity` (a key that the database
/// gives where the struct holds 0), `length(n)`, `digits(all, behind)`, `unique`, `index`, `version`, `server("sql")`
/// (filled by the database where the struct holds `None`), `references("table", "column")`. Behind `=` stands what
/// `Default` puts there: the client's own default.
///
/// `in view("name")` maps a view or a materialized view, which is only read; `in table("app.users")` a table of another
/// schema. Relationships are `has_many`, `has_one`, `belongs_to`, each with the column that refers (or several, in the order
/// of the key that they refer to: `has_many Line(["region", "number"])`), and
/// `many_to_many Tag("pairs", "own_column", "other_column")`; in brackets `back_populates("name")`, `cascade` (children go
/// with their parent), `load(Load::Selectin)` (how it is loaded where a query says nothing).
#[macro_export]
macro_rules! model {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident in $place:ident($table:expr) {
            $(
                $(#[$field_attribute:meta])*
                $field:ident: $ty:ty $([$($option:ident $(($($argument:expr),*))?),*])? $(= $default:expr)?
            ),+ $(,)?
        }
        $(relations {
            $(
                $relation:ident: $kind:ident $target:ident($($by:expr),*)
                $([$($relation_option:ident $(($($relation_argument:expr),*))?),*])?
            ),* $(,)?
        })?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq)]
        $visibility struct $name {
            $(
                $(#[$field_attribute])*
                #[doc = concat!("The column `", stringify!($field), "`.")]
                pub $field: $ty,
            )+
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self {
                    $($field: {
                        let given: ::std::option::Option<$ty> = ::std::option::Option::None;
                        $(let given = given.or(::std::option::Option::Some($default));)?
                        given.unwrap_or_default()
                    },)+
                }
            }
        }

        impl $crate::orm::Model for $name {
            fn mapping() -> &'static $crate::orm::Mapping {
                static MAPPING: ::std::sync::OnceLock<$crate::orm::Mapping> = ::std::sync::OnceLock::new();
                MAPPING.get_or_init(|| {
                    $crate::orm::MappingBuilder::$place($table)
                        $(.column::<$ty>(stringify!($field), |column| column $($(.$option($($($argument),*)?))*)?))+
                        .build(|| ::std::vec![$($($name::$relation().def(),)*)?])
                })
            }

            fn from_values(values: ::std::vec::Vec<$crate::orm::Value>) -> $crate::Result<Self> {
                let mut values = values.into_iter();
                ::std::result::Result::Ok(Self {
                    $($field: $crate::orm::next_field(&mut values, stringify!($field))?,)+
                })
            }

            fn to_values(&self) -> ::std::vec::Vec<$crate::orm::Value> {
                ::std::vec![$($crate::orm::Field::into_value(::std::clone::Clone::clone(&self.$field)),)+]
            }
        }

        #[allow(dead_code, reason = "a program takes what it needs")]
        impl $name {
            $(
                #[doc = concat!("The column `", stringify!($field), "`, for queries.")]
                pub fn $field() -> $crate::orm::Column<<$ty as $crate::orm::Field>::Base> {
                    $crate::orm::Column::of(<Self as $crate::orm::Model>::mapping(), stringify!($field))
                }
            )+
            $($(
                #[doc = concat!("The relationship `", stringify!($relation), "`.")]
                pub fn $relation() -> $crate::orm::Relation<Self, $target> {
                    $crate::orm::Relation::$kind(stringify!($relation), $($by),*)
                        $($(.$relation_option($($($relation_argument),*)?))*)?
                }
            )*)?
        }
    };
}
