//! A language and a region: `zh-CN`, `en-US`.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A BCP 47 tag of a language, an optional script and a region, in its usual letter case (`zh-Hant-TW`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Locale(String);

impl Locale {
    /// The whole tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone: `zh`, `en`, `ar`.
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The region alone, where there is one: `CN`.
    pub fn region(&self) -> Option<&str> {
        self.0.split('-').skip(1).find(|part| part.len() == 2)
    }

    /// Whose rules hold there: the members of the European Union share a market (`eu`), every other region is its own
    /// (`cn`, `us`).
    pub fn market(&self) -> Option<String> {
        const EU: &[&str] = &[
            "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
            "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
        ];
        self.region()
            .map(|region| if EU.contains(&region) { "eu".to_owned() } else { region.to_ascii_lowercase() })
    }

    /// Is it written in Chinese characters without spaces?
    pub fn is_chinese(&self) -> bool {
        self.language() == "zh"
    }

    /// Does its text run from right to left?
    pub fn is_right_to_left(&self) -> bool {
        matches!(self.language(), "ar" | "he" | "fa" | "ur")
    }
}

impl FromStr for Locale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a locale: write a language and a region, such as zh-CN or en-US");
        let mut parts = text.split(['-', '_']);
        let language =
            parts.next().filter(|p| matches!(p.len(), 2 | 3) && p.bytes().all(|b| b.is_ascii_alphabetic()));
        let mut tag = language.ok_or_else(wrong)?.to_ascii_lowercase();
        for part in parts {
            let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
            tag.push('-');
            match part.len() {
                2 if letters => tag.push_str(&part.to_ascii_uppercase()),
                4 if letters => {
                    tag.push_str(&part[..1].to_ascii_uppercase());
                    tag.push_str(&part[1..].to_ascii_lowercase());
                }
                _ => return Err(wrong()),
            }
        }
        Ok(Self(tag))
    }
}

impl TryFrom<String> for Locale {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Locale> for String {
    fn from(locale: Locale) -> Self {
        locale.0
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_belongs_to_a_market() {
        let market = |tag: &str| tag.parse::<Locale>().unwrap().market();
        assert_eq!(market("de-DE").as_deref(), Some("eu"));
        assert_eq!(market("en-GB").as_deref(), Some("gb"));
        assert_eq!(market("zh-Hans-CN").as_deref(), Some("cn"));
        assert_eq!(market("en"), None);
    }

    #[test]
    fn a_locale_is_kept_in_its_usual_letter_case() {
        assert_eq!("zh_cn".parse::<Locale>().unwrap().as_str(), "zh-CN");
        assert_eq!("ZH-hant-tw".parse::<Locale>().unwrap().as_str(), "zh-Hant-TW");
        for bad in ["", "chinese", "zh-", "zh-CNN", "1"] {
            assert!(bad.parse::<Locale>().is_err(), "{bad}");
        }
    }
}
