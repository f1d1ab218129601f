//! Tables of text whose columns stand under each other, with Chinese characters in them.

/// Blanks between two columns.
const GAP: usize = 2;

/// Cells that a character takes on a terminal: 2 for the wide and full-width ones of Unicode
/// Standard Annex 11 (East Asian width) that Chinese texts hold, else 1.
fn cells_of(character: char) -> usize {
    let wide = matches!(u32::from(character),
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd);
    if wide { 2 } else { 1 }
}

/// Cells that a text takes on a terminal.
pub(super) fn width_of(text: &str) -> usize {
    text.chars().map(cells_of).sum()
}

/// A row of a table, and the lines that explain it.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Texts of the columns.
    pub(super) cells: Vec<String>,
    /// What stands below the row, further to the right.
    pub(super) details: Vec<String>,
}

/// The rows as lines. A column in which every cell is empty is left out, and no line ends with
/// blanks.
pub(super) fn lines(rows: &[Row], indent: usize) -> Vec<String> {
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row: &Row| row.cells.get(column));
        cells.map(|cell| width_of(cell)).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut lines = Vec::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (cell, width) in row.cells.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            line += cell;
            line += &" ".repeat(width + GAP - width_of(cell));
        }
        lines.push(line.trim_end().to_owned());
        let details = row.details.iter();
        lines.extend(details.map(|detail| " ".repeat(indent + 2 * GAP) + detail));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_with_chinese_in_them() {
        let row =
            |cells: [&str; 4]| Row { cells: cells.map(str::to_owned).into(), details: vec![] };
        let mut rows = [row(["标识", "", "单位", "x"]), row(["p_out", "", "°C", "压力"])];
        rows[1].details.push("below".to_owned());
        assert_eq!(lines(&rows, 1), [" 标识   单位  x", " p_out  °C    压力", "     below"]);
        assert_eq!(width_of("流量(L/min)"), 11);
    }
}
