//! A timeline into a finished MP4: frames are drawn by some threads while another encodes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use ffmpeg_next::frame;

use super::{
    Assets, Quality,
    check::check,
    compose::{Compositor, Desk},
    encode::{Writer, blank, is_free},
    plane::Target,
    poster::{self, Planes},
    timeline::Timeline,
};
use crate::{Canvas, Error, audio};

/// Frames that exist at a time: enough that neither side waits for a hiccup of the other.
const FRAMES: usize = 8;

/// A timeline that was checked, with all its words set: ready to be rendered.
pub struct Film<'a> {
    timeline: &'a Timeline,
    assets: &'a Assets,
    compositor: Compositor<'a>,
}

impl<'a> Film<'a> {
    /// Checks the timeline and sets its words. Whatever is wrong with them is found here.
    pub fn new(timeline: &'a Timeline, assets: &'a Assets) -> Result<Self, Error> {
        check(timeline, assets).map_err(Error::Timeline)?;
        Ok(Self { timeline, assets, compositor: Compositor::new(timeline, assets)? })
    }

    /// Renders to an MP4 at `path`. The file appears when it is whole. `progress` hears after each frame how many are
    /// done of how many; when it answers `false` the work stops and nothing is left behind.
    pub fn render(
        &self,
        quality: Quality,
        path: &Path,
        mut progress: impl FnMut(u64, u64) -> bool,
    ) -> Result<(), Error> {
        let sound = audio::mix(self.timeline, self.assets)?;
        let partial = Partial::beside(path);
        let mut writer = Writer::new(&partial.0, self.timeline, quality, sound.as_ref())?;
        draw_all(self.timeline, &self.compositor, |number, frame| {
            writer.push(frame)?;
            self.compositor.forget_before(number);
            if progress(number + 1, self.timeline.frames()) { Ok(()) } else { Err(Error::Canceled) }
        })?;
        writer.finish()?;
        partial.become_whole(path)
    }

    /// One frame as a picture.
    pub fn frame(&self, number: u64) -> Result<Canvas, Error> {
        Planes::draw(&self.compositor, number.min(self.timeline.frames().saturating_sub(1)), true)?
            .to_canvas()
    }

    /// The still that stands for the video, without captions.
    pub fn poster(&self) -> Result<Canvas, Error> {
        let frame = poster::choose(self.timeline, &self.compositor)?;
        Planes::draw(&self.compositor, frame, false)?.to_canvas()
    }
}

/// Draws every frame and hands them over in order.
fn draw_all(
    timeline: &Timeline,
    compositor: &Compositor<'_>,
    mut each: impl FnMut(u64, &frame::Video) -> Result<(), Error>,
) -> Result<(), Error> {
    let total = timeline.frames();
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get().div_ceil(2)).min(4);
    let stop = AtomicBool::new(false);
    let (give_back, free) = mpsc::channel();
    for _ in 0..FRAMES {
        give_back.send(blank(timeline)).map_err(|_| gone())?;
    }
    // A number and a frame are taken together: the lowest number always has a frame.
    let next = Mutex::new((0, free));
    let (done, ready) = mpsc::sync_channel(FRAMES);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (done, next, stop) = (done.clone(), &next, &stop);
            scope.spawn(move || {
                let mut desk = Desk::default();
                while let Some((number, mut frame)) = take(next, total, stop) {
                    let drawn = draw(compositor, number, &mut frame, &mut desk);
                    if done.send(drawn.map(|()| (number, frame))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let result = in_order(&ready, |number, mut frame| {
            frame.set_pts(Some(number as i64));
            each(number, &frame)?;
            let frame = if is_free(&mut frame) { frame } else { blank(timeline) };
            // Nobody takes it any more when all frames are under way.
            let _ = give_back.send(frame);
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        drop((ready, give_back));
        result
    })
}

type Free = (u64, mpsc::Receiver<frame::Video>);

fn take(next: &Mutex<Free>, total: u64, stop: &AtomicBool) -> Option<(u64, frame::Video)> {
    let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
    if next.0 >= total || stop.load(Ordering::Relaxed) {
        return None;
    }
    let frame = next.1.recv().ok()?;
    let number = next.0;
    next.0 += 1;
    Some((number, frame))
}

fn draw(
    compositor: &Compositor<'_>,
    number: u64,
    frame: &mut frame::Video,
    desk: &mut Desk,
) -> Result<(), Error> {
    let moment = compositor.moment(number)?;
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    for c in 0..3 {
        let stride = frame.stride(c);
        let sub = if c == 0 { 1 } else { 2 };
        let mut target = Target { data: frame.data_mut(c), stride, width: width / sub, height: height / sub };
        moment.draw(c, &mut target, true, desk);
    }
    Ok(())
}

fn in_order(
    ready: &mpsc::Receiver<Result<(u64, frame::Video), Error>>,
    mut each: impl FnMut(u64, frame::Video) -> Result<(), Error>,
) -> Result<(), Error> {
    let (mut early, mut wanted) = (BTreeMap::new(), 0);
    for drawn in ready {
        let (number, frame) = drawn?;
        early.insert(number, frame);
        while let Some(frame) = early.remove(&wanted) {
            each(wanted, frame)?;
            wanted += 1;
        }
    }
    Ok(())
}

fn gone() -> Error {
    Error::Ffmpeg { doing: "drawing", reason: "a worker ended early".into() }
}

/// A file under a name of its own until it is whole; removed when it never is.
struct Partial(PathBuf);

impl Partial {
    fn beside(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self(path.with_file_name(format!(".{name}.{}.part", std::process::id())))
    }

    fn become_whole(self, path: &Path) -> Result<(), Error> {
        let failed = |e: std::io::Error| Error::Encode { format: "MP4", reason: e.to_string() };
        std::fs::File::open(&self.0).and_then(|file| file.sync_all()).map_err(failed)?;
        std::fs::rename(&self.0, path).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Already renamed when all went well.
        let _ = std::fs::remove_file(&self.0);
    }
}
