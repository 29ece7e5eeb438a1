// A reader of CSV as RFC 4180 has it, that throws on anything else. Pure.

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;

/** Returns a list of objects whose keys are the names in the first row; every field is text. */
export function parseCsv(text) {
    const rows = [];
    let row = [];
    FIELD.lastIndex = 0;
    while (FIELD.lastIndex < text.length) {
        const at = FIELD.lastIndex;
        const match = FIELD.exec(text);
        if (!match) throw new Error(`no CSV: ${JSON.stringify(text.slice(at, at + 80))}`);
        const [, quoted, plain, end] = match;
        row.push(quoted?.replaceAll('""', '"') ?? plain);
        if (end === ',') continue;
        rows.push(row);
        row = [];
    }
    const [names, ...rest] = rows;
    for (const { length } of rest) if (length !== names.length) throw new Error(`${length} fields in a row of CSV`);
    return rest.map((fields) => Object.fromEntries(names.map((name, i) => [name, fields[i]])));
}
