//! Fewer words, where a picture cannot carry all of them: better a design without a button than none.

use handbill_domain::words::DesignWords;

/// How much is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    /// Nothing.
    AllWords,
    /// The call to action: the placement has a button of its own.
    NoButton,
    /// Everything but the short headline and the facts.
    Least,
}

impl Mend {
    /// In the order in which they are tried.
    pub(super) const ALL: [Self; 3] = [Self::AllWords, Self::NoButton, Self::Least];

    /// What is left of the words.
    pub(super) fn words(self, words: &DesignWords) -> DesignWords {
        match self {
            Self::AllWords | Self::NoButton => words.clone(),
            Self::Least => {
                let short =
                    [&words.headline_short, &words.headline].into_iter().find(|w| !w.trim().is_empty());
                DesignWords {
                    headline: short.cloned().unwrap_or_default(),
                    headline_short: short.cloned().unwrap_or_default(),
                    subline: String::new(),
                    kicker: String::new(),
                    quote_source: String::new(),
                    ..words.clone()
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_a_short_headline() {
        let words = DesignWords {
            headline: "A headline that goes on and on".into(),
            headline_short: "Short".into(),
            subline: "More".into(),
            bullets: vec!["one".into()],
            ..DesignWords::default()
        };
        assert_eq!(Mend::NoButton.words(&words), words);
        let least = Mend::Least.words(&words);
        assert_eq!((least.headline.as_str(), least.subline.as_str()), ("Short", ""));
        assert_eq!(least.bullets, words.bullets);
        let only = DesignWords { headline: "Only".into(), ..DesignWords::default() };
        assert_eq!(Mend::Least.words(&only).headline_short, "Only");
    }
}
