//! How keys are defined: `table!` makes a struct and its keys of one text, `options!` an enum whose
//! variants have keys of their own, `words!` an enum of the words that a key takes.
//!
//! The documentation of a field is what the key means, in the reference and on the terminal; that
//! of a variant is what the word means.

use serde::Serialize;
use serde_json::{Value as Json, json};
use strum::{EnumMessage, IntoEnumIterator};

use super::{Default, Key, Kind, Range, When, Word, join};

fn of(kind: Kind) -> Key {
    Key { path: "", kind, default: Default::Required, none: false, when: None, about: "" }
}

/// A string.
pub(in crate::spec) fn text() -> Key {
    of(Kind::Text)
}

/// An array of strings.
pub(in crate::spec) fn texts() -> Key {
    of(Kind::Texts)
}

/// A string, or an array of strings.
pub(in crate::spec) fn paths() -> Key {
    of(Kind::Paths)
}

/// Labels: an array of short strings.
pub(in crate::spec) fn tags() -> Key {
    of(Kind::Tags)
}

/// `true` or `false`.
pub(in crate::spec) fn boolean() -> Key {
    of(Kind::Boolean)
}

/// A whole number, both ends included.
pub(in crate::spec) fn integer(low: u64, high: u64) -> Key {
    of(Kind::Integer(low, high))
}

/// A number.
pub(in crate::spec) fn number(range: Range) -> Key {
    of(Kind::Float(range))
}

/// Two numbers.
pub(in crate::spec) fn pair(range: Range) -> Key {
    of(Kind::Pair(range))
}

/// A word, and the one that holds if none is written.
pub(in crate::spec) fn word<W>(default: W) -> Key
where
    W: IntoEnumIterator + EnumMessage + Serialize + Into<&'static str>,
{
    one_of::<W>().or(default)
}

/// A word: a variant of the enum.
pub(in crate::spec) fn one_of<W: IntoEnumIterator + EnumMessage + Into<&'static str>>() -> Key {
    let words = W::iter().map(|variant| (about(&variant), variant.into()));
    let words: Vec<_> = words.map(|(about, name)| Word { name, about }).collect();
    of(Kind::Word(words.leak()))
}

/// A word, or a table of one word with a number: a variant of the enum, without or with a field.
pub(in crate::spec) fn choice<W>(range: Range) -> Key
where
    W: IntoEnumIterator + EnumMessage + Serialize + Into<&'static str>,
{
    let (mut words, mut tables) = (Vec::new(), Vec::new());
    for variant in W::iter() {
        let (about, alone) = (about(&variant), json!(variant).is_string());
        let word = Word { name: variant.into(), about };
        if alone { words.push(word) } else { tables.push((word, range)) }
    }
    of(Kind::Choice { words: words.leak(), tables: tables.leak() })
}

fn about(variant: &impl EnumMessage) -> &'static str {
    variant.get_documentation().unwrap_or_default()
}

impl Key {
    /// What holds where it is not written.
    pub(in crate::spec) fn or(self, default: impl Serialize) -> Key {
        Key { default: Default::Value(json!(default)), ..self }
    }

    /// What holds where it is not written, by the word of another key.
    pub(in crate::spec) fn or_by<W, V>(self, key: &'static str, values: &[(W, V)]) -> Key
    where
        W: Copy + Into<&'static str>,
        V: Serialize,
    {
        let values = values.iter().map(|(word, value)| ((*word).into(), json!(value))).collect();
        Key { default: Default::By { key, values }, ..self }
    }

    /// It may be left out.
    pub(in crate::spec) fn or_absent(self) -> Key {
        Key { default: Default::Absent, ..self }
    }

    /// `"none"` may be written.
    pub(in crate::spec) fn or_none(self) -> Key {
        Key { none: true, ..self }
    }

    /// It may be left out, or switched off with `"none"`.
    pub(in crate::spec) fn optional(self) -> Key {
        self.or_absent().or_none()
    }

    /// It means something only with these words of that key.
    pub(in crate::spec) fn when<W>(self, key: &'static str, words: &[W]) -> Key
    where
        W: Copy + Into<&'static str>,
    {
        let words: Vec<_> = words.iter().map(|word| (*word).into()).collect();
        Key { when: Some(When { key, words: words.leak() }), ..self }
    }

    /// The key with its place and its meaning.
    pub(in crate::spec) fn named(self, table: &str, name: &str, about: &'static str) -> Key {
        Key { path: join(table, name).leak(), about: about.trim_start(), ..self }
    }

    /// An option of an enum's variants: it goes with the words of those that have it, with their
    /// defaults.
    pub(in crate::spec) fn of_variants(self, key: &'static str, variants: &[Variant]) -> Key {
        let has = |(word, options): &Variant| {
            let (_, default) = options.iter().find(|(name, _)| *name == self.name())?;
            Some((*word, default.clone()))
        };
        let (words, defaults): (Vec<_>, Vec<_>) = variants.iter().filter_map(has).unzip();
        let values: Vec<_> = words.iter().copied().zip(defaults.into_iter().flatten()).collect();
        let option = match values.first() {
            None => self,
            Some((_, first)) if values.iter().all(|(_, value)| value == first) => {
                self.or(first.clone())
            }
            Some(_) => self.or_by(key, &values),
        };
        if words.len() == variants.len() { option } else { option.when(key, &words) }
    }
}

/// The word of a variant, and its options with their defaults.
pub(in crate::spec) type Variant = (&'static str, Vec<(&'static str, Option<Json>)>);

/// An enum of the words that a key takes: the variants in snake case.
macro_rules! words {
    ($(#[$attribute:meta])* pub enum $Name:ident { $($body:tt)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[derive(strum::EnumIter, strum::EnumMessage, strum::IntoStaticStr)]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum $Name { $($body)* }

        impl $Name {
            /// The word of a spec.
            pub fn name(self) -> &'static str {
                self.into()
            }

            /// Every word.
            pub fn all() -> impl Iterator<Item = Self> {
                <Self as strum::IntoEnumIterator>::iter()
            }
        }
    };
}

/// A struct and its table of keys. A field with a key is `name: Type = key;`; the documentation of the
/// field is the meaning of the key. Of a field without, `name: Type;`, the keys stand elsewhere.
/// `, then options` adds other keys behind one.
macro_rules! table {
    (
        $(#[doc = $about:literal])+
        $(#[derive($($derive:ident),+)])?
        $(#[serde($($table_serde:tt)+)])?
        pub struct $Name:ident at $path:literal {
            $(
                $(#[doc = $meaning:literal])+
                $(#[serde($($serde:tt)+)])?
                $field:ident: $Type:ty $(= $key:expr $(, then $options:path)?)?;
            )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        $(#[derive($($derive),+)])?
        $(#[serde($($table_serde)+)])?
        pub struct $Name {
            $(
                $(#[doc = $meaning])+
                $(#[serde($($serde)+)])?
                pub $field: $Type,
            )*
        }

        impl $Name {
            /// The table and its keys.
            pub(in crate::spec) fn table() -> $crate::spec::keys::Table {
                let mut table = $crate::spec::keys::Table::new($path, concat!($($about),+));
                $(
                    table.add(stringify!($field), concat!($($meaning),+), [$($key)?]);
                    $($(table.keys.extend($options($path));)?)?
                )*
                table
            }
        }
    };
}

/// An enum whose variants have keys of their own: a field is `name: Type = default`, or `name: Type`
/// if it has no default. What the keys are, in their order, stands after the enum, once for all
/// variants that have them.
macro_rules! options {
    (
        $(#[doc = $about:literal])+
        $(#[derive($($derive:ident),+)])?
        #[serde(tag = $tag:literal)]
        pub enum $Name:ident {
            $(
                $(#[$meaning:meta])+
                $Variant:ident $({ $($field:ident: $Type:ty $(= $default:expr)?),+ $(,)? })?,
            )+
        }
        $($(#[doc = $key_about:literal])+ $key_name:ident = $key:expr;)+
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[derive(strum::EnumIter, strum::EnumMessage, strum::IntoStaticStr)]
        $(#[derive($($derive),+)])?
        #[serde(tag = $tag, rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum $Name {
            $(
                $(#[$meaning])+
                $Variant $({
                    $(
                        #[doc = concat!("The key `", stringify!($field), "`.")]
                        $field: $Type,
                    )+
                })?,
            )+
        }

        impl $Name {
            /// The keys of the variants, in a table.
            fn options(table: &str) -> Vec<$crate::spec::keys::Key> {
                let words = <Self as strum::IntoEnumIterator>::iter().map(<&str>::from);
                let options = [$(vec![$($(
                    (stringify!($field), None$(.or(Some(serde_json::json!($default))))?),
                )+)?]),+];
                let variants: Vec<_> = words.zip(options).collect();
                let tag: &str = $crate::spec::keys::join(table, $tag).leak();
                vec![$(
                    $key.named(table, stringify!($key_name), concat!($($key_about),+))
                        .of_variants(tag, &variants),
                )+]
            }
        }
    };
}

pub(in crate::spec) use {options, table, words};
