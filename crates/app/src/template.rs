//! `handbill template`: checks image templates, renders one, draws all of them for people to look at.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use handbill_domain::{channel::Size, locale::Locale, problem::Problem, problem::Problems};
use handbill_media::{
    Canvas, Color,
    image::{encode, resize},
    template::{
        self, Composed, Template,
        sample::{self, SIZES, Sample},
    },
    text::{BrandFonts, Fonts},
};

use crate::{console::Console, ending::Ending, language::said};

/// What to do with templates.
#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// Read templates and compose them in every shape and both languages; every problem with its place
    Check {
        /// A folder of your own (`<folder>/<name>/template.yaml`) [default: those that ship]
        folder: Option<PathBuf>,
    },
    /// Draw one template with its sample
    Render {
        /// Its name, such as `offer-seal`
        name: String,
        /// Size in px
        #[arg(long, default_value = "1080x1080", value_parser = size)]
        size: Size,
        /// Language of the sample
        #[arg(long, default_value = "en-US")]
        locale: Locale,
        /// A folder of your own, over those that ship
        #[arg(long, value_name = "DIR")]
        templates: Option<PathBuf>,
        /// The picture
        #[arg(long, value_name = "FILE.png")]
        out: PathBuf,
    },
    /// Draw a contact sheet of every template, for each brand and language
    Gallery {
        /// A folder of your own, over those that ship
        #[arg(long, value_name = "DIR")]
        templates: Option<PathBuf>,
        /// Only templates whose name begins so
        #[arg(long, default_value = "")]
        only: String,
        /// Folder of the sheets
        #[arg(long, value_name = "DIR", default_value = "gallery")]
        out: PathBuf,
    },
}

/// Runs one of them.
pub fn run(command: &TemplateCommand, console: &Console) -> Result<(), Ending> {
    let fonts = Fonts::load(&BrandFonts::default()).context("fonts")?;
    match command {
        TemplateCommand::Check { folder } => check(folder.as_deref(), &fonts, console),
        TemplateCommand::Render { name, size, locale, templates, out } => {
            let all = read(templates.as_deref())?;
            let template = all.iter().find(|t| t.name == *name).ok_or_else(|| unknown(name, &all))?;
            let made = sample_of(template, templates.as_deref())?.compose(template, locale, *size, &fonts);
            keep(out, &made.with_context(|| name.clone())?.canvas)
        }
        TemplateCommand::Gallery { templates, only, out } => {
            std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
            for template in read(templates.as_deref())?.iter().filter(|t| t.name.starts_with(only.as_str())) {
                for sample in sample::brands() {
                    for locale in sample.locales.keys() {
                        let sheet = sheet(template, &sample, locale, &fonts, console);
                        keep(&out.join(format!("{}.{}.{locale}.png", template.name, sample.name)), &sheet)?;
                    }
                }
                console.tell(&template.name);
            }
            Ok(())
        }
    }
}

/// Help in Chinese.
pub fn in_chinese(command: clap::Command) -> clap::Command {
    let mine = "自己的模板文件夹，同名时优先于内置模板";
    command
        .mut_subcommand("check", |c| {
            let folder = "自己的模板文件夹（<文件夹>/<名称>/template.yaml）[默认：内置模板]";
            c.about("读取模板，并以各种画幅和两种语言试排；指出每个问题的位置")
                .mut_arg("folder", |a| a.help(folder))
        })
        .mut_subcommand("render", |c| {
            c.about("用示例内容画出一个模板")
                .mut_arg("name", |a| a.help("名称，例如 `offer-seal`"))
                .mut_arg("size", |a| a.help("尺寸（像素）"))
                .mut_arg("locale", |a| a.help("示例的语言"))
                .mut_arg("templates", |a| a.help(mine))
                .mut_arg("out", |a| a.help("输出的图片"))
        })
        .mut_subcommand("gallery", |c| {
            c.about("为每个模板、品牌和语言画一张总览")
                .mut_arg("templates", |a| a.help(mine))
                .mut_arg("only", |a| a.help("只画名称以此开头的模板"))
                .mut_arg("out", |a| a.help("输出文件夹"))
        })
}

fn size(text: &str) -> Result<Size, String> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match sides {
        Some((width @ 50..=4096, height @ 50..=4096)) => Ok(Size { width, height }),
        _ => Err("write it as 1080x1350, each side from 50 to 4096".into()),
    }
}

fn read(folder: Option<&Path>) -> Result<Vec<Template>, Ending> {
    let Some(folder) = folder else { return Ok(template::built_in().to_vec()) };
    template::with_folder(folder)
        .map_err(|problems| Ending::Problems { file: folder.to_path_buf(), problems })
}

/// A template's own sample: beside it in the folder, else the one that ships with it, else the first brand's.
fn sample_of(template: &Template, folder: Option<&Path>) -> Result<Sample, Ending> {
    let beside = folder.map(|f| f.join(&template.name).join("sample.json")).filter(|f| f.is_file());
    if let Some(file) = beside {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        return sample::read(&text).map_err(|problems| Ending::Problems { file, problems });
    }
    let shipped = sample::of(&template.name).or_else(|| sample::brands().into_iter().next());
    shipped.ok_or_else(|| Ending::Failed(anyhow::anyhow!("there is no sample")))
}

fn unknown(name: &str, all: &[Template]) -> Ending {
    let names = all.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ");
    Ending::refused(
        format!("there is no template `{name}`; there are {names}"),
        format!("没有名为“{name}”的模板；现有：{names}"),
    )
}

fn check(folder: Option<&Path>, fonts: &Fonts, console: &Console) -> Result<(), Ending> {
    let all = read(folder)?;
    let ours = |t: &&Template| folder.is_none_or(|f| f.join(&t.name).join("template.yaml").is_file());
    let mut problems = Problems::default();
    let mut checked = 0;
    for template in all.iter().filter(ours) {
        let sample = sample_of(template, folder)?;
        for locale in sample.locales.keys() {
            for size in SIZES {
                let at = format!("/{}/{}x{}/{locale}", template.name, size.width, size.height);
                match sample.compose(template, locale, size, fonts) {
                    Ok(made) => objections(&at, size, &made).into_iter().for_each(|p| problems.push(p)),
                    Err(error) => problems.push(Problem::at(at, error.to_string())),
                }
            }
        }
        checked += 1;
    }
    if !problems.0.is_empty() {
        let file = folder.map_or_else(|| PathBuf::from("templates"), Path::to_path_buf);
        return Err(Ending::Problems { file, problems });
    }
    let shapes = SIZES.len();
    console.answer(&said!(
        console.language,
        "{checked} templates hold in {shapes} shapes",
        "{checked} 个模板在 {shapes} 种画幅中均无问题"
    ));
    Ok(())
}

/// What a person would object to: what leaves the canvas, cannot be read, or lies on other words.
fn objections(at: &str, size: Size, made: &Composed) -> Vec<Problem> {
    let (w, h) = (size.width as f32 + 1.0, size.height as f32 + 1.0);
    let words: Vec<_> = made.boxes.iter().filter(|b| b.text_size.is_some()).collect();
    let mut found = Vec::new();
    for (n, one) in words.iter().enumerate() {
        let at = format!("{at}/{}", one.name);
        let (x, y, wide, high) = one.rect;
        if x < -1.0 || y < -1.0 || x + wide > w || y + high > h {
            found.push(Problem::at(at.clone(), "it leaves the canvas"));
        }
        if let Some(contrast) = one.contrast.filter(|c| *c < 4.5) {
            found.push(Problem::at(at.clone(), format!("its contrast is {contrast:.1}, below 4.5")));
        }
        let over = |b: (f32, f32, f32, f32)| {
            x + 1.0 < b.0 + b.2 && b.0 + 1.0 < x + wide && y + 1.0 < b.1 + b.3 && b.1 + 1.0 < y + high
        };
        for other in words[n + 1..].iter().filter(|other| over(other.rect)) {
            found.push(Problem::at(at.clone(), format!("it lies on `{}`", other.name)));
        }
    }
    found
}

/// One template in every shape, small.
fn sheet(template: &Template, sample: &Sample, locale: &Locale, fonts: &Fonts, console: &Console) -> Canvas {
    const WIDTH: u32 = 2400;
    let mut sheet = Canvas::new(WIDTH, 1400, Color::rgb(122, 122, 126));
    let (mut x, mut y, mut row) = (20u32, 20u32, 0u32);
    for size in SIZES {
        let made = match sample.compose(template, locale, size, fonts) {
            Ok(made) => made,
            Err(error) => {
                console.complain(&format!("{} {}x{}: {error}", template.name, size.width, size.height));
                continue;
            }
        };
        let scale = (440.0 / size.width.max(size.height) as f32).min(1.0);
        let side = |n: u32| (n as f32 * scale) as u32;
        let small = resize(&made.canvas, side(size.width), side(size.height));
        if x + small.width() > WIDTH - 10 {
            (x, y, row) = (20, y + row + 20, 0);
        }
        sheet.over(&small, x as i32, y as i32, 1.0);
        x += small.width() + 20;
        row = row.max(small.height());
    }
    sheet
}

fn keep(file: &Path, canvas: &Canvas) -> Result<(), Ending> {
    let bytes = encode::png(canvas).with_context(|| file.display().to_string())?;
    std::fs::write(file, bytes).with_context(|| file.display().to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_sides() {
        assert_eq!(size("728x90"), Ok(Size { width: 728, height: 90 }));
        assert!(size("728").is_err() && size("0x90").is_err() && size("99999x90").is_err());
    }
}
