//! Where lines end: few lines, even ones, and above all never where a reader would stumble. A clause that ends with its
//! line is worth a line more, or a smaller size.

use std::ops::Range;

/// A stretch of text that stays on one line, measured at a reference size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    /// Its bytes in the text, trailing spaces included.
    pub(super) bytes: Range<usize>,
    /// Width with trailing spaces.
    pub(super) width: f32,
    /// Width of the trailing spaces.
    pub(super) hang: f32,
    /// What a line end after it costs, in squared em.
    pub(super) cost: f32,
    /// How many visible characters it has.
    pub(super) chars: usize,
    /// The line must end after it.
    pub(super) hard: bool,
}

/// Breaks into lines that are at most `width` wide: few, even, and ending where a reader pauses.
/// `None` when a piece is wider than a line or more than `most` lines are needed.
pub(super) fn lines(pieces: &[Piece], width: f32, most: usize, em: f32) -> Option<Vec<Range<usize>>> {
    let mut all = Vec::new();
    let mut start = 0;
    for paragraph in pieces.split_inclusive(|p| p.hard) {
        let room = most.checked_sub(all.len())?;
        let broken = paragraph_lines(paragraph, width, room, em)?;
        all.extend(broken.into_iter().map(|r| r.start + start..r.end + start));
        start += paragraph.len();
    }
    Some(all)
}

/// What the ends of all lines but the last of each paragraph cost, and lines that look forgotten.
pub(super) fn ends(pieces: &[Piece], lines: &[Range<usize>]) -> f32 {
    let last = |line: &Range<usize>| pieces.get(line.end.wrapping_sub(1));
    let ends: f32 = lines
        .iter()
        .filter_map(last)
        .filter(|p| !p.hard && p.bytes.end < pieces.last().map_or(0, |l| l.bytes.end))
        .map(|p| p.cost)
        .sum();
    let wide = |line: &Range<usize>| pieces[line.clone()].iter().map(|p| p.width).sum::<f32>();
    let target = lines.iter().map(wide).sum::<f32>() / lines.len().max(1) as f32;
    let forgotten = |(n, line): (usize, &Range<usize>)| {
        lonely(&pieces[line.clone()], wide(line), target, n + 1 == lines.len())
    };
    ends + if lines.len() > 1 { lines.iter().enumerate().map(forgotten).sum() } else { 0.0 }
}

/// What one line more than needed costs, in squared em: more than a clause's end gains, less than a bad break.
const ONE_MORE: f32 = 7.0;

fn paragraph_lines(pieces: &[Piece], width: f32, most: usize, em: f32) -> Option<Vec<Range<usize>>> {
    let fewest = fewest(pieces, width)?;
    if fewest > most {
        return None;
    }
    // A line more may let each end with its clause; what fits into one line stays there, and a long text is not stretched.
    let largest = if (2..=4).contains(&fewest) { most.min(fewest + 1) } else { fewest };
    (fewest..=largest)
        .filter_map(|count| {
            let (cost, lines) = in_lines(pieces, width, count, em)?;
            Some((cost + (count - fewest) as f32 * ONE_MORE, lines))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, lines)| lines)
}

/// The best way to break into exactly so many lines, and what it costs.
fn in_lines(pieces: &[Piece], width: f32, count: usize, em: f32) -> Option<(f32, Vec<Range<usize>>)> {
    let total: f32 = pieces.iter().map(|p| p.width).sum();
    let target = total / count as f32;
    // best[k][i]: cost of the first i pieces in k lines, and where the last of them starts.
    let n = pieces.len();
    let mut best = vec![vec![(f32::INFINITY, 0usize); n + 1]; count + 1];
    best[0][0].0 = 0.0;
    for k in 1..=count {
        for end in k..=n {
            let mut long = 0.0;
            for start in (k - 1..end).rev() {
                long += pieces[start].width;
                let wide = long - pieces[end - 1].hang;
                if wide > width + 0.01 && start + 1 < end {
                    break;
                }
                let before = best[k - 1][start].0;
                if before.is_finite() {
                    let cost = before + line_cost(&pieces[start..end], wide, target, em, end == n, count);
                    if cost < best[k][end].0 {
                        best[k][end] = (cost, start);
                    }
                }
            }
        }
    }
    let cost = best[count][n].0;
    let mut ends = vec![n];
    let mut end = n;
    for k in (1..=count).rev() {
        end = best[k][end].1;
        ends.push(end);
    }
    ends.reverse();
    cost.is_finite().then(|| (cost, ends.windows(2).map(|w| w[0]..w[1]).collect()))
}

/// How little a line pleases: unevenness, a bad break at its end, a lonely character as the last line.
fn line_cost(pieces: &[Piece], wide: f32, target: f32, em: f32, last: bool, count: usize) -> f32 {
    let off = (wide - target) / em;
    let slack = if last && wide < target && count > 4 { 0.3 } else { 1.0 };
    let cost = if last { 0.0 } else { pieces.last().map_or(0.0, |p| p.cost) };
    // Clauses are as long as they are: lines that end with them need not be even.
    let slack = if cost < 0.0 || (last && off < 0.0) { slack * 0.45 } else { slack };
    off * off * slack + cost + if count > 1 { lonely(pieces, wide, target, last) } else { 0.0 }
}

/// A line of one character, or a last line of one short word, looks forgotten.
fn lonely(pieces: &[Piece], wide: f32, target: f32, last: bool) -> f32 {
    let chars = pieces.iter().map(|p| p.chars).sum::<usize>();
    match (last, chars) {
        (true, 0..=1) => 1000.0,
        (false, 0..=1) => 16.0,
        (true, 2..=6) if pieces.len() == 1 && wide < target * 0.6 => 11.0,
        // One short word between longer lines.
        (false, 2..=8) if pieces.len() == 1 && wide < target * 0.62 => 11.0,
        _ => 0.0,
    }
}

/// How many lines a paragraph needs at least.
fn fewest(pieces: &[Piece], width: f32) -> Option<usize> {
    let (mut count, mut at) = (1, 0.0);
    for piece in pieces {
        let inked = piece.width - piece.hang;
        if inked > width + 0.01 {
            return None;
        }
        if at > 0.0 && at + inked > width + 0.01 {
            count += 1;
            at = 0.0;
        }
        at += piece.width;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(widths: &[f32]) -> Vec<Piece> {
        let piece = |(n, w): (usize, &f32)| Piece {
            bytes: n..n + 1,
            width: *w,
            hang: 0.0,
            cost: 0.0,
            chars: 3,
            hard: false,
        };
        widths.iter().enumerate().map(piece).collect()
    }

    #[test]
    fn lines_are_even_not_greedy() {
        assert_eq!(lines(&words(&[3.0, 3.0, 3.0, 3.0]), 9.5, 3, 1.0), Some(vec![0..2, 2..4]));
    }

    #[test]
    fn a_lonely_last_character_takes_company() {
        let mut pieces = words(&[1.0; 5]);
        pieces.iter_mut().for_each(|p| p.chars = 1);
        pieces[4].width = 0.2;
        assert!(lines(&pieces, 4.0, 2, 1.0).unwrap().last().unwrap().len() > 1);
    }

    #[test]
    fn what_does_not_fit_is_not_squeezed() {
        assert_eq!(lines(&words(&[3.0, 12.0]), 9.5, 3, 1.0), None);
        assert_eq!(lines(&words(&[6.0; 4]), 9.5, 3, 1.0), None);
    }

    #[test]
    fn a_hard_break_is_kept() {
        let mut pieces = words(&[1.0, 1.0]);
        pieces[0].hard = true;
        assert_eq!(lines(&pieces, 9.5, 3, 1.0), Some(vec![0..1, 1..2]));
    }
}
