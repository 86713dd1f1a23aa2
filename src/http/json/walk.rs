//! JSON of any shape, read member by member: a reader keeps what it has use for, and everything else is skipped without a copy.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::repaired;

/// Reads one JSON value. What a reader has no use for is skipped, and yields the default.
pub(crate) trait Walk<'de>: Sized {
    /// What it reads.
    type Output: Default;

    /// Reads the items of a list.
    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Output, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::Output::default())
    }

    /// Reads the members of an object.
    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Output, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::Output::default())
    }

    /// Reads a string.
    fn text(self, _: &str) -> Self::Output {
        Self::Output::default()
    }

    /// Reads a number, a boolean or null.
    fn scalar(self, _: Value) -> Self::Output {
        Self::Output::default()
    }
}

/// Makes a reader one that serde can use.
pub(crate) struct Walked<W>(pub W);

impl<'de, W: Walk<'de>> DeserializeSeed<'de> for Walked<W> {
    type Value = W::Output;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<W::Output, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, W: Walk<'de>> Visitor<'de> for Walked<W> {
    type Value = W::Output;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<W::Output, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<W::Output, A::Error> {
        self.0.object(object)
    }

    fn visit_str<E>(self, text: &str) -> Result<W::Output, E> {
        Ok(self.0.text(text))
    }

    fn visit_bool<E>(self, value: bool) -> Result<W::Output, E> {
        Ok(self.0.scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<W::Output, E> {
        Ok(self.0.scalar(Value::Number(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<W::Output, E> {
        Ok(self.0.scalar(Value::Number(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<W::Output, E> {
        Ok(self.0.scalar(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_unit<E>(self) -> Result<W::Output, E> {
        Ok(self.0.scalar(Value::Null))
    }
}

/// Reads JSON, repaired if it needs to be; `None` if it is not JSON.
pub(crate) fn walk<W, Output>(json: &[u8], reader: impl Fn() -> W) -> Option<Output>
where
    W: for<'de> Walk<'de, Output = Output>,
{
    let read = |json: &[u8]| {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let output = Walked(reader()).deserialize(&mut deserializer).ok()?;
        deserializer.end().ok().map(|()| output)
    };
    read(json).or_else(|| read(&repaired(json)))
}

/// A value that is kept whole as long as it fits the budget; what does not fit is skipped and takes the rest of the budget with it.
pub(crate) struct Bounded<'budget> {
    budget: &'budget mut Budget,
    depth: usize,
}

/// The memory that values may take.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
    is_exceeded: bool,
}

impl Budget {
    /// The memory, in bytes, of a value beside its text.
    const OF_A_VALUE: usize = 100;

    /// Returns a budget of so many bytes.
    pub(crate) fn new(bytes: usize) -> Budget {
        Budget { left: bytes, is_exceeded: false }
    }

    /// Returns whether something did not fit.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.is_exceeded
    }

    /// Returns how much of it is left.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Takes this much and that of a value; returns whether it was left.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes + Budget::OF_A_VALUE).filter(|_| !self.is_exceeded);
        self.is_exceeded = left.is_none();
        self.left = left.unwrap_or_default();
        !self.is_exceeded
    }
}

impl<'budget> Bounded<'budget> {
    /// serde refuses the whole text if it nests more than 128 levels.
    const DEEPEST: usize = 16;

    /// Returns a reader of one value within this budget.
    pub(crate) fn new(budget: &'budget mut Budget) -> Self {
        Bounded { budget, depth: 0 }
    }

    fn inner(&mut self) -> Option<Bounded<'_>> {
        let fits = self.depth < Bounded::DEEPEST && !self.budget.is_exceeded;
        self.budget.is_exceeded |= !fits;
        fits.then_some(Bounded { depth: self.depth + 1, budget: self.budget })
    }
}

impl<'de> Walk<'de> for Bounded<'_> {
    type Output = Value;

    fn list<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        self.budget.take(0);
        while let Some(inner) = self.inner() {
            match list.next_element_seed(Walked(inner))? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn object<A: MapAccess<'de>>(mut self, mut object: A) -> Result<Value, A::Error> {
        let mut members = serde_json::Map::new();
        self.budget.take(0);
        while let Some(key) = object.next_key::<String>()? {
            self.budget.take(key.len());
            match self.inner() {
                Some(inner) => drop(members.insert(key, object.next_value_seed(Walked(inner))?)),
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Object(members))
    }

    fn text(self, text: &str) -> Value {
        if self.budget.take(text.len()) { Value::String(text.to_owned()) } else { Value::Null }
    }

    fn scalar(self, value: Value) -> Value {
        if self.budget.take(0) { value } else { Value::Null }
    }
}

/// A string, number or boolean as it is, an empty list or object in the place of any other; null for null.
pub(crate) struct Shallow;

impl<'de> Walk<'de> for Shallow {
    type Output = Value;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object(serde_json::Map::new()))
    }

    fn text(self, text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn scalar(self, value: Value) -> Value {
        value
    }
}
