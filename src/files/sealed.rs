//! JSON that says its own checksum, in its last field.

use super::hash::sha256;
use serde::Serialize;

/// What stands between an object and its checksum, at the end of the file.
const BEFORE_SUM: &str = ",\n  \"sha256\": \"";
const AFTER_SUM: &str = "\"\n}\n";

/// An object as JSON, with the SHA-256 of its text as one more field.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn sealed(object: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let body = serde_json::to_string_pretty(object)?;
    let open = body.strip_suffix("\n}").unwrap_or(&body);
    let sum = sha256(body.as_bytes());
    Ok(format!("{open}{BEFORE_SUM}{sum}{AFTER_SUM}").into_bytes())
}

/// Whether the checksum of such a file is right. One without, which someone has written anew, is taken
/// as it is.
pub fn is_whole(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let parts = text.strip_suffix(AFTER_SUM).and_then(|text| text.rsplit_once(BEFORE_SUM));
    parts.is_none_or(|(open, sum)| sha256(format!("{open}\n}}").as_bytes()) == sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_changed_byte_of_the_object_is_seen() {
        let bytes = sealed(&json!({ "name": "a", "numbers": [1, 2] })).unwrap();
        assert!(is_whole(&bytes));
        let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(read["numbers"], json!([1, 2]));
        let end = bytes.len() - BEFORE_SUM.len() - AFTER_SUM.len() - 64;
        for at in 0..end {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(!is_whole(&changed), "{at}");
        }
        assert!(is_whole(b"{}\n"));
    }
}
