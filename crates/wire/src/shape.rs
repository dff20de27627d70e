//! Claims as they are specified: objects where members are named, texts where one of
//! several words is due.
//!
//! What serde derives takes more: a list of an object's members in order, and
//! `{"day":null}` for the word `"day"`. Two readers that disagree about that disagree
//! about a signed document, so nothing here reads claims in another way than by
//! [`read`].
//!
//! Specified in `specs/seal.md`, "Claims".

use seal::Malformed;
use seal::checks::holds;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::{Error, Value};

use crate::document::printable_error;

/// Takes a value that was read strictly.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Malformed> {
    T::deserialize(Shaped(value)).map_err(|error| Malformed(printable_error(&error)))
}

/// A value of which the reader says what it must look like.
struct Shaped(Value);

impl Shaped {
    fn is_not<'de, T>(&self, due: &impl Visitor<'de>) -> Result<T, Error> {
        let found = match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(_) => Unexpected::Other("a number"),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Err(Error::invalid_type(found, due))
    }
}

impl<'de> Deserializer<'de> for Shaped {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Shaped));
                let read = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(read)
            }
            Value::Object(members) => {
                let members = members.into_iter();
                let mut members =
                    MapDeserializer::new(members.map(|(name, it)| (name, Shaped(it))));
                let read = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(read)
            }
            leaf @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                leaf.deserialize_any(visitor)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if holds("claims_object", self.0.is_object()) {
            self.deserialize_any(visitor)
        } else {
            self.is_not(&visitor)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if let Value::String(word) = self.0 {
            visitor.visit_enum(word.into_deserializer())
        } else {
            self.is_not(&visitor)
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

impl IntoDeserializer<'_, Error> for Shaped {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
