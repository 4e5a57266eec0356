//! Takes in a brief with the files that it names: everything is read and opened before anything is planned.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use handbill_domain::{
    asset::Digest,
    brief::{Brief, BriefFiles},
    problem::{Problem, Problems},
};
use handbill_media::{
    Canvas,
    open::{Limits, open},
    text::{BrandFonts, Fonts},
};
use handbill_store::Store;

use crate::{ending::Ending, wiring};

/// Largest font file in bytes: a Chinese family with all its weights has about 20 MB.
const LARGEST_FONT: u64 = 40_000_000;

/// Shorter and longer side that a picture has at least, in pixels: less is a slip of the file dialog, not a photo.
const SMALLEST: (u32, u32) = (64, 200);

/// A brief and the files that it names.
#[derive(Debug)]
pub struct Intake {
    /// The brief.
    pub brief: Brief,
    /// Path in the brief → bytes.
    files: BTreeMap<String, Bytes>,
}

impl Intake {
    /// Reads a brief; every problem of the brief, or else of its files, is told at once.
    pub fn read(path: &Path) -> Result<Self, Ending> {
        let text = wiring::read(path)?;
        let wrong = |problems| Ending::Problems { file: path.to_owned(), problems };
        let brief = Brief::read(&text).map_err(wrong)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut problems = Problems::default();
        let mut files = BTreeMap::new();
        for (pointer, file) in brief.files() {
            match take(folder, file, &pointer) {
                Ok(bytes) => drop(files.insert(file.to_owned(), bytes)),
                Err(mut problem) => {
                    problem.line = Brief::line_of(&text, &pointer);
                    problems.push(problem);
                }
            }
        }
        problems.or(Self { brief, files }).map_err(wrong)
    }

    /// Digests of the files.
    pub fn digests(&self) -> BriefFiles {
        self.files.iter().map(|(path, bytes)| (path.clone(), Digest::of(bytes))).collect()
    }

    /// Keeps the files where the steps find them.
    pub async fn keep(&self, store: &Store) -> Result<(), Ending> {
        for bytes in self.files.values() {
            store.files().put(bytes.clone()).await.map_err(anyhow::Error::from)?;
        }
        Ok(())
    }
}

/// Reads one file and opens it for a look.
fn take(folder: &Path, file: &str, pointer: &str) -> Result<Bytes, Problem> {
    let path = inside(folder, file, pointer)?;
    let unreadable = |error: std::io::Error| {
        Problem::at(pointer, format!("cannot read `{file}`: {error}"))
            .in_chinese(format!("无法读取 `{file}`：{error}"), "")
    };
    let limit = limit(pointer);
    let length = std::fs::metadata(&path).map_err(unreadable)?.len();
    if length > limit {
        return Err(too_large(file, pointer, length, limit));
    }
    let bytes = Bytes::from(std::fs::read(&path).map_err(unreadable)?);
    judge(&bytes, file, pointer)?;
    Ok(bytes)
}

/// Is it for text rather than for the eye?
fn is_font(pointer: &str) -> bool {
    pointer.starts_with("/brand/fonts/")
}

fn limit(pointer: &str) -> u64 {
    if is_font(pointer) { LARGEST_FONT } else { Limits::default().bytes as u64 }
}

fn too_large(file: &str, pointer: &str, length: u64, limit: u64) -> Problem {
    let (has, most) = (length.div_ceil(1_000_000), limit / 1_000_000);
    Problem::at(pointer, format!("`{file}` has {has} MB"))
        .hint(format!("at most {most} MB; save it smaller"))
        .in_chinese(format!("`{file}` 有 {has} MB"), format!("最多 {most} MB，请压缩后再用"))
}

/// Opens the bytes of a file that a brief names: can it be used at this place?
pub fn judge(bytes: &Bytes, file: &str, pointer: &str) -> Result<(), Problem> {
    let (length, limit) = (bytes.len() as u64, limit(pointer));
    if length > limit {
        return Err(too_large(file, pointer, length, limit));
    }
    let is_font = is_font(pointer);
    let opened = if is_font { load_font(bytes).map(|()| None) } else { picture(bytes).map(Some) };
    let canvas = opened.map_err(|error| {
        let (hint, zh) = if is_font {
            ("use a TTF, OTF or TTC file", "请使用 TTF、OTF 或 TTC 字体文件")
        } else {
            (
                "open it in an image editor and save it again as PNG or JPEG",
                "请用图片软件打开并重新存为 PNG 或 JPEG",
            )
        };
        Problem::at(pointer, format!("`{file}`: {error}"))
            .hint(hint)
            .in_chinese(format!("`{file}` 无法使用：{error}"), zh)
    })?;
    let Some(canvas) = canvas else { return Ok(()) };
    match (canvas.width(), canvas.height()) {
        (w, h) if w.min(h) < SMALLEST.0 || w.max(h) < SMALLEST.1 => {
            let (short, long) = SMALLEST;
            Err(Problem::at(pointer, format!("`{file}` has only {w} × {h} pixels"))
                .hint(format!("at least {short} × {long}; better 1000 and more on each side"))
                .in_chinese(
                    format!("`{file}` 只有 {w} × {h} 像素"),
                    format!("至少 {short} × {long}，最好每边 1000 以上"),
                ))
        }
        _ if canvas.data().chunks_exact(4).all(|pixel| pixel[3] == 0) => {
            Err(Problem::at(pointer, format!("`{file}` shows nothing: all of it is transparent"))
                .hint("save it again with what it shows")
                .in_chinese(format!("`{file}` 完全透明，看不到任何内容"), "请重新导出带有内容的图片"))
        }
        _ => Ok(()),
    }
}

/// Opens a picture.
pub fn picture(bytes: &Bytes) -> Result<Canvas, handbill_media::Error> {
    open(bytes, &Limits::default()).map(|picture| picture.canvas)
}

/// Opens a font.
pub fn load_font(bytes: &Bytes) -> Result<(), handbill_media::Error> {
    Fonts::load(&BrandFonts { heading: vec![bytes.to_vec()], body: Vec::new() }).map(drop)
}

/// The file's real path. A link that leads out of the brief's folder is not followed.
fn inside(folder: &Path, file: &str, pointer: &str) -> Result<PathBuf, Problem> {
    let missing = |_| {
        let near = neighbours(&folder.join(file));
        let problem = Problem::at(pointer, format!("there is no file `{file}` beside the brief"));
        let meant = handbill_domain::problem::nearest(
            file.rsplit('/').next().unwrap_or(file),
            near.iter().map(String::as_str),
        );
        let (hint, zh) = match meant {
            Some(name) => (format!("did you mean `{name}`?"), format!("您是想写 `{name}` 吗？")),
            None => (
                "write its path from the brief's folder".to_owned(),
                "请写相对于简报所在文件夹的路径".to_owned(),
            ),
        };
        problem.hint(hint).in_chinese(format!("简报旁边没有文件 `{file}`"), zh)
    };
    let folder = folder.canonicalize().map_err(missing)?;
    let path = folder.join(file).canonicalize().map_err(missing)?;
    if path.starts_with(&folder) && path.is_file() {
        return Ok(path);
    }
    Err(Problem::at(pointer, format!("`{file}` is no file inside the brief's folder"))
        .hint("put the file itself there, not a link or a folder")
        .in_chinese(format!("`{file}` 不是简报文件夹内的文件"), "请把文件本身放进来，不要用链接或文件夹"))
}

/// Names of the files in the folder of a path.
fn neighbours(path: &Path) -> Vec<String> {
    let entries = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("photos")).unwrap();
        dir
    }

    #[test]
    fn a_misspelt_photo_is_told_with_the_name_that_is_there() {
        let dir = folder();
        std::fs::write(dir.path().join("photos/tea-tin.png"), b"x").unwrap();
        let problem = take(dir.path(), "photos/tea-tn.png", "/product/photos/0/file").unwrap_err();
        assert_eq!(problem.hint.as_deref(), Some("did you mean `tea-tin.png`?"));
    }

    #[test]
    fn a_link_out_of_the_folder_is_not_followed() {
        let (dir, other) = (folder(), tempfile::NamedTempFile::new().unwrap());
        std::os::unix::fs::symlink(other.path(), dir.path().join("photos/secret.png")).unwrap();
        let problem = take(dir.path(), "photos/secret.png", "/brand/logo").unwrap_err();
        assert!(problem.message.contains("inside the brief's folder"), "{problem}");
    }

    #[test]
    fn a_picture_that_shows_nothing_is_a_problem() {
        use handbill_media::{
            Canvas, Color,
            image::encode::{Chroma, Format, encode},
        };
        let dir = folder();
        let nothing = Canvas::new(400, 400, Color::CLEAR);
        let png = encode(&nothing, Format::Png, 100, Chroma::Full).unwrap();
        std::fs::write(dir.path().join("clear.png"), png).unwrap();
        let problem = take(dir.path(), "clear.png", "/product/photos/0/file").unwrap_err();
        assert!(problem.message.contains("transparent") && problem.zh.is_some(), "{problem}");
    }

    #[test]
    fn a_file_that_is_no_picture_or_no_font_is_a_problem() {
        let dir = folder();
        std::fs::write(dir.path().join("a.png"), b"hello").unwrap();
        for pointer in ["/brand/logo", "/brand/fonts/body"] {
            let problem = take(dir.path(), "a.png", pointer).unwrap_err();
            assert!(
                problem.message.contains("a.png") && problem.hint.is_some() && problem.zh.is_some(),
                "{problem}"
            );
        }
    }
}
