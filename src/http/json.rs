//! Pieces of JSON from outside, read liberally: what has another shape than expected is nothing, and spoils nothing else.
//!
//! serde gives up a whole answer for one member that does not fit. These types never do, and keep only what is asked for, so that memory is bounded.

mod repair;
mod text;
pub(crate) mod walk;

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};

pub(crate) use repair::repaired;
pub(crate) use text::Text;

/// The memory, in bytes, that JSON takes once it is parsed, as far as its brackets and commas tell before it is.
#[must_use]
pub(crate) fn weight(json: &[u8]) -> usize {
    let (mut weight, mut in_string, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => weight += 700,
            b'[' if !in_string => weight += 200,
            b',' if !in_string => weight += 100,
            _ => {}
        }
    }
    weight
}

/// For visitors that have no use for a number, string, boolean or null.
macro_rules! scalars_are {
    ($nothing:expr) => {
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("anything")
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
}

/// A JSON object, and nothing else: serde would read a struct from a list, too, field by field.
#[derive(Debug)]
pub(crate) struct Object<Fields>(pub Fields);

impl<'de, Fields: Deserialize<'de>> Deserialize<'de> for Object<Fields> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyMap<Fields>(PhantomData<Fields>);

        impl<'de, Fields: Deserialize<'de>> Visitor<'de> for OnlyMap<Fields> {
            type Value = Object<Fields>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Fields::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(OnlyMap(PhantomData))
    }
}

/// The fields of a JSON object; nothing for anything else.
#[derive(Debug)]
pub(crate) struct Maybe<Fields>(pub Option<Fields>);

impl<Fields> Default for Maybe<Fields> {
    fn default() -> Self {
        Maybe(None)
    }
}

impl<'de, Fields: Deserialize<'de>> Deserialize<'de> for Maybe<Fields> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapOrNothing<Fields>(PhantomData<Fields>);

        impl<'de, Fields: Deserialize<'de>> Visitor<'de> for MapOrNothing<Fields> {
            type Value = Maybe<Fields>;
            scalars_are!(Maybe(None));

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Maybe(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Fields::deserialize(MapAccessDeserializer::new(map)).map(|fields| Maybe(Some(fields)))
            }
        }

        deserializer.deserialize_any(MapOrNothing(PhantomData))
    }
}

/// The items of a list, of which the first `MOST` are kept and the rest only counted; an object or a string in the list's
/// place is one item, and null none.
#[derive(Debug)]
pub(crate) struct Items<Item, const MOST: usize> {
    /// The first items.
    pub kept: Vec<Item>,
    /// How many there are beyond.
    pub dropped: usize,
    /// Whether they came in a list.
    pub is_list: bool,
}

impl<Item, const MOST: usize> Default for Items<Item, MOST> {
    fn default() -> Self {
        Items { kept: Vec::new(), dropped: 0, is_list: true }
    }
}

impl<Item, const MOST: usize> Items<Item, MOST> {
    fn one(item: Item) -> Self {
        Items { kept: vec![item], dropped: 0, is_list: false }
    }
}

impl<'de, Item: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Items<Item, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListOrOne(PhantomData))
    }
}

struct ListOrOne<Item, const MOST: usize>(PhantomData<Item>);

impl<'de, Item: Deserialize<'de>, const MOST: usize> Visitor<'de> for ListOrOne<Item, MOST> {
    type Value = Items<Item, MOST>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Items::default();
        while items.kept.len() < MOST {
            match list.next_element()? {
                Some(item) => items.kept.push(item),
                None => return Ok(items),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            items.dropped += 1;
        }
        Ok(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Item::deserialize(MapAccessDeserializer::new(map)).map(Items::one)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let text: StrDeserializer<'_, E> = text.into_deserializer();
        Item::deserialize(text).map(Items::one)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Items::default())
    }
}
