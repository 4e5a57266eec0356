//! The still that stands for a video: sharp, full, not dark, and not in the middle of a transition.

use super::{
    compose::{Compositor, Desk},
    plane::Target,
    timeline::Timeline,
};
use crate::{Canvas, Color, Error};

/// How many moments are looked at.
const LOOKS: u64 = 16;

/// A frame as three planes.
pub(crate) struct Planes {
    pub(crate) data: [Vec<u8>; 3],
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Planes {
    /// Draws a frame; `captions` says whether they are on it.
    pub(crate) fn draw(compositor: &Compositor<'_>, frame: u64, captions: bool) -> Result<Self, Error> {
        let (width, height) = compositor.size();
        let moment = compositor.moment(frame)?;
        let mut desk = Desk::default();
        let mut data = [vec![0; width * height], vec![0; width * height / 4], vec![0; width * height / 4]];
        for (c, plane) in data.iter_mut().enumerate() {
            let sub = if c == 0 { 1 } else { 2 };
            let mut target =
                Target { data: plane, stride: width / sub, width: width / sub, height: height / sub };
            moment.draw(c, &mut target, captions, &mut desk);
        }
        Ok(Self { data, width, height })
    }

    /// As a picture.
    pub(crate) fn to_canvas(&self) -> Result<Canvas, Error> {
        let (w, h) = (self.width as u32, self.height as u32);
        let source = yuv::YuvPlanarImage {
            y_plane: &self.data[0],
            y_stride: w,
            u_plane: &self.data[1],
            u_stride: w / 2,
            v_plane: &self.data[2],
            v_stride: w / 2,
            width: w,
            height: h,
        };
        let mut canvas = Canvas::new(w, h, Color::BLACK);
        let (range, matrix) = (yuv::YuvRange::Limited, yuv::YuvStandardMatrix::Bt709);
        yuv::yuv420_to_rgba(&source, canvas.data_mut(), w * 4, range, matrix)
            .map_err(|e| Error::Encode { format: "poster", reason: e.to_string() })?;
        Ok(canvas)
    }

    /// How good a poster it is: detail in the middle counts most, then light and colour.
    fn score(&self) -> f64 {
        let luma = &self.data[0];
        let (mut detail, mut light, mut count) = (0.0, 0.0, 0.0);
        for y in (self.height / 10..self.height * 9 / 10).step_by(3) {
            for x in (self.width / 10..self.width * 9 / 10).step_by(3) {
                let at = y * self.width + x;
                let edge = 4 * i32::from(luma[at])
                    - i32::from(luma[at - 1])
                    - i32::from(luma[at + 1])
                    - i32::from(luma[at - self.width])
                    - i32::from(luma[at + self.width]);
                detail += f64::from(edge.abs().min(60));
                light += f64::from(luma[at]);
                count += 1.0;
            }
        }
        let color = self.data[1].iter().chain(&self.data[2]).map(|v| f64::from(v.abs_diff(128))).sum::<f64>()
            / (self.data[1].len() * 2) as f64;
        let light = light / count;
        // Nearly black and nearly white frames lose whatever detail they have.
        let exposed = ((light - 24.0) / 40.0).clamp(0.0, 1.0) * ((238.0 - light) / 30.0).clamp(0.2, 1.0);
        (detail / count + 0.25 * color) * exposed
    }
}

/// The best frame's number.
pub(crate) fn choose(timeline: &Timeline, compositor: &Compositor<'_>) -> Result<u64, Error> {
    let mut best = (f64::MIN, 0);
    for frame in candidates(timeline) {
        let score = Planes::draw(compositor, frame, false)?.score();
        if score > best.0 {
            best = (score, frame);
        }
    }
    Ok(best.1)
}

/// Moments at which clips and overlays stand: everything that is there has come in and nothing leaves. The first
/// seconds come first, and the end card only when nothing else is left.
fn candidates(timeline: &Timeline) -> Vec<u64> {
    let tracks = &timeline.tracks;
    let frames = timeline.frames();
    let calm = |frame: &u64| {
        let time = timeline.time_of(*frame);
        let clips = tracks.video.iter().all(|clip| {
            let busy = clip.transition.as_ref().map_or(0, |t| t.duration_ms);
            let enter = clip
                .subjects
                .iter()
                .filter_map(|s| s.enter.as_ref())
                .map(|e| e.delay_ms + e.duration_ms)
                .max();
            let until = clip.start_ms + busy.max(enter.unwrap_or(0));
            time < clip.start_ms as f64 || time >= until as f64
        });
        clips
            && tracks.overlay.iter().all(|overlay| {
                let enter =
                    overlay.enter.as_ref().map_or(0, |e| e.delay_ms + e.duration_ms + 2 * e.stagger_ms);
                let exit = overlay.exit.as_ref().map_or(0, |e| e.duration_ms);
                let inside = time >= overlay.start_ms as f64 && time < overlay.end_ms as f64;
                !inside
                    || (time >= (overlay.start_ms + enter) as f64
                        && time < overlay.end_ms.saturating_sub(exit) as f64)
            })
    };
    let still: Vec<u64> = (frames / 60..frames * 9 / 10).filter(calm).collect();
    if still.is_empty() {
        return vec![frames / 2];
    }
    let step = (still.len() as u64).div_ceil(LOOKS).max(1) as usize;
    still.into_iter().step_by(step).collect()
}
