//! Pieces of JSON from outside that cost no more memory than they are worth, whatever comes.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A list of which the first `MOST` items are kept and the rest only counted.
#[derive(Debug)]
pub(super) struct Bounded<Item, const MOST: usize> {
    pub(super) kept: Vec<Item>,
    pub(super) dropped: usize,
}

impl<'de, Item: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Bounded<Item, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<Item, const MOST: usize>(PhantomData<Item>);

        impl<'de, Item: Deserialize<'de>, const MOST: usize> Visitor<'de> for Items<Item, MOST> {
            type Value = Bounded<Item, MOST>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < MOST {
                    match list.next_element()? {
                        Some(item) => kept.push(item),
                        None => return Ok(Bounded { kept, dropped: 0 }),
                    }
                }
                let mut dropped = 0;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    dropped += 1;
                }
                Ok(Bounded { kept, dropped })
            }
        }

        deserializer.deserialize_seq(Items(PhantomData))
    }
}

/// A JSON object, and nothing else: serde would read a struct from a list, too, field by field.
#[derive(Debug)]
pub(super) struct Object<Fields>(pub(super) Fields);

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
pub(super) struct Maybe<Fields>(pub(super) Option<Fields>);

impl<'de, Fields: Deserialize<'de>> Deserialize<'de> for Maybe<Fields> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapOrNothing<Fields>(PhantomData<Fields>);

        impl<'de, Fields: Deserialize<'de>> Visitor<'de> for MapOrNothing<Fields> {
            type Value = Maybe<Fields>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("anything")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Fields::deserialize(MapAccessDeserializer::new(map)).map(|fields| Maybe(Some(fields)))
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Maybe(None))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Maybe(None))
            }
        }

        deserializer.deserialize_any(MapOrNothing(PhantomData))
    }
}

/// The text of a string, number or boolean; nothing for anything else.
#[derive(Debug, Default)]
pub(super) struct Text(Option<String>);

impl Text {
    pub(super) const NONE: Text = Text(None);

    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyText)
    }
}

struct AnyText;

impl<'de> Visitor<'de> for AnyText {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::NONE)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Text, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::NONE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::NONE)
    }
}
