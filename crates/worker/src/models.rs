//! The models in force, as the desk asks for them.

use std::sync::Arc;

use handbill_domain::{
    model::{Entry, Role},
    money::{Currency, Money},
};
use handbill_providers::{
    Error as ModelError,
    ask::{Image, Kind, Model, Speech, Text, Usage, Video},
    usage::Expected,
};
use handbill_queue::limits::Account;

/// The models in force: who serves which role, at what price.
pub trait Models: Send + Sync {
    /// Who writes.
    fn text(&self, role: Role) -> Result<Arc<dyn Model<Text>>, ModelError>;
    /// Who draws.
    fn image(&self, role: Role) -> Result<Arc<dyn Model<Image>>, ModelError>;
    /// Who films.
    fn video(&self, role: Role) -> Result<Arc<dyn Model<Video>>, ModelError>;
    /// Who speaks.
    fn speech(&self, role: Role) -> Result<Arc<dyn Model<Speech>>, ModelError>;
    /// What some use costs at list price, in the run's currency. An unknown price is an error, never zero.
    fn price(&self, entry: &Entry, usage: &Usage, currency: Currency) -> Result<Money, ModelError>;
    /// The account that is asked, and what it allows.
    fn account(&self, entry: &Entry) -> Account;
    /// Is it this machine's own rehearsal? Then its price is shown and never spent, and asking twice does no harm.
    fn is_rehearsal(&self, entry: &Entry) -> bool;
}

/// The kinds of asking, as the desk tells them apart.
pub(crate) trait Kinded: Kind<Ask: Expected> {
    /// Who is asked.
    fn model(models: &dyn Models, role: Role) -> Result<Arc<dyn Model<Self>>, ModelError>;
    /// What an answer used.
    fn usage(answer: &Self::Answer) -> &Usage;
}

macro_rules! kinded {
    ($kind:ident, $pick:ident) => {
        impl Kinded for $kind {
            fn model(models: &dyn Models, role: Role) -> Result<Arc<dyn Model<Self>>, ModelError> {
                models.$pick(role)
            }

            fn usage(answer: &Self::Answer) -> &Usage {
                &answer.usage
            }
        }
    };
}

kinded!(Text, text);
kinded!(Image, image);
kinded!(Video, video);
kinded!(Speech, speech);
