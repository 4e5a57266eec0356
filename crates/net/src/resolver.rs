//! Names become addresses here and nowhere else, so the addresses that were checked are the ones that are connected to.

use std::{io, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::guard::Guard;

/// Looks a name up.
#[async_trait]
pub(crate) trait Lookup: Send + Sync + 'static {
    /// All addresses of a name; the port is ignored.
    async fn addresses(&self, host: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The lookup of the operating system.
pub(crate) struct System;

#[async_trait]
impl Lookup for System {
    async fn addresses(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

/// A lookup whose answers went through the guard.
pub(crate) struct Checked {
    pub(crate) guard: Guard,
    pub(crate) lookup: Arc<dyn Lookup>,
}

/// A name led to an address that may not be asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Objection(pub(crate) String);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, lookup) = (self.guard.clone(), self.lookup.clone());
        Box::pin(async move {
            let found = lookup.addresses(name.as_str()).await?;
            // One bad address among the answers spoils the name: the connection might pick that one.
            if let Some(reason) = found.iter().find_map(|address| guard.objection(address.ip())) {
                return Err(Objection(reason).into());
            }
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
