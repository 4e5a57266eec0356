//! The image templates in force: ours, with those of the user's folder over them.

use std::{path::Path, sync::Arc};

use handbill_domain::{asset::Digest, problem::Problems};
use handbill_media::template::{self, Template};
use serde::{Deserialize, Serialize};

/// The image templates in force. Written down they are those of the user's own, or nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Option<Vec<Template>>", into = "Option<Vec<Template>>")]
pub struct Templates {
    all: Arc<[Template]>,
    own: Option<Digest>,
}

impl Default for Templates {
    fn default() -> Self {
        Self { all: template::built_in().into(), own: None }
    }
}

impl From<Option<Vec<Template>>> for Templates {
    fn from(own: Option<Vec<Template>>) -> Self {
        own.map_or_else(Self::default, Self::of)
    }
}

impl From<Templates> for Option<Vec<Template>> {
    fn from(templates: Templates) -> Self {
        templates.own.is_some().then(|| templates.all.to_vec())
    }
}

impl Templates {
    /// Ours, with those of a folder (`<folder>/<name>/template.yaml`) over them by name.
    pub fn with_folder(folder: &Path) -> Result<Self, Problems> {
        Ok(Self::of(template::with_folder(folder)?))
    }

    /// These and no others.
    pub(crate) fn of(all: Vec<Template>) -> Self {
        let own = (all != template::built_in()).then(|| Digest::of_json(&all));
        Self { all: all.into(), own }
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
