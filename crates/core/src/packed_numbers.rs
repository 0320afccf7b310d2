//! Long lists of numbers as bytes (f64, little-endian), so that a message of a hundred thousand plans
//! crosses from a worker in one copy. For use with `#[serde(with = "packed_numbers")]`.

use std::fmt;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::ser::Serializer;

const SIZE: usize = size_of::<f64>();

/// Writes `numbers` as one run of bytes.
///
/// # Errors
/// Those of the serialiser.
pub fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    serializer.serialize_bytes(&bytes)
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// When the length is not a multiple of 8, or what comes is not bytes.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    deserializer.deserialize_byte_buf(Bytes)
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<f64>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("bytes of f64 numbers")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        let (numbers, rest) = bytes.as_chunks::<SIZE>();
        if !rest.is_empty() {
            return Err(E::invalid_length(bytes.len(), &"a multiple of 8 bytes"));
        }
        Ok(numbers.iter().map(|number| f64::from_le_bytes(*number)).collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Message {
        #[serde(with = "super")]
        numbers: Vec<f64>,
    }

    #[test]
    fn numbers_come_back_as_they_went() {
        let message = Message { numbers: vec![0.0, -1.5, f64::INFINITY, 1e-300] };
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message);
    }

    #[test]
    fn bytes_that_are_no_numbers_are_refused() {
        let error = serde_json::from_str::<Message>(r#"{"numbers":[1,2,3]}"#).unwrap_err();
        assert!(error.to_string().contains("multiple of 8"), "{error}");
    }
}
