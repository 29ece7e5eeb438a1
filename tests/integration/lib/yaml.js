// A reader of the part of YAML that openapi.yaml is written in: an oracle for the JSON that the build makes of it.
// Block and flow collections, plain scalars of one line, quoted ones, literal and folded text. It throws on all else.
// Pure functions.

/** Returns the document as JavaScript values. */
export function parseYaml(text) {
    const lines = text
        .split('\n')
        .map((line, i) => ({ number: i + 1, indent: line.search(/\S|$/), text: line.trim(), raw: line }));
    const reader = { lines, at: 0 };
    skipBlank(reader);
    const value = readBlock(reader, 0);
    skipBlank(reader);
    if (reader.at < lines.length) fail(reader, 'unexpected indentation');
    return value;
}

function fail(reader, problem) {
    throw new Error(`line ${reader.lines[reader.at]?.number}: ${problem}`);
}

function skipBlank(reader) {
    const isBlank = ({ text }) => text === '' || text.startsWith('#');
    while (reader.at < reader.lines.length && isBlank(reader.lines[reader.at])) reader.at++;
}

/** The next line of a collection at this indentation, or undefined at its end. */
function nextLine(reader, indent) {
    skipBlank(reader);
    const line = reader.lines[reader.at];
    return line && line.indent === indent ? line : undefined;
}

function readBlock(reader, indent) {
    const line = nextLine(reader, indent);
    if (!line) return null;
    return line.text.startsWith('- ') ? readSequence(reader, indent) : readMapping(reader, indent);
}

function readSequence(reader, indent) {
    const items = [];
    for (let line; (line = nextLine(reader, indent))?.text.startsWith('- ');) {
        const rest = line.text.slice(2).trim();
        if (splitKey(rest)) {
            // "- key: value": the mapping begins two columns further in
            line.indent += 2;
            line.text = rest;
            items.push(readMapping(reader, line.indent));
        } else {
            reader.at++;
            items.push(readInline(reader, rest));
        }
    }
    return items;
}

function readMapping(reader, indent) {
    const map = {};
    for (let line; (line = nextLine(reader, indent));) {
        const [key, rest] = splitKey(line.text) ?? fail(reader, `no key: ${line.text}`);
        if (key in map) fail(reader, `${key} stands there twice`);
        reader.at++;
        map[key] = readValue(reader, rest, indent);
    }
    return map;
}

function readValue(reader, rest, indent) {
    if (/^[|>]-?$/.test(rest)) return readText(reader, rest, indent);
    if (rest !== '') return readInline(reader, rest);
    skipBlank(reader);
    const next = reader.lines[reader.at];
    return next && next.indent > indent ? readBlock(reader, next.indent) : null;
}

/** Literal (|) or folded (>) text, everything that is indented deeper than its key. */
function readText(reader, style, indent) {
    const lines = [];
    while (reader.at < reader.lines.length) {
        const line = reader.lines[reader.at];
        if (line.text !== '' && line.indent <= indent) break;
        lines.push(line);
        reader.at++;
    }
    while (lines.length > 0 && lines.at(-1).text === '') lines.pop();
    const margin = lines[0].indent;
    const rows = lines.map(({ raw }) => raw.slice(margin).trimEnd());
    if (style[0] === '>' && rows.some((row) => row === '' || row.startsWith(' ')))
        fail(reader, 'folded text with paragraphs');
    return rows.join(style[0] === '|' ? '\n' : ' ') + (style.endsWith('-') ? '' : '\n');
}

/** "key: rest" or "key:", the key perhaps quoted. Returns [key, rest] or undefined. */
function splitKey(text) {
    const match = /^(?:'((?:[^']|'')*)'|([^\s'"{[&*!|>%@`#-][^:#]*?|[a-z-]+)):(?:\s+(.*))?$/.exec(text);
    return match ? [match[1]?.replaceAll("''", "'") ?? match[2], match[3] ?? ''] : undefined;
}

function readInline(reader, text) {
    const flow = { text, at: 0, fail: (problem) => fail({ ...reader, at: reader.at - 1 }, problem) };
    const value =
        text[0] === '{' || text[0] === '[' || text[0] === "'"
            ? readFlow(flow)
            : readPlain(flow, text, (flow.at = text.length));
    if (flow.at !== text.length) flow.fail(`something behind the value: ${text.slice(flow.at)}`);
    return value;
}

function readFlow(flow) {
    if (flow.text[flow.at] === '{') return readFlowMapping(flow);
    if (flow.text[flow.at] === '[') return readFlowSequence(flow);
    if (flow.text[flow.at] === "'") return readQuoted(flow);
    const [plain] = /^[^,{}[\]]*/.exec(flow.text.slice(flow.at));
    flow.at += plain.length;
    return readPlain(flow, plain.trim());
}

function skipSpace(flow) {
    while (flow.text[flow.at] === ' ') flow.at++;
}

/** The items of a flow collection up to its closing character. */
function readFlowItems(flow, close, readItem) {
    flow.at++;
    for (skipSpace(flow); flow.text[flow.at] !== close; skipSpace(flow)) {
        readItem();
        skipSpace(flow);
        if (flow.text[flow.at] === ',') flow.at++;
        else if (flow.text[flow.at] !== close) flow.fail(`no ${close}`);
        skipSpace(flow);
    }
    flow.at++;
}

function readFlowMapping(flow) {
    const map = {};
    readFlowItems(flow, '}', () => {
        const [whole, quoted, plain] =
            /^(?:'([^']*)'|([^:,{}[\]]+)):\s+/.exec(flow.text.slice(flow.at)) ?? flow.fail('no key');
        flow.at += whole.length;
        map[quoted ?? plain] = readFlow(flow);
    });
    return map;
}

function readFlowSequence(flow) {
    const items = [];
    readFlowItems(flow, ']', () => items.push(readFlow(flow)));
    return items;
}

function readQuoted(flow) {
    const [whole, inner] = /^'((?:[^']|'')*)'/.exec(flow.text.slice(flow.at)) ?? flow.fail('no closing quote');
    flow.at += whole.length;
    return inner.replaceAll("''", "'");
}

function readPlain(flow, text) {
    if (/^[&*!|>%@`"]/.test(text) || / #/.test(text) || /: /.test(text)) flow.fail(`not supported: ${text}`);
    if (text === '' || text === 'null' || text === '~') return null;
    if (text === 'true' || text === 'false') return text === 'true';
    return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text;
}
