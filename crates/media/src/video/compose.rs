//! One frame: the clips with their transition, then everything that lies over them. Plane by plane, in place.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    Assets,
    kernel::crossfade,
    overlay::Layer,
    plane::{Scratch, Target, yuv_of},
    shot::Shot,
    timeline::{Clip, Direction, Timeline, TransitionKind},
};
use crate::Error;

/// Draws the frames of a timeline, in any order and from several threads.
pub(crate) struct Compositor<'a> {
    timeline: &'a Timeline,
    assets: &'a Assets,
    /// Prepared when first needed, dropped when over: memory does not grow with length.
    shots: Vec<Mutex<Option<Arc<Shot>>>>,
    layers: Vec<Layer>,
    captions: Vec<Layer>,
}

/// What a worker keeps between frames.
#[derive(Default)]
pub(crate) struct Desk {
    scratch: Scratch,
    incoming: Vec<u8>,
}

/// What is seen at one moment.
pub(crate) struct Moment<'a> {
    time: f64,
    shot: Arc<Shot>,
    /// The clip that gives way, and how far the transition is.
    before: Option<(Arc<Shot>, &'a TransitionKind, f64)>,
    layers: &'a [Layer],
    captions: &'a [Layer],
}

impl<'a> Compositor<'a> {
    /// Rasterises all overlays; clips follow when they are needed.
    pub(crate) fn new(timeline: &'a Timeline, assets: &'a Assets) -> Result<Self, Error> {
        let tracks = &timeline.tracks;
        let layers =
            tracks.overlay.iter().map(|o| Layer::new(o, timeline, assets)).collect::<Result<_, _>>()?;
        let captions = tracks.captions.as_ref().map(|c| Layer::captions(c, timeline, assets)).transpose()?;
        let shots = tracks.video.iter().map(|_| Mutex::new(None)).collect();
        Ok(Self { timeline, assets, shots, layers, captions: captions.unwrap_or_default() })
    }

    /// Width and height in px.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.timeline.size.width as usize, self.timeline.size.height as usize)
    }

    /// What is seen in a frame.
    pub(crate) fn moment(&self, frame: u64) -> Result<Moment<'_>, Error> {
        let clips = &self.timeline.tracks.video;
        let time = self.timeline.time_of(frame);
        let now = clips.iter().rposition(|c| c.start_ms as f64 <= time + 1e-6).unwrap_or(0);
        let shot = self.shot(now)?;
        let before = match &clips[now].transition {
            Some(transition) if now > 0 => {
                let t = (time - clips[now].start_ms as f64) / transition.duration_ms.max(1) as f64;
                (t < 1.0)
                    .then(|| Ok((self.shot(now - 1)?, &transition.kind, transition.easing.at(t))))
                    .transpose()?
            }
            _ => None,
        };
        Ok(Moment { time, shot, before, layers: &self.layers, captions: &self.captions })
    }

    /// Lets go of the clips that are over when `frame` is done.
    pub(crate) fn forget_before(&self, frame: u64) {
        let time = self.timeline.time_of(frame);
        let clips = &self.timeline.tracks.video;
        for (clip, slot) in
            clips.iter().enumerate().map(|(i, c)| (c.end_ms + goes_on(clips, i), &self.shots[i]))
        {
            if (clip as f64) < time {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
        }
    }

    fn shot(&self, index: usize) -> Result<Arc<Shot>, Error> {
        let mut slot = self.shots[index].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shot) = &*slot {
            return Ok(Arc::clone(shot));
        }
        let clips = &self.timeline.tracks.video;
        let shot = Arc::new(Shot::new(&clips[index], self.assets, self.size(), goes_on(clips, index))?);
        *slot = Some(Arc::clone(&shot));
        Ok(shot)
    }
}

/// How long a clip is still seen below the next one.
fn goes_on(clips: &[Clip], index: usize) -> u64 {
    clips.get(index + 1).and_then(|next| next.transition.as_ref()).map_or(0, |t| t.duration_ms)
}

impl Moment<'_> {
    /// Draws plane `c`: 0 is luma, 1 and 2 are chroma at half the size. `captions`: with them.
    pub(crate) fn draw(&self, c: usize, target: &mut Target<'_>, captions: bool, desk: &mut Desk) {
        match &self.before {
            None => self.shot.draw(c, self.time, (0.0, 0.0), target, &mut desk.scratch),
            Some((old, kind, t)) => self.draw_transition(c, (old, kind, *t), target, desk),
        }
        let captions = if captions { self.captions } else { &[] };
        for layer in self.layers.iter().chain(captions) {
            layer.draw(c, self.time, target, &mut desk.scratch);
        }
    }

    fn draw_transition(
        &self,
        c: usize,
        (old, kind, t): (&Shot, &TransitionKind, f64),
        target: &mut Target<'_>,
        desk: &mut Desk,
    ) {
        let sub = if c == 0 { 1.0 } else { 2.0 };
        let frame = (target.width as f64 * sub, target.height as f64 * sub);
        let scratch = &mut desk.scratch;
        match kind {
            TransitionKind::Crossfade => {
                old.draw(c, self.time, (0.0, 0.0), target, scratch);
                self.with_incoming(c, target, scratch, &mut desk.incoming, |_, _| (t * 256.0) as u16);
            }
            TransitionKind::Dip { color } => {
                let (shot, k) = if t < 0.5 { (old, t * 2.0) } else { (&*self.shot, 2.0 - t * 2.0) };
                shot.draw(c, self.time, (0.0, 0.0), target, scratch);
                desk.incoming.clear();
                desk.incoming.resize(target.width, yuv_of(*color)[c]);
                for y in 0..target.height {
                    crossfade(target.row(y, 0, target.width), &desk.incoming, (k * 256.0) as u16);
                }
            }
            TransitionKind::Slide { towards } => {
                old.draw(c, self.time, part(away(*towards, frame), -0.25 * t), target, scratch);
                self.shot.draw(c, self.time, part(away(*towards, frame), 1.0 - t), target, scratch);
            }
            TransitionKind::Push { towards } => {
                old.draw(c, self.time, part(away(*towards, frame), -t), target, scratch);
                self.shot.draw(c, self.time, part(away(*towards, frame), 1.0 - t), target, scratch);
            }
            TransitionKind::Wipe { towards } => {
                old.draw(c, self.time, (0.0, 0.0), target, scratch);
                let (w, h) = (target.width as f64, target.height as f64);
                self.with_incoming(c, target, scratch, &mut desk.incoming, |x, y| {
                    let along = match towards {
                        Direction::Right => x as f64 / w,
                        Direction::Left => 1.0 - x as f64 / w,
                        Direction::Down => y as f64 / h,
                        Direction::Up => 1.0 - y as f64 / h,
                    };
                    // The soft edge is 18 % of the frame and starts and ends outside it.
                    ((t * 1.18 - along) / 0.18 * 256.0).clamp(0.0, 256.0) as u16
                });
            }
        }
    }

    /// Draws the new clip beside and mixes it in, as much as `share` (of 256) says for each sample.
    fn with_incoming(
        &self,
        c: usize,
        target: &mut Target<'_>,
        scratch: &mut Scratch,
        incoming: &mut Vec<u8>,
        share: impl Fn(usize, usize) -> u16,
    ) {
        let (width, height, stride) = (target.width, target.height, target.stride);
        incoming.resize(stride * height, 0);
        self.shot.draw(
            c,
            self.time,
            (0.0, 0.0),
            &mut Target { data: incoming, stride, width, height },
            scratch,
        );
        for y in 0..height {
            let (under, over) = (target.row(y, 0, width), &incoming[y * stride..][..width]);
            let mut x = 0;
            while x < width {
                // Runs of equal shares go through the fast loop.
                let k = share(x, y);
                let end = (x + 1..width).find(|next| share(*next, y) != k).unwrap_or(width);
                crossfade(&mut under[x..end], &over[x..end], k);
                x = end;
            }
        }
    }
}

/// Where a clip comes from that moves towards a side, in px.
fn away(towards: Direction, frame: (f64, f64)) -> (f64, f64) {
    match towards {
        Direction::Left => (frame.0, 0.0),
        Direction::Right => (-frame.0, 0.0),
        Direction::Up => (0.0, frame.1),
        Direction::Down => (0.0, -frame.1),
    }
}

fn part(way: (f64, f64), k: f64) -> (f64, f64) {
    (way.0 * k, way.1 * k)
}
