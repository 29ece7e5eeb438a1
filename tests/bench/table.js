// Prints a table in Markdown: the first row is its head, the first column is text, the others are numbers. Stateless.

export const fixed = (number, digits) => number.toFixed(digits);

/** In: rows of strings, all of the same length. */
export function printTable(rows) {
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    const cells = (row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
    const line = (row) => `| ${cells(row).join(' | ')} |`;
    console.log(line(rows[0]));
    console.log(`|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`);
    for (const row of rows.slice(1)) console.log(line(row));
}
