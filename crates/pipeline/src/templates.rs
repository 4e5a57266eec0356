//! The image templates in force: ours, with those of the user's folder over them.

use std::{path::Path, sync::Arc};

use handbill_domain::{asset::Digest, problem::Problems};
use handbill_media::template::{self, Template};

/// The image templates in force.
#[derive(Clone, Debug)]
pub struct Templates {
    all: Arc<[Template]>,
    own: Option<Digest>,
}

impl Default for Templates {
    fn default() -> Self {
        Self { all: template::built_in().into(), own: None }
    }
}

impl Templates {
    /// Ours, with those of a folder (`<folder>/<name>/template.yaml`) over them by name.
    pub fn with_folder(folder: &Path) -> Result<Self, Problems> {
        let all = template::with_folder(folder)?;
        let own = (all != template::built_in()).then(|| Digest::of_json(&all));
        Ok(Self { all: all.into(), own })
    }

    /// These and no others.
    #[cfg(test)]
    pub(crate) fn of(all: Vec<Template>) -> Self {
        Self { all: all.into(), own: None }
    }

    /// All of them.
    pub fn all(&self) -> &[Template] {
        &self.all
    }

    /// What tells them from ours; none: they are ours.
    pub fn own(&self) -> Option<&Digest> {
        self.own.as_ref()
    }
}
