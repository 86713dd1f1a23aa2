//! One error of an answer, in whatever shape it comes.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::http::json::Text;
use crate::secret::Secrets;
use crate::text::without_opaque_words;

/// One error.
#[derive(Debug, Default)]
pub(in crate::falcon) struct Error {
    pub(in crate::falcon) code: Text,
    pub(in crate::falcon) message: Text,
    pub(in crate::falcon) id: Text,
}

impl Error {
    pub(in crate::falcon) fn is_blank(&self) -> bool {
        [&self.code, &self.message, &self.id].iter().all(|text| text.as_str().is_none_or(|text| text.trim().is_empty()))
    }

    /// Leaves out words that could be part of a token.
    pub(super) fn remove_opaque_words(&mut self) {
        for text in [&mut self.code, &mut self.message] {
            *text = text.as_str().map(|text| Text::from(without_opaque_words(text).as_str())).unwrap_or_default();
        }
    }

    /// What it says, fit to be shown.
    pub(in crate::falcon) fn text(&self, secrets: &Secrets) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            (Some(code), Some(message)) => secrets.quote(&format!("{message} (code {code})")),
            (None, Some(message)) => secrets.quote(message),
            (Some(code), None) => secrets.quote(&format!("an error without words (code {code})")),
            (None, None) => "an error without words".to_owned(),
        }
    }
}

/// What several errors say, each once; the first five, so that the message stays short.
pub(in crate::falcon) fn join<'errors>(errors: impl Iterator<Item = &'errors Error>, secrets: &Secrets) -> String {
    const MOST: usize = 5;
    let mut texts: Vec<String> = Vec::new();
    let mut more = 0;
    for text in errors.map(|error| error.text(secrets)) {
        match texts.contains(&text) {
            true => {}
            false if texts.len() < MOST => texts.push(text),
            false => more += 1,
        }
    }
    if more > 0 {
        texts.push(format!("and {more} more errors"));
    }
    texts.join("; ")
}

/// An error comes as an object, as its words alone, or as anything else, which is an error all the same.
impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Error, D::Error> {
        deserializer.deserialize_any(AnyError)
    }
}

struct AnyError;

impl<'de> Visitor<'de> for AnyError {
    type Value = Error;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Error, A::Error> {
        let mut error = Error::default();
        while let Some(key) = map.next_key::<String>()? {
            let value: Text = map.next_value()?;
            match key.as_str() {
                "code" => error.code = value,
                "message" => error.message = value,
                "id" => error.id = value,
                _ => {}
            }
        }
        Ok(error)
    }

    fn visit_str<E>(self, text: &str) -> Result<Error, E> {
        Ok(Error { message: Text::from(text), ..Error::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Error, A::Error> {
        while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Error::default())
    }

    fn visit_unit<E>(self) -> Result<Error, E> {
        Ok(Error::default())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Error, E> {
        Ok(Error { message: Text::from(value.to_string().as_str()), ..Error::default() })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Error, E> {
        Ok(Error { code: Text::from(value.to_string().as_str()), ..Error::default() })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Error, E> {
        Ok(Error { code: Text::from(value.to_string().as_str()), ..Error::default() })
    }

    fn visit_f64<E>(self, value: f64) -> Result<Error, E> {
        Ok(Error { code: Text::from(value.to_string().as_str()), ..Error::default() })
    }
}
