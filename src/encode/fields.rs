//! The one macro that makes [`Encode`](super::Encode) and [`Decode`](super::Decode) from lists of fields.

/// Lists the fields of structs and the variants of enums, in the order of their bytes. Both directions take the value
/// apart and put it together whole, so that a field or variant that is not listed does not compile. A variant has its
/// number before it; the one of 0 holds nothing of its own enum. The constant in front becomes the text of all lists, for [`Form::new`](super::Form::new).
macro_rules! encoded {
    ($visible:vis const $fields:ident; $($kind:ident $name:ident { $($body:tt)* })+) => {
        #[doc = "The lists of fields, as text."]
        $visible const $fields: &str = stringify!($($kind $name { $($body)* })+);
        $($crate::encode::encoded! { @$kind $name { $($body)* } })+
    };
    (@struct $name:ident { ( $($item:ident),+ ) }) => {
        impl $crate::encode::Encode for $name {
            fn encode<'a>(&'a self, writer: &mut $crate::encode::Writer<'a>) {
                let Self($($item),+) = self;
                $($crate::encode::Encode::encode($item, writer);)+
            }
        }
        impl $crate::encode::Decode for $name {
            fn decode(reader: &mut $crate::encode::Reader<'_>) -> Self {
                Self($({ let $item = $crate::encode::Decode::decode(reader); $item }),+)
            }
        }
        #[cfg(test)]
        impl $crate::encode::Sample for $name {
            fn sample(random: &mut $crate::encode::Random) -> Self {
                Self($({ let $item = $crate::encode::Sample::sample(random); $item }),+)
            }
        }
    };
    (@struct $name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::encode::Encode for $name {
            fn encode<'a>(&'a self, writer: &mut $crate::encode::Writer<'a>) {
                let Self { $($field),+ } = self;
                $($crate::encode::Encode::encode($field, writer);)+
            }
        }
        impl $crate::encode::Decode for $name {
            fn decode(reader: &mut $crate::encode::Reader<'_>) -> Self {
                Self { $($field: $crate::encode::Decode::decode(reader)),+ }
            }
        }
        #[cfg(test)]
        impl $crate::encode::Sample for $name {
            fn sample(random: &mut $crate::encode::Random) -> Self {
                Self { $($field: $crate::encode::Sample::sample(random)),+ }
            }
        }
    };
    (@enum $name:ident {
        $($number:literal = $variant:ident $(( $($item:ident),+ ))? $({ $($field:ident),+ })?),+ $(,)?
    }) => {
        impl $crate::encode::Encode for $name {
            fn encode<'a>(&'a self, writer: &mut $crate::encode::Writer<'a>) {
                match self {
                    $(Self::$variant $(( $($item),+ ))? $({ $($field),+ })? => {
                        writer.byte($number);
                        $($($crate::encode::Encode::encode($item, writer);)+)?
                        $($($crate::encode::Encode::encode($field, writer);)+)?
                    })+
                }
            }
        }
        impl $crate::encode::Decode for $name {
            fn decode(reader: &mut $crate::encode::Reader<'_>) -> Self {
                match reader.byte() {
                    $($number => Self::$variant
                        $(( $({ let $item = $crate::encode::Decode::decode(reader); $item }),+ ))?
                        $({ $($field: $crate::encode::Decode::decode(reader)),+ })?,)+
                    // From here on there are zeros, and 0 is a variant of every enum.
                    _ => {
                        reader.fail();
                        Self::decode(reader)
                    }
                }
            }
        }
        #[cfg(test)]
        impl $crate::encode::Sample for $name {
            fn sample(random: &mut $crate::encode::Random) -> Self {
                random.one_of(&[$(|_random| Self::$variant
                    $(( $({ let $item = $crate::encode::Sample::sample(_random); $item }),+ ))?
                    $({ $($field: $crate::encode::Sample::sample(_random)),+ })?),+])
            }
        }
    };
}

pub(crate) use encoded;
