//! From a file's text to a brief that can be trusted, or everything that is wrong with it.

use super::{Brief, node, rules, shape};
use crate::problem::{Problem, Problems};

/// A longer file is no brief.
pub const MAX_BYTES: usize = 1_000_000;
/// Lengths of videos in seconds.
pub const TIERS: [u32; 3] = [15, 30, 60];
/// Ratios of videos.
pub const RATIOS: [&str; 3] = ["9:16", "1:1", "16:9"];

impl Brief {
    /// Reads a YAML or JSON file and checks all of it. Problems come in the order of the file, each with its JSON
    /// pointer, its line and what to write instead.
    pub fn read(text: &str) -> Result<Self, Problems> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > MAX_BYTES {
            let problem = Problem::at("", format!("the file has {} bytes", text.len()))
                .hint("a brief has at most 1 MB; photos stand beside it as files")
                .in_chinese(
                    format!("文件有 {} 字节", text.len()),
                    "简报不能超过 1 MB；照片请作为单独的文件放在旁边",
                );
            return Err(Problems(vec![problem]));
        }
        let mut problems = Vec::new();
        let root = node::parse(text, &mut problems)?;
        let json = shape::hold(&root, &mut problems);
        rules::hold(&root, &mut problems);
        problems.sort_by_key(|problem| problem.line);
        problems.dedup_by(|a, b| a.pointer == b.pointer && a.message == b.message);
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        // Everything was held against the schema of this type; what serde still objects to is told as it is.
        serde_json::from_value(json.unwrap_or_default())
            .map_err(|error| Problems(vec![Problem::at("", error.to_string())]))
    }

    /// The line of a place in a file that was read, for problems that show only later (a photo that is no picture).
    pub fn line_of(text: &str, pointer: &str) -> Option<u32> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        node::parse(text, &mut Vec::new()).ok().map(|root| node::line_of(&root, pointer))
    }

    /// The JSON Schema of a brief's file, for editors and for `handbill schema brief`.
    pub fn schema() -> serde_json::Value {
        shape::SCHEMA.clone()
    }

    /// Paths of all files that it names, with the pointer of each.
    pub fn files(&self) -> Vec<(String, &str)> {
        let photos = self
            .product
            .photos
            .iter()
            .enumerate()
            .map(|(n, photo)| (format!("/product/photos/{n}/file"), Some(photo.file.as_str())));
        let brand = &self.brand;
        photos
            .chain([
                ("/brand/logo".into(), brand.logo.as_deref()),
                ("/brand/logo_wide".into(), brand.logo_wide.as_deref()),
                ("/brand/fonts/heading".into(), brand.fonts.heading.as_deref()),
                ("/brand/fonts/body".into(), brand.fonts.body.as_deref()),
            ])
            .filter_map(|(pointer, file)| Some((pointer, file?)))
            .collect()
    }
}
