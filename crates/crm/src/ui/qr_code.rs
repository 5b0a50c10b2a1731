//! A picture that the camera of a phone reads.

use maud::{Markup, html};

/// The squares row by row, the dark ones true, on a light ground in either theme: cameras want it so.
pub fn qr_code(label: &str, squares: &[Vec<bool>]) -> Markup {
    let side = squares.len() + 2 * QUIET;
    html! {
        svg class="qr-code" role="img" aria-label=(label) viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" {
            rect class="qr-code-ground" width=(side) height=(side) {}
            path class="qr-code-squares" d=(outline(squares)) {}
        }
    }
}

/// Light squares around the picture (ISO/IEC 18004).
const QUIET: usize = 4;

/// A stroke for each run of dark squares.
fn outline(squares: &[Vec<bool>]) -> String {
    let mut strokes = String::new();
    for (y, row) in squares.iter().enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, other| one == other) {
            if run[0] {
                let (left, top, width) = (x + QUIET, y + QUIET, run.len());
                strokes.push_str(&format!("M{left} {top}h{width}v1h-{width}z"));
            }
            x += run.len();
        }
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_dark_squares_are_drawn_where_they_are() {
        assert_eq!(outline(&[vec![true, true, false, true], vec![false; 4]]), "M4 4h2v1h-2zM7 4h1v1h-1z");
    }
}
