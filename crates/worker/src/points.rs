//! Named moments between two effects, at which a test may let the process die. Outside tests they are nothing.

/// Who decides, in a test, whether a moment is the last one.
#[derive(Clone, Default)]
pub(crate) struct Points {
    #[cfg(test)]
    pub(crate) dies_at: Option<std::sync::Arc<dyn Fn(&'static str) -> bool + Send + Sync>>,
}

impl Points {
    /// A moment. In a test that dies here, nothing after it ever happens.
    #[cfg(test)]
    pub(crate) async fn at(&self, name: &'static str) {
        if self.dies_at.as_ref().is_some_and(|dies| dies(name)) {
            std::future::pending::<()>().await;
        }
    }

    /// A moment.
    #[cfg(not(test))]
    #[allow(clippy::unused_async, reason = "it waits in tests")]
    pub(crate) async fn at(&self, _name: &'static str) {}
}
