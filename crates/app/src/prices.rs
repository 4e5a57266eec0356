//! The providers' models as the worker asks for them: who serves a role, and what some use costs at list price.

use std::sync::Arc;

use handbill_domain::{
    model::{Entry, PriceUnit, Role},
    money::{Currency, Money},
};
use handbill_pipeline::plan::Prices;
use handbill_providers::{
    Error, Models,
    ask::{Image, Model, Speech, Text, Usage, Video},
    price,
};
use handbill_queue::limits::Account;

/// The models in force.
pub struct Cast(pub Arc<Models>);

impl handbill_worker::Models for Cast {
    fn text(&self, role: Role) -> Result<Arc<dyn Model<Text>>, Error> {
        self.0.text(role)
    }

    fn image(&self, role: Role) -> Result<Arc<dyn Model<Image>>, Error> {
        self.0.image(role)
    }

    fn video(&self, role: Role) -> Result<Arc<dyn Model<Video>>, Error> {
        self.0.video(role)
    }

    fn speech(&self, role: Role) -> Result<Arc<dyn Model<Speech>>, Error> {
        self.0.speech(role)
    }

    fn price(&self, entry: &Entry, usage: &Usage, currency: Currency) -> Result<Money, Error> {
        let cost = self.cost(entry, usage)?;
        if cost.currency == currency {
            return Ok(cost);
        }
        let reason = format!("{} is paid in {}, and this run in {currency}", entry.id, cost.currency);
        Err(Error::Rejected { provider: entry.provider.clone(), reason })
    }

    fn account(&self, entry: &Entry) -> Account {
        let id = entry.provider.clone();
        let Some(provider) = self.0.catalog().provider(&id) else {
            return Account { id, ..Account::default() };
        };
        Account {
            id,
            at_once: provider.at_once,
            requests_per_minute: provider.requests_per_minute,
            tokens_per_minute: provider.tokens_per_minute,
        }
    }

    fn is_rehearsal(&self, entry: &Entry) -> bool {
        self.0.catalog().is_rehearsal(entry)
    }
}

impl Cast {
    /// What a provider counted costs what its rows say; an estimate costs what the plan says that it costs.
    fn cost(&self, entry: &Entry, usage: &Usage) -> Result<Money, Error> {
        let catalog = self.0.catalog();
        let priced = catalog.priced_as(entry);
        if !usage.estimated && !catalog.is_rehearsal(entry) {
            return price::cost(priced, usage);
        }
        let usage = as_counted_by(priced, usage);
        let served = Role::ALL.into_iter().find(|role| catalog.serving(*role).id == entry.id);
        match served.filter(|_| usage.estimated).map(|role| self.0.quote(role, &usage)) {
            Some(Ok(quote)) => Ok(quote.cost),
            // The quote's problem is for the plan; the price's own error names the unit.
            Some(Err(_)) | None => price::cost(priced, &usage),
        }
    }
}

/// Rehearsal counts pictures and characters where the model that it stands in for counts tokens and seconds: what these
/// will be, rather too much than too little. What has no price of its own is part of what has one.
fn as_counted_by(priced: &Entry, usage: &Usage) -> Usage {
    let has = |unit: PriceUnit| priced.price.iter().any(|row| row.unit == unit);
    let mut usage = usage.clone();
    if !usage.counts.iter().any(|(unit, count)| *count > 0 && has(*unit)) {
        let (pictures, characters) = (usage.count(PriceUnit::Image), usage.count(PriceUnit::Character));
        let largest = priced.abilities.image_tokens.values().copied().max().unwrap_or(0);
        let instead = [
            (PriceUnit::ImageOutputToken, pictures * largest),
            (PriceUnit::InputToken, characters),
            // A slow speaker: four characters in a second.
            (PriceUnit::AudioSecond, characters.div_ceil(4)),
        ];
        usage.counts.extend(instead.into_iter().filter(|(unit, count)| *count > 0 && has(*unit)));
    }
    // Who takes money for what is read takes it for what is written too: a row that is missing is no free answer.
    let written = |unit: PriceUnit| unit == PriceUnit::OutputToken && has(PriceUnit::InputToken);
    usage.counts.retain(|(unit, count)| has(*unit) || (written(*unit) && *count > 0));
    usage
}

#[cfg(test)]
mod tests {
    use handbill_providers::Catalog;
    use handbill_worker::Models as _;

    use super::*;

    fn cast(models: &str) -> Cast {
        Cast(Arc::new(Models::new(Catalog::with_file(models).unwrap(), |_| None)))
    }

    fn price(cast: &Cast, role: Role, counts: &[(PriceUnit, u64)], estimated: bool) -> Result<Money, Error> {
        let usage = Usage { counts: counts.to_vec(), variant: None, estimated };
        cast.price(cast.0.entry(role), &usage, Currency::Usd)
    }

    const WORDS: &[(PriceUnit, u64)] = &[(PriceUnit::InputToken, 2200), (PriceUnit::OutputToken, 900)];

    #[tokio::test]
    async fn an_account_is_asked_as_often_as_the_models_file_allows() {
        use handbill_queue::{
            Limits as _, Local,
            limits::{Entry, Why},
        };

        let cast = cast(
            "[roles]\nwriter = 'openai/gpt-6-luna'\n[provider.openai]\nat_once = 2\n[provider.deepseek]\nrequests_per_minute = 6\ntokens_per_minute = 60",
        );
        let entry = |id: &str| cast.0.catalog().entries().find(|entry| entry.provider == id).unwrap();
        let limits = Local::default();
        let enter = async |id: &str, holder: &str, tokens| {
            limits.enter(&cast.account(entry(id)), holder, tokens).await.unwrap()
        };
        let (one, two) = (enter("openai", "one", 9).await, enter("openai", "two", 9).await);
        assert!(matches!((&one, &two), (Entry::Go(_), Entry::Go(_))));
        let Entry::Wait(wait) = enter("openai", "three", 9).await else { panic!("a third at once") };
        assert_eq!(wait.why, Why::AtOnce);
        drop(one);
        assert!(matches!(enter("openai", "three", 9).await, Entry::Go(_)));

        assert!(matches!(enter("deepseek", "one", 1).await, Entry::Go(_)));
        let Entry::Wait(wait) = enter("deepseek", "two", 1).await else { panic!("a second at this moment") };
        assert_eq!(wait.why, Why::Requests);
        assert!(
            matches!(enter("moonshot", "one", 1_000_000).await, Entry::Go(_)),
            "nothing is known of its limits"
        );
    }

    #[test]
    fn an_answer_without_a_price_is_not_free() {
        let cast = cast("");
        let catalog = cast.0.catalog();
        let mut half = catalog.priced_as(catalog.serving(Role::Writer)).clone();
        half.price.retain(|row| row.unit != PriceUnit::OutputToken);
        assert!(half.price.iter().any(|row| row.unit == PriceUnit::InputToken));
        let usage = Usage { counts: WORDS.to_vec(), variant: None, estimated: true };
        let counted = as_counted_by(&half, &usage);
        assert!(counted.counts.contains(&WORDS[1]), "{counted:?}");
    }

    #[test]
    fn rehearsal_is_shown_at_the_price_of_the_model_that_it_stands_in_for() {
        let rehearsed = price(&cast(""), Role::Writer, WORDS, true).unwrap();
        assert_eq!(
            rehearsed,
            price(&cast("[roles]\nwriter = 'openai/gpt-6.1-terra'"), Role::Writer, WORDS, false).unwrap()
        );
        assert!(rehearsed.amount_micros > 0);
        for (role, unit) in [(Role::Illustrator, PriceUnit::Image), (Role::Speaker, PriceUnit::Character)] {
            for estimated in [true, false] {
                assert!(
                    price(&cast(""), role, &[(unit, 100)], estimated).unwrap().amount_micros > 0,
                    "{role:?}"
                );
            }
        }
    }

    #[test]
    fn what_has_a_price_counts_alone() {
        let seconds = [(PriceUnit::AudioSecond, 4)];
        let both = [(PriceUnit::Character, 20), (PriceUnit::AudioSecond, 4)];
        let price = |counts| price(&cast(""), Role::Speaker, counts, false).unwrap();
        assert_eq!(price(&seconds), price(&both));
    }

    #[test]
    fn what_a_provider_counted_is_never_left_out() {
        let paid = cast("[roles]\nspeaker = 'openai/gpt-4o-mini-tts'");
        let counts = [(PriceUnit::AudioSecond, 4), (PriceUnit::VideoSecond, 1)];
        assert!(matches!(price(&paid, Role::Speaker, &counts, false), Err(Error::Unpriced { .. })));
    }

    #[test]
    fn a_model_that_is_paid_in_another_currency_than_the_run_is_an_error() {
        let models = "[[entry]]\nid = 'openai/yuan'\nmodality = 'text'\nprovider = 'openai'\nmodel = 'yuan'\n\
                      price = [{ unit = 'input_token', micros = 1, currency = 'CNY' }, { unit = 'output_token', micros = 1, currency = 'CNY' }]\n\
                      [roles]\nwriter = 'openai/yuan'";
        assert!(matches!(price(&cast(models), Role::Writer, WORDS, true), Err(Error::Rejected { .. })));
    }
}
