//! The two languages in which we speak to people.

/// In which language messages are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

impl Language {
    /// As the environment asks for, in the order that POSIX gives: `LC_ALL`, `LC_MESSAGES`, `LANG`.
    pub fn of_environment() -> Self {
        let asked = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        Self::of_tag(asked.as_deref().unwrap_or_default())
    }

    fn of_tag(tag: &str) -> Self {
        if tag.to_lowercase().starts_with("zh") { Self::Zh } else { Self::En }
    }

    /// `en` or `zh`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// One of the two.
    pub fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// The same sentence in both languages; only the one that is wanted is put together.
macro_rules! said {
    ($language:expr, $en:literal, $zh:literal $(, $($argument:tt)*)?) => {
        match $language {
            $crate::language::Language::En => format!($en $(, $($argument)*)?),
            $crate::language::Language::Zh => format!($zh $(, $($argument)*)?),
        }
    };
}
pub(crate) use said;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_environments() {
        for (tag, language) in [
            ("zh_CN.UTF-8", Language::Zh),
            ("zh", Language::Zh),
            ("C.UTF-8", Language::En),
            ("de_DE", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }
}
