//! Which protocol is spoken by which adapter, and the models that serve the roles.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use handbill_domain::model::{Entry, Modality, Provider, Role};
use handbill_net::{Auth, Client, Fetched, Fetcher, Guard, Secret, Timeouts};

use crate::{
    Catalog, Error,
    ask::{Image, Kind, Model, Speech, Text, Video},
    openai, rehearsal,
};

/// Makes a model of an entry.
type Maker<K> = fn(Account, Entry) -> Result<Arc<dyn Model<K>>, Error>;

/// A protocol and what it can make.
struct Protocol {
    name: &'static str,
    dialects: fn() -> Vec<&'static str>,
    text: Option<Maker<Text>>,
    image: Option<Maker<Image>>,
    video: Option<Maker<Video>>,
    speech: Option<Maker<Speech>>,
}

const PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: "openai",
        dialects: openai::dialects,
        text: Some(openai::text),
        image: Some(openai::image),
        video: None,
        speech: Some(openai::speech),
    },
    Protocol {
        name: "rehearsal",
        dialects: Vec::new,
        text: Some(|_, entry| Ok(Arc::new(rehearsal::text::Text::new(entry)))),
        image: Some(|_, entry| Ok(Arc::new(rehearsal::image::Pictures::new(entry)))),
        video: None,
        speech: Some(|_, entry| Ok(Arc::new(rehearsal::speech::Voice::new(entry)))),
    },
];

/// Names of all protocols.
pub(crate) fn protocols() -> impl Iterator<Item = &'static str> {
    PROTOCOLS.iter().map(|p| p.name)
}

/// Names of a protocol's dialects.
pub(crate) fn dialects(protocol: &str) -> Vec<&'static str> {
    PROTOCOLS.iter().find(|p| p.name == protocol).map(|p| (p.dialects)()).unwrap_or_default()
}

/// A provider with our key for it, and the client that carries the key.
#[derive(Clone)]
pub struct Account {
    /// Its name in the catalogue.
    pub name: String,
    /// Its dialect of the protocol.
    pub dialect: Option<String>,
    client: Option<Client>,
    fetcher: Option<Fetcher>,
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "account at {}", self.name)
    }
}

impl Account {
    /// An account at a provider. Without an address it is this process itself and has no client.
    pub fn at(name: &str, provider: &Provider, key: Option<Secret>) -> Result<Self, Error> {
        let timeouts = timeouts(provider);
        let refused =
            |e: handbill_net::Error| Error::Rejected { provider: name.to_owned(), reason: e.to_string() };
        let auth = key.map_or(Auth::None, Auth::Bearer);
        let client = provider
            .base_url
            .as_deref()
            .map(|url| Client::for_provider(url, auth, provider.local, timeouts))
            .transpose();
        let guard = if provider.local { Guard::local() } else { Guard::default() };
        let fetcher = provider.base_url.as_ref().map(|_| Fetcher::new(guard, timeouts)).transpose();
        Ok(Self {
            name: name.to_owned(),
            dialect: provider.dialect.clone(),
            client: client.map_err(refused)?,
            fetcher: fetcher.map_err(refused)?,
        })
    }

    /// Its client.
    pub(crate) fn client(&self) -> Result<&Client, Error> {
        self.client.as_ref().ok_or_else(|| Error::Rejected {
            provider: self.name.clone(),
            reason: "the provider has no `base_url`".to_owned(),
        })
    }

    /// Fetches a file that the provider links to; without the key.
    pub(crate) async fn fetch(
        &self,
        url: &str,
        types: &[&str],
        limit: usize,
    ) -> Result<Fetched, handbill_net::Error> {
        match &self.fetcher {
            Some(fetcher) => fetcher.fetch(url, types, limit).await,
            None => Err(handbill_net::Error::Address {
                place: self.name.clone(),
                reason: "a provider without an address links nowhere".to_owned(),
            }),
        }
    }
}

/// A local server may be slow to load and slow to speak: it gets five minutes for a word and half an hour for all, unless
/// its owner says otherwise.
fn timeouts(provider: &Provider) -> Timeouts {
    let usual = if provider.local {
        Timeouts { read: Duration::from_secs(300), total: Duration::from_secs(1800), ..Timeouts::default() }
    } else {
        Timeouts::default()
    };
    match provider.answer_within_s.map(Duration::from_secs) {
        Some(total) => Timeouts { total, read: usual.read.min(total), ..usual },
        None => usual,
    }
}

/// Tells a key by the name of its environment variable.
type KeyOf = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The models of a run: the catalogue, and the keys of this environment.
pub struct Models {
    catalog: Catalog,
    key: KeyOf,
    accounts: Mutex<BTreeMap<String, Account>>,
}

impl fmt::Debug for Models {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "models {:?}", self.catalog.roles())
    }
}

impl Models {
    /// With the keys that `key` tells by the name of their environment variable.
    pub fn new(catalog: Catalog, key: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { catalog, key: Box::new(key), accounts: Mutex::default() }
    }

    /// With the keys of this process's environment.
    pub fn from_environment(catalog: Catalog) -> Self {
        Self::new(catalog, |name| std::env::var(name).ok())
    }

    /// The catalogue.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The entry that serves a role.
    pub fn entry(&self, role: Role) -> &Entry {
        self.catalog.serving(role)
    }

    /// Is the model of this role the local rehearsal?
    pub fn is_rehearsal(&self, role: Role) -> bool {
        self.catalog.is_rehearsal(self.entry(role))
    }

    /// What is missing before these roles can be asked: keys that nobody gave, protocols that cannot make it.
    pub fn missing(&self, roles: impl IntoIterator<Item = Role>) -> Vec<Error> {
        let check = |role: Role| match role.modality() {
            Modality::Text => self.text(role).err(),
            Modality::Image => self.image(role).err(),
            Modality::Video => self.video(role).err(),
            Modality::Speech => self.speech(role).err(),
        };
        let mut missing: Vec<Error> = Vec::new();
        for error in roles.into_iter().filter_map(check) {
            if missing.iter().all(|known| known.to_string() != error.to_string()) {
                missing.push(error);
            }
        }
        missing
    }

    /// The model that writes for a role.
    pub fn text(&self, role: Role) -> Result<Arc<dyn Model<Text>>, Error> {
        self.make(role, "text", |protocol| protocol.text)
    }

    /// The model that draws for a role.
    pub fn image(&self, role: Role) -> Result<Arc<dyn Model<Image>>, Error> {
        self.make(role, "pictures", |protocol| protocol.image)
    }

    /// The model that films for a role.
    pub fn video(&self, role: Role) -> Result<Arc<dyn Model<Video>>, Error> {
        self.make(role, "video", |protocol| protocol.video)
    }

    /// The model that speaks for a role.
    pub fn speech(&self, role: Role) -> Result<Arc<dyn Model<Speech>>, Error> {
        self.make(role, "speech", |protocol| protocol.speech)
    }

    fn make<K: Kind>(
        &self,
        role: Role,
        what: &str,
        maker: impl Fn(&Protocol) -> Option<Maker<K>>,
    ) -> Result<Arc<dyn Model<K>>, Error> {
        let entry = self.entry(role).clone();
        let cannot = |reason: String| Error::Rejected { provider: entry.provider.clone(), reason };
        let provider = self
            .catalog
            .provider(&entry.provider)
            .ok_or_else(|| cannot("the catalogue does not know it".to_owned()))?;
        let protocol = PROTOCOLS.iter().find(|p| p.name == provider.protocol);
        let maker = protocol
            .and_then(maker)
            .ok_or_else(|| cannot(format!("the protocol `{}` makes no {what}", provider.protocol)))?;
        maker(self.account(&entry.provider, provider)?, entry)
    }

    fn account(&self, name: &str, provider: &Provider) -> Result<Account, Error> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(name) {
            return Ok(account.clone());
        }
        let key =
            match &provider.key_env {
                None => None,
                Some(variable) => {
                    let key = (self.key)(variable).map(Secret::new).filter(|key| !key.is_empty());
                    Some(key.ok_or_else(|| Error::NoKey {
                        provider: name.to_owned(),
                        variable: variable.clone(),
                    })?)
                }
            };
        let account = Account::at(name, provider, key)?;
        accounts.insert(name.to_owned(), account.clone());
        Ok(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(file: &str, keys: &'static [(&str, &str)]) -> Models {
        let catalog = Catalog::with_file(file).unwrap();
        Models::new(catalog, |name| keys.iter().find(|(n, _)| *n == name).map(|(_, key)| (*key).to_owned()))
    }

    #[test]
    fn a_missing_key_names_its_variable_and_is_told_once() {
        let models = models(
            "[roles]\nwriter = 'openai/gpt-6-luna'\nillustrator = 'openai/gpt-image-2'",
            &[("OPENAI_API_KEY", " \n")],
        );
        let missing = models.missing([Role::Writer, Role::Illustrator]);
        assert_eq!(
            missing.iter().map(Error::to_string).collect::<Vec<_>>(),
            ["no key for openai: set OPENAI_API_KEY"]
        );
        assert_eq!(missing[0].fault(), handbill_domain::Fault::Unauthorized);
    }

    #[test]
    fn with_its_key_every_remote_entry_of_the_catalogue_makes_a_model() {
        let catalog = Catalog::builtin().unwrap();
        for entry in catalog.entries().filter(|entry| !catalog.is_rehearsal(entry)) {
            let role = Role::ALL.into_iter().find(|role| role.modality() == entry.modality).unwrap();
            let file = format!("[roles]\n{} = '{}'", role.as_str(), entry.id);
            let models = Models::new(Catalog::with_file(&file).unwrap(), |_| Some("test-key-1".to_owned()));
            assert_eq!(
                models.missing([role]).iter().map(Error::to_string).collect::<Vec<_>>(),
                Vec::<String>::new(),
                "{}",
                entry.id
            );
            assert!(!models.is_rehearsal(role));
        }
    }

    #[test]
    fn an_account_is_made_once_and_never_shows_its_key() {
        let models =
            models("[roles]\nwriter = 'openai/gpt-6-luna'", &[("OPENAI_API_KEY", "sk-live-0123456789")]);
        models.text(Role::Writer).unwrap();
        models.text(Role::Writer).unwrap();
        let accounts = models.accounts.lock().unwrap();
        assert_eq!(accounts.len(), 1);
        assert!(!format!("{accounts:?} {:?}", accounts["openai"].client).contains("sk-live"));
    }

    #[test]
    fn a_protocol_that_cannot_make_it_says_so() {
        let file = "[provider.x]\nprotocol = 'openai'\nbase_url = 'https://x.example'\n[[entry]]\nid = 'x/v'\nmodality = 'video'\nprovider = 'x'\nmodel = 'v'\nprice = [{ unit = 'video_second', micros = 1 }]\n[roles]\nfilmer = 'x/v'";
        let error = models(file, &[]).video(Role::Filmer).err().unwrap();
        assert_eq!(error.to_string(), "x did not accept the request: the protocol `openai` makes no video");
    }
}
